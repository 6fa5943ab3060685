"""The content of a consent receipt: the record fields of ISO/IEC TS 27560, in the terms of DPV.

Fields and their form follow the W3C guide "Consent Records and Receipts as per ISO/IEC TS
27560:2023 using DPV". Pure: a decision and what was published go in, a document comes out. A
change of this form changes receipts that were handed out, so it takes a new form number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import orjson

from assistant.core.clock import to_rfc3339
from assistant.core.events import JsonObject, JsonValue
from assistant.profile.consent.state import BESIDE_GPC, IMPORT_CHANNEL
from assistant.profile.receipts.json_ld import (
    CONSENT_STATUS,
    CONTEXT,
    INDICATION_METHODS,
    NECESSITY,
    RECEIPT_SCHEMA,
    RECORD_SCHEMA,
    dpv_term,
    location_term,
)
from assistant.profile.receipts.verifying import ENTRIES
from assistant.store.consent_chain import canonical_fields
from assistant.store.consents import ConsentEvent
from assistant.store.published_purposes import PublishedPurpose

_FORM: Final = 1
_CONTROLLER: Final = "urn:x-assistant:controller"
_MANAGED_AT: Final = "/v1/me/consents/"
_RIGHTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("eu-gdpr:A7-3", "Withdraw consent", "PUT /v1/me/consents/{purpose}"),
    ("eu-gdpr:A15", "See everything that is stored", "GET /v1/me/data"),
    ("eu-gdpr:A17", "Have it erased", "POST /v1/me/erasures"),
    ("eu-gdpr:A20", "Take it along", "GET /v1/me/export"),
)


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """One decision (its entries of the chain, oldest first) about one published purpose.

    ``subject`` is a pseudonym; ``published`` None where that version was never published here.
    """

    subject: str
    entries: tuple[ConsentEvent, ...]
    published: PublishedPurpose | None

    @property
    def first(self) -> ConsentEvent:
        """The entry that stands for what all entries share."""
        return self.entries[0]


def receipt_document(decision: RecordedDecision) -> JsonObject:
    """Return the receipt, not signed yet."""
    first = decision.first
    return {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{first.decision_id}",
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": RECEIPT_SCHEMA,
        "dct:identifier": first.decision_id,
        "dpv:hasIdentifier": first.decision_id,
        "dct:created": to_rfc3339(first.at),
        "dct:publisher": _CONTROLLER,
        "schema:recipient": "dpv:DataSubject",
        "assistant:form": _FORM,
        "dpv:hasRecordOfActivity": _record(decision),
        ENTRIES: [_entry(entry) for entry in decision.entries],
    }


def _record(decision: RecordedDecision) -> JsonValue:
    definition = _definition(decision.published)
    record_id = f"{decision.subject}:{decision.first.purpose}"
    region = location_term(str(definition["storage_region"])) if definition else "unknown"
    record: dict[str, JsonValue] = {
        "@id": record_id,
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": RECORD_SCHEMA,
        "dct:identifier": record_id,
        "dpv:hasDataSubject": {
            "@id": decision.subject,
            "@type": "dpv:DataSubject",
            "skos:broader": "dpv:Consumer",
        },
        "dpv:hasNotice": _notice(decision),
        "dpv:hasDataController": _CONTROLLER,
        "dpv:hasEntity": _controller(definition),
        "dpv:hasJurisdiction": region,
        "dpv:hasProcess": _process(decision, definition),
        "dpv:hasConsentControl": {
            "@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent", "dpv:ReaffirmConsent"],
            "dpv:isExercisedAt": _MANAGED_AT + decision.first.purpose,
            "dct:description": "One step, at any time; it counts from the moment it is confirmed.",
        },
        "dpv:hasRight": [_right(*right, decision.first.purpose) for right in _RIGHTS],
        "dpv:hasConsentStatus": [_status(entry, decision.subject) for entry in decision.entries],
    }
    return record


def _notice(decision: RecordedDecision) -> JsonValue:
    """Return the notice: the words themselves, their language, version and hash."""
    published, first = decision.published, decision.first
    notice: dict[str, JsonValue] = {
        "@type": "dpv:ConsentNotice",
        "schema:version": first.version,
        "assistant:echoed": first.text_sha256 is not None,
    }
    if published is None:
        return notice | {"assistant:published": False, "assistant:sha256": first.text_sha256}
    return notice | {
        "@id": f"urn:x-assistant:notice:{published.purpose}:{published.version}:{published.lang}",
        "dct:language": published.lang,
        "dct:issued": to_rfc3339(published.published_at),
        "dct:description": published.text,
        "assistant:sha256": published.text_sha256,
        "assistant:definition_sha256": published.definition_sha256,
    }


def _controller(definition: JsonObject | None) -> JsonValue:
    entity: dict[str, JsonValue] = {
        "@id": _CONTROLLER,
        "@type": ["dpv:Organisation", "dpv:DataController"],
        "dpv:hasIdentifier": _CONTROLLER,
    }
    if definition is None:
        return entity
    contact = _object(definition["contact"])
    return entity | {
        "dpv:hasName": definition["controller"],
        "schema:contactPoint": {
            "@type": "schema:ContactPoint",
            "schema:name": contact["person"],
            "schema:email": contact["email"],
            "schema:telephone": contact["phone"],
        },
    }


def _process(decision: RecordedDecision, definition: JsonObject | None) -> JsonValue:
    first = decision.first
    purpose: dict[str, JsonValue] = {"@type": "dpv:Purpose", "dct:identifier": first.purpose}
    process: dict[str, JsonValue] = {
        "@type": "dpv:Process",
        "dpv:hasPurpose": purpose,
        "dpv:hasLegalBasis": "dpv:Consent",
        "dpv:hasPersonalData": [
            _personal_data(entry.category, definition) for entry in decision.entries
        ],
        "dpv:hasProcessing": "dpv:Use",
        "dpv:hasDataSource": "dpv:DataSubjectDataSource",
    }
    if definition is None or decision.published is None:
        return process
    purpose["skos:broader"] = dpv_term(str(definition["dpv"]))
    purpose["dct:title"] = decision.published.text.partition("\n")[0]
    return process | _conditions(decision, definition)


def _conditions(decision: RecordedDecision, definition: JsonObject) -> dict[str, JsonValue]:
    """Return under which conditions the data is used: by whom, where, for how long."""
    region = location_term(str(definition["storage_region"]))
    return {
        "dpv:hasService": {"@type": "dpv:Service", "dct:title": definition["service"]},
        "dpv:hasNecessity": NECESSITY[str(definition["necessity"])],
        "dpv:hasRecipient": [
            {"@type": "dpv:Recipient", "dpv:hasName": name}
            for name in cast("list[JsonValue]", definition["recipients"])
        ],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": region},
            *(_duration(entry.category, definition) for entry in decision.entries),
        ],
        "dpv:hasProcessingCondition": {
            "@type": "dpv:ProcessingLocation",
            "dpv:hasLocation": region,
        },
    }


def _personal_data(category: str, definition: JsonObject | None) -> JsonValue:
    labels = _object(definition["labels"]) if definition else {}
    return {
        "@type": "dpv:PersonalData",
        "dct:identifier": category,
        "dct:title": labels.get(category, category),
    }


def _duration(category: str, definition: JsonObject) -> JsonValue:
    """Return how long the category is kept; one that this version no longer asks for is not."""
    months = _object(definition["retention_months"]).get(category, 0)
    return {
        "@type": "dpv:StorageDuration",
        "dpv:hasPersonalData": category,
        "dpv:hasDuration": f"P{months}M",
    }


def _right(term: str, title: str, call: str, purpose: str) -> JsonValue:
    return {
        "@type": ["dpv:DataSubjectRight", term],
        "dct:title": title,
        "dpv:isExercisedAt": call.format(purpose=purpose),
    }


def _status(entry: ConsentEvent, subject: str) -> JsonValue:
    """Return one event of the record; a yes lasts until it is taken back or the words change."""
    channel = entry.channel.removesuffix(BESIDE_GPC)
    kinds: list[JsonValue] = [CONSENT_STATUS[entry.status]]
    if entry.decision == "given":
        kinds.append("dpv:ExpressedConsent")
    status: dict[str, JsonValue] = {
        "@type": kinds,
        "dpv:hasPersonalData": entry.category,
        "dpv:isIndicatedAtTime": to_rfc3339(entry.at),
        "dpv:isIndicatedBy": subject,
        "dpv:hasIndicationMethod": INDICATION_METHODS.get(channel, channel),
        "assistant:besideGlobalPrivacyControl": entry.channel.endswith(BESIDE_GPC),
    }
    if channel == IMPORT_CHANNEL:
        status["dpv:isImplementedByEntity"] = _CONTROLLER
    if entry.decision == "given":
        status["dpv:hasDuration"] = {
            "@type": "dpv:UntilEventDuration",
            "rdf:value": "Withdrawal, or a new version of the purpose",
        }
    return status


def _entry(entry: ConsentEvent) -> JsonValue:
    fields = canonical_fields(entry.chained(), entry.previous_hash)
    return {**fields, "entry_hash": entry.entry_hash}


def _definition(published: PublishedPurpose | None) -> JsonObject | None:
    if published is None:
        return None
    return cast("Mapping[str, JsonValue]", orjson.loads(published.definition))


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    return cast("Mapping[str, JsonValue]", value)
