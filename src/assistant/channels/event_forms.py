"""Every event type that each pack understands: the form of its data and how it is said.

The pack decides which data category a type belongs to; what a type *is* does not differ by pack.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from assistant.channels import renderings as say
from assistant.channels.payloads import (
    ActionResult,
    Belonging,
    Browsing,
    Call,
    Case,
    JobStep,
    Opinion,
    Order,
    Other,
    Payload,
    Reading,
    Return,
    Trip,
    Visit,
)
from assistant.channels.phrases import clean

PayloadT = TypeVar("PayloadT", bound=Payload)


@dataclass(frozen=True, slots=True)
class EventForm(Generic[PayloadT]):
    """What one event type looks like: the form of its data and how it is said."""

    payload: type[PayloadT]
    say: Callable[[PayloadT], str]

    def rendering(self, payload: PayloadT) -> str:
        """Return the event's line: the sender's summary, or ours."""
        return clean(payload.summary or "") or self.say(payload)


EVENT_FORMS: dict[str, EventForm] = {  # type: ignore[type-arg]  # each entry binds its own payload
    "order.placed": EventForm(Order, say.placed),
    "order.shipped": EventForm(Order, say.shipped),
    "order.delivered": EventForm(Order, say.delivered),
    "order.cancelled": EventForm(Order, say.cancelled),
    "order.changed": EventForm(Order, say.changed),
    "return.requested": EventForm(Return, say.about_return("You asked to return {things}")),
    "return.label_printed": EventForm(
        Return, say.about_return("You printed the return label for {things}")
    ),
    "return.received": EventForm(Return, say.about_return("We received your return of {things}")),
    "exchange.requested": EventForm(Return, say.about_return("You asked to exchange {things}")),
    "refund.paid": EventForm(Return, say.refund),
    "page.viewed": EventForm(Browsing, say.page),
    "search.made": EventForm(Browsing, say.search),
    "cart.updated": EventForm(Browsing, say.cart),
    "checkout.started": EventForm(Browsing, say.checkout),
    "case.opened": EventForm(Case, say.about_case("You opened {case}")),
    "case.message": EventForm(Case, say.about_case("A message in {case}")),
    "case.resolved": EventForm(Case, say.about_case("Your {case} was resolved")),
    "call.completed": EventForm(Call, say.call),
    "store.visited": EventForm(Visit, say.visit),
    "subscription.started": EventForm(
        Belonging, say.about_subscription("You started your subscription of")
    ),
    "subscription.paused": EventForm(
        Belonging, say.about_subscription("You paused your subscription of")
    ),
    "subscription.cancelled": EventForm(
        Belonging, say.about_subscription("You cancelled your subscription of")
    ),
    "warranty.registered": EventForm(Belonging, say.warranty),
    "review.given": EventForm(Opinion, say.about_opinion("You reviewed", "a product")),
    "satisfaction.given": EventForm(
        Opinion, say.about_opinion("You told us how satisfied you were with", "our service")
    ),
    "device.reading": EventForm(Reading, say.reading),
    "trip.completed": EventForm(Trip, say.trip),
    "job.step": EventForm(JobStep, say.step),
    "action.result": EventForm(ActionResult, say.action),
}
"""Every type that each pack understands; the pack decides the category."""

OTHER_FORM = EventForm(Other, say.summary)
"""The form of a type that is accepted because its sender says it in plain words."""
