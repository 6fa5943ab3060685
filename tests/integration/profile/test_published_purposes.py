"""A purpose says for ever what it said when its version was published."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET, Parts

from assistant.core.errors import ConfigurationError
from assistant.profile.consent.published_purposes import find_conflicts, publish
from assistant.profile.consent.visit_card import JOIN_PURPOSE, visit_card
from assistant.profile.pack.loading import Pack, load_pack
from assistant.store.engine import Connection, Database
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.vault.vault import Vault

PUBLISHED = PublishedPurposeRepository()
Edit = Callable[..., Pack]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """The market pack with one piece of one of its files replaced."""
    folder = tmp_path / "pack"
    shutil.copytree(MARKET, folder, ignore=shutil.ignore_patterns("articles", "tests"))

    def edit(file: str, old: str, new: str) -> Pack:
        path = folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new), encoding="utf-8")
        return load_pack(folder)

    return edit


def publish_now(parts: Parts, pack: Pack) -> int:
    return parts.database.write_now(lambda c: publish(c, pack, PUBLISHED, at=parts.clock()))


def test_every_purpose_is_published_in_every_language_once(parts: Parts) -> None:
    first, again = publish_now(parts, parts.pack), publish_now(parts, parts.pack)

    rows = parts.database.read_now(PUBLISHED.list_published)
    assert (first, again) == (len(rows), 0)
    assert {(row.purpose, row.lang) for row in rows} == {
        (purpose, lang)
        for purpose in (*(each.id for each in parts.pack.purposes), JOIN_PURPOSE)
        for lang in ("en", "de")
    }
    for row in rows:
        own = row.purpose == JOIN_PURPOSE
        shown = visit_card(row.lang) if own else parts.pack.disclose(row.purpose, row.lang)
        assert (row.text, row.text_sha256) == (shown.text, shown.text_sha256)


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("purposes.yaml", "Answer me from my own history", "Know all", "text in 'en'"),
        ("purposes.yaml", "Antworten aus meiner eigenen Vorgeschichte", "Alles", "text in 'de'"),
        ("purposes.yaml", "browsing, chat, jobs]", "browsing, calls, chat, jobs]", "definition"),
        ("purposes.yaml", "dpv#RequestedServiceProvision", "dpv#ServiceProvision", "definition"),
        ("pack.yaml", "retention_months: 24", "retention_months: 60", "definition"),
    ],
)
def test_another_meaning_under_the_same_version_is_refused(
    parts: Parts, edited: Edit, file: str, old: str, new: str, what: str
) -> None:
    publish_now(parts, parts.pack)

    pack = edited(file, old, new)

    with pytest.raises(ConfigurationError, match=f"the {what} of purpose .* raise the version"):
        publish_now(parts, pack)
    rows = parts.database.read_now(PUBLISHED.list_published)
    assert find_conflicts(parts.pack, rows) == []


def test_another_meaning_under_a_new_version_is_published_beside_the_old(
    parts: Parts, edited: Edit
) -> None:
    publish_now(parts, parts.pack)

    pack = edited(
        "purposes.yaml",
        "  - id: answer_from_history\n    version: 1",
        "  - id: answer_from_history\n    version: 2",
    )

    assert publish_now(parts, pack) == 2
    old = parts.database.read_now(lambda c: PUBLISHED.list_version(c, "answer_from_history", 1))
    assert [row.lang for row in old] == ["de", "en"]


def test_another_telephone_number_asks_nobody_again(parts: Parts, edited: Edit) -> None:
    publish_now(parts, parts.pack)

    assert publish_now(parts, edited("pack.yaml", "0800 555 0142", "0800 555 0143")) == 0


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE published_purposes SET text = 'anything'",
        "UPDATE published_purposes SET text = text",
        "DELETE FROM published_purposes",
        "INSERT INTO published_purposes SELECT * FROM published_purposes",
        "INSERT INTO published_purposes SELECT * FROM published_purposes WHERE true "
        "ON CONFLICT (purpose, version, lang) DO UPDATE SET text = 'anything'",
    ],
)
def test_raw_sql_cannot_change_what_was_published(parts: Parts, attack: str) -> None:
    publish_now(parts, parts.pack)
    before = parts.database.read_now(PUBLISHED.list_published)

    with pytest.raises(DBAPIError, match=r"never change|duplicate key"):
        parts.database.write_now(lambda c: c.execute(text(attack)))

    assert parts.database.read_now(PUBLISHED.list_published) == before


@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_sqlite_refuses_to_replace_what_was_published(
    sqlite_database: Database, vault: Vault, clock: SteppableClock, verb: str
) -> None:
    publish_now(Parts.of(sqlite_database, vault, clock), load_pack(MARKET))

    def work(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
        connection.exec_driver_sql(
            f"{verb} INTO published_purposes SELECT * FROM published_purposes"
        )

    with pytest.raises(DBAPIError, match="never change"):
        sqlite_database.write_now(work)


def test_postgresql_refuses_to_truncate_what_was_published(postgresql_url: str) -> None:
    database = Database.open(postgresql_url, pool_size=1)

    with pytest.raises(DBAPIError, match="never change"):
        database.write_now(lambda c: c.execute(text("TRUNCATE published_purposes")))

    database.close_now()
