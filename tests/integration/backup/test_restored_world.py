"""A restore brings back what nobody erased or withdrew since the backup, and nothing else."""

import pytest
from tests.integration.backup.world import ERASED, World, world

from assistant.profile.consent.grants import Grant, Refusal
from assistant.store.consent_audit import ChainAudit

__all__ = ["world"]
HOW = pytest.mark.parametrize("how", ["finished", "begun"])
"""Whether a worker had destroyed the key before the restore, or the request was all there was."""


def test_what_was_not_erased_comes_back_and_is_used(world: World) -> None:
    kept = world.before["kept"]

    assert world.service.find(kept.subject) == kept.customer_id
    assert world.events("kept") == kept.events
    assert world.conversations("kept") == kept.conversations
    assert len(world.service.indexed(kept.customer_id)) == 2
    assert isinstance(world.service.authorize(kept.customer_id), Grant)


@HOW
def test_an_erased_customer_does_not_come_back(world: World, how: str) -> None:
    erased = world.before[f"everything, {how}"]

    assert world.service.find(erased.subject) is None
    assert world.service.stores.vault.data_key_numbers(erased.customer_id) == ()
    assert [
        name
        for name, rows in world.service.rows().items()
        if name != "erasures" and any(row.get("customer_id") == erased.customer_id for row in rows)
    ] == []


@HOW
def test_all_data_that_was_erased_does_not_come_back_but_the_account_does(
    world: World, how: str
) -> None:
    name = f"all data, {how}"

    assert (world.events(name), world.conversations(name)) == ([], [])
    assert world.service.find(world.before[name].subject) == world.before[name].customer_id
    assert isinstance(world.service.authorize(world.before[name].customer_id), Grant)


@HOW
def test_a_category_that_was_erased_does_not_come_back(world: World, how: str) -> None:
    name = f"category, {how}"

    assert world.events(name) == []
    assert world.service.indexed(world.before[name].customer_id) == []


@HOW
def test_an_item_that_was_erased_does_not_come_back(world: World, how: str) -> None:
    name = f"item, {how}"

    assert world.before[name].events[0] not in world.events(name)


@HOW
def test_a_conversation_that_was_erased_does_not_come_back(world: World, how: str) -> None:
    name = f"conversation, {how}"

    assert world.before[name].conversations[0] not in world.conversations(name)


def test_what_was_not_in_scope_comes_back_where_its_key_still_exists(world: World) -> None:
    """The old data key dies with an erasure, so older backups of the rest die with it."""
    item, conversation = world.before["item, begun"], world.before["conversation, begun"]

    assert world.events("item, begun") == item.events[1:]
    assert world.conversations("item, begun") == item.conversations
    assert world.events("conversation, begun") == conversation.events
    assert world.conversations("conversation, begun") == conversation.conversations[1:]
    assert world.events("item, finished") == []


def test_everybody_but_the_erased_keeps_account_and_consents(world: World) -> None:
    for name, _ in ERASED[:-1]:
        for how in ("finished", "begun"):
            before = world.before[f"{name}, {how}"]
            assert world.service.find(before.subject) == before.customer_id
            assert isinstance(world.service.authorize(before.customer_id), Grant)


def test_a_withdrawal_outlives_the_restore_of_an_older_yes(world: World) -> None:
    withdrawn = world.before["withdrawn"].customer_id

    assert isinstance(world.service.authorize(withdrawn), Refusal)
    noes = [
        event
        for event in world.service.database.read_now(
            lambda c: world.service.stores.consents.list_events(c, withdrawn)
        )
        if event.decision != "given"
    ]
    assert {(event.decision, event.channel) for event in noes} == {("withdrawn", "replay")}


def test_every_chain_of_consent_is_whole_after_the_restore(world: World) -> None:
    audit = ChainAudit(world.service.stores.vault)

    assert list(audit.find_broken(world.service.database.read_now)) == []
    assert audit.customers == 10  # all but the two of whom everything was erased


def test_who_came_after_the_backup_is_not_in_it(world: World) -> None:
    assert world.service.find("later@mail.example") is None


def test_the_report_counts_what_was_left_out_and_what_was_replayed(world: World) -> None:
    replayed, left_out = world.restored.replayed, world.restored.left_out

    assert replayed.done["everything"] == 1  # of the other, the key was gone: not put back at all
    assert {kind: replayed.done[kind] for kind in ("item", "conversation", "all_data")} == {
        "item": 1,
        "conversation": 2,  # where the words were left out, the empty conversation goes
        "all_data": 2,
    }
    assert left_out["customers"] == 1
    assert left_out["events"] == 2 * 5  # two of each customer whose erasure was finished
    assert world.restored.loaded.emptied["customers"] == 4


def test_nothing_is_left_to_be_replayed(world: World) -> None:
    before = world.service.rows()

    assert world.service.catching_up.run() is None
    assert world.service.rows() == before


def test_what_was_restored_can_be_written_to(world: World) -> None:
    for name in ("kept", "item, finished", "all data, finished"):
        before = world.before[name]
        world.service.send(before.subject, "a chair")
        world.service.say(before.customer_id, "hello")
        assert len(world.conversations(name)) >= 1
        assert world.events(name)
