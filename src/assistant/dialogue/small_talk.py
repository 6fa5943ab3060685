"""What people say besides questions: hello, thanks, are you a bot, give me a person.

An utterance is small talk when it says nothing else. Exact forms are matched first; what is worded
otherwise is compared with a few examples by the vector that the turn has anyway.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from assistant.retrieval.embedder import Vectors

SmallTalk = Literal[
    "greeting",
    "how_are_you",
    "thanks",
    "goodbye",
    "agreed",
    "declined",
    "bot",
    "capabilities",
    "handoff",
]

_FORMS: dict[SmallTalk, str] = {
    "greeting": r"(hi|hello|hey|hiya|good (morning|afternoon|evening|day)|greetings)"
    r"( (there|everyone|all|team|marlow))?",
    "how_are_you": r"((hi|hello|hey)[ ,]+)?how are you( doing)?( today)?|how is it going",
    "thanks": r"(ok(ay)?[ ,]+|great[ ,]+|perfect[ ,]+)?(many |so much )?"
    r"(thanks|thank you|thx|cheers|ty)"
    r"( (a lot|so much|very much|again|for (your|the) help|for that|that helps|that's great))*",
    "goodbye": r"(ok(ay)? )?(bye|goodbye|good bye|see you( later)?|bye bye|good night)"
    r"( (for now|then))?",
    "agreed": r"(yes|yeah|yep|sure|ok|okay|alright|all right|of course|please)"
    r"( (please|do|thanks))*"
    r"|(please do|yes i would|go ahead|that would be (good|great|nice))( please)?",
    "declined": r"(no|nope|nah)( (thanks|thank you|that's (all|it|fine)))*"
    r"|never ?mind|not now|nothing",
    "bot": r"(are|is) (you|this|it) (an? |the )?(real )?"
    r"(bot|chat ?bot|robot|machine|computer|ai|human|person|real|real person|real human)"
    r"( or (an? )?(real )?(bot|robot|machine|ai|human|person))?"
    r"|who are you|what are you|what('s| is) your name"
    r"|am i (talking|speaking|chatting) (to|with) (an? )?(real )?"
    r"(human|person|bot|robot|machine|ai)",
    "capabilities": r"what can you (do|help( me)? with)|how can you help( me)?|help|what do you do",
    "handoff": r"(please )?"
    r"((can|could|may) i |i (want|need|would like) to |i'd like to |let me |i wanna )?"
    r"(please )?(talk|speak|chat|get|be connected|connect me|transfer me|get me)( (to|with))? "
    r"(an? |the |your )?(real |live |human )?(person|human|human being|agent|someone|somebody|"
    r"representative|advisor|operator|colleague|staff|customer (service|support|care)|support)"
    r"( please| now)*|(human|agent|real person|operator|representative|person)( please)?"
    r"|(give|get|pass) me (to )?(an? )?(real |live )?(person|human|agent)( please| now)*"
    r"|(can|could) (an? )?(person|human|agent|someone) (please )?(help|call|contact) me( please)?",
}
_PATTERNS = {kind: re.compile(form) for kind, form in _FORMS.items()}

_EXAMPLES: dict[SmallTalk, tuple[str, ...]] = {
    "greeting": ("hello there", "hi, good morning to you"),
    "thanks": ("thank you so much, that was helpful", "great, thanks for your help"),
    "goodbye": ("goodbye, have a nice day", "that is all, bye"),
    "bot": ("are you a bot or a real person?", "am I chatting with a machine?", "are you human?"),
    "capabilities": ("what can you help me with?", "what are you able to do?"),
    "handoff": (
        "I want to talk to a real person",
        "please connect me to a human agent",
        "can I speak to someone from customer service",
        "transfer me to an employee please",
        "I don't want to talk to a bot, give me a human",
    ),
}
_ALIKE = 0.8
"""Cosine to an example from which an utterance counts as the same small talk; chosen so that none
of the pack's own test questions is taken for small talk."""
_MOST_WORDS = 14

_NOT_WORDS = re.compile(r"[^a-z0-9' ]+")


@dataclass(frozen=True, slots=True)
class SmallTalkExamples:
    """The examples with their vectors, encoded once at start."""

    kinds: tuple[SmallTalk, ...]
    vectors: Vectors


def example_texts() -> tuple[tuple[SmallTalk, ...], tuple[str, ...]]:
    """Return kinds and texts of the examples, for encoding at start."""
    pairs = [(kind, text) for kind in get_args(SmallTalk) for text in _EXAMPLES.get(kind, ())]
    return tuple(kind for kind, _ in pairs), tuple(text for _, text in pairs)


def plain_apostrophes(text: str) -> str:
    """Return ``text`` with the typographic apostrophes that phones write made plain."""
    return text.replace("\u2019", "'").replace("\u02bc", "'")


def match_form(text: str) -> SmallTalk | None:
    """Return the small talk that ``text`` is by its exact form, if any."""
    plain = " ".join(_NOT_WORDS.sub(" ", plain_apostrophes(text.lower())).split())
    for kind, pattern in _PATTERNS.items():
        if plain and pattern.fullmatch(plain):
            return kind
    return None


def match_meaning(text: str, vector: Vectors, examples: SmallTalkExamples) -> SmallTalk | None:
    """Return the small talk whose example is most alike, if alike enough.

    Args:
        text: the utterance; long ones are never small talk.
        vector: its unit vector, shape (dimensions,).
        examples: the encoded examples.
    """
    if not examples.kinds or len(text.split()) > _MOST_WORDS:
        return None
    cosines = examples.vectors @ vector
    best = int(np.argmax(cosines))
    return examples.kinds[best] if cosines[best] >= _ALIKE else None
