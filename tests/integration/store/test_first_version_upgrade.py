"""A service of the first version comes to the newest form with all it sealed, and fenced."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.consent_chains import audit
from tests.databases import PostgresTemplate
from tests.first_version import FirstVersion
from tests.reseal_parts import Life

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.clock import from_epoch_ms
from assistant.core.errors import StaleDataKey
from assistant.core.events import IncomingEvent
from assistant.core.ids import CustomerId
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.events import EventRepository
from assistant.store.upgrading import upgrade_with
from assistant.vault.key_files import new_key, ring_of
from assistant.vault.vault import Vault


@pytest.fixture
def then() -> FirstVersion:
    return FirstVersion(new_key())


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Empty places for a main database and a key database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'main.db'}", f"sqlite:///{tmp_path / 'keys.db'}"
        return
    template: PostgresTemplate = request.getfixturevalue("postgres_template")
    names = template.create_empty(), template.create_empty()
    yield template.url(names[0]), template.url(names[1])
    for name in names:
        template.drop(name)


@pytest.fixture
def upgraded(urls: tuple[str, str], then: FirstVersion) -> Iterator[tuple[Database, Vault]]:
    """Both databases as today's service finds them after its first start."""
    main, keys = (Database.open(url, pool_size=2) for url in urls)
    main.write_now(then.write_rows)
    keys.write_now(then.write_keys)
    keys.close_now()
    store = SqlKeyStore.open(urls[1])
    vault = Vault.unlock(store, ring_of(then.key))
    main.write_now(lambda c: upgrade_with(c, vault))
    assert not main.pending_migrations()
    yield main, vault
    main.close_now()
    store.close()


def stored(database: Database, customer: str) -> dict[tuple[str, str, str], bytes]:
    """Return every sealed value by table, column and place."""
    places = {
        ("customers", "external_sealed"): "'external'",
        ("turns", "utterance_sealed"): "turn_key || '/utterance'",
        ("turns", "reply_sealed"): "turn_key || '/reply'",
        ("events", "sealed"): "event_id",
        ("history_blocks", "sealed"): "CAST(version AS VARCHAR)",
        ("consent_events", "evidence_sealed"): "CAST(seq AS VARCHAR)",
    }
    return {
        (table, column, place): bytes(value)
        for (table, column), named in places.items()
        for place, value in database.read_now(
            lambda c, t=table, col=column, n=named: c.execute(
                text(f"SELECT {n}, {col} FROM {t} WHERE customer_id = :c"), {"c": customer}
            ).all()
        )
    }


def opened(database: Database, vault: Vault, customer: str) -> dict[tuple[str, str, str], bytes]:
    vault.forget_all()
    return {
        at: vault.open(customer, at[0], at[2], value)
        for at, value in stored(database, customer).items()
    }


def test_every_sealed_value_opens_and_every_hash_still_finds(
    upgraded: tuple[Database, Vault], then: FirstVersion
) -> None:
    database, vault = upgraded

    for customer in then.customers:
        assert opened(database, vault, customer) == then.told(customer)
        found = database.read_now(
            lambda c, who=customer: CustomerRepository(vault=vault).find_customer(
                c, then.external(who)
            )
        )
        assert found is not None
        assert found.customer_id == customer
        outcome = database.write_now(lambda c, who=customer: again(c, vault, then, who))
        assert outcome == "duplicate"
    assert audit(database, vault) == [], "the chains of consent were made and sealed"


def again(connection, vault: Vault, then: FirstVersion, customer: str) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a connection
    """Send an event a second time that was stored by the first version."""
    event = then.event(1)
    incoming = IncomingEvent(
        source=event["source"],
        id=event["id"],
        type=event["type"],
        time=from_epoch_ms(1_772_000_000_000),
        subject=then.external(customer),
        category="orders",
        data=event["data"],
        rendering=event["rendering"],
    )
    return (
        EventRepository(vault=vault)
        .add_event(connection, CustomerId(customer), incoming, at=incoming.time)
        .result
    )


def test_what_was_sealed_then_is_sealed_anew_and_the_fence_keeps_the_old_form_out(
    upgraded: tuple[Database, Vault], then: FirstVersion
) -> None:
    database, vault = upgraded
    before = stored(database, "ada")

    life = Life(database, vault, CustomerId("ada"))
    life.rekey()

    assert database.read_now(life.numbers) == {2}
    assert vault.data_key_numbers("ada") == (2,)
    assert opened(database, vault, "ada") == then.told("ada")
    for (table, column, _), old in before.items():
        if table == "consent_events":
            continue  # append-only: the guard of the table is asked first
        back = text(f"UPDATE {table} SET {column} = :old WHERE customer_id = 'ada'")
        with pytest.raises(StaleDataKey):
            database.write_now(lambda c, b=back, o=old: c.execute(b, {"old": o}))
    assert opened(database, vault, "ada") == then.told("ada")
    assert opened(database, vault, "ben") == then.told("ben"), "nobody else was touched"
