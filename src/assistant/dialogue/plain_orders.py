"""Whether somebody tells the assistant to stop or delete something, or only talks about it.

An order to stop using data is recognised whole, word for word: what it is followed by may turn it
round ("stop using my calls? never!"). Words in it prove nothing: "I do not mind you using my
calls" has every one of them. What is asked back before anything happens may be worded more freely.
"""

import re
from dataclasses import dataclass

from assistant.dialogue.own_things import FORGETTABLE, NAMED_KIND, WHOLE_THING


@dataclass(frozen=True, slots=True)
class StopOrder:
    """Told to stop using ``thing``; done at once where it was told plainly, else asked back."""

    thing: str
    plain: bool


_OPENERS = (
    r"(please|ok|okay|hi|hello|hey|robin|so|and|but|no|well|then|now|just|kindly|actually|sorry|"
    r"listen|enough|hereby|thanks|thank you|(from|as of) (now|today)( on)?|from this moment on|"
    r"in future|yes)"
)
_CLOSERS = (
    r"(please|any ?(more|longer)|again|ever|now|immediately|at once|right (now|away)|"
    r"straight away|(from|as of) (now|today)( on)?|in (the )?future|for (anything|any purpose|"
    r"good)|at all|whatsoever|thanks|thank you|ok|okay|robin|completely|altogether|entirely)"
)
_PARTLY = (
    r"(for (the |your |any |my )?(answers?|replies|suggestions?|recommendations?|answering( me)?)|"
    r"(to|when|while) (you )?(answer|reply|help)(ing)?( me)?|today|this time|for (now|the moment))"
)
_KEEPING = (
    r"((do not|no need to|without|not) (delet|eras|remov|forget)(e|ing)?|keep|keep on storing)"
    rf"( (it|them|those|any|anything|everything|{WHOLE_THING}))?"
)
_USE = (
    r"(use|consult|access|read|analyse|analyze|evaluate|exploit|make use of|rely on|"
    r"look (at|in|into|through)|go through)"
)
_USING = (
    r"(using|consulting|accessing|reading|analysing|analyzing|evaluating|exploiting|"
    r"making use of|relying on|looking (at|in|into|through)|going through|(the )?use of)"
)
_USED = r"(used|consulted|accessed|read|analysed|analyzed|evaluated|exploited|looked (at|into))"
_NO_MORE = r"(do not( ever)?|never( again)?|no longer)"
_WISH = r"(i|we) (want|wish|would like|need|ask|order|tell|urge)"
_CONSENT = r"(all |any |every )?(of )?(my |the )?(consents?|permissions?)"
_CONSENTED = rf"( (for|to|on|of|about|regarding) (you )?(({_USING}|{_USE}) )?{NAMED_KIND})?"

