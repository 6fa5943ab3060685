"""When the assistant thinks of asking why, and what becomes of a reason that was volunteered."""

from datetime import timedelta

from sqlalchemy import text
from tests.integration.dialogue.test_turn_privacy import HISTORY, allowed, order
from tests.turn_parts import Desk

from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.profile.questions.cards import CardShown
from assistant.profile.questions.views import Confirming, QuestionView
from assistant.store.sealed_words import SealedWords

LOUD = "It is too loud for my flat."
RULE = "Can unused home goods be returned within 30 days of delivery?"
ADVICE = "Which vacuum is good within 30 days of delivery for unused home goods?"


def open_question(desk: Desk, customer_id: CustomerId) -> QuestionView:
    (question,) = desk.asked.all_questions(customer_id)
    return question


def sealed_words(desk: Desk, customer_id: CustomerId, question: QuestionView) -> str | None:
    """Open what is stored of a proposal's words, whatever its state lets be shown of it."""
    read = text("SELECT proposal_sealed FROM why_questions WHERE question_id = :of")
    values = {"of": question.question_id}
    stored = desk.parts.database.read_now(lambda c: c.execute(read, values).scalar_one())
    words = SealedWords(vault=desk.parts.vault)
    return words.open(customer_id, "why_questions", question.question_id, bytes(stored))


def show_and_confirm(desk: Desk, customer_id: CustomerId, words: str) -> None:
    question, at = open_question(desk, customer_id), desk.parts.clock()
    card = question.card
    shown = CardShown(card.version, card.text_sha256, card.lang, "chat")
    asked, write = desk.asked.questions, desk.parts.database.write_now
    write(lambda c: asked.disclose(c, customer_id, question.question_id, shown, at=at))
    write(lambda c: asked.ask(c, customer_id, question.question_id, lang="en", at=at))
    write(
        lambda c: asked.confirm(c, customer_id, question.question_id, words, Confirming(at, "chat"))
    )


async def test_volunteered_reason_becomes_a_proposal_with_the_exact_words(desk: Desk) -> None:
    amara = allowed(desk)

    reply = await desk.say(amara, LOUD)

    question = open_question(desk, amara)
    assert reply.card == question.question_id
    assert (question.state, question.origin) == ("proposed", "volunteered")
    assert question.proposed_words == LOUD
    assert question.conversation_id == reply.conversation
    assert "only with this conversation" in reply.text
    assert not reply.abstained


async def test_volunteered_reason_that_is_ignored_leaves_no_fact_and_no_words(desk: Desk) -> None:
    amara = allowed(desk)
    await desk.say(amara, LOUD)
    assert sealed_words(desk, amara, open_question(desk, amara)) == LOUD

    later = desk.parts.clock.advance(hours=25)  # type: ignore[attr-defined]
    asked = desk.asked.questions
    desk.parts.database.write_now(lambda c: asked.expire_due(c, amara, now=later))

    question = open_question(desk, amara)
    assert question.state == "expired"
    assert question.proposed_words is None
    assert sealed_words(desk, amara, question) is None, "they are not only hidden"
    facts = desk.parts.database.read_now(lambda c: desk.asked.facts.list_facts(c, amara, now=later))
    assert facts == ()


async def test_question_of_the_catalogue_follows_help_and_never_its_lack(desk: Desk) -> None:
    amara = allowed(desk)

    helped = await desk.say(amara, RULE)
    unanswered = await desk.say(desk.parts.customer("b.example"), "Is the vacuum purple inside?")

    assert not helped.abstained
    assert helped.card
    assert open_question(desk, amara).origin == "catalogue"
    assert unanswered.abstained
    assert unanswered.card is None


async def test_one_question_a_conversation(desk: Desk) -> None:
    amara = allowed(desk)
    first = await desk.say(amara, RULE)

    again = [
        await desk.say(amara, text, conversation=first.conversation)
        for text in (LOUD, "hello", "thanks", "When do you open?", RULE, LOUD)
    ]

    assert [reply.card for reply in again] == [None] * 6
    assert len(desk.asked.all_questions(amara)) == 1


async def test_no_question_for_visitors_the_upset_and_those_who_want_a_person(desk: Desk) -> None:
    somebody, amara = desk.visitor(), allowed(desk)
    called = await desk.say(amara, "talk to a person")

    visiting = await desk.say(somebody, LOUD, role=Role.VISITOR)
    angry = await desk.say(amara, "It is too loud for my flat, this is ridiculous!!")
    waiting = await desk.say(amara, LOUD, conversation=called.conversation)

    assert visiting.card is None
    assert angry.card is None
    assert angry.abstained, "a person is offered, nothing is asked"
    assert waiting.card is None
    assert desk.asked.all_questions(amara) == []


