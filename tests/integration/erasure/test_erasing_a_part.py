"""Partial erasures: what is in scope goes with what was made of it, the rest stays readable."""

import pytest
from sqlalchemy import text
from tests.erasure_home import Home

from assistant.core.erasure import ErasureState
from assistant.core.errors import ConflictingReuse, InvalidInput, NotFound
from assistant.core.ids import new_id
from assistant.dialogue.erased_replies import SAYS_SO
from assistant.profile.erasure import requests

ADA = "ada@customers.example"


@pytest.fixture
def ada(home: Home) -> str:
    """Somebody who looked at three things, bought one, and gave consent."""
    ada = home.customer(ADA)
    home.give(ada)
    home.send(ADA, "Alder kettle", "Pebble jug", "Reed basket")
    home.send(ADA, "W123", type_="order.placed")
    home.index(ada)
    return ada


def is_blocked(home: Home, customer_id: str) -> bool:
    held = home.database.write_now(lambda c: home.erasing.parts.blocks.hold(c, customer_id))
    assert held is not None
    return held.blocked or held.refuses_writes


def test_an_item_goes_at_once_from_rows_block_and_replies(home: Home, ada: str) -> None:
    kettle, jug, *_ = home.event_ids(ada)
    conversation, _ = home.say(ada, "Which kettle?", answer="The Alder kettle.", using=[kettle])
    home.say(ada, "And the jug?", answer="The Pebble jug.", using=[jug], conversation=conversation)

    home.erase(ada, "item", kettle)

    assert kettle not in home.event_ids(ada)
    assert not any("Alder" in line for line in home.indexed(ada))
    assert len(home.indexed(ada)) == 3
    assert home.said(ada, conversation) == [
        ("Which kettle?", SAYS_SO),
        ("And the jug?", "The Pebble jug."),
    ]
    uses = home.database.read_now(lambda c: home.stores.uses.list_uses(c, ada))
    assert {use.item_id for use in uses} == {jug}
    assert not is_blocked(home, ada)


def test_what_stays_is_sealed_anew_and_the_old_key_is_gone(home: Home, ada: str) -> None:
    conversation, _ = home.say(ada, "Hello", answer="Good day.")
    kettle = home.event_ids(ada)[0]
    requested = home.erase(ada, "item", kettle)

    home.work()

    assert home.stores.vault.data_key_numbers(ada) == (2,)
    home.stores.vault.forget(ada)
    assert home.said(ada, conversation) == [("Hello", "Good day.")]
    assert len(home.indexed(ada)) == 3
    external = home.database.read_now(lambda c: home.stores.customers.get_external_id(c, ada))
    assert external == ADA
    evidence = home.database.read_now(lambda c: home.stores.consents.find_evidence(c, ada, 1))
    assert evidence == {"page": "the evidence of a decision"}
    done = home.find(ada, requested)
    assert done.state is ErasureState.PHYSICALLY_VERIFIED
    assert done.counts["events"] == 1


def test_turns_go_on_beside_a_partial_erasure(home: Home, ada: str) -> None:
    home.erase(ada, "category", "browsing")
    conversation, _ = home.say(ada, "Between request and new key", answer="Yes.")
    home.work()
    home.say(ada, "And after it", answer="Yes again.", conversation=conversation)

    assert [text for text, _ in home.said(ada, conversation)] == [
        "Between request and new key",
        "And after it",
    ]


def test_a_category_goes_and_the_others_stay(home: Home, ada: str) -> None:
    home.erase(ada, "category", "browsing")

    assert len(home.event_ids(ada)) == 1
    assert len(home.indexed(ada)) == 1
    home.work()
    assert len(home.event_ids(ada)) == 1


def test_a_large_category_is_blocked_until_it_is_deleted(
    home: Home, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "AT_ONCE", 2)
    kettle = home.event_ids(ada)[0]
    conversation, _ = home.say(ada, "Which kettle?", answer="The Alder kettle.", using=[kettle])

    requested = home.erase(ada, "category", "browsing")

    assert is_blocked(home, ada)
    home.work()
    assert not is_blocked(home, ada)
    assert len(home.event_ids(ada)) == 1
    assert home.said(ada, conversation) == [("Which kettle?", SAYS_SO)]
    assert home.find(ada, requested).counts["events"] == 3
    home.index(ada)
    assert len(home.indexed(ada)) == 1


def test_a_conversation_goes_and_another_stays(home: Home, ada: str) -> None:
    first, _ = home.say(ada, "One", answer="First.")
    second, _ = home.say(ada, "Two", answer="Second.")

    home.erase(ada, "conversation", first)
    home.work()

    assert home.said(ada, first) == []
    assert home.said(ada, second) == [("Two", "Second.")]
    with pytest.raises(NotFound):
        home.erase(ada, "conversation", first)


def test_chat_as_a_category_takes_every_conversation(home: Home, ada: str) -> None:
    conversation, turn = home.say(ada, "One", answer="First.")
    home.database.write_now(
        lambda c: home.stores.feedback.save_feedback(c, ada, turn, helped=True, at=home.clock())
    )

    home.erase(ada, "category", "chat")
    home.work()

    assert home.said(ada, conversation) == []
    assert len(home.event_ids(ada)) == 4


