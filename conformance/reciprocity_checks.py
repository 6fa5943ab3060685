"""Reciprocity: what was shared, where it helped, and what the customer thinks of it."""

from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer
from conformance.service import Service

RECIPROCITY = Checks("reciprocity")

_SOURCE = "product.md: Reciprocity; api.md: GET /v1/me/reciprocity"


@RECIPROCITY.check(
    "helped",
    promise="Each use shows the item, the answer it helped with, and the customer's own verdict.",
    source=_SOURCE,
)
async def _helped(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    reply = await ada.learn_of(order)
    for helped, verdict in ((None, "none"), (True, "helped"), (False, "did_not_help")):
        if helped is not None:
            judged = {"turn_id": reply["turn_id"], "helped": helped}
            (await ada.ask("POST", "/v1/chat/feedback", judged)).expect(200, 204)
        entries = await ada.entries("/v1/me/reciprocity", "entries")
        require(entries, "an answer used something and the reciprocity ledger is empty")
        verdicts = {each["verdict"] for each in entries}
        require(verdicts == {verdict}, f"the verdict {verdict} is shown as {sorted(verdicts)}")
        turns = {each["turn"]["turn_id"] for each in entries if each["turn"]}
        require(turns == {reply["turn_id"]}, "a use does not name the answer it helped with")


@RECIPROCITY.check(
    "nothing_used",
    promise="Where nothing personal was used, nothing is said to have helped.",
    source=_SOURCE,
)
async def _nothing_used(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    await ada.give(HISTORY)
    reply = await ada.say("How long do I have to return something?")
    entries = await ada.entries("/v1/me/reciprocity", "entries")
    require(len(entries) == len(reply["used"]), "uses and the reply's `used` are not the same")


@RECIPROCITY.check(
    "idle",
    promise="What is kept and never helped is shown as idle.",
    source="product.md: Reciprocity, data that never helped anybody",
)
async def _idle(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    await ada.visit()
    await ada.learn_of(order)
    totals = (await ada.get("/v1/me/reciprocity")).member("totals")
    idle = {each["category"]: each["idle"] for each in totals if each["items"]}
    found = (idle.get("orders"), idle.get("browsing"))
    require(found == (False, True), f"used orders and unused browsing read idle = {found}")
