"""How a why-question looks to its customer, made of its record and the pack; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assistant.profile.pack.loading import Pack
from assistant.profile.pack.question_catalogue import QuestionText, render
from assistant.profile.questions.cards import Card, find_card
from assistant.profile.questions.choice import AskedBefore
from assistant.profile.questions.states import OPEN, QuestionState, Step, state_of, steps_of
from assistant.store.question_records import Origin, QuestionRecord
from assistant.store.uses import ItemUses

SILENT_AFTER_NO = timedelta(days=90)
SILENT_AFTER_NOTHING = timedelta(days=30)
"""How long a question is not asked again after "no thanks", and after it was left unanswered."""

VOLUNTEERED = "volunteered"
"""Stands among the silenced questions for offers to keep what somebody said."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to propose: a question of the catalogue, or ``words`` of the customer's or a guess.

    ``conversation_id`` is None where the customer wrote the words down themselves.
    """

    origin: Origin
    at: datetime
    lang: str
    conversation_id: str | None = None
    catalogue_question: str | None = None
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Confirming:
    """When and where words are confirmed; ``beside_gpc``: the privacy signal was on and shown."""

    at: datetime
    channel: str
    beside_gpc: bool = False


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question as its customer sees it.

    ``question`` is there once the card was shown; ``proposed_words`` are what the customer said (or
    what is guessed) and would be asked to confirm; ``to_confirm`` is the exact sentence that would
    be kept, to be shown and edited, as soon as there is one.
    """

    question_id: str
    state: QuestionState
    origin: Origin
    guess: bool
    purpose: str
    version: int
    catalogue_question: str | None
    conversation_id: str | None
    card: Card
    question: QuestionText | None
    proposed_words: str | None = field(repr=False)
    to_confirm: str | None = field(repr=False)
    fact_id: str | None
    expires_at: datetime
    steps: tuple[Step, ...]


def view_of(
    pack: Pack, record: QuestionRecord, uses: ItemUses | None, *, lang: str, now: datetime
) -> QuestionView:
    """Return a question in ``lang``; a closed one shows no words that wait to be confirmed.

    An open one whose purpose has a new version is over: nobody agrees to the old text any more.
    """
    card = find_card(pack, record.purpose, record.version, lang)
    state = state_of(record, now=now, uses=uses)
    if card is None and state in OPEN:
        state = QuestionState.EXPIRED
    is_open = state in OPEN
    return QuestionView(
        question_id=record.question_id,
        state=state,
        origin=record.origin,
        guess=record.origin == "guess",
        purpose=record.purpose,
        version=record.version,
        catalogue_question=record.catalogue_question,
        conversation_id=record.conversation_id,
        card=card or Card(record.purpose, record.version, lang, "", "", ""),
        question=question_text(pack, record, lang) if record.showing else None,
        proposed_words=record.proposal if is_open else None,
        to_confirm=suggested_words(pack, record, lang) if is_open else None,
        fact_id=record.fact_id,
        expires_at=record.expires_at,
        steps=steps_of(record, now=now, uses=uses),
    )


def question_text(pack: Pack, record: QuestionRecord, lang: str) -> QuestionText:
    """Return what is asked; of a question the pack has no longer, what is asked of any words."""
    known = pack.questions.find_question(record.catalogue_question)
    if known is not None:
        return known.text(lang)
    texts = pack.questions.guessed if record.origin == "guess" else pack.questions.volunteered
    return render(texts, lang)


def suggested_words(pack: Pack, record: QuestionRecord, lang: str) -> str | None:
    """Return the exact words to show for confirming, None before there are any."""
    if record.answer is not None and record.answer.words is not None:
        said = record.answer.words
        text = question_text(pack, record, record.asking.lang if record.asking else lang)
        kept = {choice.say.casefold(): choice.keep for choice in text.choices}
        return kept.get(said.casefold(), said)
    return record.proposal if record.showing is not None else None


def asked_before(
    records: Iterable[QuestionRecord], *, preference: str, now: datetime
) -> AskedBefore:
    """Return what stands against asking another question."""
    silenced: set[str] = set()
    answered: set[str] = set()
    conversations: set[str] = set()
    for record in records:
        name = record.catalogue_question or VOLUNTEERED
        state = state_of(record, now=now)
        if _is_silent(record, state, now):
            silenced.add(name)
        if record.catalogue_question and (record.fact_id or state in OPEN):
            answered.add(record.catalogue_question)
        if record.conversation_id:
            conversations.add(record.conversation_id)
    return AskedBefore(
        preference, frozenset(silenced), frozenset(answered), frozenset(conversations)
    )


_SILENCE: Mapping[QuestionState, timedelta] = {
    QuestionState.DECLINED: SILENT_AFTER_NO,
    QuestionState.WITHDRAWN: SILENT_AFTER_NO,
    QuestionState.EXPIRED: SILENT_AFTER_NOTHING,
}


def _is_silent(record: QuestionRecord, state: QuestionState, now: datetime) -> bool:
    silence = _SILENCE.get(state)
    if silence is None or (state is QuestionState.EXPIRED and not record.catalogue_question):
        return False
    return now - (record.ended_at or record.expires_at) < silence
