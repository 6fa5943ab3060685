"""Customers with something of everything, and what would give them away in another's answer."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from conformance.customer import HISTORY, Customer
from conformance.erasures import Erasing
from conformance.questions import Question
from conformance.service import Service
from conformance.stories import Order, new_word

LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "history": ("/v1/me/history", "items"),
    "receipts": ("/v1/me/receipts", "items"),
    "questions": ("/v1/me/questions", "questions"),
    "facts": ("/v1/me/facts", "facts"),
    "erasures": ("/v1/me/erasures", "items"),
}
"""Where the ids come from that stand in addresses, by the collection that they stand after."""

CHOSEN_BY_CLIENTS: Final = ("conversations", "turns")


@dataclass(frozen=True, slots=True)
class Holding:
    """What the service holds of one customer.

    ``words`` stand in content of theirs and nowhere else; ``made_ids`` were made by the service for
    their rows alone. Conversation and turn ids are chosen by clients: another customer may come to
    have the same, so they are tried and give nothing away.
    """

    customer: Customer
    order: Order
    words: frozenset[str]
    ids: Mapping[str, tuple[str, ...]] = field(repr=False)

    @property
    def made_ids(self) -> frozenset[str]:
        """Ids that must stand in no other customer's answer."""
        made = (
            ids for kind, ids in self.ids.items() if kind not in (*CHOSEN_BY_CLIENTS, "cursors")
        )
        return frozenset(identity for ids in made for identity in ids)


async def hold_something(service: Service) -> Holding:
    """Let a new customer order, look, ask, say, give a reason, judge, erase and decide."""
    ada = Customer(service)
    await ada.give(HISTORY)
    order, visit, said = await ada.order(), await ada.visit(), new_word()
    conversation = str(uuid.uuid4())
    reply = await ada.learn_of(order)
    texts = (f"My sister is called {said}", "How long do I have to return something?")
    replies = [reply, *[await ada.say(text, conversation=conversation) for text in texts]]
    turns = [each["turn_id"] for each in replies]
    await ada.ask("POST", "/v1/chat/feedback", {"turn_id": turns[0], "helped": True})
    kept, waiting = await Question.volunteered(ada), await Question.volunteered(ada)
    await kept.store()
    await (await Erasing.request(ada, "category", category="returns")).verified()
    reasons = {_rarest(each.words) for each in (kept, waiting)}
    return Holding(
        customer=ada,
        order=order,
        words=frozenset({order.item, order.carrier, visit.title, said, ada.subject, *reasons}),
        ids={
            **{kind: tuple(await _ids(ada, *place)) for kind, place in LISTS.items()},
            "conversations": (conversation, reply["conversation"]),
            "turns": tuple(turns),
            "cursors": tuple(await _cursors(ada)),
        },
    )


def _rarest(text: str) -> str:
    """Return the invented word of a text: the longest."""
    return max(text.split(), key=len)


async def _ids(customer: Customer, path: str, member: str) -> list[str]:
    return [entry["id"] for entry in await customer.entries(path, member)]


async def _cursors(customer: Customer) -> list[str]:
    """Return the cursor after the first entry of every list that has a second."""
    paths = ("/v1/me/data", "/v1/me/access-log", "/v1/me/reciprocity")
    places = [path for path, _ in LISTS.values()]
    answers = await asyncio.gather(*(customer.get(f"{p}?limit=1") for p in (*paths, *places)))
    return [answer.json["cursor"] for answer in answers if answer.json.get("cursor")]
