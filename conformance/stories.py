"""What the suite's people did: events as ``api.md`` lists them, full of words that occur once.

Each story is made anew for each check, so that whatever shows one of its words can have got it from
nowhere else.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from conformance.service import Json

SOURCE = "https://shop.example/conformance"
_SYLLABLES = ("ba", "dor", "fel", "gim", "hox", "ju", "kra", "lum", "mev", "nor", "pil", "zan")


def new_word() -> str:
    """Return a word that has never been written before, in letters that every tokenizer keeps."""
    return "".join(secrets.choice(_SYLLABLES) for _ in range(7)).capitalize()


def moment(*, days_ago: float = 2.0) -> str:
    """Return a time in the past, RFC 3339 in UTC."""
    then = datetime.now(UTC) - timedelta(days=days_ago)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def make_event(subject: str, kind: str, content: Json, **members: object) -> Json:
    """Return a CloudEvent of ``kind`` about ``subject``; ``members`` replace or add attributes."""
    return {
        "specversion": "1.0",
        "id": secrets.token_hex(12),
        "source": SOURCE,
        "type": kind,
        "time": moment(),
        "subject": subject,
        "data": content,
        **members,
    }


@dataclass(frozen=True, slots=True)
class Order:
    """Something that was ordered and sent; may be stored without consent, not used without."""

    subject: str
    number: str = field(default_factory=lambda: f"CF-{secrets.randbelow(10**9):09d}")
    item: str = field(default_factory=new_word)
    carrier: str = field(default_factory=new_word)

    @property
    def words(self) -> tuple[str, ...]:
        """What occurs in this order only."""
        return (self.number, self.item, self.carrier)

    @property
    def question(self) -> str:
        """What its customer would ask."""
        return f"Where is my order {self.number}?"

    def events(self) -> list[Json]:
        """Return the placing and the sending."""
        content = {
            "order_id": self.number,
            "items": [{"item_id": f"{self.number}-1", "name": f"{self.item} kettle"}],
        }
        return [
            make_event(self.subject, "order.placed", content, time=moment(days_ago=4)),
            make_event(
                self.subject,
                "order.shipped",
                {**content, "carrier": self.carrier},
                time=moment(days_ago=2),
            ),
        ]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that was looked at; needs consent even to be stored."""

    subject: str
    title: str = field(default_factory=new_word)

    def event(self, **members: object) -> Json:
        """Return the view of the page."""
        url = f"https://shop.example/{self.title.lower()}"
        content = {"url": url, "title": f"{self.title} lamp"}
        return make_event(self.subject, "page.viewed", content, **members)
