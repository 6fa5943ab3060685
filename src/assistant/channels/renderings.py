"""Says every event in one plain line, addressed to the customer it belongs to.

The line is shown to the customer, embedded and searched, so it names things the way a person asks
for them: the product, what was chosen, the order number. Nothing is added that the event does not
say. A sender's own ``summary`` always wins: the sender knows better than a template.
"""

from collections.abc import Callable

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
    Reading,
    Return,
    Trip,
    Visit,
)
from assistant.channels.phrases import (
    amount_phrase,
    clean,
    item_phrases,
    order_number,
    sentence,
)
from assistant.core.wording import listing, number


def _things(order: Order, otherwise: str = "") -> str:
    return listing(item_phrases(order.items)) or otherwise


def placed(order: Order) -> str:
    """Say what was ordered, under which number, for how much."""
    total = (
        f"for {amount_phrase(order.total, order.currency)} in total"
        if order.total is not None
        else ""
    )
    expected = f"expected {order.expected}" if order.expected else ""
    return sentence(
        f"You ordered {_things(order, 'something')}, {order_number(order.order_id)}",
        total,
        f", {expected}" if expected else "",
    )


def shipped(order: Order) -> str:
    """Say what was sent, by whom, and when it should come."""
    things = f"with {_things(order)}" if order.items else ""
    carrier = f"by {order.carrier}" if order.carrier else ""
    expected = f", expected {order.expected}" if order.expected else ""
    return sentence(
        f"Your {order_number(order.order_id)}", things, f"was sent {carrier}".strip(), expected
    )


def delivered(order: Order) -> str:
    """Say what was delivered, and by whom."""
    things = f"with {_things(order)}" if order.items else ""
    carrier = f"by {order.carrier}" if order.carrier else ""
    return sentence(f"Your {order_number(order.order_id)}", things, "was delivered", carrier)


def cancelled(order: Order) -> str:
    """Say which order was cancelled, and why."""
    things = f"for {_things(order)}" if order.items else ""
    reason = f", because: {order.reason}" if order.reason else ""
    return sentence(f"Your {order_number(order.order_id)}", things, "was cancelled", reason)


def changed(order: Order) -> str:
    """Say what an order is now."""
    now = f": it now has {_things(order)}" if order.items else ""
    expected = f", expected {order.expected}" if order.expected else ""
    return sentence(f"Your {order_number(order.order_id)} was changed{now}{expected}")


def _returned_things(back: Return) -> str:
    if back.items:
        return listing(item_phrases(back.items))
    if back.item_ids:
        return f"{'item' if len(back.item_ids) == 1 else 'items'} {listing(back.item_ids)}"
    return "items"


def about_return(words: str) -> Callable[[Return], str]:
    """Return how a step of a return is said; ``{things}`` in ``words`` is what comes back."""

    def say(back: Return) -> str:
        reason = f", because: {back.reason}" if back.reason else ""
        place = f"from {order_number(back.order_id)}"
        return sentence(words.format(things=_returned_things(back)), place, reason)

    return say


def refund(back: Return) -> str:
    """Say how much was paid back, and for what."""
    amount = f"of {amount_phrase(back.amount, back.currency)}" if back.amount is not None else ""
    things = f"for {_returned_things(back)}" if back.items or back.item_ids else ""
    return sentence("A refund", amount, things, f"was paid for {order_number(back.order_id)}")


def page(page: Browsing) -> str:
    """Say which page was looked at."""
    return sentence(f"You looked at the page {page.title or page.url or 'of our shop'}")


def search(search: Browsing) -> str:
    """Say what was searched for."""
    return sentence(
        f"You searched our shop for “{search.query}”" if search.query else "You searched our shop"
    )


def cart(cart: Browsing) -> str:
    """Say what is in the basket."""
    if not cart.items:
        return "You emptied your basket."
    return sentence(f"Your basket has {listing(item_phrases(cart.items))}")


def checkout(cart: Browsing) -> str:
    """Say that paying was begun."""
    things = f"with {listing(item_phrases(cart.items))}" if cart.items else ""
    return sentence("You began to check out", things)