_PLAIN_STOPS = (
    rf"(stop|quit|cease) {_USING} {WHOLE_THING}",
    rf"{_NO_MORE} {_USE} {WHOLE_THING}",
    rf"(i|we) {_NO_MORE} (want|wish) (for )?you (to )?({_USE}|{_USING}) {WHOLE_THING}",
    rf"(i|we) {_NO_MORE} (want|wish) {WHOLE_THING}( any ?more)?( to be)? {_USED}",
    rf"{_WISH} you (to (stop|quit|cease) {_USING}|(not to|to not|to never|to no longer) {_USE})"
    rf" {WHOLE_THING}",
    r"(i|we) (would rather|would prefer|prefer)( that| it if)? you"
    rf" (did not|do not|not|no longer|never) {_USE} {WHOLE_THING}",
    rf"you (may|must|shall) (not|never|no longer)( ever)? {_USE} {WHOLE_THING}",
    rf"you are (not|never|no longer)( ever)? (allowed|permitted) to {_USE} {WHOLE_THING}",
    rf"{WHOLE_THING} (may|must|shall) (not|never|no longer)( ever)? be {_USED}",
    rf"((i|let me|{_WISH} to) )?(hereby )?(withdraw|revoke|take back) {_CONSENT}{_CONSENTED}",
    r"(i|we) (object to|(do not|no longer) (agree|consent)( to| with)?) (you |your |the |any )?"
    rf"{_USING} {WHOLE_THING}",
    rf"(no more|refrain from|make no|(i (hereby )?(want to )?)?opt out of) {_USING} {WHOLE_THING}",
    rf"i (hereby )?forbid you (to {_USE}|{_USING}|the use of) {WHOLE_THING}",
)
_ASKED_STOPS = (
    rf"(i|we) {_NO_MORE} like (you (to )?({_USE}|{_USING}) {WHOLE_THING}"
    rf"|{WHOLE_THING} being {_USED})",
    rf"(can|could|would|will) you (please |kindly |just )*((stop|quit|cease) {_USING}|"
    rf"(no longer|never( again)?) {_USE}) {WHOLE_THING}",
    rf"(can|could|would|will) you (please|kindly) not {_USE} {WHOLE_THING}",
    rf"you (should|can|may|must|have to|need to|ought to) (please )?(stop|quit|cease) {_USING}"
    rf" {WHOLE_THING}",
    rf"you (should|ought to|can) (not|never|no longer) {_USE} {WHOLE_THING}",
    rf"{WHOLE_THING} ((should|can) (not|never|no longer)( ever)? be {_USED}|(are|is) off limits|"
    rf"(are|is) (not|no longer|never) to be {_USED})",
    rf"cancel {_CONSENT}{_CONSENTED}",
    rf"(keep )?(your )?(hands|fingers|eyes) off( of)? {WHOLE_THING}",
    rf"(keep|stay) (away from|out of) {WHOLE_THING}",
    rf"exclude {WHOLE_THING}( from (everything|it|this|that))?",
    rf"leave {WHOLE_THING} (alone|be|out( of (it|this|that|everything))?)",
)
_PLAIN_STOP = re.compile(rf"({_OPENERS} )*({'|'.join(_PLAIN_STOPS)})( {_CLOSERS})*")
_ASKED_STOP = re.compile(
    rf"({_OPENERS} )*({'|'.join(_PLAIN_STOPS + _ASKED_STOPS)})( {_CLOSERS}| {_PARTLY})*"
)
_KEPT_FIRST = re.compile(rf"({_OPENERS} )*{_KEEPING}( (but|just|only|and|please))+ ")
_KEPT_LAST = re.compile(rf"( (but|and|just|only|please))* {_KEEPING}( (though|please))*$")
_BROKEN = re.compile(r"(\b(stop|quit|cease|not|dont|never|longer|more)|n't)\b\s*[^\w\s'.!?;]")
"""A pause after the no: "Don't, use my calls" and "don't use my calls" are opposites."""
_QUOTED = re.compile(r"[\"“”„«»]")
_THING = re.compile(rf"\b{WHOLE_THING}")
_KIND = re.compile(rf"\b{_CONSENT}{_CONSENTED}")

