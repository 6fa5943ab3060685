"""A fact that is taken back leaves no word behind: no rows, and no key for its sealed bytes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.profile_parts import MARKET

from assistant.bootstrap import Assistant, build
from assistant.core.erasure import ErasureState
from assistant.core.errors import KeyUnavailable, SealBroken
from assistant.core.ids import ConversationId, CustomerId, new_id
from assistant.dialogue.erased_replies import SAYS_SO
from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import Citation, Reply, Sentence, UsedItem
from assistant.profile.consent.ledger import ConsentDecision
from assistant.profile.erasure.requests import ErasureScope
from assistant.profile.pack.question_catalogue import REASONS
from assistant.profile.questions.cards import CardShown
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.states import QuestionState
from assistant.profile.questions.views import Confirming, Proposal
from assistant.settings import Settings
from assistant.store.engine import Connection
from assistant.store.uses import Use
from assistant.vault.key_files import create_key_file

KEPT = "Quiet appliances matter to me."
OTHER = "I usually cook for two."
HISTORY = "answer_from_history"


@pytest.fixture
def assistant(database_url: str, tmp_path: Path, clock: SteppableClock) -> Iterator[Assistant]:
    """An assembled assistant over a migrated database of either kind."""
    create_key_file(tmp_path / "data-keys" / "key")
    settings = Settings(knowledge=MARKET, data_dir=tmp_path / "data", database_url=database_url)
    with build(settings, clock=clock, open_model=lambda _: HashingEmbedder()) as assistant:
        yield assistant


@pytest.fixture
def ada(assistant: Assistant) -> CustomerId:
    return assistant.stores.database.write_now(
        lambda c: assistant.stores.customers.get_or_create_customer(
            c, "ada@mail.example", at=assistant.clock()
        )
    ).customer_id


def keep(assistant: Assistant, customer_id: CustomerId, words: str) -> FactView:
    """Keep a fact by way of every step."""
    why, at = assistant.why_questions, assistant.clock()

    def work(connection: Connection) -> FactView:
        view = why.propose(connection, customer_id, Proposal("volunteered", at, "en", words=words))
        assert view is not None
        shown = CardShown(view.version, view.card.text_sha256, "en", "api")
        why.disclose(connection, customer_id, view.question_id, shown, at=at)
        why.ask(connection, customer_id, view.question_id, lang="en", at=at)
        confirming = Confirming(at, "api")
        return why.confirm(connection, customer_id, view.question_id, words, confirming)

    return assistant.stores.database.write_now(work)


def finish_erasures(assistant: Assistant) -> None:
    engine = assistant.erasing.engine()
    for _ in range(200):
        if not engine.run_once():
            return
    raise AssertionError("the erasure does not end")


def sealed_of(assistant: Assistant, fact: FactView) -> bytes:
    read = text("SELECT statement_sealed FROM facts WHERE fact_id = :fact")
    found = assistant.stores.database.read_now(
        lambda c: c.execute(read, {"fact": fact.fact_id}).scalar_one()
    )
    return bytes(found)


def statements(assistant: Assistant, customer_id: CustomerId) -> list[str]:
    facts = assistant.stores.database.read_now(
        lambda c: assistant.facts.list_facts(c, customer_id, now=assistant.clock())
    )
    return [fact.statement for fact in facts]


def states(assistant: Assistant, customer_id: CustomerId) -> dict[str, QuestionState]:
    views = assistant.stores.database.read_now(
        lambda c: assistant.why_questions.list_questions(
            c, customer_id, lang="en", now=assistant.clock()
        )
    )
    return {view.question_id: view.state for view in views}


def opens(assistant: Assistant, customer_id: CustomerId, fact: FactView, sealed: bytes) -> bool:
    assistant.stores.vault.forget(customer_id)
    try:
        assistant.stores.vault.open(customer_id, "facts", fact.fact_id, sealed)
    except (KeyUnavailable, SealBroken):
        return False
    return True


def tell(assistant: Assistant, customer_id: CustomerId, fact: FactView) -> ConversationId:
    """Let a reply tell the words of a fact, and note that it used it."""
    stores, at = assistant.stores, assistant.clock()
    conversation, used = ConversationId(new_id()), UsedItem(fact.fact_id, REASONS, HISTORY)

    def work(connection: Connection) -> None:
        turn = stores.conversations.append_utterance(
            connection, customer_id, conversation, turn_id=new_id(), text="Which mixer?",
            lang="en", at=at, open_missing=True,
        ).turn  # fmt: skip
        reply = Reply(
            turn_id=turn.turn_id,
            conversation=conversation,
            sentences=(Sentence(f"You told us: {fact.statement}", (fact.fact_id,)),),
            state="answered",
            citations=(Citation(fact.fact_id, "fact", fact.statement, "fact"),),
            used=(used,),
            seq=turn.seq,
        )
        stores.conversations.write_reply(
            connection, customer_id, turn.turn_key,
            reply=encode_reply(reply), state="answered", at=at,
        )  # fmt: skip
        use = Use("fact", fact.fact_id, REASONS, HISTORY, at, turn.turn_key)
        stores.uses.add_uses(connection, customer_id, [use])

    stores.database.write_now(work)
    return conversation


def told(assistant: Assistant, customer_id: CustomerId, conversation: ConversationId) -> str:
    turns = assistant.stores.database.read_now(
        lambda c: assistant.stores.conversations.list_turns(c, customer_id, conversation)
    )
    return " ".join(decode_reply(turn.reply).text for turn in turns if turn.reply)


def erasures(assistant: Assistant, customer_id: CustomerId) -> list[tuple[str, str, ErasureState]]:
    found = assistant.stores.database.read_now(
        lambda c: assistant.erasing.erasures.list_erasures(c, customer_id)
    )
    return [(one.scope, one.cause, one.state) for one in found]


def kinds_in_ledger(assistant: Assistant) -> list[str]:
    return [entry.kind for _, entry in assistant.stores.ledger.entries()]


def test_words_before_a_correction_stay_in_no_reply_and_open_no_more(
    assistant: Assistant, ada: CustomerId
) -> None:
    fact = keep(assistant, ada, KEPT)
    sealed, conversation = sealed_of(assistant, fact), tell(assistant, ada, fact)

    corrected = assistant.stores.database.write_now(
        lambda c: assistant.facts.correct(c, ada, fact.fact_id, OTHER, at=assistant.clock())
    )
    at_once = told(assistant, ada, conversation)
    finish_erasures(assistant)

    assert at_once == told(assistant, ada, conversation) == SAYS_SO
    assert statements(assistant, ada) == [OTHER]
    assert (corrected.fact_id, corrected.times_used) == (fact.fact_id, 1)
    assert states(assistant, ada) == {fact.question_id: QuestionState.USED}
    assert not opens(assistant, ada, fact, sealed)
    assert kinds_in_ledger(assistant) == ["item"]
    assert erasures(assistant, ada) == [("corrected", "customer", ErasureState.PHYSICALLY_VERIFIED)]


def test_an_expired_fact_goes_by_the_way_of_one_that_was_taken_back(
    assistant: Assistant, ada: CustomerId, clock: SteppableClock
) -> None:
    fact = keep(assistant, ada, KEPT)
    clock.advance(days=400)
    other = keep(assistant, ada, OTHER)
    sealed, conversation = sealed_of(assistant, fact), tell(assistant, ada, fact)
    clock.advance(days=200)

    assistant.stores.database.write_now(
        lambda c: assistant.why_questions.expire_due(c, ada, now=clock())
    )
    at_once = told(assistant, ada, conversation)
    finish_erasures(assistant)

    assert at_once == told(assistant, ada, conversation) == SAYS_SO
    assert statements(assistant, ada) == [OTHER]
    assert states(assistant, ada) == {
        fact.question_id: QuestionState.EXPIRED,
        other.question_id: QuestionState.STORED,
    }
    assert not opens(assistant, ada, fact, sealed)
    assert kinds_in_ledger(assistant) == ["item"]
    assert erasures(assistant, ada) == [("item", "retention", ErasureState.PHYSICALLY_VERIFIED)]


def test_an_erased_fact_reads_withdrawn_and_its_sealed_bytes_open_no_more(
    assistant: Assistant, ada: CustomerId
) -> None:
    fact, other = keep(assistant, ada, KEPT), keep(assistant, ada, OTHER)
    sealed = sealed_of(assistant, fact)
    before = opens(assistant, ada, fact, sealed)

    assistant.stores.database.write_now(
        lambda c: assistant.erasing.erasures.request(
            c, ada, ErasureScope("item", fact.fact_id), at=assistant.clock()
        )
    )
    at_once = statements(assistant, ada)
    finish_erasures(assistant)

    assert before
    assert at_once == statements(assistant, ada) == [OTHER]
    assert states(assistant, ada) == {
        fact.question_id: QuestionState.WITHDRAWN,
        other.question_id: QuestionState.STORED,
    }
    assert not opens(assistant, ada, fact, sealed)


def test_withdrawing_the_purpose_takes_the_facts_and_the_key_they_were_under(
    assistant: Assistant, ada: CustomerId
) -> None:
    fact = keep(assistant, ada, KEPT)
    sealed = sealed_of(assistant, fact)
    # Another purpose still asks for reasons, so the category as such stays lawful.
    shown = assistant.pack.disclose("answer_from_history")
    decisions = [
        ConsentDecision(
            ada, "answer_from_history", "given", "api", assistant.clock(),
            version=shown.version, text_sha256=shown.text_sha256,
        ),
        ConsentDecision(ada, "learn_why", "withdrawn", "api", assistant.clock()),
    ]  # fmt: skip

    for decision in decisions:
        assistant.stores.database.write_now(lambda c, d=decision: assistant.ledger.decide(c, d))
    at_once = statements(assistant, ada)
    finish_erasures(assistant)

    assert at_once == []
    assert states(assistant, ada) == {fact.question_id: QuestionState.WITHDRAWN}
    assert not opens(assistant, ada, fact, sealed)
