"""Sealing anew: everything opens under the new key, and the old one opens nothing."""

import pytest
from sqlalchemy import text
from tests.reseal_parts import AT, Life, event

from assistant.core.errors import KeyUnavailable, NotFound, StaleDataKey
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.events import EventRepository
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.store.reseal import CustomerReseal
from assistant.vault.envelope import SHUT, number_of
from assistant.vault.vault import Vault


@pytest.fixture
def life(database: Database, vault: Vault) -> Life:
    return Life.begin(database, vault)


def test_everything_opens_after_the_old_key_is_gone(life: Life) -> None:
    before = life.database.read_now(life.told)

    for _ in range(3):
        life.rekey()

    assert life.database.read_now(life.told) == before
    assert life.database.read_now(life.numbers) == {4}
    assert life.vault.data_key_numbers(life.customer_id) == (4,)


def test_what_was_sealed_before_opens_no_more(life: Life) -> None:
    old = life.vault.seal(life.customer_id, "turns", "t/reply", b"a copy in a backup")

    life.rekey()

    with pytest.raises(KeyUnavailable):
        life.vault.open(life.customer_id, "turns", "t/reply", old)


def test_other_customers_keep_their_key_and_their_values(
    life: Life, database: Database, vault: Vault
) -> None:
    other = database.write_now(
        lambda c: CustomerRepository(vault=vault).get_or_create_customer(
            c, "ben@mail.example", at=AT
        )
    ).customer_id

    life.rekey()

    found = database.read_now(lambda c: CustomerRepository(vault=vault).get_external_id(c, other))
    assert found == "ben@mail.example"
    assert vault.data_key_numbers(other) == (1,)


def test_repeated_events_are_recognised_after_sealing_anew(life: Life) -> None:
    events = EventRepository(vault=life.vault)
    life.rekey()

    again = [event(0), event(1, "Birch kettle"), event(9)]
    outcomes = life.database.write_now(
        lambda c: events.add_events(c, [(life.customer_id, one) for one in again], at=AT)
    )

    assert [one.result for one in outcomes] == ["duplicate", "conflict", "stored"]


def test_the_hash_of_an_event_s_content_dies_with_the_old_key(life: Life) -> None:
    def hashes(connection: Connection) -> set[bytes]:
        query = text("SELECT content_hash FROM events WHERE customer_id = :c")
        return {bytes(h) for h in connection.execute(query, {"c": life.customer_id}).scalars()}

    before = life.database.read_now(hashes)
    guessed = life.vault.sealed_hash(life.customer_id, "event content", b"guess", 1)

    life.rekey()

    assert before & life.database.read_now(hashes) == set()
    assert guessed != life.vault.sealed_hash(life.customer_id, "event content", b"guess")
    with pytest.raises(KeyUnavailable):
        life.vault.sealed_hash(life.customer_id, "event content", b"guess", 1)


def test_small_chunks_reach_everything(life: Life) -> None:
    before = life.database.read_now(life.told)

    assert life.rekey(limit=1) > 15

    assert life.database.read_now(life.told) == before
    assert life.database.read_now(life.numbers) == {2}


def test_remaining_values_are_counted(life: Life) -> None:
    reseal = CustomerReseal(vault=life.vault)
    life.vault.add_data_key(life.customer_id)

    def remaining() -> int:
        return life.database.read_now(lambda c: reseal.remaining(c, life.customer_id))

    assert remaining() == 0
    life.database.write_now(lambda c: reseal.move_fence(c, life.customer_id))
    assert remaining() == 18
    assert life.database.write_now(lambda c: reseal.step(c, life.customer_id, limit=4)) > 0
    assert remaining() == 14
    while life.database.write_now(lambda c: reseal.step(c, life.customer_id)):
        pass
    assert remaining() == 0


