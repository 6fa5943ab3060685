"""Which data category somebody names in their own words: "my calls", "the pages I looked at"."""

import re

CATEGORY_WORDS: dict[str, str] = {
    "conversation": r"this (chat|conversation)|(said|wrote|told you) (here|in this \w+|just now)",
    "calls": r"((phone|telephone) )?calls?( notes)?|telephone \w+",
    "browsing": r"brows\w+|search(es)?( history)?|pages?|clicks?|clickstream|(shopping )?basket",
    "store_visits": r"(store |shop )?visits?|visits to \w+( \w+)?",
    "device_usage": r"devices?|appliances?|readings?|sensor\w*|\w+ reported|reported",
    "satisfaction": r"reviews?|ratings?|satisfaction",
    "stated_reasons": r"reasons?|why answers?|facts?|what i (told|said)( to)? you",
    "support_cases": r"(support |service )?cases?|tickets?|complaints?",
    "chat": r"chats?( history)?|conversations?|messages?",
    "returns": r"returns?|refunds?|exchanges?",
    "orders": r"orders?( history)?|purchases?( history)?|deliver(y|ies)|subscriptions?|shopping",
}
"""In the order in which they are looked for: the narrower before the wider."""

_PATTERNS = {name: re.compile(rf"\b({words})\b") for name, words in CATEGORY_WORDS.items()}

_EVERYTHING = re.compile(
    r"\b(everything|all of it|forget (about )?me|(erase|delete|remove|wipe) me|me completely)\b"
)


def name_category(plain: str) -> str:
    """Return the category that ``plain`` (lower case) names.

    ``everything`` means account and all, ``all_data`` all data without a narrower word,
    ``conversation`` the one at hand.
    """
    for name, pattern in _PATTERNS.items():
        if pattern.search(plain):
            return name
    return "everything" if _EVERYTHING.search(plain) else "all_data"