def about_case(words: str) -> Callable[[Case], str]:
    """Return how a step of a case is said; ``{case}`` in ``words`` is which one."""

    def say(case: Case) -> str:
        which = f"case {case.case_id}" + (f" about {case.topic}" if case.topic else "")
        return sentence(words.format(case=which) + (f": {case.text}" if case.text else ""))

    return say


def call(call: Call) -> str:
    """Say what a call was about."""
    length = f"for {number(call.minutes)} minutes" if call.minutes is not None else ""
    topic = f"about {call.topic}" if call.topic else ""
    said = f": {call.transcript}" if call.transcript else ""
    return sentence("You talked with us on the phone", length, topic + said)


def visit(visit: Visit) -> str:
    """Say which store was visited, and what was bought."""
    things = f"and bought {listing(item_phrases(visit.items))}" if visit.items else ""
    return sentence(f"You visited our store {visit.store}", things)


def _named(thing: Belonging, otherwise: str) -> str:
    name = thing.name or (f"item {thing.item_id}" if thing.item_id else otherwise)
    return f"{name}, {order_number(thing.order_id)}" if thing.order_id else name


def about_subscription(words: str) -> Callable[[Belonging], str]:
    """Return how a change of a subscription is said."""

    def say(subscription: Belonging) -> str:
        until = f"until {subscription.until}" if subscription.until else ""
        which = f"({subscription.subscription_id})" if subscription.subscription_id else ""
        return sentence(words, _named(subscription, "deliveries"), which, until)

    return say


def warranty(warranty: Belonging) -> str:
    """Say which product's warranty was registered."""
    until = f", valid until {warranty.until}" if warranty.until else ""
    return sentence(f"You registered the warranty of your {_named(warranty, 'product')}{until}")


def about_opinion(words: str, otherwise: str) -> Callable[[Opinion], str]:
    """Return how an opinion is said; ``otherwise`` is what it is about when nothing is named."""

    def say(opinion: Opinion) -> str:
        rating = f", rating {number(opinion.rating)}" if opinion.rating is not None else ""
        said = f", and said: {opinion.text}" if opinion.text else ""
        return sentence(f"{words} {_judged(opinion) or otherwise}{rating}{said}")

    return say


def _judged(opinion: Opinion) -> str:
    if opinion.name:
        return opinion.name
    if opinion.item_id:
        return f"item {opinion.item_id}"
    if opinion.case_id:
        return f"case {opinion.case_id}"
    return order_number(opinion.order_id) if opinion.order_id else ""


def reading(reading: Reading) -> str:
    """Say what a device reported."""
    value = reading.value
    if isinstance(value, bool):
        shown = "yes" if value else "no"
    else:
        shown = number(value) if isinstance(value, int | float) else value
    device = f"Your {reading.device}" if reading.device else "Your device"
    return sentence(f"{device} reported {reading.metric}: {shown}", reading.unit or "")


def trip(trip: Trip) -> str:
    """Say how a trip was driven."""
    parts = [f"in {number(trip.minutes)} minutes"] if trip.minutes is not None else []
    if trip.max_speed is not None:
        parts.append(f"at most {number(trip.max_speed)} km/h")
    if trip.night_km:
        parts.append(f"{number(trip.night_km)} km of it at night")
    if trip.harsh_brakes is not None:
        parts.append(f"braking hard {number(trip.harsh_brakes)} times")
    return sentence(f"You drove {number(trip.km)} km", ", ".join(parts))


def step(step: JobStep) -> str:
    """Say which step of a job was done."""
    return sentence(f"In “{_words(step.job)}” you did the step “{_words(step.step)}”")


def action(result: ActionResult) -> str:
    """Say whether an action worked."""
    done = "was done" if result.ok else "could not be done"
    return sentence(
        f"“{_words(result.action)}” {done}", f": {result.detail}" if result.detail else ""
    )


def _words(name: str) -> str:
    return clean(name.replace("_", " "), 200)


def summary(other: Other) -> str:
    """Say it in the sender's own words."""
    return clean(other.summary or "")
