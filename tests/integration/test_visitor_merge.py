"""A visit joins an account with the customer's yes: whole, once, and without a second copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.canary import canary_text, scan_database
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.visit_parts import WORDS, Counter

from assistant.bootstrap.assembly import build
from assistant.core.errors import NotAllowed, NotFound, Overloaded, Stale
from assistant.core.ids import CustomerId, new_id
from assistant.dialogue.reply_codec import decode_reply
from assistant.profile.consent.ledger import ConsentDecision
from assistant.profile.consent.visit_card import JOIN_PURPOSE, visit_card, visit_cards
from assistant.profile.visitor_merge import JoinDecision, Joined
from assistant.store.consent_audit import ChainAudit
from assistant.store.customer_blocks import CustomerBlocks
from assistant.store.feedback import KnowledgeGap


@pytest.fixture
def counter(tmp_path: Path, database_url: str, clock: SteppableClock) -> Iterator[Counter]:
    settings = settings_in(tmp_path, database_url)
    with build(settings, clock=clock, open_model=lambda _: HashingEmbedder()) as assistant:
        yield Counter(assistant)


def test_what_the_visitor_said_is_the_customers_now_word_for_word(counter: Counter) -> None:
    conversation = counter.visit()
    before = counter.turns(counter.visitor, conversation)

    joined = counter.decide()

    assert joined == Joined(joined=True, conversations=1, turns=3)
    assert counter.turns(counter.ada, conversation) == before
    assert [turn.text for turn in before] == list(WORDS)


def test_feedback_gaps_and_requests_for_a_person_come_along(counter: Counter) -> None:
    conversation, at = counter.visit(), counter.assistant.clock()
    key = counter.turns(counter.visitor, conversation)[0].turn_key
    stores = counter.stores
    gap = KnowledgeGap(counter.visitor, key, None, 0.2, at)
    counter.database.write_now(
        lambda c: (
            stores.feedback.save_feedback(c, counter.visitor, key, helped=True, at=at),
            stores.feedback.add_gap(c, gap),
            stores.handoffs.request(c, counter.visitor, conversation, reason="asked", at=at),
        )
    )

    counter.decide()

    helped = counter.database.read_now(lambda c: stores.feedback.find_feedback(c, counter.ada, key))
    handoff = counter.database.read_now(
        lambda c: stores.handoffs.find_handoff(c, counter.ada, conversation)
    )
    gaps = counter.database.read_now(stores.feedback.list_gaps)
    assert helped is True
    assert handoff is not None
    assert counter.ada in {gap.customer_id for gap in gaps}


def test_the_customers_own_conversation_of_the_same_id_is_not_overwritten(
    counter: Counter,
) -> None:
    """A page goes on in its conversation after signing in, and may repeat a turn's id."""
    conversation = counter.visit()
    shared = counter.turns(counter.visitor, conversation)[0].turn_id
    counter.say(counter.ada, "I have signed in", conversation, turn_id=shared)

    counter.decide()

    assert [turn.text for turn in counter.turns(counter.ada, conversation)] == ["I have signed in"]
    (other,) = counter.conversations(counter.ada) - {conversation}
    moved = counter.turns(counter.ada, other)
    assert [turn.text for turn in moved] == list(WORDS)
    assert moved[0].turn_id != shared
    replies = [decode_reply(turn.reply or b"") for turn in moved]
    assert {reply.conversation for reply in replies} == {other}
    assert [reply.turn_id for reply in replies] == [turn.turn_id for turn in moved]


def test_joining_again_gives_the_same_answer_and_copies_nothing(counter: Counter) -> None:
    counter.visit()

    first, again = counter.decide(), counter.decide()

    assert first == again
    assert len(counter.conversations(counter.ada)) == 1
    refused = JoinDecision("refused", None, None, "en")
    assert counter.decide(refused) == first


def test_a_visit_joins_one_account_only(counter: Counter) -> None:
    counter.visit()
    counter.decide()
    bruno = counter.customer("bruno@customers.example")

    with pytest.raises(NotFound, match="once only"):
        counter.decide(customer=bruno)

    assert counter.conversations(bruno) == set()


def test_without_a_yes_to_the_card_of_today_nothing_joins(counter: Counter) -> None:
    counter.visit()
    card = visit_card("en")

    for stale in (
        JoinDecision("given", None, None, "en"),
        JoinDecision("given", card.version, "0" * 64, "en"),
        JoinDecision("given", card.version + 1, card.text_sha256, "en"),
    ):
        with pytest.raises(Stale):
            counter.decide(stale)

    assert counter.conversations(counter.ada) == set()


