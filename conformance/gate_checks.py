"""The gate: nothing is used, and nothing beyond the law's permission is stored, before a yes."""

from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, shown_words, to_text
from conformance.service import Service
from conformance.stories import Visit

GATE = Checks("gate")

_PURPOSES = "api.md: Purposes that every pack has"
_OPTIONAL = "personal_suggestions"
_AGGREGATE = "improve_in_the_aggregate"
_GPC = {"Sec-GPC": "1"}


@GATE.check(
    "unasked",
    promise="What is stored is not used before its purpose was given.",
    source=_PURPOSES,
)
async def _unasked(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    reply = await ada.say(order.question)
    require(reply["used"] == [], "a reply used records without consent")
    told = shown_words(reply["text"], (order.item, order.carrier))
    require(not told, "a reply tells what stands in records that nobody allowed it to read")


@GATE.check(
    "given",
    promise="What was given is used, and the reply names each item.",
    source="api.md: Customer, POST /v1/chat/turns",
)
async def _given(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    reply = await ada.learn_of(order)
    history = {item["id"] for item in await ada.entries("/v1/me/history", "items")}
    used = [(use["id"], use["purpose"], use["category"]) for use in reply["used"]]
    require({each[0] for each in used} <= history, "a reply used what is not in the history")
    require(
        all(each[1:] == (HISTORY, "orders") for each in used),
        "a use names another purpose or category than those it was given for",
    )


@GATE.check(
    "categories",
    promise="A yes to one category opens no other.",
    source="api.md: PUT /v1/me/consents/{purpose}, categories",
)
async def _categories(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY, "returns")
    decisions = await ada.decisions(HISTORY)
    given = sorted(category for category, decision in decisions.items() if decision == "given")
    require(given == ["returns"], f"a yes to returns gave {given}")
    reply = await ada.say(order.question)
    require(reply["used"] == [], "a reply used a category that was not given")


@GATE.check(
    "other_purpose",
    promise="A yes to another purpose does not open the history for answers.",
    source=_PURPOSES,
)
async def _other_purpose(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(_OPTIONAL)
    reply = await ada.say(order.question)
    require(reply["used"] == [], "an answer used what was given for another purpose")


@GATE.check(
    "unlawful_event",
    promise="What nothing allows to be stored is refused, counted, and never stored.",
    source="api.md: POST /v1/events",
)
async def _unlawful_event(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    visit = Visit(ada.subject)
    event = visit.event()
    (result,) = await ada.store(event)
    require(result["status"] == "refused", f"an event without any basis was {result['status']}")
    require(result["code"], "a refusal has no code")
    stored = to_text(await ada.entries("/v1/me/history", "items"))
    require(visit.title not in stored, "an event that was refused is in the history")
    await ada.give(HISTORY, "browsing")
    (again,) = await ada.store(event)
    require(again["status"] == "stored", f"the refusal used up the event's id: {again['status']}")


@GATE.check(
    "stale",
    promise="A yes to an outdated version or another text is refused, and nothing is given.",
    source="api.md: PUT /v1/me/consents/{purpose}, 409",
)
async def _stale(service: Service) -> None:
    ada = Customer(service)
    offer = (await ada.purposes())[HISTORY]
    version, text = offer["version"], offer["text_sha256"]
    stale = {
        "an earlier version": {"version": version - 1, "text_sha256": text},
        "a later version": {"version": version + 1, "text_sha256": text},
        "another text": {"version": version, "text_sha256": "0" * 64},
        "no version and no text": {},
    }
    for name, echo in stale.items():
        body = {"decision": "given", **echo}
        answer = await ada.ask("PUT", f"/v1/me/consents/{HISTORY}", body)
        require(answer.status == 409, f"a yes with {name} was answered {answer.status}, not 409")
    decisions = set((await ada.decisions(HISTORY)).values())
    require("given" not in decisions, "a stale yes was recorded all the same")


@GATE.check(
    "gpc_default",
    promise="Global Privacy Control refuses optional purposes that were never expressly given.",
    source="api.md: Sec-GPC",
)
async def _gpc_default(service: Service) -> None:
    ada = Customer(service)
    decisions = set((await ada.decisions(_OPTIONAL, headers=_GPC)).values())
    require(decisions == {"refused"}, f"under Sec-GPC an optional purpose reads {decisions}")
    answer = await ada.get("/v1/me/purposes", headers=_GPC)
    require(answer.member("gpc") is True, "the answer does not say that the signal was heard")


@GATE.check(
    "gpc_aggregate",
    promise="Global Privacy Control ends a consent to aggregates that was given without it.",
    source="api.md: Sec-GPC",
)
async def _gpc_aggregate(service: Service) -> None:
    ada = Customer(service)
    await ada.give(_AGGREGATE)
    await ada.purposes(headers=_GPC)
    decisions = set((await ada.decisions(_AGGREGATE)).values())
    require("given" not in decisions, "aggregates stay given after Sec-GPC was sent")


@GATE.check(
    "gpc_beside",
    promise="An express consent given beside the shown signal stands.",
    source="api.md: Sec-GPC",
)
async def _gpc_beside(service: Service) -> None:
    ada = Customer(service)
    await ada.give(_OPTIONAL, headers=_GPC)
    await ada.give(_AGGREGATE, headers=_GPC)
    for purpose in (_OPTIONAL, _AGGREGATE):
        decisions = set((await ada.decisions(purpose, headers=_GPC)).values())
        require(decisions == {"given"}, f"a yes beside the signal reads {decisions}")


@GATE.check(
    "gpc_wellknown",
    promise="/.well-known/gpc.json says that the signal is honoured.",
    source="issue 3: Sec-GPC",
)
async def _gpc_wellknown(service: Service) -> None:
    answer = (await service.ask("GET", "/.well-known/gpc.json")).expect(200)
    require(answer.member("gpc") is True, "/.well-known/gpc.json does not say `gpc: true`")
    require(answer.member("lastUpdate"), "/.well-known/gpc.json does not say since when")


@GATE.check(
    "no_penalty",
    promise="Declining everything never worsens an answer that needs no personal data.",
    source="product.md: Privacy by design",
)
async def _no_penalty(service: Service) -> None:
    sharing, declining = Customer(service), Customer(service)
    for purpose in await sharing.purposes():
        await sharing.give(purpose)
        await declining.say_no(purpose, decision="refused")
    question = "How long do I have to return something?"
    first, second = await sharing.say(question), await declining.say(question)
    require(first["text"] == second["text"], "who declines everything gets another answer")
    require(second["used"] == [], "an answer from knowledge alone used something personal")
