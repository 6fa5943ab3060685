"""Purposes that no pack may ever have, whatever they are called.

Sale of data, advertising, price discrimination and training shared models are refused for ever;
a pack that declares one does not load. Names are compared word by word after splitting at
underscores, hyphens and capitals, so that ``PersonalisedAdvertising``, ``ad-targeting`` and
``targeted_ads`` are all seen; the IRI is judged by its last part. The check is a fence against
drift and oversight, not a proof of intent: somebody determined can call advertising "help".
"""

import re
from collections.abc import Mapping

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_DATA = frozenset({"data", "insight", "profile", "audience", "lead"})
_SELLING = frozenset(
    {"sell", "sale", "selling", "resell", "resale", "monetise", "monetize", "monetisation",
     "monetization", "broker", "brokerage", "brokering", "trade", "trading", "rent", "rental",
     "syndication"}
)  # fmt: skip
_ADVERTISING = frozenset(
    {"ad", "advert", "advertise", "advertisement", "advertising", "advertiser", "marketing",
     "retarget", "retargeting", "remarketing", "targeting", "promotion", "promotional", "upsell",
     "upselling", "lookalike"}
)  # fmt: skip
_PRICE = frozenset({"price", "pricing", "discount", "premium", "tariff", "willingness"})
_PERSONAL = frozenset(
    {"personal", "personalise", "personalised", "personalize", "personalized", "personalisation",
     "personalization", "individual", "individualised", "individualized", "dynamic",
     "discrimination", "discriminatory", "segment", "segmented", "segmentation",
     "surveillance", "pay", "differential", "differentiation", "differentiated", "optimisation",
     "optimization"}
)  # fmt: skip
_TRAINING = frozenset(
    {"train", "training", "finetune", "finetuning", "tuning", "pretraining", "develop",
     "development"}
)  # fmt: skip
_MODELS = frozenset(
    {"model", "ai", "ml", "llm", "machine", "algorithm", "network", "foundation", "shared"}
)

_PAIRS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "sale of data": (_SELLING, _DATA),
    "price discrimination": (_PRICE, _PERSONAL),
    "training shared models": (_TRAINING, _MODELS),
}


def find_prohibition(name: str) -> str | None:
    """Return which prohibited purpose ``name`` (an id, an IRI or a title) states, or None."""
    last = re.split(r"[#/]", name.rstrip("#/"))[-1]
    words = {_singular(word.lower()) for word in _WORDS.findall(last)}
    if words & _ADVERTISING:
        return "advertising"
    for prohibition, (doing, object_) in _PAIRS.items():
        if words & doing and words & object_:
            return prohibition
    return None


def _singular(word: str) -> str:
    """Return ``word`` without a plural s; enough for the words listed above."""
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