def test_a_no_is_recorded_without_a_trace_of_the_visit(counter: Counter) -> None:
    conversation = counter.visit()

    joined = counter.decide(JoinDecision("refused", None, None, "de"))

    assert not joined.joined
    consents = counter.stores.consents
    (event,) = counter.database.read_now(lambda c: consents.list_events(c, counter.ada))
    assert (event.purpose, event.status) == (JOIN_PURPOSE, "refused")
    assert counter.database.read_now(lambda c: consents.find_evidence(c, counter.ada, 1)) is None
    assert len(counter.turns(counter.visitor, conversation)) == 3


def test_nothing_joins_an_account_while_something_of_it_is_erased(counter: Counter) -> None:
    counter.say(counter.visitor, WORDS[0], "c1")
    block = CustomerBlocks()
    counter.database.write_now(lambda c: block.block(c, counter.ada, at=counter.assistant.clock()))

    with pytest.raises(Overloaded):
        counter.decide()
    assert not counter.decide(JoinDecision("refused", None, None, "en")).joined

    counter.database.write_now(lambda c: block.unblock(c, counter.ada))
    assert counter.decide().turns == 1


def test_what_the_visitor_allowed_does_not_come_along(counter: Counter) -> None:
    counter.visit()
    shown = counter.assistant.pack.disclose("answer_from_history")
    allowed = ConsentDecision(
        counter.visitor, "answer_from_history", "given", "api", counter.assistant.clock(),
        shown.version, shown.text_sha256,
    )  # fmt: skip
    counter.database.write_now(lambda c: counter.assistant.ledger.decide(c, allowed))

    counter.decide()

    state = counter.database.read_now(lambda c: counter.assistant.ledger.state(c, counter.ada))
    assert state.given_categories() == frozenset()


def test_only_a_visit_joins_and_only_an_account(counter: Counter) -> None:
    counter.visit()
    bruno = counter.customer("bruno@customers.example")

    with pytest.raises(NotAllowed, match="as a visitor"):
        counter.decide(visitor=bruno)
    with pytest.raises(NotAllowed, match="account"):
        counter.decide(customer=counter.visitor, visitor=bruno)
    with pytest.raises(NotFound):
        counter.decide(visitor=CustomerId(new_id()))


def test_the_yes_has_a_receipt_with_the_card_and_the_chain_stays_whole(counter: Counter) -> None:
    counter.visit()
    counter.decide()

    (receipt,) = counter.database.read_now(
        lambda c: counter.assistant.receipts.list_receipts(c, counter.ada, after=None, limit=5)
    )
    audit = ChainAudit(counter.stores.vault)

    record = receipt.document["dpv:hasRecordOfActivity"]
    assert visit_card("en").text in str(record).replace("\\n", "\n")
    assert counter.visitor.encode() not in receipt.content
    assert list(audit.find_broken(counter.database.read_now)) == []


def test_the_visit_is_erased_and_the_words_stay_readable_to_the_customer_only(
    counter: Counter,
) -> None:
    conversation = counter.visit()
    counter.decide()

    engine = counter.assistant.erasing.engine()
    for _ in range(10):
        engine.run_once()

    rows = "SELECT count(*) FROM {} WHERE customer_id = '" + counter.visitor + "'"
    for table in ("customers", "turns", "conversations", "visitors", "consent_events"):
        left = counter.database.read_now(
            lambda c, of=table: c.exec_driver_sql(rows.format(of)).scalar_one()
        )
        assert left == 0, table
    assert counter.stores.vault.data_key_numbers(counter.visitor) == ()
    assert [turn.text for turn in counter.turns(counter.ada, conversation)] == list(WORDS)
    words = [canary_text(text) for text in WORDS]
    assert not counter.database.read_now(lambda c: scan_database(c, words))


def test_the_card_says_the_same_as_long_as_its_version_stays(counter: Counter) -> None:
    """A changed text takes a new version in ``visit_card.yaml``, and new hashes here."""
    assert {(card.version, card.lang): card.text_sha256 for card in visit_cards()} == {
        (1, "en"): "10a676d00e9aebaf9cb8753c5dec58eb5de6f97e03bc5d181271e8d961f8aa54",
        (1, "de"): "08ac31232572da3ed8d14f4bdc06586e62942030eb02d0cf6bd036ba3af58a36",
    }
    published = counter.database.read_now(
        lambda c: counter.stores.published.list_version(c, JOIN_PURPOSE, 1)
    )
    assert {row.lang: row.text_sha256 for row in published} == {
        card.lang: card.text_sha256 for card in visit_cards()
    }