async def test_declined_question_stays_silent_for_ninety_days(desk: Desk) -> None:
    amara = allowed(desk)
    first = await desk.say(amara, RULE)
    assert first.card
    declined = open_question(desk, amara).catalogue_question
    desk.asked.decline(amara, first.card)

    soon = await desk.say(amara, RULE)
    asked_since = {q.catalogue_question for q in desk.asked.all_questions(amara)[:-1]}
    desk.parts.clock.advance(days=91)  # type: ignore[attr-defined]
    later = await desk.say(amara, RULE)

    assert declined not in asked_since
    assert soon.card != first.card
    assert later.card
    newest = desk.asked.all_questions(amara)[0]
    assert newest.catalogue_question == declined


async def test_repeated_turn_proposes_nothing_twice(desk: Desk) -> None:
    amara = allowed(desk)

    first = await desk.say(amara, LOUD, turn_id="t")
    again = await desk.say(amara, LOUD, turn_id="t")

    assert again == first
    assert len(desk.asked.all_questions(amara)) == 1


async def test_confirmed_fact_is_told_beside_advice_and_recorded_exactly(desk: Desk) -> None:
    amara = allowed(desk)
    order(desk, "amara.example", "W123")
    await desk.say(amara, "It is too loud for my flat, the vacuum.")
    show_and_confirm(desk, amara, "A vacuum must be quiet, because my flat is small.")

    reply = await desk.say(amara, ADVICE)

    (used,) = [item for item in reply.used if item.category == "stated_reasons"]
    (cited,) = [citation for citation in reply.citations if citation.kind == "fact"]
    assert "You told us: “A vacuum must be quiet, because my flat is small.”" in reply.text
    assert used.id == cited.id
    assert used.purpose == HISTORY
    (use,) = desk.uses(amara)
    assert (use.item_kind, use.item_id, use.category) == ("fact", used.id, "stated_reasons")
    assert desk.accesses(amara)[0].item_ids == (used.id,)


async def test_fact_that_does_not_fit_is_read_and_not_used(desk: Desk) -> None:
    amara = allowed(desk)
    desk.asked.store_fact(amara, "Coffee is too bitter for me.")

    reply = await desk.say(amara, ADVICE)

    assert reply.used == ()
    assert desk.uses(amara) == []
    (access,) = desk.accesses(amara)
    assert (access.categories, access.items, access.item_ids) == ({"stated_reasons"}, 1, ())


async def test_fact_is_not_opened_without_a_grant_nor_when_paused(desk: Desk) -> None:
    amara = allowed(desk, "amara.example", "orders")
    fact = desk.asked.store_fact(amara, "A vacuum must be quiet.")
    refused = await desk.say(amara, ADVICE)
    desk.parts.decide(amara, HISTORY, "given", {"stated_reasons"})
    now = desk.parts.clock()
    desk.parts.database.write_now(
        lambda c: desk.asked.facts.set_state(c, amara, fact.fact_id, "paused", now=now)
    )

    paused = await desk.say(amara, ADVICE)

    assert refused.used == paused.used == ()
    assert "quiet" not in refused.text + paused.text
    assert [access.items for access in desk.accesses(amara)] in ([], [0])


async def test_fact_withdrawn_while_the_answer_was_made_is_not_in_it(desk: Desk) -> None:
    amara = allowed(desk)
    desk.asked.store_fact(amara, "A vacuum must be quiet.")
    desk.responder.meanwhile = lambda: desk.withdraw(amara)

    reply = await desk.say(amara, ADVICE)

    assert reply.used == ()
    assert "quiet" not in reply.text
    assert not reply.abstained
    assert desk.uses(amara) == []
    assert [access.reading for access in desk.accesses(amara)] == ["discarded"]


async def test_fact_past_its_time_is_not_told(desk: Desk) -> None:
    amara = allowed(desk)
    fact = desk.asked.store_fact(amara, "A vacuum must be quiet.")
    past = fact.expires_at - desk.parts.clock() + timedelta(seconds=1)
    desk.parts.clock.advance(seconds=past.total_seconds())  # type: ignore[attr-defined]

    assert "quiet" not in (await desk.say(amara, ADVICE)).text
