"""Reasons that people mention in passing: "it is too loud for my flat".

Found is not kept: a reason found here becomes, at most, a purpose card with the words as they would
be kept. As with requests, form and vector have to agree. The form must give a reason of the
customer's own, about goods or habits; what went wrong with a parcel, a payment or a page is a
problem to be solved, not a reason to be remembered.
"""

import re
from dataclasses import dataclass

from assistant.dialogue.example_vectors import OTHER, ExampleVectors
from assistant.dialogue.small_talk import plain_apostrophes
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.sentences import sentence_spans

_QUESTION = re.compile(
    r"\?|^(and |but |so |ok |well )*(who|what|when|where|which|why|how|is|are|was|were|do|does|did|"
    r"can|could|may|might|will|would|shall|should|has|have you|had|tell me|please|come|put)\b"
)
_SERVICE = (
    r"((my|the|an|your|this|that|no) (\w+ )?(order|delivery)|parcels?|payments?|refund\w*|labels?|"
    r"log ?in|passwords?|drivers?|couriers?|pages?|codes?|numbers?|cards?|buttons?|vans?|slots?|"
    r"bills?|amounts?|totals?|invoices?|answers?|texts?|repl(y|ies)|vouchers?|files?|screens?|wifi|"
    r"error|(a|one|the) bag|locker|receipts?|person|human|nobody|asking|asked|writing|calling|you|"
    r"your|outside|weather|raining|(too|so) late|came too|missing)"
)
_ABOUT_SERVICE = re.compile(rf"\b{_SERVICE}\b")
_OWN_SAKE = re.compile(r"\b(i|we|my|our|me|us|mine)\b")
_CAUSE = re.compile(
    r"\b(because|since|as (the|my|our|it|i|we)|that's why|that is why|so (i|we|the|that))\b"
)
_TOO = re.compile(
    r"\b(is|was|are|were|it's|they're|takes?|took|looks?|feels?|makes?|means?)( \w+){0,2} too \w+"
    r"|\bfar too \w+|\bnot \w+ enough\b"
)
_UNFIT = re.compile(
    r"\b(doesn't|does not|didn't|did not|won't|don't) (fit|suit|match|go (with|in|under))\b"
)
_ASKS_TOO = re.compile(
    r"[,;]? (?=(?:can|could|may|how|what|do|is) (?:i|you|we|there|do|can|about)\b)", re.IGNORECASE
)
_LEAST_WORDS, _MOST_WORDS = 4, 40
_LEAST_ALIKE, _LEAST_LEAD = 0.2, -0.2
"""Cosine to the nearest example of a reason, and its lead over the nearest that gives none; chosen
on one half of the cases, precision and recall stand beside the test that holds out the other."""


@dataclass(frozen=True, slots=True)
class VolunteeredReason:
    """A reason found in what was said: its kind, and the sentence as it would be kept.

    ``is_all`` says that nothing else was said.
    """

    kind: str
    words: str
    is_all: bool = False


def find_reason(text: str, vector: Vectors, examples: ExampleVectors) -> VolunteeredReason | None:
    """Return the reason that ``text`` gives, if it gives one.

    Args:
        text: the utterance.
        vector: its unit vector, shape (dimensions,).
        examples: the encoded examples of ``volunteered_reasons``.
    """
    if examples.is_empty or len(text.split()) > _MOST_WORDS:
        return None
    said = sentences_of(text)
    sentence = next(filter(gives_reason, said), None)
    if sentence is None:
        return None
    best = dict(examples.likeness(vector, tuple(dict.fromkeys(examples.kinds))))
    other = best.pop(OTHER)
    kind = max(best, key=best.__getitem__)
    if best[kind] < _LEAST_ALIKE or best[kind] - other < _LEAST_LEAD:
        return None
    return VolunteeredReason(kind, as_kept(sentence), is_all=len(said) == 1)


def sentences_of(text: str) -> tuple[str, ...]:
    """Return the sentences of ``text``; "…, can I return it?" is a sentence of its own."""
    whole = " ".join(text.split())
    spans = (whole[start:end] for start, end in sentence_spans(whole))
    return tuple(part.strip() for span in spans for part in _ASKS_TOO.split(span) if part.strip())


def gives_reason(sentence: str) -> bool:
    """Whether the sentence's form gives a reason of the speaker's own, about goods or habits."""
    plain = plain_apostrophes(sentence.lower())
    if _QUESTION.search(plain) or _ABOUT_SERVICE.search(plain):
        return False
    if _TOO.search(plain) or _UNFIT.search(plain):
        return True
    caused = bool(_CAUSE.search(plain)) and len(plain.split()) > _LEAST_WORDS
    return caused and bool(_OWN_SAKE.search(plain))


def as_kept(sentence: str) -> str:
    """Return the sentence as a statement: capital first, full stop last, nothing else changed."""
    kept = sentence.strip(" ,;:-\u2013\u2014")
    kept = kept[:1].upper() + kept[1:]
    return kept if kept.endswith((".", "!", "\u2026")) else kept + "."
