"""Erasing a part: what was named is gone from everywhere, what was not stays and still helps."""

import uuid

from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, missing_words, shown_words
from conformance.erasures import Erasing
from conformance.service import Service
from conformance.stories import new_word

SCOPES = Checks("scopes")

_SOURCE = "api.md: POST /v1/me/erasures, scopes"


async def _require_gone(customer: Customer, gone: tuple[str, ...], kept: tuple[str, ...]) -> None:
    """Look everywhere that shows what is stored."""
    told = await customer.everything()
    require(not shown_words(told, gone), "GET /v1/me/data shows what was erased")
    missing = missing_words(told, kept)
    require(not missing, f"{len(missing)} values that were not named are gone too")
    files = await customer.export()
    whole = b"\n".join(files.values()).decode(errors="replace")
    require(not shown_words(whole, gone), "the export shows what was erased")


@SCOPES.check(
    "item",
    promise="An erased item is gone, from earlier replies too; other items stay.",
    source=_SOURCE,
)
async def _item(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    order, other = await ada.order(), await ada.order()
    await ada.learn_of(order)
    items = await ada.entries("/v1/me/history", "items")
    for item in items:
        if order.number in str(item):
            answer = await ada.ask("DELETE", f"/v1/me/history/{item['id']}")
            answer.expect(202)
    await _require_gone(ada, (order.item, order.carrier), other.words)
    reply = await ada.say(order.question)
    require(not shown_words(reply["text"], (order.item, order.carrier)), "an answer tells of it")
    await ada.learn_of(other)


@SCOPES.check(
    "category",
    promise="An erased category is gone; other categories stay.",
    source=_SOURCE,
)
async def _category(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    order, visit = await ada.order(), await ada.visit()
    erasing = await Erasing.request(ada, "category", category="browsing")
    await erasing.verified()
    await _require_gone(ada, (visit.title,), order.words)
    await ada.learn_of(order)


@SCOPES.check(
    "conversation",
    promise="An erased conversation is gone with its turns; another one stays.",
    source=_SOURCE,
)
async def _conversation(service: Service) -> None:
    ada = Customer(service)
    gone, kept = new_word(), new_word()
    first = await ada.say(f"My cat is called {gone}", conversation=str(uuid.uuid4()))
    await ada.say(f"My dog is called {kept}", conversation=str(uuid.uuid4()))
    erasing = await Erasing.request(ada, "conversation", id=first["conversation"])
    await erasing.verified()
    await _require_gone(ada, (gone,), (kept,))


@SCOPES.check(
    "all_data",
    promise="Erasing all data keeps the account and its consents, and nothing else.",
    source=_SOURCE,
)
async def _all_data(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    order, said = await ada.order(), new_word()
    await ada.say(f"My cat is called {said}")
    before = ada.token
    await (await Erasing.request(ada, "all_data")).verified()
    history = await service.ask("GET", "/v1/me/history", token=before)
    require(history.status == 200, f"the account that stays was answered {history.status}")
    decisions = set((await ada.decisions(HISTORY)).values())
    require(decisions == {"given"}, f"consents that stay read {decisions}")
    await _require_gone(ada, (*order.words, said), (HISTORY,))


@SCOPES.check(
    "listed",
    promise="A customer sees every erasure they asked for and how far it came.",
    source="product.md: Transparency, open requests",
)
async def _listed(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    erasing = await Erasing.request(ada, "category", category="orders")
    listed = [each["id"] for each in await ada.entries("/v1/me/erasures", "items")]
    require(listed == [erasing.id], "an erasure that was asked for is not listed")
    await erasing.verified()
    own = (await erasing.ask(ada.token)).expect(200)
    require(own.member("state"), "an erasure does not tell its state to the customer")
