"""Which kinds of records a question is about, by what it asks of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.dialogue.record_aspects import RecordAspect
from assistant.retrieval.record_types import Case, Moment, Order, Record, Return, Subscription

Kind = Callable[[Record], bool]
Wanted = Literal["refund", "return", "warranty"]


def is_order(record: Record) -> bool:
    """Whether the record is an order."""
    return isinstance(record, Order)


def _is_return(record: Record) -> bool:
    return isinstance(record, Return) and record.kind != "refund"


def _is_return_or_refund(record: Record) -> bool:
    return isinstance(record, Return)


def _is_subscription(record: Record) -> bool:
    return isinstance(record, Subscription)


def _is_case(record: Record) -> bool:
    return isinstance(record, Case)


def _moments(*kinds: str) -> Kind:
    return lambda record: isinstance(record, Moment) and record.kind in kinds


def _is_reading(record: Record) -> bool:
    return isinstance(record, Moment) and record.event.type == "device.reading"


_is_warranty = _moments("warranty")


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds in the order in which they are looked through.

    The first ``at_large`` of them also answer a question that names nothing; the others only one
    that names something of theirs. ``wanted`` is what the first kind is, where the others are no
    more than something beside it.
    """

    tiers: tuple[Kind, ...]
    at_large: int = 1
    wanted: Wanted | None = None


_DEFAULT = Kinds((is_order, _is_subscription, _is_return_or_refund, _is_case, _is_warranty))
_BY_ASPECT: dict[RecordAspect, Kinds] = {
    "refund": Kinds((_is_return_or_refund, is_order), wanted="refund"),
    "returned": Kinds((_is_return, is_order), at_large=2, wanted="return"),
    "warranty": Kinds((_is_warranty, is_order), wanted="warranty"),
    "subscription": Kinds((_is_subscription,)),
    "case": Kinds((_is_case,)),
    "call": Kinds((_moments("call"),)),
    "visit": Kinds((_moments("store_visit"),)),
    "basket": Kinds((_moments("cart"),)),
    "viewed": Kinds((_moments("page", "search"),)),
    "rated": Kinds((_moments("review", "satisfaction"),)),
    "reading": Kinds((_is_reading,)),
}


def kinds_for(aspects: Sequence[RecordAspect]) -> Kinds:
    """Return the kinds that the most telling of ``aspects`` is about."""
    return next((_BY_ASPECT[aspect] for aspect in aspects if aspect in _BY_ASPECT), _DEFAULT)


def is_open(record: Record) -> bool:
    """Whether something is still to happen with the record."""
    if isinstance(record, Order):
        return record.status in {"placed", "shipped", "partly_delivered"}
    if isinstance(record, Return):
        return record.status != "refunded"
    if isinstance(record, Case):
        return record.resolved is None
    return isinstance(record, Subscription) and record.status != "cancelled"
