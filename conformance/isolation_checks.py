"""Isolation: whatever a customer knows of another one's ids, it opens nothing."""

from conformance.chat import Chat
from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, shown_words
from conformance.service import Answer, Service

ISOLATION = Checks("isolation")

_SOURCE = "issue 3: 0 rows of another customer"


@ISOLATION.check(
    "lists",
    promise="No list, page or export shows anything of another customer.",
    source=_SOURCE,
)
async def _lists(service: Service) -> None:
    ada, eve = Customer(service), Customer(service)
    order = await ada.order()
    for customer in (ada, eve):
        await customer.give(HISTORY)
    await ada.learn_of(order)
    await eve.say("Good morning")
    for path in _OWN_LISTS:
        require(not shown_words((await eve.get(path)).text, order.words), f"{path} shows another's")
    files = await eve.export()
    shown = [name for name, content in files.items() if _holds(content, order.words)]
    require(not shown, f"the export shows another customer's words in {shown}")


_OWN_LISTS = (
    "/v1/me/data",
    "/v1/me/history",
    "/v1/me/access-log",
    "/v1/me/reciprocity",
    "/v1/me/receipts",
    "/v1/me/questions",
    "/v1/me/facts",
    "/v1/me/erasures",
    "/v1/me/purposes",
)


@ISOLATION.check(
    "conversations",
    promise="Another customer's conversation id and turn ids open nothing of it.",
    source=_SOURCE,
)
async def _conversations(service: Service) -> None:
    ada, eve = Customer(service), Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    await eve.give(HISTORY)
    reply = await ada.learn_of(order)
    theirs, secret = reply["conversation"], (order.item, order.carrier)
    feedback = {"turn_id": reply["turn_id"], "helped": False}
    foreign = await eve.ask("POST", "/v1/chat/feedback", feedback)
    require(foreign.status == 404, f"feedback on another's reply was answered {foreign.status}")
    turn = {"turn_id": reply["turn_id"], "text": order.question, "conversation": theirs}
    await _require_nothing(await eve.ask("POST", "/v1/chat/turns", turn), secret)
    follow_up = {"turn_id": "f", "text": "And when does it arrive?", "conversation": theirs}
    await _require_nothing(await eve.ask("POST", "/v1/chat/turns", follow_up), secret)
    opening = {"conversation": theirs, "last_seen": 0}
    async with await Chat.open(service, eve.token, **opening) as chat:
        await chat.find("reply", within=0.5)
        shown = shown_words(str([chat.welcome, *chat.seen]), secret)
        require(not shown, "a socket resumes another customer's conversation")


async def _require_nothing(answer: Answer, words: tuple[str, ...]) -> None:
    require(not shown_words(answer.text, words), f"{answer.call} shows another customer's words")
    used = answer.json.get("used", [])
    require(not used, f"{answer.call} used another customer's items")


@ISOLATION.check(
    "rows",
    promise="Another customer's ids in an address are unknown there, as any made-up id is.",
    source=_SOURCE,
)
async def _rows(service: Service) -> None:
    ada, eve = Customer(service), Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    await eve.give(HISTORY)
    event = (await ada.entries("/v1/me/history", "items"))[0]["id"]
    receipt = (await ada.entries("/v1/me/receipts", "items"))[0]["id"]
    (await ada.get(f"/v1/me/receipts/{receipt}")).expect(200)
    tries = (
        await eve.ask("GET", f"/v1/me/receipts/{receipt}"),
        await eve.ask("DELETE", f"/v1/me/history/{event}"),
        await eve.ask("POST", "/v1/me/erasures", {"scope": "item", "id": event}),
    )
    for answer in tries:
        require(answer.status == 404, f"{answer.call} with another's id answered {answer.status}")
    left = await ada.entries("/v1/me/history", "items")
    require(len(left) == len(order.events()), "another customer deleted an event")
    own = await ada.ask("DELETE", f"/v1/me/history/{event}")
    require(own.status == 202, f"one's own id in the same address got {own.status}")


@ISOLATION.check(
    "visitors",
    promise="A visitor is a subject of their own and uses no customer's history.",
    source="api.md: Identities, visitors",
)
async def _visitors(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    answer = (await service.ask("POST", "/v1/visitors", body={})).expect(200, 201)
    token = answer.member("token")
    turn = {"turn_id": "v", "text": order.question}
    reply = await service.ask("POST", "/v1/chat/turns", token=token, body=turn)
    await _require_nothing(reply.expect(200), order.words[1:])
    history = await service.ask("GET", "/v1/me/history", token=token)
    await _require_nothing(history, order.words)


def _holds(content: bytes, words: tuple[str, ...]) -> bool:
    return any(word.encode() in content for word in words)
