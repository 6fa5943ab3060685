"""A receipt for each decision: complete, signed, always the same, and nobody else's."""

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

import orjson
import pytest
from tests.profile_parts import Parts

from assistant.profile.consent.ledger import ConsentDecision
from assistant.profile.consent.published_purposes import publish
from assistant.profile.receipts.issuing import Receipt, Receipts
from assistant.profile.receipts.signing import DocumentSigner
from assistant.profile.receipts.verifying import ENTRIES, verify_document
from assistant.store.published_purposes import PublishedPurposeRepository

HISTORY = "answer_from_history"
SIGNER = DocumentSigner(seed=b"r" * 32)

Field = tuple[str, str]
REQUIRED_FIELDS: tuple[Field, ...] = (
    ("schema_version", "dct:conformsTo"),
    ("record_id", "dct:identifier"),
    ("pii_principal_id", "dpv:hasDataSubject"),
    ("privacy_notice", "dpv:hasNotice"),
    ("language", "dct:language"),
    ("purpose", "dpv:hasPurpose"),
    ("purpose_type", "skos:broader"),
    ("lawful_basis", "dpv:hasLegalBasis"),
    ("pii_information", "dpv:hasPersonalData"),
    ("pii_controllers", "dpv:hasDataController"),
    ("collection_method", "dpv:hasDataSource"),
    ("processing_method", "dpv:hasProcessing"),
    ("storage_locations", "dpv:StorageLocation"),
    ("retention_period", "dpv:StorageDuration"),
    ("processing_locations", "dpv:ProcessingLocation"),
    ("service", "dpv:hasService"),
    ("jurisdiction", "dpv:hasJurisdiction"),
    ("recipient_third_parties", "dpv:hasRecipient"),
    ("withdrawal_method", "dpv:WithdrawConsent"),
    ("privacy_rights", "dpv:hasRight"),
    ("pii_optional", "dpv:hasNecessity"),
    ("party_id", "dpv:hasIdentifier"),
    ("party_name", "dpv:hasName"),
    ("party_role", "dpv:DataController"),
    ("party_contact", "schema:contactPoint"),
    ("event_time", "dpv:isIndicatedAtTime"),
    ("validity_duration", "dpv:UntilEventDuration"),
    ("entity_id", "dpv:isIndicatedBy"),
    ("event_type", "dpv:ExpressedConsent"),
    ("event_state", "dpv:hasConsentStatus"),
    ("indication_method", "dpv:hasIndicationMethod"),
)
"""Fields of ISO/IEC TS 27560 as the W3C DPV guide maps them, with the term that carries each."""


@pytest.fixture
def receipts(parts: Parts) -> Receipts:
    published = PublishedPurposeRepository()
    parts.database.write_now(lambda c: publish(c, parts.pack, published, at=parts.clock()))
    return Receipts(consents=parts.consents, published=published, signer=SIGNER, vault=parts.vault)


def list_all(parts: Parts, receipts: Receipts, customer_id: str) -> list[Receipt]:
    return list(
        parts.database.read_now(
            lambda c: receipts.list_receipts(c, customer_id, after=None, limit=100)
        )
    )


