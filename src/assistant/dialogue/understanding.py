"""What an utterance asks for: small talk, something of the customer's own, or the shop's knowledge.

Rules, not a model: they say why, and they are tested with sentences. What they cannot tell is left
to retrieval, which weighs both sources anyway.
"""

import re
from dataclasses import dataclass

from assistant.dialogue.record_aspects import RecordAspect, find_aspects
from assistant.dialogue.small_talk import SmallTalk, plain_apostrophes

_RECORD_NOUN = (
    r"(order|orders|parcel|package|delivery|deliveries|shipment|purchase|purchases|return|returns|"
    r"refund|refunds|exchange|subscription|subscriptions|warranty|guarantee|case|ticket|complaint|"
    r"repair|basket|cart|history|invoice|receipt|call|visit|groceries|stuff|things|items?)"
)
_DO = (
    r"(order|buy|purchase|pay|spend|get|receive|return|send|exchange|cancel|visit|call|phone|ring|"
    r"talk|speak|say|look|search|browse|view|rate|review|report|complain|subscribe|register)"
)
_DONE = (
    r"(ordered|bought|purchased|paid|spent|got|received|returned|sent|exchanged|cancelled|visited|"
    r"called|phoned|talked|spoken|spoke|said|looked|searched|browsed|viewed|rated|reviewed|"
    r"reported|complained|subscribed|registered)"
)
_BETWEEN = r"( (already|just|recently|last|ever|still|all|really|not|actually))*"
_SHORT, _LONG = 3, 12
"""Words up to which a question may say no more than "until when?", and up to which it leans."""

_DEEDS = re.compile(
    rf"\bdid (i|we){_BETWEEN} {_DO}\b|\b(have|had) (i|we){_BETWEEN} {_DONE}\b"
    rf"|\b(did|have) {_RECORD_NOUN} (i|we)\b|\borders do (i|we) have\b|\border history\b"
    r"|\bmy (last|latest|previous|first|recent) (order|purchase)s?\b|\bin my (basket|cart)\b"
    r"|\b(in|of|was|about) my (last|latest|previous|first|recent)\b"
    r"|\bhow much (did|was|were) (my|our)\b|\borders (from|in|since|before|after)\b"
    r"|\bwhat (came|arrived|was delivered)\b"
    r"|\b(did|has|have|was|were) (my|our|it)( \w+){0,4} "
    r"(arrived?|come|delivered|shipped|sent|dispatched|cancelled|refunded|paid)\b"
)
"""What the customer did or what became of it: no article knows that."""

_OWN = re.compile(
    rf"\b(my|mine|our)\b( \w+){{0,4}} {_RECORD_NOUN}\b"
    rf"|\b(i|we)('ve|'d| have| had)?{_BETWEEN} {_DONE}\b"
    rf"|\b(do|have) (i|we){_BETWEEN} (have|got)? ?(any|an?|open|no) {_RECORD_NOUN}\b"
    r"|\b(was|were|am|are|have) (i|we)( been)? (charged|billed|refunded|credited|expecting)\b"
    rf"|\b(i|we) (want|wish|need|would like|'d like) to {_DO}( \w+){{0,3}} (my|our|the|this|that)\b"
    r"|\b(i|we)('d)? (want|wish|need|would like|like) to (return|cancel|exchange|send)\b"
    rf"|\b(the|that|this|last|latest|first|other|previous) ({_RECORD_NOUN}|one) (i|we)\b"
    rf"|\bwhere('s| is| are|s) (my|our|the {_RECORD_NOUN})\b"
    rf"|\bwhen (will|does|is|are|did) (my|it|our|the {_RECORD_NOUN})\b"
    r"|\bwhen (will|does|is|are|did) the( \w+){1,3} (come|arrive|coming|arriving|get here|due)\b"
    r"|\b(my|our) (last|latest|recent|first|previous|next)\b"
    r"|\b(has|have|was|were|is|are|did) (the|my|our) \w+( \w+){0,4} "
    r"(shipped|delivered|arrived?|sent|dispatched|cancelled|refunded|returned|come|due|way)\b"
    rf"|\b(did|was|were|has|have) (the|that|this) {_RECORD_NOUN}\b"
    r"|\b(anything|something)\b.*\b(coming|on its way|due|delivered|arriving)\b"
    r"|\bhow much (was|were|did)\b|\b(which|what) orders?\b"
    rf"|\b(the|that|this) {_RECORD_NOUN} (with|containing|of) (the|my|a|an)\b"
    r"|\bin (the|that|this|which) order\b|\border (has|have|contains?)\b"
    rf"|\bstatus of (my|our|the|an?) {_RECORD_NOUN}\b|\b(has|have|was|were) (my|our)\b"
)
_MINE = re.compile(r"\b(my|mine|our)\b")
_READY_FOR_MINE = frozenset(
    {
        "refund", "returned", "warranty", "subscription", "case", "call", "visit", "basket",
        "rated", "arrival", "delivered", "placed", "status", "address",
    }
)  # fmt: skip
"""Aspects of which "my" makes the customer's own record; "my vacuum" alone asks for none."""
_INSTRUCTION = re.compile(r"\bhow (do|can|to|should|would|could)\b")

