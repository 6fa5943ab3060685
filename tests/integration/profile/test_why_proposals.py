"""When a question is proposed: once, in its time, and only where the customer lets it."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET
from tests.why_parts import WhyParts

from assistant.core.errors import InvalidInput, QuestionClosed, TooManyRequests
from assistant.core.ids import CustomerId, new_id
from assistant.profile.pack.loading import load_pack
from assistant.profile.questions.states import QuestionState
from assistant.profile.questions.views import QuestionView
from assistant.store.engine import Database
from assistant.vault.vault import Vault

SAID = "It has to be quiet, my flat is tiny"
KEPT = "Quiet appliances matter to me, because my flat is tiny."


@pytest.fixture
def parts(database: Database, vault: Vault, clock: SteppableClock) -> WhyParts:
    return WhyParts.of(database, vault, clock)  # type: ignore[return-value]


@pytest.fixture
def ada(parts: WhyParts) -> CustomerId:
    return parts.customer("ada@mail.example")


@pytest.fixture
def proposed(parts: WhyParts, ada: CustomerId) -> QuestionView:
    view = parts.propose(ada)
    assert view is not None
    return view


def test_a_question_expires_and_its_words_go(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock
) -> None:
    offered = parts.volunteer(ada, SAID, conversation=new_id())
    assert offered is not None
    parts.show(ada, offered)
    clock.advance(hours=25)
    expired = parts.get(ada, offered)
    with pytest.raises(QuestionClosed):
        parts.confirm(ada, offered, SAID)
    due = parts.database.read_now(lambda c: parts.why.list_due(c, now=clock()))
    gone = parts.write(lambda c: parts.why.expire_due(c, ada, now=clock()))
    record = parts.database.read_now(
        lambda c: parts.question_rows.find_question(c, ada, offered.question_id)
    )

    assert expired.state is QuestionState.EXPIRED
    assert (expired.proposed_words, expired.to_confirm) == (None, None)
    assert (list(due), gone) == ([ada], 1)
    assert record is not None
    assert (record.ending, record.proposal) == ("expired", None)
    assert parts.write(lambda c: parts.why.expire_due(c, ada, now=clock())) == 0


def test_a_volunteered_reason_is_kept_only_when_it_is_confirmed(
    parts: WhyParts, ada: CustomerId
) -> None:
    offered = parts.volunteer(ada, SAID, conversation=new_id())
    assert offered is not None

    nothing = parts.list_facts(ada)
    parts.show(ada, offered)
    asked = parts.ask(ada, offered)
    fact = parts.confirm(ada, offered, KEPT)

    assert nothing == ()
    assert asked.to_confirm == SAID
    assert (fact.statement, fact.provenance.origin) == (KEPT, "volunteered")
    assert parts.get(ada, offered).proposed_words is None


def test_at_most_one_question_a_conversation(parts: WhyParts, ada: CustomerId) -> None:
    conversation = new_id()

    first = parts.propose(ada, conversation=conversation)

    assert first is not None
    assert parts.propose(ada, "coffee_taste", conversation=conversation) is None
    assert parts.volunteer(ada, SAID, conversation=conversation) is None
    assert parts.propose(ada, "coffee_taste") is not None


def test_never_ask_me_why_silences_all_and_can_be_undone(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, proposed: QuestionView
) -> None:
    parts.write(lambda c: parts.why.set_preference(c, ada, "never", at=clock()))

    silenced = [parts.propose(ada, "coffee_taste"), parts.volunteer(ada, SAID, conversation="c")]
    own = parts.volunteer(ada, SAID)
    parts.write(lambda c: parts.why.set_preference(c, ada, "ask", at=clock()))

    assert silenced == [None, None]
    assert parts.get(ada, proposed).state is QuestionState.DECLINED
    assert own is not None
    assert parts.propose(ada, "coffee_taste") is not None


def test_a_guess_waits_for_the_purpose_and_is_unused_until_it_is_confirmed(
    parts: WhyParts, ada: CustomerId
) -> None:
    before = parts.guess(ada, "You prefer quiet appliances.")
    parts.decide(ada, "learn_why")
    guessed = parts.guess(ada, "You prefer quiet appliances.")
    assert guessed is not None

    unused = parts.list_facts(ada)
    parts.show(ada, guessed)
    parts.ask(ada, guessed)
    fact = parts.confirm(ada, guessed, "I prefer quiet appliances.")

    assert before is None
    assert guessed.guess
    assert guessed.proposed_words == "You prefer quiet appliances."
    assert unused == ()
    assert fact.provenance.origin == "guess"


def test_an_answered_question_is_not_asked_again(parts: WhyParts, ada: CustomerId) -> None:
    view = parts.propose(ada)
    assert view is not None
    open_still = parts.propose(ada)
    parts.show(ada, view)
    parts.ask(ada, view)
    parts.answer(ada, view, SAID)
    parts.confirm(ada, view, KEPT)

    assert open_still is None
    assert parts.propose(ada) is None
    asked = parts.database.read_now(lambda c: parts.why.asked_before(c, ada, now=parts.clock()))
    assert asked.answered == {"noise_at_home"}


def test_the_same_words_are_offered_once_and_not_without_end(
    parts: WhyParts, ada: CustomerId
) -> None:
    first = parts.volunteer(ada, SAID)
    again = parts.volunteer(ada, SAID)
    for number in range(19):
        parts.volunteer(ada, f"{SAID} {number}")

    assert again == first
    with pytest.raises(TooManyRequests):
        parts.volunteer(ada, "one more")


@pytest.mark.parametrize("words", ["", "   ", "a\x00b", "left\u202eright", "x" * 501, "a\ud800"])
def test_words_that_cannot_be_kept_exactly_are_refused(
    parts: WhyParts, ada: CustomerId, words: str
) -> None:
    with pytest.raises(InvalidInput):
        parts.volunteer(ada, words)


def test_no_word_of_a_customer_lies_in_the_clear(
    parts: WhyParts, ada: CustomerId, database: Database
) -> None:
    parts.fact(ada, "Zanzibar coffee is what I like.")
    parts.volunteer(ada, "Zanzibar again")
    tables = ("why_questions", "card_showings", "askings", "answers", "confirmations", "facts")

    rows = database.read_now(
        lambda c: [
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for table in tables
            for row in c.execute(text(f"SELECT * FROM {table}"))
            for value in row
        ]
    )

    assert len(rows) > 40
    assert not any(b"Zanzibar" in value for value in rows)


def test_a_new_version_of_the_purpose_closes_what_was_open_and_keeps_what_was_confirmed(
    parts: WhyParts, ada: CustomerId, proposed: QuestionView, tmp_path: Path
) -> None:
    parts.show(ada, proposed)
    parts.ask(ada, proposed)
    kept = parts.fact(ada, KEPT)
    for name in ("pack.yaml", "questions.yaml", "purposes.yaml"):
        shutil.copyfile(MARKET / name, tmp_path / name)
    path = tmp_path / "purposes.yaml"
    old, new = (f"id: learn_why\n    version: {number}" for number in (1, 2))
    path.write_text(path.read_text().replace(old, new))

    later = WhyParts(parts.database, parts.vault, parts.clock, load_pack(tmp_path))
    seen = {view.question_id: view.state for view in later.list_questions(ada)}

    assert seen[proposed.question_id] is QuestionState.EXPIRED
    for step in (later.show, later.ask):
        assert step(ada, proposed).state is QuestionState.EXPIRED
    for words in (SAID, KEPT):
        with pytest.raises(QuestionClosed):
            later.answer(ada, proposed, words)
        with pytest.raises(QuestionClosed):
            later.confirm(ada, proposed, words)
    assert [fact.statement for fact in later.list_facts(ada)] == [kept.statement]
    assert later.propose(ada, "coffee_taste") is not None
