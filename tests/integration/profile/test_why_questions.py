"""The why-question protocol: every state is reached, and no step comes before its time."""

from collections.abc import Callable

import pytest
from tests.fakes.clock import SteppableClock
from tests.why_parts import WhyParts

from assistant.core.errors import (
    CardNotShown,
    NotFound,
    OutOfOrder,
    QuestionAnswered,
    QuestionClosed,
    QuestionConfirmed,
    QuestionNotAnswered,
    QuestionNotAsked,
    Stale,
)
from assistant.core.ids import CustomerId, new_id
from assistant.profile.questions.cards import CardShown
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
def ben(parts: WhyParts) -> CustomerId:
    return parts.customer("ben@mail.example")


@pytest.fixture
def proposed(parts: WhyParts, ada: CustomerId) -> QuestionView:
    view = parts.propose(ada)
    assert view is not None
    return view


def states(view: QuestionView) -> list[str]:
    return [step.state.value for step in view.steps]


def test_a_question_goes_from_its_proposal_to_a_corrected_fact(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, proposed: QuestionView
) -> None:
    seen = [proposed.state]

    def advance(view: QuestionView) -> None:
        seen.append(view.state)
        clock.advance(seconds=5)

    advance(parts.show(ada, proposed))
    advance(parts.ask(ada, proposed))
    advance(parts.answer(ada, proposed, SAID))
    fact = parts.confirm(ada, proposed, KEPT)
    advance(parts.get(ada, proposed))
    parts.use(ada, fact.fact_id)
    advance(parts.get(ada, proposed))
    parts.write(lambda c: parts.facts.correct(c, ada, fact.fact_id, "Quiet!", at=clock()))
    corrected = parts.get(ada, proposed)
    advance(corrected)

    assert [state.value for state in seen] == [
        "proposed", "disclosed", "asked", "answered", "stored", "used", "corrected",
    ]  # fmt: skip
    assert states(corrected) == [
        "proposed", "disclosed", "asked", "answered", "confirmed", "stored", "corrected", "used",
    ]  # fmt: skip
    assert {step.state for step in corrected.steps} >= {QuestionState.CONFIRMED}


def test_the_question_is_not_told_before_its_card_was_shown(
    parts: WhyParts, ada: CustomerId, proposed: QuestionView
) -> None:
    shown = parts.show(ada, proposed)

    assert proposed.question is None
    assert proposed.card.text_sha256 == parts.pack.disclose("learn_why", "en").text_sha256
    assert shown.question is not None
    assert shown.question.kept_as_example.startswith("Quiet appliances")


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (lambda p, a, v: p.ask(a, v), CardNotShown),
        (lambda p, a, v: p.answer(a, v, SAID), CardNotShown),
        (lambda p, a, v: p.confirm(a, v, SAID), CardNotShown),
        (lambda p, a, v: p.show(a, v) and p.answer(a, v, SAID), QuestionNotAsked),
        (lambda p, a, v: p.show(a, v) and p.confirm(a, v, SAID), QuestionNotAsked),
        (lambda p, a, v: p.show(a, v) and p.ask(a, v) and p.confirm(a, v, KEPT),
         QuestionNotAnswered),
    ],
)  # fmt: skip
def test_a_step_too_early_is_refused_and_says_what_is_next(
    parts: WhyParts,
    ada: CustomerId,
    proposed: QuestionView,
    step: Callable[[WhyParts, CustomerId, QuestionView], object],
    error: type[OutOfOrder],
) -> None:
    with pytest.raises(error):
        step(parts, ada, proposed)

    assert parts.list_facts(ada) == ()


def test_repeating_a_step_changes_nothing(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, proposed: QuestionView
) -> None:
    first = [parts.show(ada, proposed), parts.ask(ada, proposed), parts.answer(ada, proposed, SAID)]
    clock.advance(minutes=1)
    again = [parts.show(ada, proposed), parts.ask(ada, proposed), parts.answer(ada, proposed, SAID)]
    with pytest.raises(QuestionAnswered):
        parts.answer(ada, proposed, "something else")
    fact = parts.confirm(ada, proposed, KEPT)
    clock.advance(minutes=1)

    assert again == [first[-1]] * 3
    assert parts.confirm(ada, proposed, KEPT) == fact
    with pytest.raises(QuestionConfirmed):
        parts.confirm(ada, proposed, "something else")
    with pytest.raises(QuestionConfirmed):
        parts.decline(ada, proposed)
    assert [each.statement for each in parts.list_facts(ada)] == [KEPT]


def test_only_the_confirmed_sentence_keeps_words(
    parts: WhyParts, ada: CustomerId, proposed: QuestionView
) -> None:
    parts.show(ada, proposed)
    parts.ask(ada, proposed)
    answered = parts.answer(ada, proposed, SAID)
    parts.confirm(ada, proposed, KEPT)
    record = parts.database.read_now(
        lambda c: parts.question_rows.find_question(c, ada, proposed.question_id)
    )

    assert answered.to_confirm == SAID
    assert record is not None
    assert record.answer is not None
    assert record.answer.words is None
    assert parts.list_facts(ada)[0].statement == KEPT


