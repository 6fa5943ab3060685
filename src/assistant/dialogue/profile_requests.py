"""What people ask and tell the assistant about their own data: show it, forget it, stop using it.

Two things have to agree. The form says which kinds an utterance may be ("delete … my …"), because
"delete the lamp from my order" is near to "delete my orders" for an encoder. The vector, which the
turn has anyway, must then lie nearer to an example of that kind than to anything said of the shop.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from assistant.dialogue.category_words import CATEGORY_WORDS, name_category
from assistant.dialogue.example_vectors import OTHER, ExampleVectors
from assistant.dialogue.small_talk import match_form, plain_apostrophes
from assistant.dialogue.turns import PendingErasure
from assistant.retrieval.embedder import Vectors

RequestKind = Literal[
    "what_known", "why_asked", "who_saw", "forget", "stop_using", "never_why", "what_helped"
]
PendingKind = Literal["forget_confirmed", "forget_refused"]
"""What an answer to "shall I delete that?" comes to."""

_DATA = r"(data|info(rmation)?|profile|details|records?|files?|history|histories|past)"
_THINGS = "|".join(words for name, words in CATEGORY_WORDS.items() if name != "conversation")
_OWN = rf"\b(my|mine|our)( \w+){{0,3}}? ({_DATA}|{_THINGS})\b"
_TOLD = r"\b(reasons|pages|things|searches) (that )?i\b|\bwhat (my \w+|i)\b"
_OBJECT = rf"({_OWN}|{_TOLD}|\beverything\b|\b(about|on|of) me\b|\bthis (chat|conversation)\b)"
_NOT = r"\b(stop|don't|do not|no longer|not|never|quit|cease|no more|without|rather not|spare me)\b"

_FORMS: dict[RequestKind, str] = {
    "what_known": r"\b(know|have|got|hold|keep|kept|stored?|saved?|remember|learn(ed|t)|everything|"
    r"information|data|records?|files?|collect(ed)?)\b.*\b(about|on|of) me\b"
    r"|^(please |let me |so )*(what|which|show|see|list|give|tell|i'd|can|could|may)\b"
    r".*\bmy( own)?( personal)? (data|information|profile)\b|\bdata of mine\b",
    "why_asked": r"\bwhy\b.*\b(ask|asking|question)( me)?( (this|that|these|such)( \w+)?)?\W*$"
    r"|\bwhy\b.*\b(want|need|have) to know( (this|that))?\W*$|\bwhy should i (tell|answer)\b"
    r"|\b(question|need (that|this|it|my answer))( good)? for\W*$|\bmy answer\b"
    r"|\bpurpose\b.*\b(ask\w*|question)\b|\byour business\b",
    "who_saw": r"\b(who|anyone|anybody|someone|somebody|people|persons?|employees?|colleagues?)\b"
    r".*\b(seen?|saw|look(ed|ing|s)?|read(ing|s)?|access(ed)?|view(ed)?|opened)\b"
    rf".*\b(my|our)( \w+)? ({_DATA}|messages|chats?|conversations?)\b"
    rf"|\bmy( \w+)? {_DATA}\b.*\b(seen|read|accessed|viewed|looked at|opened)\b|\baccess log\b",
    "forget": rf"\b(delete|erase|remove|forget|wipe|clear|get rid of|destroy|purge|drop)\b"
    rf".*{_OBJECT}"
    rf"|{_OBJECT}.*\b(erased|deleted|removed|forgotten|wiped)\b"
    r"|\bforget (about )?me\b|\b(remove|delete|erase) me\b",
    "stop_using": rf"{_NOT}.*\b(us(e|ing)|look(ing)? (at|in|into|through)|read|reading|track\w*|"
    rf"process\w*|analy\w+)( \w+){{0,2}}? ({_OWN}|{_TOLD})"
    rf"|{_NOT}.*{_OWN}.*\b(used|read|tracked|analysed|processed)\b"
    r"|\b(withdraw|revoke|take back|cancel)\b.*\bconsents?\b"
    rf"|\bnot allowed to\b.*{_OWN}",
    "never_why": rf"({_NOT}|\bleave me alone\b).*\b(ask\w*|questions?)\b"
    r".*\b(why|reasons?|such questions)\b"
    rf"|({_NOT}|\bleave me alone\b).*\bwhy questions?\b",
    "what_helped": rf"{_OWN}|\b(sharing|shared)\b|\bwhat i told you\b",
}
_PATTERNS = {kind: re.compile(form) for kind, form in _FORMS.items()}
_HELPED = re.compile(
    r"\b((do|did|done) (\w+ )?(for|with)|help(ed|s)?|used?|useful|good|get|got|gain\w*|benefit\w*|"
    r"worth)\b"
)
_NO_REQUEST = re.compile(
    r"\bhow (do|can|could|would|should|to|long)\b|^(where|when) (is|are|can|do)\b"
    r"|^what happens (to|if)\b"
    r"|\b(don't|do not|never|not) (forget|remove|delete)\b"
    r"|\b(from|in|to|on) (my|the|this)( \w+)? (order|basket|cart|list|subscription)\b"
)
"""Instructions, rules and goods: asked of the shop, whatever else the words sound like."""
_YES_DELETE = re.compile(
    r"(yes|yeah|yep|sure|ok|okay|please|do)\b[ ,]*(please )?(do )?(delete|erase|remove|forget|wipe)"
    r"( (it|that|them|this|(?P<named>(my|all|everything|this|me)\b.*)))?( please| now)*"
)
_KEEP = re.compile(r"(no|nope|stop|wait)\b[ ,]*(please )?(don't|do not|keep|cancel|stop)?\b.*")
_MOST_WORDS = 20

_LEAST_ALIKE, _LEAST_LEAD = 0.4, -0.05
_COMMAND_ALIKE, _COMMAND_LEAD = 0.3, -0.25
_COMMANDS: frozenset[RequestKind] = frozenset({"forget", "stop_using", "never_why"})
"""Cosine to the nearest example of the kind, and its lead over the nearest of the shop's; chosen on
one half of the cases, precision and recall stand beside the test that holds out the other half.
What tells the assistant to do something has a form of its own, so the vector need say less."""


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """Something asked or told about one's own data; ``category`` where the kind has an object.

    ``category`` is a data category, ``conversation``, ``all_data`` or ``everything``.
    """

    kind: RequestKind | PendingKind
    category: str | None = None


def match_request(text: str, vector: Vectors, examples: ExampleVectors) -> ProfileRequest | None:
    """Return what ``text`` asks for about the customer's own data, if anything.

    Args:
        text: the utterance; long ones are never such a request.
        vector: its unit vector, shape (dimensions,).
        examples: the encoded examples.
    """
    plain = plain_text(text)
    possible = _possible_kinds(plain)
    if not possible or examples.is_empty:
        return None
    kind = _nearest(possible, vector, examples)
    if kind is None:
        return None
    has_object = kind in {"forget", "stop_using"}
    return ProfileRequest(kind, name_category(plain) if has_object else None)


def match_confirmation(text: str, pending: PendingErasure) -> ProfileRequest | None:
    """Return what ``text`` answers to the deletion that was just asked about, if it does.

    A yes that names another category than was asked about is no answer to the question.
    """
    plain = plain_text(text).strip(" .!,")
    small_talk = match_form(text)
    if small_talk == "declined" or _KEEP.fullmatch(plain):
        return ProfileRequest("forget_refused", pending.category)
    yes = _YES_DELETE.fullmatch(plain)
    if small_talk != "agreed" and not yes:
        return None
    named = yes["named"] if yes else None
    if named and name_category(named) != pending.category:
        return None
    return ProfileRequest("forget_confirmed", pending.category)


def plain_text(text: str) -> str:
    """Return ``text`` in lower case with plain apostrophes and single spaces."""
    return " ".join(plain_apostrophes(text.lower()).split())


def _possible_kinds(plain: str) -> Sequence[RequestKind]:
    if len(plain.split()) > _MOST_WORDS or _NO_REQUEST.search(plain):
        return ()
    found = [kind for kind in get_args(RequestKind) if _PATTERNS[kind].search(plain)]
    if "what_helped" in found and not _HELPED.search(plain):
        found.remove("what_helped")
    return [kind for kind in found if kind in _COMMANDS] or found


def _nearest(
    possible: Sequence[RequestKind], vector: Vectors, examples: ExampleVectors
) -> RequestKind | None:
    """Return the possible kind whose example is most alike, if alike enough."""
    best = examples.likeness(vector, (*possible, OTHER))
    kind = max(possible, key=best.__getitem__)
    alike, lead = _LEAST_ALIKE, _LEAST_LEAD
    if kind in _COMMANDS:
        alike, lead = _COMMAND_ALIKE, _COMMAND_LEAD
    if best[kind] < alike or best[kind] - best[OTHER] < lead:
        return None
    return kind
