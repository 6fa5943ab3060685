"""How people name their own data: "my calls", "all you have on me", "what I told you".

Patterns over spelled-out lower case without commas, as ``plain_orders`` makes it.
"""

from assistant.dialogue.category_words import CATEGORY_WORDS

DATA = r"(data|info(rmation)?|profile|details|records?|files?|history|histories|past)"
_THINGS = "|".join(words for name, words in CATEGORY_WORDS.items() if name != "conversation")
OWN = rf"\b(my|mine|our)( \w+){{0,3}}? ({DATA}|{_THINGS})\b"
TOLD = r"\b(reasons|pages|things|searches) (that )?i\b|\bwhat (my \w+|i)\b"

_ADJECTIVES = (
    r"( (own|personal|past|old|previous|earlier|whole|entire|complete|private|stored|and))*"
)
_TAIL = (
    r"( (data|history|information|info|notes?|records?|recordings?|logs?|details|files?|"
    r"transcripts?|messages|readings?|with you|with (customer )?(care|support)|"
    r"(in|to|of|from) (the|your|my) (shops?|stores?|website|app|devices?)))*"
)
_MANY = (
    r"(telephone|phone|calls?|searches|search|brows\w+|pages|clicks|clickstream|visits|"
    r"store visits?|shop visits?|"
    r"device|devices|appliances|sensors?|readings|reviews|ratings|satisfaction|reasons|facts|"
    r"cases|support cases|service cases|tickets|complaints|chats|chat|conversations|messages|"
    r"returns|return|refunds|exchanges|orders?|purchases?|deliveries|subscriptions|shopping)"
)
_ONE = (
    r"(?<!\border)(?<!\breturn)(?<!\bpurchase)(?<!\bdevice)(?<!\bchat)"
    r"(?<!\bcall)(?<!phone)(?<!\bsearch)"
)
_KINDS = rf"({DATA}|{_MANY}( {_MANY})?){_TAIL}\b{_ONE}"
_MINE = rf"((any|all|everything|anything|none|more) (of |from )?)?(my|our){_ADJECTIVES}"
_SHARED = (
    r"told|gave|said|wrote|looked at|visited|searched( for)?|viewed|shared|clicked|opened|"
    r"bought|ordered|returned"
)
WHOLE_THING = (
    rf"({_MINE} {_KINDS}"
    rf"|((all|any|the) )?(what|things?|everything|anything|reasons|pages|searches|messages)"
    rf"( that)?( i| i have) ({_SHARED})( (to|with))?( you)?"
    r"|((all|any) (of )?)?(the )?"
    r"(all|any|everything|anything|whatever|what|data|information|records)"
    r"( that| which)?( you( have)? (have|know|keep|kept|hold|store|stored|saved|got))?"
    r" (about|on|of) me)"
)
"""A kind of data named as a whole; "my last order" and "my order number" are not."""
NAMED_KIND = rf"({WHOLE_THING}|((all|the) )?{_KINDS})"
"""The same, or a kind without "my": "my consent for calls"."""

FORGETTABLE = (
    rf"({WHOLE_THING}|what my \w+ \w+|\beverything\b|\b(about|on|of) me\b|\bme\b"
    r"|\bth(is|e) (chat|conversation)\b)"
)
"""What a deletion may name: of single orders and messages nobody can tell which is meant."""