def test_a_ready_answer_suggests_the_sentence_that_goes_with_it(
    parts: WhyParts, ada: CustomerId, proposed: QuestionView
) -> None:
    parts.show(ada, proposed)
    parts.ask(ada, proposed)

    answered = parts.answer(ada, proposed, "quiet matters to me")

    assert answered.to_confirm == "Quiet appliances matter to me."


def test_confirming_gives_the_purpose_by_the_card_that_was_shown(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, proposed: QuestionView
) -> None:
    parts.show(ada, proposed)
    parts.ask(ada, proposed)
    parts.answer(ada, proposed, SAID)
    before = parts.state(ada).given("learn_why")
    parts.confirm(ada, proposed, KEPT)
    parts.fact(ada, "I drink a lot of coffee.")
    events = parts.database.read_now(lambda c: parts.consents.list_events(c, ada))

    assert before == frozenset()
    assert parts.state(ada).given("learn_why") == {"stated_reasons"}
    assert [(e.category, e.channel, e.text_sha256) for e in events] == [
        ("stated_reasons", "why-question", proposed.card.text_sha256)
    ]


def test_a_card_of_another_text_or_version_is_stale(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, proposed: QuestionView
) -> None:
    card = proposed.card
    for shown in (
        CardShown(card.version, "0" * 64, card.lang, "chat"),
        CardShown(card.version + 1, card.text_sha256, card.lang, "chat"),
        CardShown(card.version, card.text_sha256, "de", "chat"),
    ):
        with pytest.raises(Stale):
            parts.write(
                lambda c, s=shown: parts.why.disclose(c, ada, proposed.question_id, s, at=clock())
            )

    assert parts.get(ada, proposed).state is QuestionState.PROPOSED


def test_no_thanks_keeps_nothing_and_is_silent_for_90_days(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, proposed: QuestionView
) -> None:
    parts.show(ada, proposed)
    parts.ask(ada, proposed)
    parts.answer(ada, proposed, SAID)

    declined = parts.decline(ada, proposed)
    again = parts.decline(ada, proposed)
    clock.advance(days=89)
    silenced = parts.propose(ada)
    other = parts.propose(ada, "coffee_taste")
    clock.advance(days=2)

    assert declined.state is QuestionState.DECLINED
    assert states(declined) == ["proposed", "disclosed", "asked", "declined"]
    assert again == declined
    assert declined.to_confirm is None
    assert silenced is None
    assert other is not None
    assert parts.propose(ada) is not None
    for step in (parts.show, parts.ask):
        assert step(ada, proposed).state is QuestionState.DECLINED
    with pytest.raises(QuestionClosed):
        parts.answer(ada, proposed, SAID)
    with pytest.raises(QuestionClosed):
        parts.confirm(ada, proposed, SAID)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_no_thanks_is_taken_at_every_step(
    parts: WhyParts, ada: CustomerId, proposed: QuestionView, taken: int
) -> None:
    for step in (parts.show, parts.ask)[:taken]:
        step(ada, proposed)

    assert parts.decline(ada, proposed).state is QuestionState.DECLINED


def test_a_question_of_another_customer_is_not_there(
    parts: WhyParts, ada: CustomerId, ben: CustomerId, proposed: QuestionView
) -> None:
    for step in (parts.get, parts.show, parts.ask, parts.decline):
        with pytest.raises(NotFound):
            step(ben, proposed)
    with pytest.raises(NotFound):
        parts.answer(ben, proposed, SAID)
    with pytest.raises(NotFound):
        parts.confirm(ben, proposed, SAID)

    assert parts.list_questions(ben) == ()
    assert parts.get(ada, proposed) == proposed


def test_withdrawing_the_purpose_erases_its_facts_and_closes_its_questions(
    parts: WhyParts, ada: CustomerId, proposed: QuestionView
) -> None:
    fact = parts.fact(ada)
    parts.decide(ada, "learn_why", "withdrawn")
    records = {view.question_id: view for view in parts.list_questions(ada)}

    assert parts.list_facts(ada) == ()
    assert records[fact.question_id].state is QuestionState.WITHDRAWN
    assert records[proposed.question_id].state is QuestionState.WITHDRAWN
    assert states(records[fact.question_id]) == ["proposed", "disclosed", "asked", "withdrawn"]
    with pytest.raises(QuestionClosed):
        parts.confirm(ada, proposed, SAID)


def test_the_open_question_of_a_conversation_is_found_again(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock
) -> None:
    conversation = new_id()
    view = parts.propose(ada, conversation=conversation)
    assert view is not None

    def find(name: str) -> QuestionView | None:
        return parts.database.read_now(
            lambda c: parts.why.find_open(c, ada, name, lang="en", now=clock())
        )

    assert find(conversation) == view
    assert find(new_id()) is None
    parts.decline(ada, view)
    assert find(conversation) is None