ORDER_NUMBER = re.compile(
    r"#[A-Za-z]*\d{3,}\w*|\b[A-Z]{1,4}-?\d{4,}\b|\b(?i:order) (number |no\.? )?\d{3,}\b|\b\d{7,}\b"
)
_GENERAL = re.compile(
    r"\b(how (do|can|to|should|would)|how (long|much|often|many|soon) (do|does|is|are|can)|"
    r"can (i|you|we|it|they|this|that)|what (happens|is the(?!.*\b(my|our)\b)|are the|if)|"
    r"is it possible|am i (able|allowed)|may i|do you|do i (need|have) to|could i|should i|policy|"
    r"allowed|under warranty|still covered|"
    r"(i|we)('d)? (want|wish|need|would like|like) to (cancel|change|return|exchange|send))\b"
    r"|^(please )?(cancel|pause|stop|skip|return|exchange|change)\b"
)
_REFERENCE = re.compile(
    r"\b(it|those|them|they|this one|that one|the other( ones?)?|the (first|second) one)\b"
    r"|\b(that|this|the) (order|one|return|parcel|package|delivery|case|call|visit|thing)\b"
    r"|\bthat( one)?\W*$"
)
_NO_REFERENCE = re.compile(r"\bis it (possible|true|ok|okay|allowed)\b")
_CONTINUED = re.compile(r"^(and|what about|how about|also|but|so|ok)\b")


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood of one utterance.

    ``own`` says that the customer's own records are asked for; ``general`` that rules or
    instructions are asked for (both may hold: "can I still return my kettle?"); ``deeds`` that only
    a record can answer, because what the customer did, or what became of it, is asked. ``aspects``
    are in the order of their table, the more telling first. ``follow_up`` leans on the turn before,
    ``refers`` names something of it ("it", "that order").
    """

    small_talk: SmallTalk | None
    own: bool
    general: bool
    follow_up: bool
    aspects: tuple[RecordAspect, ...]
    deeds: bool = False
    refers: bool = False


def understand(text: str, small_talk: SmallTalk | None) -> Understanding:
    """Return what ``text`` asks for; pure."""
    plain = " ".join(plain_apostrophes(text.lower()).split())
    words = len(re.findall(r"[\w']+", plain))
    numbered = ORDER_NUMBER.search(text) is not None
    aspects = find_aspects(plain) or (("status",) if numbered else ())
    general = bool(_GENERAL.search(plain))
    deeds = numbered or "list" in aspects or bool(_DEEDS.search(plain))
    refers = bool(_REFERENCE.search(_NO_REFERENCE.sub("", plain)))
    own = deeds or bool(_OWN.search(plain)) or _mine(plain, aspects)
    leans = refers or bool(_CONTINUED.search(plain))
    return Understanding(
        small_talk=small_talk,
        own=own,
        general=general,
        follow_up=(0 < words <= _SHORT and not own) or (words <= _LONG and leans),
        aspects=aspects,
        deeds=deeds and not general,
        refers=refers,
    )


def _mine(plain: str, aspects: tuple[RecordAspect, ...]) -> bool:
    """Whether something that records tell is asked of "my" thing; "how do I" asks for none."""
    if not _MINE.search(plain):
        return False
    if "reading" in aspects and not _INSTRUCTION.search(plain):
        return True
    return bool(_READY_FOR_MINE.intersection(aspects))