def test_a_step_that_was_undone_is_done_again(life: Life) -> None:
    before = life.database.read_now(life.told)
    reseal = CustomerReseal(vault=life.vault)
    life.vault.add_data_key(life.customer_id)
    life.database.write_now(lambda c: reseal.move_fence(c, life.customer_id))

    def undone(connection: Connection) -> None:
        reseal.step(connection, life.customer_id)
        raise InterruptedError

    for _ in range(3):
        with pytest.raises(InterruptedError):
            life.database.write_now(undone)
    while life.database.write_now(lambda c: reseal.step(c, life.customer_id)):
        pass

    assert life.database.read_now(life.numbers) == {2}
    assert life.database.read_now(life.told) == before


def test_another_process_goes_on_where_one_died(life: Life) -> None:
    life.vault.add_data_key(life.customer_id)
    first = CustomerReseal(vault=life.vault)
    life.database.write_now(lambda c: first.move_fence(c, life.customer_id))
    life.database.write_now(lambda c: first.step(c, life.customer_id, limit=5))

    second = CustomerReseal(vault=life.vault)
    while life.database.write_now(lambda c: second.step(c, life.customer_id)):
        pass

    assert life.database.read_now(life.numbers) == {2}


def test_what_does_not_open_is_left_and_stops_nothing(life: Life) -> None:
    broken = b"\x01" + bytes(60)
    spoil = text("UPDATE events SET sealed = :v WHERE customer_id = :c AND event_id = :e")
    event_id = life.database.read_now(
        lambda c: EventRepository(vault=life.vault).list_event_ids(c, life.customer_id)
    )[2]
    values = {"v": broken, "c": life.customer_id, "e": event_id}
    life.database.write_now(lambda c: c.execute(spoil, values))

    life.rekey()

    query = text("SELECT sealed FROM events WHERE customer_id = :c ORDER BY event_id")
    sealed = life.database.read_now(
        lambda c: c.execute(query, {"c": life.customer_id}).scalars().all()
    )
    assert [number_of(bytes(one)) for one in sealed] == [2, 2, 1, 2, 2]


def test_nothing_is_sealed_for_a_customer_whose_fence_is_shut_or_who_is_gone(life: Life) -> None:
    reseal = CustomerReseal(vault=life.vault)
    life.database.write_now(
        lambda c: (
            c.execute(text("UPDATE customers SET sealing = x'ff'"))
            if c.dialect.name == "sqlite"
            else c.execute(text("UPDATE customers SET sealing = '\\xff'::bytea"))
        )
    )

    with pytest.raises(StaleDataKey):
        life.database.write_now(lambda c: reseal.step(c, life.customer_id))
    with pytest.raises(NotFound):
        life.database.write_now(lambda c: reseal.step(c, "nobody"))
    assert SHUT == b"\xff"


def test_a_value_that_changed_meanwhile_is_left_as_it_is(postgresql_url: str, vault: Vault) -> None:
    database = Database.open(postgresql_url, pool_size=2)
    other = Database.open(postgresql_url, pool_size=1)
    life = Life.begin(database, vault)
    vault.add_data_key(life.customer_id)
    reseal = CustomerReseal(vault=vault)
    database.write_now(lambda c: reseal.move_fence(c, life.customer_id))
    newer: list[bytes] = []

    class Hurried(Vault):
        """Lets another process replace the block while its old value is being sealed anew."""

        def seal(self, customer_id: str, table: str, row: str, plaintext: bytes) -> bytes:
            sealed = super().seal(customer_id, table, row, plaintext)
            if table == "history_blocks" and not newer:
                newer.append(super().seal(customer_id, table, row, b"newer"))
                change = text("UPDATE history_blocks SET sealed = :v WHERE customer_id = :c")
                other.write_now(lambda c: c.execute(change, {"v": newer[0], "c": customer_id}))
            return sealed

    hurried = CustomerReseal(vault=Hurried(keys=vault._keys, wrapping=vault._wrapping))
    while database.write_now(lambda c: hurried.step(c, life.customer_id, limit=1)):
        pass

    block = database.read_now(
        lambda c: HistoryBlockRepository(vault=vault).find_block(c, life.customer_id)
    )
    assert block is not None
    assert block.packed == b"newer"
    assert database.read_now(life.numbers) == {2}
    database.close_now()
    other.close_now()
