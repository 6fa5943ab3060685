"""Rows in every table of the catalogue: each scope takes exactly those that are its own."""

import random

import pytest
from sqlalchemy import text
from tests.erasure_home import Home
from tests.seeding import Seeder

from assistant.core.erasure import Scope
from assistant.store.erasing import RowEraser, RowScope
from assistant.store.erasure_scopes import ACCOUNT
from assistant.store.tables import CATALOGUE, ErasureRule

PERSONAL = sorted(
    name
    for name, rule in CATALOGUE.items()
    if rule.personal and rule.erasure is not ErasureRule.OUTLIVES
)
SPOKEN = {"conversations", "turns", "knowledge_gaps", "handoff_requests", "feedback"}


@pytest.fixture
def noor(home: Home) -> str:
    """Somebody with rows in every table, and another like them."""
    seeder = Seeder(
        database=home.database,
        vault=home.stores.vault,
        pack=home.pack,
        clock=home.clock,  # type: ignore[arg-type]
        random=random.Random(3),  # noqa: S311 - to be repeated
    )
    noor = seeder.seed()
    home.database.write_now(lambda c: c.execute(text("DELETE FROM erasures")))
    return noor


def left(home: Home, customer_id: str) -> set[str]:
    """The tables that still hold rows of the customer."""
    return {
        name
        for name in PERSONAL
        if home.database.read_now(
            lambda c, table=name: c.execute(
                text(f"SELECT 1 FROM {table} WHERE customer_id = :one LIMIT 1"),
                {"one": customer_id},
            ).first()
        )
    }


def test_every_table_is_seeded_at_first(home: Home, noor: str) -> None:
    assert left(home, noor) == set(PERSONAL)


def test_everything_leaves_no_row_in_any_table(home: Home, noor: str) -> None:
    home.erase(noor, "everything")
    home.work()

    assert left(home, noor) == set()


def test_all_data_leaves_the_account_alone(home: Home, noor: str) -> None:
    home.erase(noor, "all_data")
    home.work()

    # That what is left was opened to be sealed anew is the first entry of a new access log.
    account = {name for name in PERSONAL if CATALOGUE[name].category in ACCOUNT}
    assert left(home, noor) == account | {"access_log"}


@pytest.mark.parametrize(
    ("scope", "gone"),
    [
        (RowScope("category", "chat"), SPOKEN),
        (RowScope("category", "satisfaction"), {"feedback"}),
        (RowScope("category", "identity"), set()),
        (RowScope("category", "consent"), set()),
        (RowScope("category", "access_log"), set()),
    ],
)
def test_a_category_takes_the_tables_that_are_of_it(
    home: Home, noor: str, scope: RowScope, gone: set[str]
) -> None:
    home.database.write_now(lambda c: RowEraser().erase(c, noor, scope))

    assert set(PERSONAL) - left(home, noor) == gone


@pytest.mark.parametrize("kind", ["everything", "all_data", "category"])
def test_nothing_made_after_the_moment_goes_with_what_was_made_before(
    home: Home, noor: str, kind: Scope
) -> None:
    scope = RowScope(kind, "chat" if kind == "category" else None)
    long_ago = home.clock().replace(year=1990)

    deleted = home.database.write_now(
        lambda c: RowEraser().count(c, noor, scope, at_most=10_000, before=long_ago)
    )

    undated = {"history_blocks", "indexing_queue", "customer_directory", "visitors"}
    assert deleted <= len(undated) * 3
