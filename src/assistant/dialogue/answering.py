"""Composes replies without a language model: spans of cited passages, records told by templates.

Pure: what is said follows from the decision and the evidence alone, so a reply can be composed a
second time without what may no longer be used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.core.events import HistoryEvent
from assistant.core.ids import PassageId
from assistant.dialogue.evidence import KnowledgeEvidence, Question
from assistant.dialogue.passage_sentences import choose_sentences
from assistant.dialogue.phrases import Phrases
from assistant.dialogue.policy import Decision
from assistant.dialogue.profile_requests import ProfileRequest
from assistant.dialogue.question_timing import Proposed
from assistant.dialogue.record_choice import Choice
from assistant.dialogue.record_sentences import record_label, tell, tell_line
from assistant.dialogue.record_wording import Statement, Telling
from assistant.dialogue.turns import (
    Action,
    Citation,
    PendingRequest,
    ReplyState,
    Sentence,
    UsedItem,
)
from assistant.retrieval.passages import Passage


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply before it is committed; ``nearest`` and ``score`` describe a gap in the knowledge."""

    state: ReplyState
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...] = ()
    used: tuple[UsedItem, ...] = ()
    actions: tuple[Action, ...] = ()
    withheld: tuple[str, ...] = ()
    nearest: PassageId | None = None
    score: float = 0.0
    gap: bool = False
    """Whether the authors of the knowledge could have answered: that own records are missing or
    closed is no gap in it."""
    leaned: bool = False
    """Whether it answers a follow-up, by what was said in the turn before."""
    because: str = ""
    pending: PendingRequest | None = None
    request: ProfileRequest | None = None
    """What is asked of the customer's own data; the draft says nothing until that is done."""
    takes_turn: bool = False
    """Whether the turn itself goes with what it asked to delete, so that no reply is kept."""
    proposed: Proposed | None = None
    """What may be asked of the customer after this reply."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Categories that might help and are not open, with their labels in the customer's words."""

    purpose: str
    categories: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class _Parts:
    """Sentences, citations and uses as they are gathered; each source is cited once."""

    sentences: list[Sentence] = field(default_factory=list)
    citations: dict[str, Citation] = field(default_factory=dict)
    used: dict[str, UsedItem] = field(default_factory=dict)

    def say(self, text: str) -> None:
        self.sentences.append(Sentence(text))

    def add_statement(self, statement: Statement, purpose: str) -> None:
        for event in statement.events:
            self.citations.setdefault(event.event_id, _cite_event(event))
            self.used.setdefault(event.event_id, UsedItem(event.event_id, event.category, purpose))
        ids = tuple(event.event_id for event in statement.events)
        self.sentences.append(Sentence(statement.text, ids))

    def add_span(self, text: str, passage: Passage) -> None:
        self.citations.setdefault(passage.passage_id, _cite_passage(passage))
        self.sentences.append(Sentence(text, (passage.passage_id,)))


def compose(
    decision: Decision,
    question: Question,
    knowledge: KnowledgeEvidence | None,
    choice: Choice,
    withheld: Withheld,
    phrases: Phrases,
) -> Draft:
    """Return the reply that carries out ``decision``."""
    parts, actions = _Parts(), []
    if decision.use_records:
        actions += _tell_records(parts, decision, question, choice, withheld, phrases)
    if decision.use_knowledge and knowledge:
        for passage, text in choose_sentences(knowledge):
            parts.add_span(text, passage)
    offers = _offers(parts, decision, withheld, phrases)
    if decision.move == "abstain" and not offers:
        parts.say(phrases.say(_abstention(decision), when=choice.not_in))
    actions += offers
    if decision.move == "abstain":
        actions.append(Action("handoff", phrases.say("label_handoff")))
    best = (
        knowledge.found.hits[0].passage.passage_id if knowledge and knowledge.found.hits else None
    )
    return Draft(
        state="abstained" if decision.move == "abstain" else "answered",
        sentences=tuple(parts.sentences),
        citations=tuple(parts.citations.values()),
        used=tuple(parts.used.values()),
        actions=tuple(actions),
        withheld=withheld.categories if decision.offer_consent else (),
        nearest=best,
        score=knowledge.probability if knowledge else 0.0,
        gap=decision.move == "abstain" and _asks_knowledge(decision, question),
        leaned=decision.move != "abstain"
        and question.asked.follow_up
        and question.previous_text is not None,
        because=decision.because,
    )


def compose_small_talk(kind: str, phrases: Phrases) -> Draft:
    """Return the reply to something said that asks for no fact."""
    state: ReplyState = "handoff" if kind.startswith("handoff") else "chatting"
    actions = (Action("handoff", phrases.say("label_handoff")),) if kind == "bot" else ()
    return Draft(state, (Sentence(phrases.say(kind)),), actions=actions, because=f"said: {kind}")


def _tell_records(
    parts: _Parts,
    decision: Decision,
    question: Question,
    choice: Choice,
    withheld: Withheld,
    phrases: Phrases,
) -> list[Action]:
    """Tell the records that are meant; which of them, where that is not clear."""
    telling = Telling(question.asked.aspects, (), question.now, choice.naming)
    clarify = decision.move == "clarify"
    if clarify:
        parts.say(phrases.say("which_one"))
    missing = phrases.find(f"beside_{choice.beside}")
    if missing and not withheld.categories:
        parts.say(missing)
    actions = []
    for meant in choice.hits:
        told = replace(telling, items=meant.items)
        if clarify or (choice.as_list and ("list" in question.asked.aspects)):
            parts.add_statement(tell_line(meant.record, told), withheld.purpose)
        else:
            statements = tell(meant.record, told)
            for statement in statements[:1] if len(choice.hits) > 1 else statements:
                parts.add_statement(statement, withheld.purpose)
        if clarify:
            label = record_label(meant.record, told)
            actions.append(Action("choose", label, text=_choice_text(label)))
    return actions


def _choice_text(label: str) -> str:
    return label.split(":", 1)[0]


def _asks_knowledge(decision: Decision, question: Question) -> bool:
    """Whether rules or instructions were asked for, and not only the customer's own records."""
    asked = question.asked
    return asked.general or (not asked.own and decision.shortage == "none")


def _abstention(decision: Decision) -> str:
    keys = {
        "none_stored": "abstain_nothing_stored",
        "none_in_time": "abstain_nothing_then",
        "none_fit": "abstain_personal",
    }
    return keys.get(decision.shortage, "abstain")


def _offers(
    parts: _Parts, decision: Decision, withheld: Withheld, phrases: Phrases
) -> list[Action]:
    """Say what was not looked at, and offer the one step that would change it."""
    too = "_too" if decision.move == "answer" else ""
    if decision.offer_sign_in:
        parts.say(phrases.say("sign_in" + too))
        return [Action("sign_in", phrases.say("label_sign_in"))]
    if not (decision.offer_consent and withheld.categories):
        return []
    named = _listed(withheld.labels)
    parts.say(phrases.say("no_grant" + too, categories=named))
    label = phrases.say("label_consent", categories=named)
    return [Action("consent", label, withheld.purpose, withheld.categories)]


def _listed(labels: Sequence[str]) -> str:
    lowered = [label[:1].lower() + label[1:] for label in labels]
    return " and ".join(filter(None, [", ".join(lowered[:-1]), lowered[-1]]))


def _cite_event(event: HistoryEvent) -> Citation:
    return Citation(event.event_id, "event", event.rendering, event.ref)


def _cite_passage(passage: Passage) -> Citation:
    title = f"{passage.title}: {passage.heading}" if passage.heading else passage.title
    return Citation(passage.passage_id, "passage", title, passage.ref)
