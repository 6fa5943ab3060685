"""What people ask and tell the assistant about their own data: show it, forget it, stop using it.

Two things have to agree. The form says which kinds an utterance may be ("delete … my …"), because
"delete the lamp from my order" is near to "delete my orders" for an encoder. The vector, which the
turn has anyway, must then lie nearer to an example of that kind than to anything said of the shop.
What changes something has to be told as an order; ``plain_orders`` knows how. An order to stop
using data needs no vector: a no does not hang on an encoder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.dialogue.category_words import name_category
from assistant.dialogue.example_vectors import OTHER, ExampleVectors
from assistant.dialogue.own_things import DATA, OWN, TOLD, WHOLE_THING
from assistant.dialogue.plain_orders import find_stop_order, only_talks, tells_to_delete
from assistant.dialogue.small_talk import match_form, plain_apostrophes
from assistant.dialogue.turns import PendingRequest
from assistant.retrieval.embedder import Vectors

RequestKind = Literal[
    "what_known",
    "why_asked",
    "who_saw",
    "forget",
    "stop_using",
    "never_why",
    "what_helped",
    "what_used",
]
PendingKind = Literal["forget_confirmed", "forget_refused", "stop_confirmed", "stop_refused"]
"""What an answer to "shall I delete that?" or "shall I stop that?" comes to."""

_NOT = r"\b(stop|don't|do not|no longer|not|never|quit|cease|no more|without|rather not|spare me)\b"
_SOMEBODY = (
    r"\b(who(se)?|whom|any(one|body)|some(one|body)|every(one|body)|nobody|people|persons?|human|"
    r"employees?|colleagues?|staff|agents?|others?|else|company|team)\b"
)
_SEEING = (
    r"\b(see[ns]?|seeing|saw|look(ed|ing|s)?|read(s|ing)?|access(ed|es|ing)?|view(ed|s|ing)?|"
    r"open(ed|s|ing)?|check(ed|ing)?|inspect(ed|ing)?|(been|gone|went|got|get|go|peek\w*|eyes?) "
    r"(been )?(in|into|at|on|through|over))\b"
)
_LOOKED_AT = (
    rf"(\b(my|our)( \w+){{0,2}}? ({DATA}|messages?|chats?|conversations?|reviews|orders|"
    r"purchases|calls|notes)\b"
    r"|\bthis (chat|conversation)\b|\b(about|on) me\b|\bdata of mine\b"
    r"|\bwhat i (have )?(wrote|written|said|told|typed)\b)"
)

_FORMS: dict[RequestKind, str] = {
    "what_known": r"\b(know|have|got|hold|keep|kept|stored?|saved?|remember|learn(ed|t)|everything|"
    r"information|data|records?|files?|collect(ed)?)\b.*\b(about|on|of) me\b"
    r"|^(please |let me |so )*(what|which|show|see|list|give|tell|i'd|can|could|may)\b"
    r".*\bmy( own)?( personal)? (data|information|profile)\b|\bdata of mine\b",
    "why_asked": r"\bwhy\b.*\b(ask|asking|question)( me)?( (this|that|these|such)( \w+)?)?\W*$"
    r"|\bwhy\b.*\b(want|need|have) to know( (this|that))?\W*$|\bwhy should i (tell|answer)\b"
    r"|\b(question|need (that|this|it|my answer))( good)? for\W*$|\bmy answer\b"
    r"|\bpurpose\b.*\b(ask\w*|question)\b|\byour business\b",
    "who_saw": rf"{_SOMEBODY}.*{_SEEING}.*{_LOOKED_AT}"
    rf"|{_LOOKED_AT}.*{_SEEING}( (by|at)\b|\W*$)|\bwhom?\b.*{_LOOKED_AT}.*{_SEEING}"
    r"|\baccess log\b",
    "what_used": r"\b(you|your|assistant|robin|it|stop|quit|cease|no|not|don't|never)\b.*"
    r"\b(us(e|es|ed|ing)|still read|reading|"
    rf"look(s|ed|ing)? (at|in|into|through))( \w+){{0,2}}? ({OWN}|{TOLD})( \w+){{0,5}}"
    r"(, (but|and|just|please)( \w+){1,5})?\W*$"
    rf"|\b(is|are|not|mind|that|be|being)\b.*{OWN}( \w+){{0,3}} (used|read|looked at)"
    r"( \w+){0,5}\W*$"
    rf"|^\W*(which|what)\b.*\b(of mine|{OWN}).*\byou\b.*\bus(e|ing)\b(?!.*\bfor\W*$)",
    "never_why": rf"({_NOT}|\bleave me alone\b)[^,.;?!]*\b(ask\w*|questions?)\b"
    r"(?!.*\b(tell|explain|where|when)\b)[^,.;?!]*\b(why|reasons?|such questions)\b[^,.;?!]*\W*$"
    rf"|({_NOT}|\bleave me alone\b).*\bwhy questions?\b",
    "what_helped": rf"{OWN}|\b(sharing|shared)\b|\bwhat i told you\b",
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
_NAMED = (
    rf"( (it|that|them|this|these|"
    rf"(?P<named>({WHOLE_THING}|all( my)? consents|all|everything|me))))?"
)
_YES = r"(yes|yeah|yep|sure|ok|okay|please|do)\b[ ,]*(please )?(do )?"
_READING = r"(using|reading|looking at)"
_YES_TO = {
    "forget": re.compile(rf"{_YES}(delete|erase|remove|forget|wipe){_NAMED}( please| now)*"),
    "stop_using": re.compile(
        rf"({_YES}(stop|quit|withdraw)( {_READING})?|(please )?(stop|quit) {_READING})"
        rf"{_NAMED}( please| now)*"
    ),
}
_NO_TO = {
    "forget": re.compile(r"(no|nope|stop|wait)\b.*"),
    "stop_using": re.compile(r"(no|nope|wait)\b(?!.*\b(stop|withdraw)\b).*"),
}
_MOST_WORDS = 20

_LEAST_ALIKE, _LEAST_LEAD = 0.4, -0.05
_COMMAND_ALIKE, _COMMAND_LEAD = 0.3, -0.25
_COMMANDS: frozenset[RequestKind] = frozenset({"forget", "never_why"})
"""Cosine to the nearest example of the kind, and its lead over the nearest of the shop's; chosen on
one half of the cases, precision and recall stand beside the test that holds out the other half.
What tells the assistant to do something has a form of its own, so the vector need say less."""


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """Something asked or told about one's own data; ``category`` where the kind has an object.

    ``category`` is a data category, ``conversation``, ``all_data`` or ``everything``; ``plain``
    an order that leaves nothing to ask back about.
    """

    kind: RequestKind | PendingKind
    category: str | None = None
    plain: bool = False


def match_request(text: str, vector: Vectors, examples: ExampleVectors) -> ProfileRequest | None:
    """Return what ``text`` asks for about the customer's own data, if anything.

    Args:
        text: the utterance; long ones are never such a request.
        vector: its unit vector, shape (dimensions,).
        examples: the encoded examples.
    """
    plain = plain_text(text)
    if len(plain.split()) > _MOST_WORDS:
        return None
    if order := find_stop_order(plain):
        return ProfileRequest("stop_using", name_category(order.thing), plain=order.plain)
    possible = _possible_kinds(plain)
    kind = _nearest(possible, vector, examples) if possible and not examples.is_empty else None
    if kind is None:
        return None
    return ProfileRequest(kind, name_category(plain) if kind == "forget" else None)


def match_confirmation(text: str, pending: PendingRequest) -> ProfileRequest | None:
    """Return what ``text`` answers to what was just asked back about, if it does.

    A yes that names another category than was asked about, and a question, is no answer.
    """
    plain = plain_text(text).strip(" .!,")
    done: PendingKind = "stop_confirmed" if pending.act == "stop_using" else "forget_confirmed"
    kept: PendingKind = "stop_refused" if pending.act == "stop_using" else "forget_refused"
    small_talk = match_form(text)
    if small_talk == "declined" or _NO_TO[pending.act].fullmatch(plain):
        return ProfileRequest(kept, pending.category)
    yes = _YES_TO[pending.act].fullmatch(plain)
    if "?" in text or (small_talk != "agreed" and not yes):
        return None
    named = yes["named"] if yes else None
    if named and name_category(named) != pending.category:
        return None
    return ProfileRequest(done, pending.category)


def plain_text(text: str) -> str:
    """Return ``text`` in lower case with plain apostrophes and single spaces."""
    return " ".join(plain_apostrophes(text.lower()).split())


def _possible_kinds(plain: str) -> Sequence[RequestKind]:
    """Return the kinds that the form allows; what changes something only where it is told to."""
    if _NO_REQUEST.search(plain):
        return ()
    if tells_to_delete(plain):
        return ("forget",)
    found = [kind for kind, pattern in _PATTERNS.items() if pattern.search(plain)]
    if "never_why" in found and not only_talks(plain):
        return ("never_why",)
    unmeant = {"never_why"}
    if not _HELPED.search(plain):
        unmeant.add("what_helped")
    if "who_saw" in found:
        unmeant.add("what_used")
    return [kind for kind in found if kind not in unmeant]


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
