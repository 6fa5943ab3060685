"""Finds the sentences of a passage as spans, for an answer quotes whole sentences.

A list item and a table row count as one each, as does a line of code. Rules rather than a model:
the text is the company's own prose, the rules are few, and no span may end in the middle of
``e.g. 2.5 litres``.
"""

import re
from collections.abc import Iterator

from assistant.retrieval.passages import Span

_LINE = re.compile(r"[^\n]+")
_LIST_ITEM = re.compile(r"\s*(?:[-*•] |\d{1,3}[.)] )")
_ITEM_LIMIT = 320
"""Characters up to which a list item stays whole; a longer one is several sentences."""

_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+(?P<next>\S+))|[。！？]+(?=.)")  # noqa: RUF001  # marks meant as they are
_WORD_BEFORE = re.compile(r"[^\W_][\w.]*$")
_ALWAYS_BEFORE_MORE = "e.g eg i.e ie cf vs approx incl excl mr mrs ms dr prof st messrs resp"
_NEVER_LAST = frozenset(_ALWAYS_BEFORE_MORE.split())
_MAYBE_LAST = """
etc no nos max min tel ext est fig figs p pp vol art sec inc ltd co corp dept jan feb mar apr jun
jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
"""
_LAST_BEFORE_CAPITAL = frozenset(_MAYBE_LAST.split())
_HOURS = frozenset(("a.m", "p.m"))
_DAY_OR_ZONE = re.compile(
    r"(?:mon|tues?|wednes|thurs|fri|satur|sun)day|GMT|UTC|CET|[ECMP][DS]T\b", re.IGNORECASE
)
_OPENING = "\"'“‘(["  # noqa: RUF001  # quotation marks meant as they are


def sentence_spans(text: str) -> tuple[Span, ...]:
    """Return (start, end) of each sentence of ``text``, in order, without surrounding space."""
    return tuple(
        span
        for line in _LINE.finditer(text)
        for span in _line_spans(text, line.start(), line.end())
    )


def _line_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the spans of one line; a line never shares a sentence with the next."""
    item = _LIST_ITEM.match(text, start, end)
    whole = " | " in text[start:end] or (item is not None and end - start <= _ITEM_LIMIT)
    begin = start
    if not whole:
        for stop in _STOP.finditer(text, item.end() if item else start, end):
            if _ends_sentence(text[begin : stop.end()], stop):
                yield from _trimmed(text, begin, stop.end())
                begin = stop.end()
    yield from _trimmed(text, begin, end)


def _ends_sentence(sentence: str, stop: "re.Match[str]") -> bool:
    following = (stop.group("next") or "").lstrip(_OPENING)
    if following[:1].islower():
        return False
    if not stop.group().startswith(".") or stop.group().startswith(".."):
        return True
    before = _WORD_BEFORE.search(sentence[: len(sentence) - len(stop.group())])
    word = before.group() if before else ""
    if len(word) == 1 and word.isupper():
        return word == "I"
    word = word.lower()
    if word in _HOURS:
        return not _DAY_OR_ZONE.match(following)
    if word in _LAST_BEFORE_CAPITAL:
        return following[:1].isupper()
    return word not in _NEVER_LAST


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the span without the space around it, unless nothing but marks would be left."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    end -= len(part) - len(part.rstrip())
    if any(char.isalnum() for char in text[start:end]):
        yield start, end
