"""Withdrawing: one step, never refused, and true from the moment it is acknowledged."""

import time

from conformance.chat import Chat
from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, shown_words, to_text
from conformance.service import Service

WITHDRAWAL = Checks("withdrawal")

_CONSENTS = "api.md: PUT /v1/me/consents/{purpose}"


@WITHDRAWAL.check(
    "next_turn",
    promise="The turn after a withdrawal uses nothing of what was withdrawn.",
    source="product.md: Vocabulary, Grant",
)
async def _next_turn(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    first = await ada.learn_of(order)
    await ada.say_no(HISTORY)
    for conversation in (first["conversation"], None):
        reply = await ada.say(order.question, conversation=conversation)
        require(reply["used"] == [], "a reply used what had been withdrawn")
        told = shown_words(reply["text"], (order.item, order.carrier))
        require(not told, "a reply tells what stands in records after the withdrawal")


@WITHDRAWAL.check(
    "open_socket",
    promise="A withdrawal counts on a chat socket that was open before it.",
    source="api.md: Chat, consent read at each commit",
)
async def _open_socket(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    await ada.learn_of(order)
    async with await Chat.open(service, ada.token) as chat:
        await chat.send("turn", turn_id="before", text=order.question)
        before = await chat.next("reply")
        require(before["used"], "an open socket used nothing though it may")
        await ada.say_no(HISTORY)
        await chat.send("turn", turn_id="after", text=order.question)
        after = await chat.next("reply")
        require(after["used"] == [], "an open socket used what had been withdrawn")


@WITHDRAWAL.check(
    "in_the_making",
    promise="An answer in the making when consent is withdrawn is made again without it.",
    source="issue 3: effective when acknowledged, cancels an answer in the making",
)
async def _in_the_making(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    await ada.learn_of(order)
    async with await Chat.open(service, ada.token) as chat:
        await chat.send("turn", turn_id="making", text=order.question)
        await chat.find("typing", within=_JUST_BEGUN)
        await ada.say_no(HISTORY)
        acknowledged = time.monotonic()
        reply = await chat.next("reply")
        late = time.monotonic() - acknowledged > _ON_THE_WAY
        require(not (late and reply["used"]), "a reply made after the withdrawal uses what it took")


_JUST_BEGUN = 0.2
"""Seconds in which a turn is under way."""

_ON_THE_WAY = 0.3
"""Seconds that a reply which was finished before the withdrawal may still be on its way."""


@WITHDRAWAL.check(
    "one_step",
    promise="Withdrawing takes one request with one word, no more steps than giving.",
    source=_CONSENTS,
)
async def _one_step(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    await ada.say_no(HISTORY)
    decisions = set((await ada.decisions(HISTORY)).values())
    require(decisions == {"withdrawn"}, f"after one request the purpose reads {decisions}")


@WITHDRAWAL.check(
    "never_refused",
    promise="Refusing and withdrawing are never refused, whatever is echoed beside them.",
    source=_CONSENTS,
)
async def _never_refused(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    for decision in ("withdrawn", "refused"):
        body = {"decision": decision, "version": 999, "text_sha256": "no hash at all"}
        answer = await ada.ask("PUT", f"/v1/me/consents/{HISTORY}", body)
        require(answer.status == 200, f"{decision} was answered {answer.status}")
        decisions = set((await ada.decisions(HISTORY)).values())
        require(decisions == {decision}, f"{decision} was acknowledged and reads {decisions}")


@WITHDRAWAL.check(
    "one_category",
    promise="Withdrawing a category changes no other.",
    source=_CONSENTS,
)
async def _one_category(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY, "orders", "returns")
    await ada.say_no(HISTORY, "orders")
    decisions = await ada.decisions(HISTORY)
    found = (decisions["orders"], decisions["returns"])
    require(found == ("withdrawn", "given"), f"orders and returns read {found}")


@WITHDRAWAL.check(
    "lets_go",
    promise="What only a consent let be stored is gone after that consent was withdrawn.",
    source="issue 3: removes what was derived; api.md: Purposes that every pack has",
)
async def _lets_go(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    visit = await ada.visit()
    await ada.say_no(HISTORY)

    async def is_gone() -> bool:
        return visit.title not in to_text(await ada.entries("/v1/me/history", "items"))

    require(await service.wait_until(is_gone), "browsing stays stored without any consent")
    kept = to_text(await ada.entries("/v1/me/history", "items"))
    require(order.number in kept, "an order that needs no consent to be stored is gone too")
