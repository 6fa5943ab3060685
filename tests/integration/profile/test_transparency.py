"""A customer is shown everything that is stored of them, and nothing of anybody else."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET
from tests.proving import ProofRun, run_seed
from tests.seeding import Seeder
from tests.transparency_parts import open_transparency

from assistant.core.errors import InvalidInput
from assistant.profile.pack.loading import load_pack
from assistant.profile.transparency.items import DataCursor, DataItem
from assistant.profile.transparency.own_data import Transparency
from assistant.store.engine import Database
from assistant.store.tables import METADATA
from assistant.vault.vault import Vault


def every_item(
    database: Database, transparency: Transparency, customer: str, *, limit: int = 7
) -> list[DataItem]:
    """Return the items of all pages, as a client would gather them."""
    items: list[DataItem] = []
    cursor: DataCursor | None = None
    while True:
        page = database.read_now(
            lambda c, at=cursor: transparency.page(c, customer, lang="en", limit=limit, cursor=at)
        )
        items += page.items
        if page.next is None:
            return items
        cursor = page.next


def shown_rows(items: Sequence[DataItem], section: str) -> list[Mapping[str, Any]]:
    """Return the shown values of a section's rows."""
    return [
        {field.name: field.value for field in item.fields if field.shown not in {"hash", "counted"}}
        for item in items
        if item.section == section
    ]


@pytest.fixture
def seeder(database: Database, vault: Vault, clock: SteppableClock) -> Seeder:
    chance = random.Random(run_seed())  # noqa: S311 - rows to look at, no secrets
    return Seeder(database, vault, load_pack(MARKET), clock, chance)


@pytest.mark.proof("Every stored value is shown to its customer", small=1, full=200)
def test_every_value_of_every_table_is_shown(
    database: Database, vault: Vault, seeder: Seeder, proof_run: ProofRun
) -> None:
    transparency = open_transparency(database, vault)
    for number in range(proof_run.count):
        customer = seeder.seed(f"noor{number}@customers.example")
        items = every_item(database, transparency, customer)

        for table, rows in seeder.expected().items():
            assert rows, f"nothing was seeded in {table}"
            shown = shown_rows(items, table)
            key = lambda row: orjson.dumps(row, option=orjson.OPT_SORT_KEYS)  # noqa: E731
            assert sorted(shown, key=key) == sorted(rows, key=key), table


def test_no_keyed_hash_is_shown(database: Database, vault: Vault, seeder: Seeder) -> None:
    customer = seeder.seed()
    told = orjson.dumps(every_item(database, open_transparency(database, vault), customer))

    hashes = seeder.hashes()
    assert len(hashes) > 10
    assert not [one for one in hashes if one.hex().encode() in told]


def test_nothing_of_another_customer_is_shown(
    database: Database, vault: Vault, seeder: Seeder
) -> None:
    transparency = open_transparency(database, vault)
    seeder.seed("ben@customers.example")
    others = {
        str(value)
        for rows in seeder.expected().values()
        for row in rows
        for value in row.values()
        if isinstance(value, str) and ("-" in value and len(value) >= 20 and "T" not in value)
    }
    customer = seeder.seed("ada@customers.example")
    told = orjson.dumps(every_item(database, transparency, customer)).decode()

    assert len(others) > 20
    assert not [value for value in others if value in told]


def test_pages_of_any_size_hold_the_same_items(
    database: Database, vault: Vault, seeder: Seeder
) -> None:
    customer = seeder.seed()
    transparency = open_transparency(database, vault)

    all_at_once = every_item(database, transparency, customer, limit=500)
    one_by_one = every_item(database, transparency, customer, limit=1)

    assert one_by_one == all_at_once
    assert len({(item.section, item.id) for item in all_at_once}) == len(all_at_once)


def test_a_row_whose_seal_is_broken_is_shown_as_such(
    database: Database, vault: Vault, seeder: Seeder
) -> None:
    customer = seeder.seed()
    events = METADATA.tables["events"]
    foreign = vault.seal(customer, "turns", "elsewhere", b"{}")
    database.write_now(
        lambda c: c.execute(
            events.update().where(events.c.customer_id == customer).values(sealed=foreign)
        )
    )
    items = every_item(database, open_transparency(database, vault), customer)

    fields = [f for item in items if item.section == "events" for f in item.fields]
    broken = [field for field in fields if field.name == "sealed"]
    assert [field.value for field in broken] == [None] * len(broken)
    assert all("seal is broken" in (field.note or "") for field in broken)


@pytest.mark.parametrize("after", [("x",), (1, 2), ("a", "b")])
def test_a_cursor_of_another_section_is_refused(
    database: Database, vault: Vault, seeder: Seeder, after: tuple[str | int, ...]
) -> None:
    customer = seeder.seed()
    transparency = open_transparency(database, vault)
    cursor = DataCursor("consent_events", after)

    with pytest.raises(InvalidInput):
        database.read_now(
            lambda c: transparency.page(c, customer, lang="en", limit=5, cursor=cursor)
        )


def test_the_overview_counts_every_row_and_names_what_is_not_held(
    database: Database, vault: Vault, seeder: Seeder
) -> None:
    customer = seeder.seed()
    transparency = open_transparency(database, vault)
    overview = database.read_now(lambda c: transparency.overview(c, customer, lang="en", gpc=True))

    counted = {summary.section: summary.count for summary in overview.sections}
    assert counted == {table: len(rows) for table, rows in seeder.expected().items()}
    assert overview.gpc.signal
    assert any("Trips" in text for text in overview.not_held)
    assert any("mood" in text for text in overview.not_held)
    assert overview.retained
    assert {total.category for total in overview.categories} >= {"orders", "stated_reasons"}
