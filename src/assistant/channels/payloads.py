"""The ``data`` of every event type that each pack understands, as pydantic models.

Unknown fields are kept: a business system may say more than we understand today. Known fields are
brought to one form here (ids become text, amounts numbers), so that everything that reads history
later can trust them.
"""

from typing import Annotated, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)


def _as_text(value: object) -> object:
    """Turn a whole number into text: many systems send their ids as numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


Id: TypeAlias = Annotated[
    str, BeforeValidator(_as_text), StringConstraints(min_length=1, max_length=200)
]
Line: TypeAlias = Annotated[str, StringConstraints(max_length=1000)]
LongText: TypeAlias = Annotated[str, StringConstraints(max_length=100_000)]
Amount: TypeAlias = Annotated[int | float, Field(ge=-1e12, le=1e12)]
Count: TypeAlias = Annotated[int | float, Field(gt=0, le=1e6)]


def _only_plain(value: object) -> object:
    """Refuse options that are not plain values, alone, in a list, or each with a name."""
    parts = list(value.values()) if isinstance(value, dict) else value
    if any(isinstance(part, dict | list) for part in (parts if isinstance(parts, list) else [])):
        raise ValueError("must be plain values, or map names to plain values")
    return value


Plain: TypeAlias = bool | int | float | str | None
Options: TypeAlias = Annotated[dict[str, Plain] | list[Plain] | Line, BeforeValidator(_only_plain)]


class Fields(BaseModel):
    """The base: extra fields are welcome, and null means that the sender has nothing to say."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: object) -> object:
        if isinstance(value, dict) and None in value.values():
            return {name: part for name, part in value.items() if part is not None}
        return value


class Payload(Fields):
    """The base of every ``data``; a rendering given by the sender is understood."""

    summary: LongText | None = None


class Money(Fields):
    """An amount that names its currency itself."""

    amount: Amount
    currency: Line | None = None


class Item(Fields):
    """One thing in an order, a basket or a shop visit; ``options`` are what was chosen."""

    item_id: Id | None = None
    product_id: Id | None = None
    name: Line
    options: Options = Field(default_factory=dict)
    quantity: Count | None = None
    price: Amount | Money | None = None


class Order(Payload):
    """``order.*``: placed, shipped, delivered, cancelled, changed."""

    order_id: Id
    items: list[Item] = Field(default_factory=list, max_length=1000)
    total: Amount | Money | None = None
    currency: Line | None = None
    address: Line | dict[str, object] | None = None
    carrier: Line | None = None
    expected: Line | None = None
    reason: Line | None = None


class Return(Payload):
    """``return.*``, ``exchange.requested``, ``refund.paid``."""

    order_id: Id
    item_ids: list[Id] = Field(default_factory=list, max_length=1000)
    items: list[Item] = Field(default_factory=list, max_length=1000)
    reason: Line | None = None
    amount: Amount | Money | None = None
    currency: Line | None = None


class Browsing(Payload):
    """``page.viewed``, ``search.made``, ``cart.updated``, ``checkout.started``."""

    url: Annotated[str, StringConstraints(max_length=4000)] | None = None
    title: Line | None = None
    query: Line | None = None
    items: list[Item] = Field(default_factory=list, max_length=1000)


class Case(Payload):
    """``case.*``."""

    case_id: Id
    text: LongText | None = None
    topic: Line | None = None


class Call(Payload):
    """``call.completed``."""

    transcript: LongText | None = None
    topic: Line | None = None
    minutes: Amount | None = None


class Visit(Payload):
    """``store.visited``."""

    store: Line
    items: list[Item] = Field(default_factory=list, max_length=1000)


class Belonging(Payload):
    """``subscription.*`` and ``warranty.registered``: something that runs for a while."""

    subscription_id: Id | None = None
    warranty_id: Id | None = None
    order_id: Id | None = None
    item_id: Id | None = None
    name: Line | None = None
    until: Line | None = None


class Opinion(Payload):
    """``review.given`` and ``satisfaction.given``."""

    order_id: Id | None = None
    item_id: Id | None = None
    case_id: Id | None = None
    name: Line | None = None
    rating: Amount | None = None
    text: LongText | None = None


class Reading(Payload):
    """``device.reading``."""

    metric: Line
    value: bool | Amount | Line
    unit: Line | None = None
    device: Line | None = None


class Trip(Payload):
    """``trip.completed``."""

    km: Amount
    minutes: Amount | None = None
    harsh_brakes: Amount | None = None
    night_km: Amount | None = None
    max_speed: Amount | None = None


class JobStep(Payload):
    """``job.step``."""

    job: Line
    step: Line
    slots: dict[str, object] = Field(default_factory=dict)


class ActionResult(Payload):
    """``action.result``."""

    action: Line
    ok: bool
    detail: LongText | None = None


class Other(Payload):
    """A type that only its sender knows; ``summary`` says it in plain words."""