def test_all_data_keeps_the_account_and_what_was_decided(home: Home, ada: str) -> None:
    home.say(ada, "One", answer="First.")

    home.erase(ada, "all_data")
    home.work()

    left = home.database.read_now(
        lambda c: {
            name: c.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in ("events", "history_blocks", "turns", "conversations", "uses")
        }
    )
    assert set(left.values()) == {0}
    state = home.database.read_now(lambda c: home.ledger.state(c, ada))
    assert "browsing" in state.given("answer_from_history")
    found = home.database.read_now(lambda c: home.stores.customers.find_customer(c, ADA))
    assert found is not None
    assert found.customer_id == ada
    conversation, _ = home.say(ada, "Back again", answer="Good day.")
    assert home.said(ada, conversation) == [("Back again", "Good day.")]
    assert home.send(ADA, "Reed basket") == ["stored"]


def test_consent_is_read_anew_by_whoever_is_answering(home: Home, ada: str) -> None:
    before = home.database.read_now(lambda c: home.ledger.state(c, ada)).epoch

    home.erase(ada, "item", home.event_ids(ada)[0])

    assert home.database.read_now(lambda c: home.ledger.state(c, ada)).epoch > before


@pytest.mark.parametrize(
    ("kind", "target", "error"),
    [
        ("item", "00000000-0000-7000-8000-000000000000", NotFound),
        ("conversation", "00000000-0000-7000-8000-000000000000", NotFound),
        ("category", "horoscopes", InvalidInput),
        ("category", None, InvalidInput),
        ("everything", "browsing", InvalidInput),
    ],
)
def test_a_scope_without_its_target_is_refused_and_nothing_is_recorded(
    home: Home, ada: str, kind: str, target: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        home.erase(ada, kind, target)  # type: ignore[arg-type]

    assert home.database.read_now(lambda c: home.erasures.list_erasures(c, ada)) == []
    assert list(home.stores.ledger.entries()) == []


def test_an_item_of_somebody_else_is_no_item(home: Home, ada: str) -> None:
    ben = home.customer("ben@customers.example")

    with pytest.raises(NotFound):
        home.erase(ben, "item", home.event_ids(ada)[0])

    assert len(home.event_ids(ada)) == 4


def test_one_key_for_another_erasure_is_a_conflict(home: Home, ada: str) -> None:
    first, second, *_ = home.event_ids(ada)
    made = home.erase(ada, "item", first, repeat_key="ada\0k")

    assert home.erase(ada, "item", first, repeat_key="ada\0k").erasure_id == made.erasure_id
    with pytest.raises(ConflictingReuse):
        home.erase(ada, "item", second, repeat_key="ada\0k")


def test_everything_asked_for_during_a_partial_erasure_takes_both(home: Home, ada: str) -> None:
    part = home.erase(ada, "item", home.event_ids(ada)[0])
    whole = home.erase(ada, "everything")

    home.work()

    assert home.find(ada, part).state is ErasureState.PHYSICALLY_VERIFIED
    assert home.find(ada, whole).state is ErasureState.PHYSICALLY_VERIFIED
    assert home.stores.vault.data_key_numbers(ada) == ()


def test_several_parts_at_once_need_one_new_key(home: Home, ada: str) -> None:
    for event_id in home.event_ids(ada)[:3]:
        home.erase(ada, "item", event_id)

    home.work()

    assert home.stores.vault.data_key_numbers(ada) == (2,)
    assert len(home.indexed(ada)) == 1


def test_history_indexed_from_before_an_erasure_does_not_bring_it_back(
    home: Home, ada: str
) -> None:
    home.send(ADA, "Willow chair")
    waiting = home.database.read_now(lambda c: home.stores.blocks.find_waiting(c, ada))
    assert waiting is not None
    work = home.database.read_now(lambda c: home.indexer._read(c, ada))
    vectors = home.encoding.encode_now([event.rendering for event in work.added])
    block = home.indexer._pack(work, vectors)

    home.database.write_now(lambda c: home.erasing.parts.rows.drop_block(c, ada))
    home.erase(ada, "category", "browsing")
    late = home.database.write_now(lambda c: home.indexer._write(c, waiting, block, work))

    assert not late
    assert not any("Willow" in line for line in home.indexed(ada))


def test_replies_that_cite_what_is_gone_lose_their_words_even_without_a_use(
    home: Home, ada: str
) -> None:
    kettle = home.event_ids(ada)[0]
    conversation, _ = home.say(ada, "Which kettle?", answer="The Alder kettle.", using=[kettle])
    home.database.write_now(lambda c: c.execute(text("DELETE FROM uses")))

    home.erase(ada, "item", kettle)
    home.work()

    assert home.said(ada, conversation) == [("Which kettle?", SAYS_SO)]


def test_unknown_conversation_ids_do_not_reach_the_ledger(home: Home, ada: str) -> None:
    with pytest.raises(NotFound):
        home.erase(ada, "conversation", new_id())
    assert list(home.stores.ledger.entries()) == []
