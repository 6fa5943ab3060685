"""Reading the payloads of events, which other systems wrote: whatever is wrong counts as absent."""

from collections.abc import Iterable, Mapping

from assistant.core.events import HistoryEvent, JsonValue
from assistant.retrieval.record_types import OrderItem


def text_field(event: HistoryEvent, *names: str) -> str | None:
    """Return the first of ``names`` that holds words or a number, as text."""
    for name in names:
        text = as_text(event.data.get(name))
        if text:
            return text
    return None


def as_text(value: JsonValue) -> str:
    """Return a value as plain words; an address or other object as its values in a row."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(filter(None, (as_text(part) for part in value.values())))
    if isinstance(value, list):
        return ", ".join(filter(None, (as_text(part) for part in value)))
    return str(value).strip()


def number_field(event: HistoryEvent, name: str) -> float | None:
    """Return an amount; ``{"amount": 12.5, "currency": "EUR"}`` and "12.50" are understood."""
    value = event.data.get(name)
    if isinstance(value, Mapping):
        value = value.get("amount", value.get("value"))
    return as_number(value)


def as_number(value: JsonValue) -> float | None:
    """Return a number, or a text that begins with one, as a float."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and value.strip():
        try:
            return float(value.split()[0].lstrip("€$£"))
        except ValueError:
            return None
    return None


def currency_field(event: HistoryEvent, name: str) -> str | None:
    """Return the currency that stands beside or within the amount ``name``."""
    value = event.data.get(name)
    inner = value.get("currency") if isinstance(value, Mapping) else None
    return as_text(inner) or as_text(event.data.get("currency")) or None


def list_field(event: HistoryEvent, name: str) -> tuple[JsonValue, ...]:
    """Return a list's members; one value that is no list counts as a list of it."""
    value = event.data.get(name)
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def items_field(event: HistoryEvent) -> tuple[OrderItem, ...]:
    """Return ``items``, or the bare ``item_ids``, one entry per distinct id."""
    found: dict[str, OrderItem] = {}
    for value in (*list_field(event, "items"), *list_field(event, "item_ids")):
        item = _item(value)
        if item is not None and not (item.item_id in found and not item.name):
            found[item.item_id] = item
    return tuple(found.values())


def _item(value: JsonValue) -> OrderItem | None:
    if not isinstance(value, Mapping):
        item_id = as_text(value)
        return OrderItem(item_id=item_id, name="") if item_id else None
    name = as_text(value.get("name"))
    item_id = as_text(value.get("item_id")) or as_text(value.get("product_id")) or name
    if not item_id:
        return None
    quantity = as_number(value.get("quantity"))
    return OrderItem(
        item_id=item_id,
        name=name,
        product_id=as_text(value.get("product_id")) or None,
        options=_options(value.get("options")),
        quantity=int(quantity) if quantity and quantity >= 1 else 1,
        price=as_number(value.get("price")),
    )


def _options(value: JsonValue) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return tuple((str(key), as_text(part)) for key, part in value.items() if as_text(part))
    if isinstance(value, list):
        return tuple(("", text) for text in map(as_text, value) if text)
    text = as_text(value)
    return (("", text),) if text else ()


def with_known_names(
    items: Iterable[OrderItem], known: Mapping[str, OrderItem]
) -> tuple[OrderItem, ...]:
    """Return ``items`` with what is known of their ids where they carry only the id."""
    return tuple(item if item.name else known.get(item.item_id, item) for item in items)
