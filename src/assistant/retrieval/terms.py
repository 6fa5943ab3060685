"""Cuts text into the stemmed words that lexical search compares."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

_STOP_WORDS_TEXT = """
a an and are as at be been but by can could did do does for from had has have he her his how i if in
into is it its me my of on or our she so that the their them then there these they this to was we
were what when where which who why will with would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())
"""Kept small: a word that can name a thing (`not`, `out`, `over`, `may`) stays."""

_ASKING_WORDS_TEXT = """
about actually again already also am any anybody anyone anything cant couldnt didnt doesnt dont even
ever exactly get gets getting got hasnt havent hello hi id im isnt ive just know let like many much
must need needed needs no now ok okay please possible really shall should some somebody someone
something still tell thanks thing things too us want wanted wants wasnt wont wouldnt yes
"""

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019]s?\b")


def terms(text: str) -> list[str]:
    """Return the stems of ``text`` in order, without stop words, case and accents.

    Letters and digits stay together (``w123``); a hyphen or a point divides, in the text that is
    searched as in the query, so that ``AB-12`` finds ``AB 12``.
    """
    folded = _without_accents(_APOSTROPHES.sub("", text.lower()))
    return [_stem(word) for word in _WORD.findall(folded) if word not in STOP_WORDS]


def question_terms(text: str) -> list[str]:
    """Return the stems of what a question is about, without the words that only ask.

    "Can I still get some" is in no passage more the answer because it says "still", and such words
    are rare in documents, so that they would count most. A question of nothing else keeps them.
    """
    every = terms(text)
    return [term for term in every if term not in _ASKING] or every


@lru_cache(maxsize=32_768)
def known_terms(text: str) -> frozenset[str]:
    """Return the distinct terms of a text of the shared knowledge, remembered for the next turn.

    Never for a customer's words, which would outlive their turn here.
    """
    return frozenset(terms(text))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    # A stemmer keeps state while it works, so it is not shared between threads; the cache makes it
    # rare that one is made at all.
    stemmed: str = Stemmer.Stemmer("english", 0).stemWord(word)
    return stemmed


_ASKING = frozenset(terms(_ASKING_WORDS_TEXT))
