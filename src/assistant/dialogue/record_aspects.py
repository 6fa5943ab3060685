"""What about a record is asked: where it stands, when it comes, what is in it, what it cost.

One table of patterns over plain lower-case text, the more telling aspect first. It is read by
``understanding`` and, by name, by whoever chooses and tells records.
"""

import re
from typing import Literal

RecordAspect = Literal[
    "reason", "refund", "returned", "warranty", "subscription", "call", "case", "basket", "visit",
    "viewed", "rated", "reading", "address", "price", "delivered", "arrival", "placed", "list",
    "contents", "status",
]  # fmt: skip

_PHONE = r"\b(phoned?|rang|telephoned?|phone call|on the (tele)?phone|by phone)\b"
_ARRIVED = r"(delivered|arrived?|come|came|get here|got here|turn(ed)? up|show(n|ed)? up)"

_ASPECTS: tuple[tuple[RecordAspect, str], ...] = (
    ("reason", r"^(and |but |so )?why\b|\bfor what reason\b|\b(the|my|what) reason\b"),
    ("refund", r"\brefund(ed|s)?\b|\bmoney back\b|\bcredited\b"),
    (
        "returned",
        r"\b(return(ed|s|ing)?|exchang(e|ed|es|ing)|replacement)\b"
        r"|\b(sen[dt]|sending|giv(e|ing)|g[ai]ven?|tak(e|ing)|took|bring(ing)?|brought)"
        r"( \w+){0,3} back\b|\b(did|have) you (get|got|receive|received)\b",
    ),
    ("warranty", r"\b(warranty|warranties|guarantee[ds]?|covered)\b"),
    ("subscription", r"\bsubscri(ption|ptions|bed|be)\b|\bmembership\b"),
    ("rated", r"\b(rate|rated|ratings?|reviews?|reviewed|stars)\b"),
    (
        "call",
        rf"{_PHONE}|\b(my|our|the|a|last) calls?\b(?! cent)|\bcall(ed)? (you|with|about|customer)\b"
        r"|\b(i|we) called\b|\bdid (i|we)( \w+)? (call|phone|ring)\b|\bspoke (to|with)\b",
    ),
    ("case", r"\b(case|cases|ticket|complaint|complained|reported|repair(ed|s)?)\b"),
    ("basket", r"\b(basket|cart|trolley)\b"),
    ("visit", r"\bvisit(ed|s)?\b|\bin (the|your|a)( \w+)? (store|shop|branch)\b"),
    (
        "viewed",
        r"\b(look(ed|ing)? (at|for)|view(ed|ing)?|brows(e|ed|ing)|search(ed|ing|es)?|saw)\b",
    ),
    ("reading", r"\b(battery|readings?|measured|running time|running hours|how worn)\b"),
    (
        "address",
        r"\baddress(es)?\b"
        r"|\bwhere (did|was|were|will|is|are)\b.*\b(send|sent|ship(ped)?|deliver(ed)?|going)\b",
    ),
    ("price", r"\b(costs?|price|paid|pay|total|spen[dt]|charged|billed|expensive)\b|\bhow much\b"),
    (
        "delivered",
        rf"\b(was|were|been|did|has|have|already)\b.*\b({_ARRIVED}|deliver)\b(?! back)"
        r"|\bwho (delivered|brought)\b|\bwhat (came|arrived)\b",
    ),
    (
        "arrival",
        rf"\bwill\b.*\b({_ARRIVED}|be here|be sent)\b"
        rf"|\bwhen (will|does|is|are|do|my|our|the|it)\b.*\b(here|{_ARRIVED}|comes|arrives|coming"
        r"|arriving|expected|due|sent|shipped|be with me|get)\b"
        r"|\b(arriving|coming|expected|eta|overdue|still waiting|on (its|the|their) way)\b"
        r"|\bhow long until\b|\b(late|delayed)\b"
        rf"|\b(not|never|hasn't|haven't|didn't|isn't|nothing)\b.*\b{_ARRIVED}\b",
    ),
    (
        "placed",
        r"\bwhen (did|have) (i|we) (\w+ )?(order|ordered|buy|bought|purchased?|place|placed)\b"
        r"|\border date\b|\bdate of my order\b",
    ),
    (
        "list",
        r"\b(my|all|list|show|what) (my |of my |the )?"
        r"(recent |last |past |previous |open |cancelled |delivered )?orders\b"
        r"|\borders (from|in|since|before|after)\b"
        r"|\borders do (i|we) have\b|\border history\b"
        r"|\b(everything|all) (that )?(i|we)('ve| have)? (bought|ordered)\b",
    ),
    (
        "contents",
        r"\bwhat (did|have|had) (i|we)( \w+)? (order|buy|purchase|get|got|bought)(ed|d)?\b"
        r"|\bwhat('s|s| is| was) (my|the) (\w+ )?order\b"
        r"|\bwhat('s|s| is| was| were| are| else)( \w+)? in\b"
        r"|\bwhat items\b|\bwhich (items|products|one|size|colou?r)\b|\bhow many\b"
        r"|\b(colou?r|size|model|contain(s|ed)?|include[ds]?)\b"
        r"|(?<!when )\bdid (i|we) (order|buy)\b",
    ),
    (
        "status",
        r"\bwhere('s| is| are|s)\b|\bstatus\b|\btrack(ing)?\b|\bshipped\b|\bdispatched\b"
        r"|\bbeen sent\b|\bhappen(ed|ing)? (to|with)\b|\b(any )?(news|update)\b|\bwhat about\b"
        r"|\bhow far\b|\bon (its|the|their) way\b|\bstill paused\b",
    ),
)
_PATTERNS = tuple((aspect, re.compile(form)) for aspect, form in _ASPECTS)


def find_aspects(plain: str) -> tuple[RecordAspect, ...]:
    """Return the aspects that ``plain``, lower-case text with plain apostrophes, asks for."""
    return tuple(aspect for aspect, pattern in _PATTERNS if pattern.search(plain))