_DELETE = (
    r"(delete|erase|remove|forget|wipe( out)?|clear( out)?|get rid of|destroy|purge|drop|"
    r"throw away)"
)
_DELETED = r"(deleted|erased|removed|forgotten|wiped|destroyed|cleared|purged|gone)"
_ONWARD = re.compile(r"\b(where|when|why|how|who|which|before|after|once|next)\b|\d{3}")
"""What goes on to something else, and numbers of single orders."""
_DELETION = re.compile(
    rf"({_OPENERS} )*("
    rf"({_WISH}( you)? to (please )?|(can|could|would|will) you (please |kindly |just )*|"
    rf"you (should|must|may|can|have to) (please )?)?{_DELETE}\b.*{FORGETTABLE}"
    rf"|{_WISH}( to have)? .*{FORGETTABLE}.*\b{_DELETED}"
    rf"|have .*{FORGETTABLE}.*\b{_DELETED}"
    rf"|(can|could|may) .*{FORGETTABLE}.*\bbe {_DELETED}"
    rf"|.*{FORGETTABLE} (must|should|has to|have to|needs? to) be {_DELETED}"
    r")( [\w']+){0,6}"
)
_NOT = r"(not|never|no need|nobody|nothing|none|no one|without|instead of)"
_TALK = re.compile(
    r"\b(mind|without|if|unless|whether|until|till|maybe|perhaps|might|suppose|imagine|says?|said|"
    r"told|tells|asked|claims?|heard|think|thought|guess|believe|hope|wonder|seems?|because|"
    r"although|though|yesterday|already|ago|last (year|week|month)|instead|but|his|her|their)\b"
    rf"|\b{_NOT} (\w+ ){{0,6}}?(stop|quit|cease|avoid|refuse|{_DELETE}|{_DELETED}|withdraw|revoke)"
    r"|\b(i|you|we|they|he|she|it|somebody|someone|nobody|shop)"
    r" ((have|had|has|did|do|never|just|ever|were|was|are|is) )*"
    r"(stopped|used|looked|withdrew|withdrawn|revoked|asked|forgot|deleted|erased|removed|wiped|"
    r"cleared)\b|\b\w+(?<!\bwhat)(?<!\bthat)(?<!\bit)(?<!\blet)'s\b"
)
"""Double negation, reported or conditional speech, the past, and what belongs to others."""
_QUESTION = re.compile(
    rf"({_OPENERS} )*(why|how|when|where|who|whom|whose|which|what|did|do (you|we|i|they)|does|has|"
    r"have (you|we|i|they)|had|are|is|was|were|am|should|shall|would (?!you)|will (?!you)|must)\b"
)
_RETOLD = re.compile(
    r"\b(that |what )?i (have )?(said|told|wrote|gave|shared|looked at)\b|\bbe(ing)? asked\b"
)
_SHORT = {
    r"\b(can't|cannot|cant)\b": "can not",
    r"\b(won't|wont)\b": "will not",
    r"\b(do|did|does|is|are|was|were|would|could|should|have|has|had|must|need)n'?t\b": r"\1 not",
    r"\b(i|you|we|they)'d\b": r"\1 would",
    r"\b(i|you|we|they)'(ll|ve)\b": r"\1",
    r"\bi'm\b": "i am",
    r"\byou're\b": "you are",
    r"\banymore\b": "any more",
}


def spell_out(plain: str) -> str:
    """Return ``plain`` (lower case) with contractions spelled out and ends of sentences only."""
    for short, long in _SHORT.items():
        plain = re.sub(short, long, plain)
    return " ".join(re.sub(r"[^\w\s.!?;']", " ", plain).split())


def find_stop_order(plain: str) -> StopOrder | None:
    """Return what ``plain`` (lower case) tells to stop using, if it does.

    One sentence among others, a quoted one, and one with a question mark, is not plain.
    """
    if _BROKEN.search(plain):
        return None
    sentences = [each for each in re.findall(r"[^.!?;]+\??", spell_out(plain)) if each.strip()]
    for sentence in sentences:
        said = sentence.strip(" ?")
        order = _KEPT_LAST.sub("", _KEPT_FIRST.sub("", said))
        asks = sentence.endswith("?")
        if not _ASKED_STOP.fullmatch(order) or (asks and sentence is not sentences[-1]):
            continue
        alone = order == said and not asks and not _QUOTED.search(plain) and len(sentences) == 1
        return StopOrder(_thing(order), alone and _PLAIN_STOP.fullmatch(order) is not None)
    return None


def tells_to_delete(plain: str) -> bool:
    """Return whether ``plain`` (lower case) tells to delete data; that is always asked back."""
    spelled = spell_out(plain).strip(" .!?")
    if not _DELETION.fullmatch(spelled) or _ONWARD.search(spelled):
        return False
    return not only_talks(plain)


def only_talks(plain: str) -> bool:
    """Return whether ``plain`` asks, reports, supposes or denies rather than tells to do."""
    spelled = _RETOLD.sub("what", spell_out(plain))
    return bool(_QUESTION.match(spelled) or _TALK.search(spelled))


def _thing(order: str) -> str:
    """Return the words for the data, without the verb: "reading" is no reading of a device."""
    found = _THING.search(order) or _KIND.search(order)
    return found.group() if found else order
