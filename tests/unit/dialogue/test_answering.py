from dataclasses import replace

import numpy as np
import pytest
from tests.dialogue_parts import NOW, asked, choose, passage
from tests.history_parts import KETTLE, event, story

from assistant.dialogue.answering import Draft, Withheld, compose, compose_small_talk
from assistant.dialogue.evidence import KnowledgeEvidence, Question
from assistant.dialogue.phrases import Phrases, load_phrases
from assistant.dialogue.policy import Decision
from assistant.dialogue.record_choice import Choice
from assistant.retrieval.answer_sentences import AnswerSentence, QuestionTerms
from assistant.retrieval.knowledge_search import KnowledgeHits, PassageHit

PURPOSE = "answer_from_history"
RETURNS = passage("Unused goods can be returned within 30 days.", "It is free.", heading="Time")
NOTHING_WITHHELD = Withheld(PURPOSE)
WITHHELD = Withheld(PURPOSE, ("orders", "returns"), ("Orders", "returns"))


@pytest.fixture
def phrases() -> Phrases:
    names = {"assistant": "Robin", "shop": "Shop", "hours": "9 to 5", "contact": "h@shop.example"}
    return load_phrases("en", names)


def knowledge() -> KnowledgeEvidence:
    best = AnswerSentence(0, 0, 0, RETURNS.sentence_texts[0], 0.9, 0.9, 0.9)
    found = KnowledgeHits(
        (PassageHit(RETURNS, 0, 1.0, 0.9, 3.0),), QuestionTerms({}), np.zeros(2, np.float32)
    )
    return KnowledgeEvidence(found, (best,), 0.8)


def question(text: str) -> Question:
    return Question(text, np.zeros(2, np.float32), asked(text), NOW)


def draft(
    decision: Decision,
    text: str,
    phrases: Phrases,
    *,
    choice: Choice | None = None,
    withheld: Withheld = NOTHING_WITHHELD,
) -> Draft:
    return compose(decision, question(text), knowledge(), choice or Choice(), withheld, phrases)


def answered(**uses: bool) -> Decision:
    return Decision("answer", "a test says so", **uses)


ABSTAIN = Decision("abstain", "a test says so")


def test_answer_from_knowledge_quotes_the_passage_and_cites_it(phrases: Phrases) -> None:
    made = draft(answered(use_knowledge=True), "how long can I return things?", phrases)

    assert [sentence.text for sentence in made.sentences] == [RETURNS.sentence_texts[0]]
    assert made.sentences[0].citations == (RETURNS.passage_id,)
    assert [(c.kind, c.title, c.ref) for c in made.citations] == [
        ("passage", "Returns: Time", "articles/returns.md")
    ]
    assert made.used == ()
    assert made.state == "answered"


def test_answer_from_records_cites_and_counts_each_event_once(phrases: Phrases) -> None:
    text = "what was in order W1 and where is it?"
    made = draft(answered(use_records=True), text, phrases, choice=choose(story(), text))

    assert len(made.sentences) == 2
    cited = [citation.id for citation in made.citations]
    assert len(set(cited)) == len(cited)
    assert {item.id for item in made.used} == set(cited)
    assert {item.purpose for item in made.used} == {PURPOSE}
    assert all(set(sentence.citations) <= set(cited) for sentence in made.sentences)
    assert made.citations[0].ref.startswith("shop#")


def test_record_comes_before_the_rule(phrases: Phrases) -> None:
    text = "can I return my kettle?"
    both = answered(use_records=True, use_knowledge=True)

    made = draft(both, text, phrases, choice=choose(story(), text))

    assert [bool(sentence.text.startswith("Your order")) for sentence in made.sentences] == [
        True,
        False,
    ]


def test_abstaining_says_so_offers_a_person_and_names_the_nearest_passage(phrases: Phrases) -> None:
    made = draft(ABSTAIN, "who won?", phrases)

    assert made.state == "abstained"
    assert [action.kind for action in made.actions] == ["handoff"]
    assert made.nearest == RETURNS.passage_id
    assert made.score == 0.8
    assert made.citations == ()


