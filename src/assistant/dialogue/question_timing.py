"""When a why-question may be thought of at all: help first, and only at a good moment.

Pure, and it says why. What has to be looked up (asked in this conversation already, declined within
90 days, "never ask me why") is asked of the database afterwards, in the transaction that proposes.
"""

from dataclasses import dataclass, field

from assistant.dialogue.turns import ReplyState
from assistant.profile.pack.question_catalogue import QuestionCatalogue
from assistant.profile.questions.choice import AskedBefore, Situation, choose_question


@dataclass(frozen=True, slots=True)
class QuestionMoment:
    """The turn as it ended; ``volunteered`` says that a reason came of the customer's own accord.

    ``open_offers`` counts what the reply still leaves to the customer (a choice between records,
    consent, a person); ``withheld`` says that it could not look where it would have had to.
    """

    signed_in: bool
    state: ReplyState
    upset: bool
    withheld: bool
    open_offers: int
    person_asked: bool
    asked_before: bool
    degraded: bool = False
    volunteered: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """Whether to ask, and the reason in words for tests."""

    ask: bool
    because: str


def may_ask(moment: QuestionMoment) -> Timing:
    """Return whether this is a moment for a purpose card."""
    obstacles = (
        (not moment.signed_in, "nobody is signed in"),
        (moment.person_asked or moment.state == "handoff", "a person is wanted"),
        (moment.upset, "the customer is upset"),
        (moment.state == "abstained", "the question is not answered"),
        (moment.withheld, "what might have helped is not open"),
        (moment.open_offers > 0, "the reply leaves a choice open"),
        (moment.degraded, "part of the knowledge is missing"),
        (moment.asked_before, "this conversation had its question"),
        (moment.state == "chatting" and not moment.volunteered, "nothing was helped with yet"),
    )
    for stands, because in obstacles:
        if stands:
            return Timing(ask=False, because=because)
    return Timing(ask=True, because="the customer is helped and at ease")


@dataclass(frozen=True, slots=True)
class Proposed:
    """Something to ask: ``words`` that the customer volunteered, or what the conversation is about.

    Both are the customer's own words and stay inside the turn unless a card is shown and confirmed.
    """

    situation: Situation = field(repr=False)
    words: str | None = field(default=None, repr=False)


class QuestionFinder:
    """Finds what might be asked, as far as the conversation alone tells."""

    def __init__(self, catalogue: QuestionCatalogue) -> None:
        self._catalogue = catalogue
        self._words = frozenset(
            word for question in catalogue for words in question.words.values() for word in words
        )

    def find(self, situation: Situation, words: str | None, asked: AskedBefore) -> Proposed | None:
        """Return ``words`` that were volunteered, or the conversation where a question fits it.

        Nothing where ``asked`` stands against it; what has changed since is seen by the proposal.
        """
        if asked.preference == "never":
            return None
        if words is None:
            text = situation.text.casefold()
            near = any(word in text for word in self._words)
            if not near or choose_question(self._catalogue, situation, asked) is None:
                return None
        return Proposed(situation, words)
