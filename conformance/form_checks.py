"""Form: who may ask, what repeating does, and errors that say what is wrong and nothing more."""

import time
import uuid

from conformance.checks import Checks, require
from conformance.customer import Customer
from conformance.service import Answer, Service
from conformance.stories import Visit, make_event, new_word
from conformance.tokens import sign_token

FORM = Checks("form")

_ERRORS = "api.md: errors as RFC 9457 application/problem+json"
_IDENTITIES = "api.md: Identities"


@FORM.check("problems", promise="Every error is a problem document with a code.", source=_ERRORS)
async def _problems(service: Service) -> None:
    ada = Customer(service)
    wrong = [
        (await service.ask("GET", "/v1/there-is-nothing-here"), 404),
        (await service.ask("GET", "/v1/me/purposes"), 401),
        (await ada.ask("POST", "/v1/chat/turns", b"{not json"), 400),
        (await ada.ask("POST", "/v1/chat/turns", {"turn_id": "t"}), 400),
        (await ada.ask("PUT", "/v1/me/consents/no_such_purpose", {"decision": "refused"}), 404),
        (await ada.ask("POST", "/v1/events", {}), 401),
    ]
    for answer, status in wrong:
        _require_problem(answer, status)


def _require_problem(answer: Answer, status: int) -> None:
    require(answer.status == status, f"{answer.call} answered {answer.status}, not {status}")
    kind = answer.media_type
    require(kind == "application/problem+json", f"{answer.call} {status} came as {kind!r}")
    document = answer.json
    for member in ("type", "title", "status", "code"):
        require(member in document, f"the problem of {answer.call} has no {member!r}")
    require(document["status"] == status, f"the problem of {answer.call} names another status")


@FORM.check(
    "errors_without_text",
    promise="No error repeats what a customer wrote.",
    source="style.md: safe messages; issue 3: conformance",
)
async def _errors_without_text(service: Service) -> None:
    ada, secret = Customer(service), new_word()
    key = service.target.events_key
    broken = make_event(ada.subject, "order.placed", {"order_id": secret}, time=secret)
    turn = uuid.uuid4().hex
    await ada.say(f"Is {secret} still there?", turn_id=turn)
    answers = [
        await ada.ask("POST", "/v1/chat/turns", {"turn_id": [secret], "text": secret}),
        await ada.ask("POST", "/v1/chat/turns", {"turn_id": turn, "text": f"{secret} {secret}"}),
        await ada.ask("POST", "/v1/chat/turns", {"turn_id": "t", "text": f"{secret} " * 1000}),
        await ada.ask("POST", "/v1/chat/turns", {"turn_id": "t", "text": 1, "lang": secret}),
        await ada.ask("PUT", f"/v1/me/consents/{secret}", {"decision": secret}),
        await ada.ask("POST", "/v1/chat/feedback", {"turn_id": secret, "helped": True}),
        await ada.ask("POST", "/v1/me/erasures", {"scope": secret}),
        await service.ask("POST", "/v1/events", token=key, body=broken),
    ]
    for answer in answers:
        require(secret not in answer.text, f"{answer.call} {answer.status} repeats what was sent")


@FORM.check(
    "tokens",
    promise="Nobody is let in by a token that is expired, foreign, unsigned, or meant elsewhere.",
    source=_IDENTITIES,
)
async def _tokens(service: Service) -> None:
    ada, now = Customer(service), int(time.time())
    await ada.order()
    subject, target = ada.subject, service.target
    bad = {
        "expired": sign_token(target, subject, iat=now - 400, exp=now - 100),
        "longer-lived than ten minutes": sign_token(target, subject, exp=now + 3600),
        "meant for another audience": sign_token(target, subject, aud="somebody-else"),
        "without a time of issue": sign_token(target, subject, iat=None),
        "not yet issued": sign_token(target, subject, iat=now + 300, exp=now + 500),
        "signed with another secret": sign_token(target, subject, secret="x" * 40),
        "unsigned": sign_token(target, subject, algorithm="none"),
        "of nobody": sign_token(target, "", sub=None),
    }
    for name, token in bad.items():
        answer = await service.ask("GET", "/v1/me/history", token=token)
        require(answer.status == 401, f"a token {name} was answered {answer.status}")
    good = await service.ask("GET", "/v1/me/history", token=ada.token)
    require(good.status == 200, f"a good token was answered {good.status}")


@FORM.check(
    "turn_repeat",
    promise="A turn sent twice is one turn; its id with other words is a conflict.",
    source="api.md: turn_id is the idempotency key",
)
async def _turn_repeat(service: Service) -> None:
    ada = Customer(service)
    turn = {"turn_id": uuid.uuid4().hex, "text": "Good morning"}
    first = (await ada.ask("POST", "/v1/chat/turns", turn)).expect(200)
    second = (await ada.ask("POST", "/v1/chat/turns", turn)).expect(200)
    require(first.json == second.json, "the same turn was answered in two ways")
    other = await ada.ask("POST", "/v1/chat/turns", {**turn, "text": "Good evening"})
    require(other.status == 409, f"its id with other words was answered {other.status}")


@FORM.check(
    "event_repeat",
    promise="An event sent twice is stored once; its id with other content is invalid.",
    source="api.md: POST /v1/events",
)
async def _event_repeat(service: Service) -> None:
    ada = Customer(service)
    event = make_event(ada.subject, "order.placed", {"order_id": "1", "items": []})
    other = {**event, "data": {"order_id": "2", "items": []}}
    found = [(await ada.store(each))[0] for each in (event, event, other)]
    statuses = [each["status"] for each in found]
    require(statuses == ["stored", "duplicate", "invalid"], f"the results were {statuses}")
    require("conflict" in str(found[2]["reason"]), "the invalid one is not called a conflict")
    stored = await ada.entries("/v1/me/history", "items")
    require(len(stored) == 1, f"one event is stored {len(stored)} times")


@FORM.check(
    "events_apart",
    promise="In a batch each event has its own result, in order; a bad one stops no good one.",
    source="api.md: POST /v1/events",
)
async def _events_apart(service: Service) -> None:
    ada = Customer(service)
    good = make_event(ada.subject, "order.placed", {"order_id": "1", "items": []})
    results = await ada.store({"no": "event"}, good, Visit(ada.subject).event())
    statuses = [each["status"] for each in results]
    require(statuses == ["invalid", "stored", "refused"], f"the results were {statuses}")


@FORM.check(
    "lists",
    promise="Lists come in pages that hold every entry once.",
    source="api.md: lists with limit and an opaque cursor",
)
async def _lists(service: Service) -> None:
    ada = Customer(service)
    for _ in range(3):
        await ada.order()
    for path in ("/v1/me/history", "/v1/me/data"):
        paged, whole = await _pages_and_whole(ada, path)
        require(len(paged) >= 6, f"{path} shows {len(paged)} of 6 entries")
        require(paged == whole, f"{path} shows other entries in pages of 2 than in one of 100")


async def _pages_and_whole(customer: Customer, path: str) -> tuple[list[str], list[str]]:
    """Return the ids of a list in pages of 2 and in one, as of a moment in which it stood still.

    A server may go on working on what was sent before, and tell so in the list.
    """
    for _ in range(20):
        before = [each["id"] for each in await customer.entries(path, "items", limit=100)]
        paged = [each["id"] for each in await customer.entries(path, "items", limit=2)]
        whole = [each["id"] for each in await customer.entries(path, "items", limit=100)]
        if before == whole:
            break
    return paged, whole
