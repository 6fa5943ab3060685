"""The retail set: requests of customers about their own orders, and the shop's policy.

Each customer's orders become CloudEvents, go through the parser that intake uses, are packed into
a block, opened, folded into records and ranked: what is measured is the path of a turn. The set has
no times, so a customer's orders lie a day apart in the order in which the set lists them.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.channels.cloudevents import EventParser
from assistant.core.clock import to_rfc3339
from assistant.core.events import HistoryEvent, IncomingEvent
from assistant.core.ids import EventId
from assistant.evaluation.files import read_json, read_lines
from assistant.evaluation.knowledge_asking import KnowledgeAsking, KnowledgeQuestion
from assistant.evaluation.measures import hit_at, recall_at
from assistant.evaluation.results import Ranking, SetResult
from assistant.retrieval.documents.document import Document
from assistant.retrieval.documents.markdown import markdown_document
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_block import pack_history, unpack_history
from assistant.retrieval.history_ranking import (
    HistoryQuestion,
    HistoryRanking,
    HistoryView,
    rank_history,
)
from assistant.retrieval.history_view import view_of
from assistant.retrieval.opened_blocks import OpenedBlock
from assistant.retrieval.record_types import Order
from assistant.retrieval.terms import terms

_NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
_CATEGORY = "orders"
_ORDER_ID = re.compile(r"#?\bW\d{5,}\b")
_SECTIONS = {
    "cancel_pending_order": "Cancel pending order",
    "modify_pending_order_items": "Modify items",
    "modify_pending_order_payment": "Modify payment",
    "modify_pending_order_address": "Modify pending order",
    "return_delivered_order_items": "Return delivered order",
    "exchange_delivered_order_items": "Exchange delivered order",
}
_STATES = {
    "pending": (),
    "processed": ("order.shipped",),
    "delivered": ("order.shipped", "order.delivered"),
    "cancelled": ("order.cancelled",),
}
"""What follows ``order.placed``, by the state the set gives."""


def measure_retail(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure ``users.json``, ``orders.json``, ``policy.md`` and ``tasks.jsonl``."""
    histories = _Histories(folder, encoding)
    policy = KnowledgeAsking(_policy(folder), encoding=encoding)
    result = SetResult(folder.name)
    found: dict[str, list[float]] = {"order hit@1": [], "item R@5": [], "policy R@3": []}
    foreign = tasks = 0
    for task in read_lines(folder / "tasks.jsonl"):
        tasks += 1
        request = _ORDER_ID.sub("", task["instruction"])
        orders, items = _orders_and_items(histories.rank(task["user_id"], request))
        own = histories.own_orders(task["user_id"])
        foreign += sum(id_.split("/")[0] not in own for id_ in (*orders, *items))
        sections = policy.ask(KnowledgeQuestion(task["id"], request)).documents
        for kind, ranked in (("order", orders), ("item", items), ("policy", sections)):
            result.rankings.append(Ranking(folder.name, f"{task['id']}/{kind}", ranked))
        gold = _Gold(task.get("actions") or [])
        if gold.orders:
            found["order hit@1"].append(hit_at(orders, gold.orders, 1))
        if gold.items:
            found["item R@5"].append(recall_at(items, gold.items, 5))
        if gold.section:
            found["policy R@3"].append(recall_at(sections, [gold.section], 3))
    for measure, values in found.items():
        result.add(measure, values)
    result.add_value("foreign rows", foreign, tasks)
    return result


def _orders_and_items(ranking: HistoryRanking) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the numbers of the orders and "<order>/<item>" of the items, each best first."""
    orders = (hit.record for hit in ranking.records if isinstance(hit.record, Order))
    items = (
        f"{hit.record.order_id}/{match.item.item_id}"
        for hit, match in ranking.items()
        if isinstance(hit.record, Order)
    )
    return tuple(order.order_id for order in orders), tuple(items)


class _Gold:
    """What the right actions of a task touch; all empty where they are absent."""

    def __init__(self, actions: list[Mapping[str, Any]]) -> None:
        pairs = [(a["name"], a["arguments"]) for a in actions if "order_id" in a["arguments"]]
        self.orders = {arguments["order_id"] for _, arguments in pairs}
        self.items = {
            f"{arguments['order_id']}/{item}"
            for _, arguments in pairs
            for item in arguments.get("item_ids", ())
        }
        self.section = next((_SECTIONS[name] for name, _ in pairs if name in _SECTIONS), None)


def _policy(folder: Path) -> list[Document]:
    """Return each section of the policy as a document named by its own heading."""
    document = markdown_document((folder / "policy.md").read_text("utf-8"), ref="policy.md")
    return [
        Document((section.headings or (document.title,))[-1], document.title, (section,))
        for section in document.sections
    ]


class _Histories:
    """The customers' histories, each opened from its own packed block when it is asked for."""

    def __init__(self, folder: Path, encoding: EncodingService) -> None:
        self._users = read_json(folder / "users.json")
        self._orders = read_json(folder / "orders.json")
        self._encoding = encoding
        self._parser = EventParser(
            event_types={"order." + kind: _CATEGORY for kind in ("placed", "shipped", "delivered",
                                                                 "cancelled")},
            clock=lambda: _NOW,
        )  # fmt: skip

    def own_orders(self, user: str) -> set[str]:
        """Return the numbers of the customer's own orders."""
        return set(self._users[user]["orders"])

    def rank(self, user: str, request: str) -> HistoryRanking:
        """Rank the customer's history for ``request``."""
        vector = self._encoding.encode_now([request])[0]
        return rank_history(self._open(user), HistoryQuestion(request, _NOW, vector))

    def _open(self, user: str) -> HistoryView:
        events = [self._stored(value) for value in self._events_of(user)]
        texts = [event.rendering for event in events]
        packed = pack_history(
            events,
            self._encoding.encode_now(texts),
            [terms(text) for text in texts],
            embedder=self._encoding.identity,
        )
        block = unpack_history(packed)
        opened = OpenedBlock(1, "", block, block.vectors())
        return view_of(frozenset((_CATEGORY,)), opened, (), self._encoding.identity)

    def _stored(self, value: dict[str, object]) -> HistoryEvent:
        event = self._parser.parse(value)
        if not isinstance(event, IncomingEvent):
            raise TypeError(f"an order of the set was not accepted: {event}")
        return HistoryEvent(
            event_id=EventId(f"{event.source}#{event.id}"),
            source=event.source,
            id=event.id,
            type=event.type,
            time=event.time,
            category=event.category,
            data=event.data,
            rendering=event.rendering,
        )

    def _events_of(self, user: str) -> Iterator[dict[str, object]]:
        numbers = self._users[user]["orders"]
        for place, number in enumerate(numbers):
            order = self._orders[number]
            placed = _NOW - timedelta(days=30 + len(numbers) - place)
            kinds = ("order.placed", *_STATES.get(order["status"].split()[0], ()))
            for step, kind in enumerate(kinds):
                yield {
                    "specversion": "1.0",
                    "id": f"{number}-{kind}",
                    "source": "retail",
                    "type": kind,
                    "subject": user,
                    "time": to_rfc3339(placed + timedelta(days=step)),
                    "data": _data(order) if kind == "order.placed" else {"order_id": number},
                }


def _data(order: Mapping[str, Any]) -> dict[str, object]:
    paid = [p["amount"] for p in order.get("payment_history") or () if "amount" in p]
    data = {"order_id": order["order_id"], "items": order["items"]}
    address = ", ".join(str(value) for value in (order.get("address") or {}).values() if value)
    return data | ({"address": address} if address else {}) | ({"total": paid[0]} if paid else {})
