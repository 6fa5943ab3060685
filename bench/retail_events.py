"""Turn a folder of the retail layout (users, orders) into files for ``assistant import``.

    python bench/retail_events.py DIR OUT_DIR
    assistant import --consents OUT_DIR/consents.ndjson
    assistant import OUT_DIR/events.ndjson

The data set says what was ordered and how far each order is, not when. So the times here are
SYNTHESISED: the n-th order of the list is placed n hours after 1 January 2025, 08:00 UTC, is sent
two days later, and delivered (or cancelled) three or one days later. The same folder gives the same
files. Nothing may be concluded from these times.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST_ORDER = datetime(2025, 1, 1, 8, tzinfo=UTC)
SOURCE = "https://retail.example"
FOLLOWED_BY = {
    "pending": (),
    "processed": (("order.shipped", timedelta(days=2)),),
    "delivered": (("order.shipped", timedelta(days=2)), ("order.delivered", timedelta(days=3))),
    "cancelled": (("order.cancelled", timedelta(days=1)),),
}
"""What the data set's states mean here; a state with more words ("pending (item modified)") counts
as its first word."""


def order_events(number: int, order: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what happened to one order, oldest first."""
    placed = FIRST_ORDER + timedelta(hours=number)
    state = str(order["status"]).split(" ", 1)[0]
    steps = (("order.placed", timedelta()), *FOLLOWED_BY.get(state, ()))
    for event_type, after in steps:
        yield {
            "specversion": "1.0",
            "id": f"{order['order_id']}/{event_type}",
            "source": SOURCE,
            "type": event_type,
            "time": (placed + after).isoformat().replace("+00:00", "Z"),
            "subject": order["user_id"],
            "data": order_data(order, event_type),
        }


def order_data(order: Mapping[str, Any], event_type: str) -> dict[str, Any]:
    """Return the event's data: the items with their options and prices, total, address."""
    items = [
        {
            "item_id": item["item_id"],
            "product_id": item["product_id"],
            "name": item["name"],
            "options": item["options"],
            "quantity": 1,
            "price": item["price"],
        }
        for item in order["items"]
    ]
    data: dict[str, Any] = {"order_id": order["order_id"], "items": items}
    if event_type == "order.placed":
        data["total"] = round(sum(item["price"] for item in items), 2)
        data["address"] = order["address"]
    return data


def consent(subject: str) -> dict[str, Any]:
    """Return the decision that lets the assistant answer about the customer's own orders."""
    return {
        "subject": subject,
        "purpose": "answer_from_history",
        "decision": "given",
        "categories": ["orders", "returns"],
        "at": (FIRST_ORDER - timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        "evidence": {"where": "public data set, people who do not exist", "converted_by": SOURCE},
    }


def convert(folder: Path, out: Path) -> tuple[int, int]:
    """Write ``events.ndjson`` and ``consents.ndjson``; return how many of each."""
    users = json.loads((folder / "users.json").read_text(encoding="utf-8"))
    orders = json.loads((folder / "orders.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    events = [e for n, order in enumerate(orders.values()) for e in order_events(n, order)]
    write_lines(out / "events.ndjson", events)
    consents = [consent(subject) for subject in users]
    write_lines(out / "consents.ndjson", consents)
    return len(events), len(consents)


def write_lines(path: Path, entries: list[dict[str, Any]]) -> None:
    """Write one JSON object a line."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def main(arguments: list[str]) -> int:
    """Convert the folder named on the command line."""
    if len(arguments) != 2:
        print(__doc__)
        return 2
    folder, out = map(Path, arguments)
    events, consents = convert(folder, out)
    print(f"{events} events and {consents} consents in {out} (times are synthesised)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
