"""Erasing everything: states, tokens, events, the receipt, and who comes back afterwards."""

import uuid

from conformance.chat import Chat
from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, shown_words, to_text
from conformance.erasures import STATES, VERIFIED, Erasing, reached, until_next_second
from conformance.proofs import fetch_keys, find_flaw
from conformance.service import Service
from conformance.stories import Order, moment
from conformance.tokens import sign_token

ERASURE = Checks("erasure")

_CALL = "api.md: POST /v1/me/erasures"
_AFTER = "api.md: After an erasure of everything"
_STATES = "product.md: Erasure"


@ERASURE.check(
    "states",
    promise="An erasure goes through every state in order, each with a time or a deadline.",
    source=_STATES,
)
async def _states(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    status = await (await Erasing.request(ada, "everything")).verified()
    listed = [each["state"] for each in status["states"]]
    require(listed == list(STATES), f"the states are told as {listed}")
    times = [each["at"] for each in status["states"] if each["at"]]
    require(times == sorted(times), "a state happened before the one it follows")
    open_ends = [each["state"] for each in status["states"] if not each["at"] and not each["due"]]
    require(not open_ends, f"{open_ends} have neither happened nor a deadline")
    require(list(reached(status))[:5] == list(VERIFIED), "a state was passed over")


@ERASURE.check(
    "old_tokens",
    promise="A token from before an erasure of everything opens nothing any more, at once.",
    source=_AFTER,
)
async def _old_tokens(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    before = ada.token
    for _ in service.target.urls:  # every process knows her, and may remember her
        await ada.get("/v1/me/history")
    await Erasing.request(ada, "everything")
    for method, path, body in _CALLS:
        answer = await service.ask(method, path, token=before, body=body)
        require(answer.status == 401, f"{answer.call} answered an old token {answer.status}")
        shown = shown_words(answer.text, order.words)
        require(not shown, f"{answer.call} shows what was erased")


_CALLS = (
    ("GET", "/v1/me/history", None),
    ("GET", "/v1/me/data", None),
    ("GET", "/v1/me/export", None),
    ("GET", "/v1/me/purposes", None),
    ("GET", "/v1/me/access-log", None),
    ("GET", "/v1/me/facts", None),
    ("GET", "/v1/me/receipts", None),
    ("PUT", f"/v1/me/consents/{HISTORY}", {"decision": "refused"}),
    ("POST", "/v1/chat/turns", {"turn_id": "old", "text": "Who am I?"}),
)


@ERASURE.check(
    "sockets",
    promise="A chat socket that was open closes with 4401 when everything is erased.",
    source=_AFTER,
)
async def _sockets(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    await ada.learn_of(order)
    async with await Chat.open(service, ada.token) as chat:
        before = len(chat.seen)
        await Erasing.request(ada, "everything")
        await chat.send("turn", turn_id="late", text=order.question)
        code = await chat.closed_with(within=service.target.patience)
        told = shown_words(to_text(chat.seen[before:]), (order.item, order.carrier))
        require(not told, "an open socket tells what was erased")
        require(code == 4401, f"an open socket closed with {code}, not 4401")


@ERASURE.check(
    "old_events",
    promise="An event from before an erasure of everything is refused as erased.",
    source=_AFTER,
)
async def _old_events(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    erasing = await Erasing.request(ada, "everything")
    events = [*order.events(), *Order(ada.subject).events()]
    for wait in (False, True):
        if wait:
            await erasing.verified()
        found = {(each["status"], each.get("code")) for each in await ada.store(*events)}
        require(
            found == {("refused", "erased")}, f"events from before were {sorted(found, key=str)}"
        )


@ERASURE.check(
    "starts_empty",
    promise="A later token or event starts an empty customer without consents.",
    source=_AFTER,
)
async def _starts_empty(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    turn = {"turn_id": uuid.uuid4().hex, "text": order.question}
    await ada.learn_of(order)
    (await ada.ask("POST", "/v1/chat/turns", turn)).expect(200)
    await Erasing.request(ada, "everything")
    await until_next_second()
    decisions = set((await ada.decisions(HISTORY)).values())
    require("given" not in decisions, "a consent outlived the erasure of everything")
    require(not await ada.entries("/v1/me/history", "items"), "history outlived it")
    again = (await ada.ask("POST", "/v1/chat/turns", turn)).expect(200).json
    told = shown_words(again["text"], (order.item, order.carrier))
    require(not told and not again["used"], "a stored reply outlived the erasure")
    told = shown_words(await ada.everything(), (order.item, order.carrier))
    require(not told, "GET /v1/me/data shows what was erased")
    (later,) = await ada.store({**Order(ada.subject).events()[0], "time": moment(days_ago=0)})
    require(later["status"] == "stored", f"an event from after it was {later['status']}")


@ERASURE.check(
    "status_token",
    promise="The status token keeps answering when the customer is gone; no other does.",
    source=_CALL,
)
async def _status_token(service: Service) -> None:
    ada, eve = Customer(service), Customer(service)
    await ada.order()
    before = ada.token
    erasing = await Erasing.request(ada, "everything")
    require(len(erasing.status_token) >= 32, "a status token is short enough to be guessed")
    await erasing.verified()
    (await erasing.ask()).expect(200)
    other = await Erasing.request(await _somebody(service), "everything")
    wrong = {
        "another erasure's": other.status_token,
        "a made-up": "A" * len(erasing.status_token),
        "a guessed": erasing.status_token[:-8] + "AAAAAAAA",
        "another customer's": eve.token,
        "the old one of the customer": before,
    }
    for name, token in wrong.items():
        answer = await erasing.ask(token)
        require(
            answer.status in {401, 403, 404}, f"{name} status token was answered {answer.status}"
        )


async def _somebody(service: Service) -> Customer:
    customer = Customer(service)
    await customer.order()
    return customer


@ERASURE.check(
    "receipt",
    promise="A signed receipt says what was erased and names what is kept, why and how long.",
    source=_STATES,
)
async def _receipt(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    await ada.learn_of(order)
    status = await (await Erasing.request(ada, "everything")).verified()
    receipt = status["receipt"]
    require(receipt, "a verified erasure has no receipt")
    flaw = find_flaw(receipt, await fetch_keys(service))
    require(flaw is None, f"the receipt does not verify: {flaw}")
    text = to_text(receipt)
    shown = shown_words(text, (*order.words, ada.subject))
    require(not shown, "the receipt holds personal words of what was erased")
    for word in ("PHYSICALLY_VERIFIED", "events", "kept"):
        require(word in text, f"the receipt does not speak of {word!r}")


@ERASURE.check(
    "repeat",
    promise="Asking again with the same Idempotency-Key is asking once.",
    source="api.md: unsafe requests honour Idempotency-Key",
)
async def _repeat(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    headers, body = (
        {"Idempotency-Key": uuid.uuid4().hex},
        {"scope": "category", "category": "orders"},
    )
    found = [
        (await ada.ask("POST", "/v1/me/erasures", body, headers=headers)).expect(202).member("id")
        for _ in range(2)
    ]
    require(found[0] == found[1], "one request with a key became two erasures")


@ERASURE.check(
    "no_resurrection",
    promise="A token issued before an erasure does not bring the customer back, however late.",
    source=_AFTER,
)
async def _no_resurrection(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    before = sign_token(service.target, ada.subject)
    await (await Erasing.request(ada, "everything")).verified()
    await until_next_second()
    await ada.say("Good morning")
    answer = await service.ask("GET", "/v1/me/history", token=before)
    require(answer.status == 401, f"an old token of a new customer was answered {answer.status}")