@pytest.mark.parametrize(
    ("shortage", "words"),
    [
        ("none", "would rather not guess"),
        ("none_fit", "did not find that there"),
        ("none_stored", "nothing in your history"),
        ("none_in_time", "found nothing for “January”"),
    ],
)
def test_what_is_missing_is_said(shortage: str, words: str, phrases: Phrases) -> None:
    decision = replace(ABSTAIN, shortage=shortage)  # type: ignore[arg-type] # from the table

    made = draft(decision, "what did I buy?", phrases, choice=Choice(not_in="January"))

    assert words in made.sentences[0].text


def test_consent_is_offered_for_what_was_withheld(phrases: Phrases) -> None:
    decision = replace(ABSTAIN, offer_consent=True)

    made = draft(decision, "where is my order?", phrases, withheld=WITHHELD)

    assert "your orders and returns, because" in made.sentences[0].text
    consent, person = made.actions
    assert (consent.kind, consent.purpose, consent.categories) == (
        "consent", PURPOSE, ("orders", "returns"),
    )  # fmt: skip
    assert consent.label == "Let answers use my orders and returns"
    assert person.kind == "handoff"
    assert made.withheld == ("orders", "returns")


def test_offer_beside_an_answer_says_it_would_add_something(phrases: Phrases) -> None:
    decision = answered(use_knowledge=True, offer_consent=True)

    made = draft(decision, "where is my order?", phrases, withheld=WITHHELD)

    assert made.sentences[-1].text.endswith("I can say more.")
    assert made.state == "answered"


def test_visitor_is_asked_to_sign_in_and_told_nothing_of_consent(phrases: Phrases) -> None:
    decision = replace(ABSTAIN, offer_sign_in=True)

    made = draft(decision, "where is my order?", phrases, withheld=WITHHELD)

    assert [action.kind for action in made.actions] == ["sign_in", "handoff"]
    assert made.withheld == ()


def test_asking_back_lists_the_records_and_offers_each(phrases: Phrases) -> None:
    events = [
        event("order.placed", day=day, order_id=f"W{day}10", items=[KETTLE]) for day in range(7)
    ]
    text = "what did my kettle cost?"
    choice = choose(events, text)

    made = draft(Decision("clarify", "many", use_records=True), text, phrases, choice=choice)

    assert made.sentences[0].text == "I found more than one that fits. Which one do you mean?"
    assert [action.kind for action in made.actions] == ["choose"] * 5
    assert {action.text for action in made.actions} <= {f"Order W{day}10" for day in range(7)}
    assert len(made.used) == 5, "what is shown is counted as used"


def test_what_is_offered_to_choose_means_that_record(phrases: Phrases) -> None:
    events = [
        event("order.placed", day=day, order_id=f"W{day}10", items=[KETTLE]) for day in range(7)
    ]
    text = "what did my kettle cost?"
    made = draft(
        Decision("clarify", "many", use_records=True), text, phrases, choice=choose(events, text)
    )

    for action in made.actions:
        (meant,) = choose(events, action.text or "").hits
        assert action.label.startswith(f"Order {getattr(meant.record, 'order_id', '')}:")


def test_refund_that_is_missing_is_said_only_where_all_was_looked_at(phrases: Phrases) -> None:
    events = [event("order.placed", order_id="W1", items=[KETTLE])]
    text = "did I get a refund for my kettle?"
    choice = choose(events, text)

    seen = draft(answered(use_records=True), text, phrases, choice=choice)
    hidden = draft(answered(use_records=True), text, phrases, choice=choice, withheld=WITHHELD)

    assert seen.sentences[0].text == "I see no refund for it in your records."
    assert all("no refund" not in sentence.text for sentence in hidden.sentences)


def test_small_talk_states_no_fact(phrases: Phrases) -> None:
    made = compose_small_talk("thanks", phrases)

    assert made.state == "chatting"
    assert made.citations == ()


def test_asking_for_a_person_hands_over_and_asking_for_a_bot_offers_one(phrases: Phrases) -> None:
    assert compose_small_talk("handoff", phrases).state == "handoff"
    assert compose_small_talk("handoff_again", phrases).state == "handoff"
    assert [a.kind for a in compose_small_talk("bot", phrases).actions] == ["handoff"]
