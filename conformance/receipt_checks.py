"""Receipts: one for each decision, signed, the same each time, verifiable without the server."""

from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, to_text
from conformance.proofs import fetch_keys, find_flaw
from conformance.service import Json, Service

RECEIPTS = Checks("receipts")

_RECEIPTS = "api.md: GET /v1/me/receipts[/{id}]"


@RECEIPTS.check(
    "each_decision",
    promise="Every decision gives a receipt that holds the hash of the exact text shown.",
    source=_RECEIPTS,
)
async def _each_decision(service: Service) -> None:
    ada = Customer(service)
    offer = await ada.give(HISTORY)
    await ada.say_no(HISTORY)
    receipts = await _receipts(ada)
    require(len(receipts) == 2, f"two decisions gave {len(receipts)} receipts")
    newest, oldest = (to_text(receipt) for receipt in receipts)
    require(offer["text_sha256"] in oldest, "a receipt lacks the hash of the text that was shown")
    require(HISTORY in oldest, "a receipt does not name the purpose")
    require("ithdrawn" in newest, "the receipt of a withdrawal does not say so")


@RECEIPTS.check(
    "signed",
    promise="A receipt verifies offline with the public key, and no longer once a word is changed.",
    source="issue 3: receipts as Ed25519-signed JSON-LD",
)
async def _signed(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY, "orders")
    (receipt,) = await _receipts(ada)
    keys = await fetch_keys(service)
    require(keys, "no public key is shown")
    flaw = find_flaw(receipt, keys)
    require(flaw is None, f"a receipt does not verify: {flaw}")
    require("@context" in receipt, "a receipt is no JSON-LD: it has no @context")
    forged = {**receipt, "conformance": "a member that nobody signed"}
    require(find_flaw(forged, keys), "a receipt with a foreign member verifies")


@RECEIPTS.check(
    "same_bytes",
    promise="A receipt is the same, byte for byte, each time it is fetched.",
    source=_RECEIPTS,
)
async def _same_bytes(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    (identity,) = await _ids(ada)
    first = await ada.get(f"/v1/me/receipts/{identity}")
    await ada.say_no(HISTORY)
    second = await ada.get(f"/v1/me/receipts/{identity}")
    require(first.content == second.content, "a receipt changed after it was given")


async def _ids(customer: Customer) -> list[str]:
    return [each["id"] for each in await customer.entries("/v1/me/receipts", "items")]


async def _receipts(customer: Customer) -> list[Json]:
    """Return the signed documents, newest first."""
    ids = await _ids(customer)
    return [(await customer.get(f"/v1/me/receipts/{each}")).json for each in ids]
