"""Transparency: everything that came in can be seen and taken along, and so can who read it."""

import hashlib
import uuid

import orjson

from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, missing_words, to_text
from conformance.service import Service
from conformance.stories import new_word

TRANSPARENCY = Checks("transparency")

_DATA = "api.md: GET /v1/me/data"
_EXPORT = "api.md: GET /v1/me/export"
_LOG = "product.md: Transparency, the access log"


class Told:
    """A customer who told and did a little of everything, and every word of it."""

    def __init__(self, customer: Customer, words: list[str]) -> None:
        """Keep who it is and what must be shown to them."""
        self.customer = customer
        self.words = words

    @classmethod
    async def about(cls, service: Service) -> "Told":
        """Order, look at a page, ask, say, and judge."""
        ada = Customer(service)
        offer = await ada.give(HISTORY)
        order, visit = await ada.order(), await ada.visit()
        reply = await ada.learn_of(order)
        said, turn_id = new_word(), uuid.uuid4().hex
        await ada.say(f"My sister is called {said}", turn_id=turn_id)
        judged = {"turn_id": reply["turn_id"], "helped": True}
        (await ada.ask("POST", "/v1/chat/feedback", judged)).expect(200, 204)
        words = [*order.words, visit.title, said, turn_id, offer["text_sha256"], ada.subject]
        return cls(ada, words)


@TRANSPARENCY.check(
    "everything", promise="Whatever came in is shown, value by value.", source=_DATA
)
async def _everything(service: Service) -> None:
    told = await Told.about(service)
    missing = missing_words(await told.customer.everything(), told.words)
    require(not missing, f"{len(missing)} of {len(told.words)} values that came in are not shown")


@TRANSPARENCY.check(
    "export",
    promise="The export holds whatever came in, and a manifest that fits its files.",
    source=_EXPORT,
)
async def _export(service: Service) -> None:
    told = await Told.about(service)
    files = await told.customer.export()
    manifests = [name for name in files if name.endswith("manifest.json")]
    require(len(manifests) == 1, "the export has no manifest.json")
    manifest = to_text(orjson.loads(files[manifests[0]]))
    unlisted = [
        name
        for name, content in files.items()
        if name != manifests[0] and hashlib.sha256(content).hexdigest() not in manifest
    ]
    require(not unlisted, f"the manifest lacks the hash of {unlisted}")
    whole = "\n".join(content.decode(errors="replace") for content in files.values())
    missing = missing_words(whole, told.words)
    require(not missing, f"{len(missing)} of {len(told.words)} values are not in the export")
    require(any(name.endswith(".html") for name in files), "the export has no readable page")


@TRANSPARENCY.check(
    "export_events",
    promise="The export hands events over as CloudEvents, one a line.",
    source=_EXPORT,
)
async def _export_events(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    files = await ada.export()
    lines = [
        orjson.loads(line)
        for name, content in files.items()
        if name.endswith(".ndjson") and "event" in name
        for line in content.splitlines()
    ]
    events = [line for line in lines if line.get("specversion") == "1.0"]
    require(len(events) == 2, f"of 2 events {len(events)} are in the export as CloudEvents")
    sent = {event["id"] for event in order.events()} | {"id", "source", "type", "time", "subject"}
    lacking = {"id", "source", "type", "time", "data"} - set(events[0])
    require(sent and not lacking, f"a CloudEvent of the export lacks {sorted(lacking)}")


@TRANSPARENCY.check(
    "item_terms",
    promise="Each item says where it is from, what for, on what basis, for how long, and what "
    "can be done about it.",
    source="product.md: Transparency",
)
async def _item_terms(service: Service) -> None:
    told = await Told.about(service)
    items = await told.customer.entries("/v1/me/data", "items")
    for item in items:
        lacking = [name for name in _TERMS if name not in item]
        require(not lacking, f"an item of {item.get('section')} does not tell {lacking}")
    events = [item for item in items if told.words[0] in to_text(item["fields"])]
    require(events, "the order is not among the items")
    does = {control["does"] for event in events for control in event["controls"]}
    require({"delete", "export"} <= does, f"of an event one can only {sorted(does)}")
    used = [event["times_used"] for event in events]
    require(max(used) >= 1, "an item that was used is shown as never used")


_TERMS = (
    "category",
    "label",
    "source",
    "origin",
    "purposes",
    "lawful_basis",
    "recipients",
    "storage",
    "expires",
    "last_used",
    "times_used",
    "controls",
)


@TRANSPARENCY.check(
    "linked_form",
    promise="The same is there as JSON-LD in the words of the Data Privacy Vocabulary.",
    source=_DATA,
)
async def _linked_form(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    answer = await ada.get("/v1/me/data?limit=200", headers={"Accept": "application/ld+json"})
    require(answer.media_type == "application/ld+json", f"it came as {answer.media_type!r}")
    require("@context" in answer.json, "it has no @context")
    require("w3id.org/dpv" in answer.text, "it does not speak DPV")
    missing = missing_words(answer.text, order.words)
    require(not missing, f"{len(missing)} of {len(order.words)} values are not in it")


@TRANSPARENCY.check(
    "reads_logged",
    promise="Every reading of the history for an answer is in the access log, with its items.",
    source=_LOG,
)
async def _reads_logged(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    reply = await ada.learn_of(order)
    used = {use["id"] for use in reply["used"]}
    entries = [
        entry
        for entry in await ada.entries("/v1/me/access-log", "entries")
        if entry["role"] == "assistant" and entry["purpose"] == HISTORY
    ]
    logged = {item for entry in entries for item in entry["item_ids"]}
    require(entries, "the assistant read the history and the access log does not say so")
    require(used <= logged, "the access log does not name every item that was used")
    require(all(entry["at"] for entry in entries), "an entry does not say when")


@TRANSPARENCY.check(
    "uses_kept",
    promise="Each item that helped an answer is shown with that use.",
    source="product.md: Vocabulary, Use",
)
async def _uses_kept(service: Service) -> None:
    ada = Customer(service)
    order = await ada.order()
    await ada.give(HISTORY)
    reply = await ada.learn_of(order)
    used = {use["id"] for use in reply["used"]}
    shared = {each["item"]["id"] for each in await ada.entries("/v1/me/reciprocity", "entries")}
    require(used <= shared, "an item that was used is not in the reciprocity ledger")
    require(shared <= used, "the reciprocity ledger names an item that was not used")


@TRANSPARENCY.check(
    "consents_kept",
    promise="Every decision is shown, with the one before it.",
    source="product.md: Transparency, consent history",
)
async def _consents_kept(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY, "orders")
    await ada.say_no(HISTORY, "orders")
    told = await ada.everything()
    missing = missing_words(told, (HISTORY, "given", "withdrawn"))
    require(not missing, f"the consent history lacks {missing}")


@TRANSPARENCY.check(
    "gpc_told",
    promise="What is shown says whether the Global Privacy Control signal was heard.",
    source="product.md: Transparency, the Global Privacy Control state",
)
async def _gpc_told(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    for value in (True, False):
        headers = {"Sec-GPC": "1"} if value else {}
        overview = (await ada.get("/v1/me/data", headers=headers)).member("overview")
        require(overview["gpc"]["signal"] is value, f"with Sec-GPC {value} it says otherwise")
        require(overview["not_held"], "it does not say what is not held")
        require(overview["retained"], "it does not say what is retained and on which ground")
