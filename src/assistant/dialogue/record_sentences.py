"""A customer's records told in sentences, each carried by the events it is told from.

Every value in a sentence stands in the record; nothing is inferred. An order is told by what was
asked about it (``order_sentences``), a return by how far it has come, a moment in its own words.
"""

from assistant.core.wording import day, money
from assistant.dialogue.order_sentences import order_line, tell_order
from assistant.dialogue.record_wording import Statement, Telling, quoted, said_day, things
from assistant.retrieval.event_fields import text_field
from assistant.retrieval.record_types import Case, Moment, Order, Record, Return, Subscription


def tell(record: Record, telling: Telling) -> tuple[Statement, ...]:
    """Return what is to be said of ``record``, most to the point first."""
    if isinstance(record, Order):
        return tell_order(record, telling)
    if isinstance(record, Return):
        return _tell_return(record, telling)
    if isinstance(record, Subscription):
        return (_tell_subscription(record, telling),)
    if isinstance(record, Case):
        return _tell_case(record, telling)
    return (_tell_moment(record, telling),)


def tell_line(record: Record, telling: Telling) -> Statement:
    """Return the record as one item of a list."""
    if isinstance(record, Order):
        return order_line(record, telling)
    first = tell(record, telling)[0]
    return Statement(f"- {first.text}", first.events)


def record_label(record: Record, telling: Telling) -> str:
    """Return a few words by which a customer tells this record from another."""
    if isinstance(record, Order):
        return f"Order {record.order_id}: {things(record.items, most=3)}"
    if isinstance(record, Return):
        return f"The {record.kind} from order {record.order_id}"
    if isinstance(record, Subscription):
        return record.name
    if isinstance(record, Case):
        return f"Case {record.case_id}" + (f": {record.topic}" if record.topic else "")
    return f"{record.title} ({day(record.at, telling.now)})"


def _tell_return(back: Return, telling: Telling) -> tuple[Statement, ...]:
    statements = [_progress(back, telling)]
    if "reason" in telling.aspects and back.reason:
        text = f"The reason you gave was {quoted(back.reason)}."
        statements.insert(0, telling.say(text, back.facts["reason"]))
    return tuple(statements)


def _progress(back: Return, telling: Telling) -> Statement:
    """Say how far a return has come."""
    if back.status == "refunded":
        return _refund(back, telling)
    on, exchange = day(back.status_event.time, telling.now), back.kind == "exchange"
    steps = {
        "requested": f"was requested on {on}; "
        + ("no further step is recorded" if exchange else "no label has been printed")
        + " yet",
        "label_printed": f"has had its label since {on}; the parcel has not reached us yet",
        "received": f"reached us on {on}"
        + ("" if exchange else "; the refund has not been paid yet"),
    }
    text = f"{_return_name(back)} {steps[back.status]}."
    return telling.say(text, back.status_event, items=back.items)


def _refund(back: Return, telling: Telling) -> Statement:
    on = day(back.status_event.time, telling.now)
    if back.amount is None:
        text = f"{_return_name(back)} was refunded on {on}."
        return telling.say(text, back.status_event, items=back.items)
    goods = f"{things(back.items)} from order" if back.items else "order"
    text = f"{money(back.amount, back.currency)} for {goods} {back.order_id} was refunded on {on}."
    return telling.say(text, back.status_event, back.facts["amount"], items=back.items)


def _return_name(back: Return) -> str:
    goods = f" of {things(back.items)}" if back.items else ""
    return f"Your {back.kind}{goods} from order {back.order_id}"


def _tell_subscription(subscription: Subscription, telling: Telling) -> Statement:
    latest = subscription.events[-1]
    since = day(latest.time, telling.now)
    until = f", until {_end(subscription.until, telling)}" if subscription.until else ""
    states = {
        "active": f"has been running since {since}",
        "paused": f"has been paused since {since}",
        "cancelled": f"was cancelled on {since}",
    }
    text = f"Your subscription “{subscription.name}” {states[subscription.status]}{until}."
    named = (e for e in reversed(subscription.events) if text_field(e, "name", "title", "plan"))
    ended = (e for e in reversed(subscription.events) if text_field(e, "until"))
    return telling.say(text, latest, next(named, None), next(ended, None))


def _tell_case(case: Case, telling: Telling) -> tuple[Statement, ...]:
    topic = f" ({case.topic})" if case.topic else ""
    first, last = case.events[0], case.events[-1]
    since = day(case.opened or first.time, telling.now)
    opened = f"Your case {case.case_id}{topic} was opened on {since}"
    if case.resolved:
        text = f"{opened} and was resolved on {day(case.resolved, telling.now)}."
    else:
        text = f"{opened} and is still open."
    named = next((e for e in case.events if case.topic and text_field(e, "topic")), None)
    statements = [telling.say(text, first, named, last)]
    if case.messages:
        message = case.messages[-1]
        when = f"The last entry, of {day(message.time, telling.now)}, says"
        who = "You wrote" if message.type == "case.opened" else when
        words = quoted(text_field(message, "text") or "")
        statements.append(telling.say(f"{who}: {words}", message))
    return tuple(statements)


def _tell_moment(moment: Moment, telling: Telling) -> Statement:
    if moment.kind == "warranty" and moment.until:
        thing = things(moment.items, most=2) or moment.title
        text = f"Your warranty for {thing} runs until {_end(moment.until, telling)}."
        return telling.say(text, moment.event, items=moment.items)
    rendering = moment.event.rendering
    ended = rendering if rendering.endswith((".", "!", "?", "”", "…")) else rendering + "."
    when = f"On {day(moment.at, telling.now)}"
    if ended.startswith(("You ", "Your ")):
        return telling.say(f"{when} y{ended[1:]}", moment.event)
    return telling.say(f"{when}: {ended}", moment.event)


def _end(text: str, telling: Telling) -> str:
    return said_day(text, telling.now).removeprefix("on ")
