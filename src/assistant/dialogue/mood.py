"""Whether somebody is upset, read from what they say in the conversation at hand.

It only keeps the assistant from asking a question of its own at the wrong moment. It is never
stored, and nothing else depends on it. Leaning towards yes costs nothing but an unasked question.
"""

import re
from collections.abc import Iterable

_UPSET_WORDS = """
    angry upset ridiculous unacceptable useless terrible terribly awful horrible horribly worst
    rubbish nonsense joke scam fraud liar liars lying pathetic incompetent stupid idiot idiots wtf
    damn crap lawyer sad crying desperate worried died death funeral hospital accident
"""
_WORDS = frozenset(_UPSET_WORDS.split())
_BEGINNINGS = (
    "annoy",
    "complain",
    "disappoint",
    "disgust",
    "frustrat",
    "furious",
    "injur",
    "outrag",
)
_PHRASES = re.compile(
    r"hate (?:this|you|it)\b|fed up|sick of|had enough|waste of|what the h|never again|"
    r"how many times|(?:nobody|no ?one) (?:help|answer|care)|(?:still|again) (?:not?|nothing)\b|"
    r"for the (?:second|third|last|hundredth) time|third time|burn(?:ed|t) (?:me|my|him|her)"
)
_WORD = re.compile(r"[a-z']+")
_SHOUTED = ("!!", "?!", "!?")
_CAPITALS = re.compile(r"\b[A-Z]{4,}\b")


def is_upset(texts: Iterable[str]) -> bool:
    """Whether any of what was said sounds upset; ``texts`` are of this conversation only."""
    return any(_sounds_upset(text) for text in texts)


def _sounds_upset(text: str) -> bool:
    lowered = text.lower()
    return (
        not _WORDS.isdisjoint(_WORD.findall(lowered))
        or any(beginning in lowered for beginning in _BEGINNINGS)
        or any(mark in text for mark in _SHOUTED)
        or _PHRASES.search(lowered) is not None
        or len(_CAPITALS.findall(text)) >= 2
    )