def words(value: object) -> Iterator[str]:
    """Every name and text in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words(inner)
    elif isinstance(value, str):
        yield value


def test_categories_that_were_decided_together_share_one_receipt(
    parts: Parts, receipts: Receipts
) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders", "returns"})
    parts.decide(amara, HISTORY, "withdrawn", {"orders"})

    newest, oldest = list_all(parts, receipts, amara)

    assert [entry["category"] for entry in _entries(oldest)] == ["orders", "returns"]
    assert [entry["state"] for entry in _entries(newest)] == ["withdrawn"]


def _entries(receipt: Receipt) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = orjson.loads(receipt.content)[ENTRIES]
    return entries


def test_a_receipt_verifies_offline_and_no_longer_when_a_word_is_changed(
    parts: Parts, receipts: Receipts
) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)
    (receipt,) = list_all(parts, receipts, amara)

    assert verify_document(orjson.loads(receipt.content), trusted={SIGNER.multikey}).valid
    forged = orjson.loads(receipt.content.replace(b'"returns"', b'"calls"'))
    assert not verify_document(forged, trusted=None).valid


def test_a_receipt_is_the_same_bytes_whatever_is_decided_later(
    parts: Parts, receipts: Receipts
) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)
    (first,) = list_all(parts, receipts, amara)

    parts.decide(amara, HISTORY)
    parts.decide(amara, HISTORY, "withdrawn")

    again = parts.database.read_now(lambda c: receipts.find_receipt(c, amara, first.receipt_id))
    assert again is not None
    assert again.content == first.content


def test_a_receipt_holds_every_field_of_the_standard(parts: Parts, receipts: Receipts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)

    (receipt,) = list_all(parts, receipts, amara)

    found = set(words(orjson.loads(receipt.content)))
    assert [field for field, term in REQUIRED_FIELDS if term not in found] == []


def test_a_receipt_carries_the_exact_words_that_were_shown(
    parts: Parts, receipts: Receipts
) -> None:
    amara = parts.customer()
    german = parts.pack.disclose(HISTORY, "de")
    yes = ConsentDecision(
        amara, HISTORY, "given", "page", parts.clock(), german.version, german.text_sha256
    )
    parts.database.write_now(lambda c: parts.ledger.decide(c, yes))

    (receipt,) = list_all(parts, receipts, amara)

    notice = orjson.loads(receipt.content)["dpv:hasRecordOfActivity"]["dpv:hasNotice"]
    shown = notice["dct:description"]
    assert (shown, notice["dct:language"]) == (german.text, "de")
    assert hashlib.sha256(shown.encode()).hexdigest() == notice["assistant:sha256"]
    assert notice["assistant:echoed"]


@pytest.mark.parametrize(
    ("decisions", "status"),
    [
        (["given"], "dpv:ConsentGiven"),
        (["given", "given"], "dpv:RenewedConsentGiven"),
        (["refused"], "dpv:ConsentRefused"),
        (["given", "withdrawn"], "dpv:ConsentWithdrawn"),
    ],
)
def test_a_receipt_states_the_status_in_the_words_of_the_vocabulary(
    parts: Parts, receipts: Receipts, decisions: list[Any], status: str
) -> None:
    amara = parts.customer()
    for decision in decisions:
        parts.decide(amara, HISTORY, decision, {"orders"})

    newest = list_all(parts, receipts, amara)[0]

    record = orjson.loads(newest.content)["dpv:hasRecordOfActivity"]
    assert record["dpv:hasConsentStatus"][0]["@type"][0] == status


def test_a_receipt_names_its_customer_by_a_pseudonym_only(parts: Parts, receipts: Receipts) -> None:
    amara = parts.customer("amara@customers.example")
    parts.decide(amara, HISTORY)

    (receipt,) = list_all(parts, receipts, amara)

    assert amara.encode() not in receipt.content
    assert b"amara" not in receipt.content
    assert receipts.subject_of(amara).encode() in receipt.content
    assert receipts.subject_of(amara) != receipts.subject_of("another")


def test_nobody_gets_the_receipt_of_somebody_else(parts: Parts, receipts: Receipts) -> None:
    amara, bruno = parts.customer("amara.example"), parts.customer("bruno.example")
    parts.decide(amara, HISTORY)
    (receipt,) = list_all(parts, receipts, amara)

    found = parts.database.read_now(lambda c: receipts.find_receipt(c, bruno, receipt.receipt_id))

    assert found is None
    assert list_all(parts, receipts, bruno) == []


def test_receipts_are_paged_newest_first(parts: Parts, receipts: Receipts) -> None:
    amara = parts.customer()
    for _ in range(5):
        parts.decide(amara, HISTORY, "given", {"orders"})

    pages, after = [], None
    for _ in range(3):
        page = parts.database.read_now(
            lambda c, at=after: receipts.list_summaries(c, amara, after=at, limit=2)
        )
        pages.append([summary.receipt_id for summary in page])
        after = page[-1].receipt_id

    assert [len(page) for page in pages] == [2, 2, 1]
    listed = list(chain.from_iterable(pages))
    assert sorted(listed, reverse=True) == listed


def test_the_evidence_of_a_decision_stays_out_of_its_receipt(
    parts: Parts, receipts: Receipts
) -> None:
    amara = parts.customer()
    told = ConsentDecision(
        amara, HISTORY, "given", "import", parts.clock(), evidence={"form": "signed at the till"}
    )
    parts.database.write_now(lambda c: parts.ledger.decide(c, told))

    (receipt,) = list_all(parts, receipts, amara)

    assert b"till" not in receipt.content
    assert all(len(entry["evidence_hash"]) == 64 for entry in _entries(receipt))
