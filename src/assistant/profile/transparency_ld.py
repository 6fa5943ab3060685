"""The same data as JSON-LD in the terms of the W3C Data Privacy Vocabulary (DPV 2).

Every item is a ``dpv:PersonalData`` with its source, purposes, legal basis, recipients and storage
condition; what was stored stands as property values with their plain names.
"""

from collections.abc import Iterator, Sequence

from assistant.core.events import JsonObject, JsonValue
from assistant.profile.transparency_items import (
    DataField,
    DataItem,
    ItemPurpose,
    Origin,
    Overview,
    Source,
)

_CONTEXT: JsonObject = {
    "dpv": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_CLASSES: dict[Origin, str] = {
    "given": "dpv:ProvidedPersonalData",
    "observed": "dpv:ObservedPersonalData",
    "derived": "dpv:DerivedPersonalData",
    "inferred": "dpv:InferredPersonalData",
}
_SOURCES: dict[Origin, str] = {
    "given": "dpv:DataSubject",
    "observed": "dpv:DataController",
    "derived": "dpv:DataController",
    "inferred": "dpv:DataController",
}
_STATUS = {
    "given": "dpv:ConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "outdated": "dpv:ConsentInvalidated",
    "undecided": "dpv:ConsentUnknown",
}


def as_json_ld(overview: Overview | None, items: Sequence[DataItem]) -> JsonObject:
    """Return one page as a JSON-LD document; the overview comes with the first."""
    graph: list[JsonValue] = []
    if overview is not None:
        graph += _about(overview)
    graph += [_item(item) for item in items]
    return {"@context": dict(_CONTEXT), "@graph": graph}


def _about(overview: Overview) -> Iterator[JsonValue]:
    yield {
        "@id": "#controller",
        "@type": "dpv:DataController",
        "dpv:hasName": overview.controller,
        "dpv:hasContact": overview.contact,
    }
    yield {
        "@id": f"urn:uuid:{overview.customer_id}",
        "@type": "dpv:DataSubject",
        "dpv:hasDataController": {"@id": "#controller"},
        "dpv:hasPersonalDataHandling": [
            {
                "@type": "dpv:Process",
                "dct:title": summary.label,
                "dpv:hasDataVolume": summary.count,
            }
            for summary in overview.sections
        ],
    }


def _item(item: DataItem) -> JsonValue:
    return {
        "@id": f"#{item.section}/{item.id}",
        "@type": ["dpv:PersonalData", _CLASSES[item.origin]],
        "dct:identifier": item.id,
        "dct:title": item.label,
        "dct:subject": item.category_label,
        "dpv:hasDataController": {"@id": "#controller"},
        "dpv:hasDataSource": _source(item.source, item.origin),
        "dpv:hasPurpose": [_purpose(purpose) for purpose in item.purposes],
        "dpv:hasLegalBasis": {"@id": item.lawful_basis.dpv, "dct:title": item.lawful_basis.text},
        "dpv:hasRecipient": [
            {"@type": "dpv:Recipient", "dpv:hasName": name} for name in item.recipients
        ],
        "dpv:hasStorageCondition": _storage(item),
        "dct:source": [{"@id": f"#{r.section}/{r.id}"} for r in item.derived_from],
        "dct:isReferencedBy": [{"@id": f"#{r.section}/{r.id}"} for r in item.derived_into],
        "dpv:hasRecordOfActivity": {
            "dpv:hasFrequency": item.times_used,
            "dct:date": item.last_used,
        },
        "schema:additionalProperty": [_property(field) for field in item.fields],
    }


def _source(source: Source, origin: Origin) -> JsonValue:
    return {
        "@type": ["dpv:DataSource", _SOURCES[origin]],
        "dpv:hasName": source.who,
        "dct:description": source.how,
        "dct:created": source.when,
    }


def _purpose(purpose: ItemPurpose) -> JsonValue:
    return {
        "@type": ["dpv:Purpose", purpose.dpv],
        "dct:identifier": purpose.id,
        "dct:hasVersion": purpose.version,
        "dct:title": purpose.title,
        "dpv:hasConsentStatus": {
            "@id": _STATUS[purpose.decision],
            "dct:date": purpose.decided_at,
        },
    }


def _storage(item: DataItem) -> JsonValue:
    return {
        "@type": "dpv:StorageCondition",
        "dpv:hasLocation": {
            "@type": "dpv:StorageLocation",
            "dct:title": item.storage.place,
            "dct:spatial": item.storage.region,
        },
        "dpv:hasDuration": {
            "@type": "dpv:StorageDuration",
            "dct:description": item.expires.rule,
            "dct:valid": item.expires.at,
        },
        "dpv:hasTechnicalMeasure": item.storage.protection,
    }


def _property(field: DataField) -> JsonValue:
    told: dict[str, JsonValue] = {
        "@type": "schema:PropertyValue",
        "schema:propertyID": field.name,
        "schema:name": field.label,
    }
    if field.note:
        told["schema:description"] = field.note
    if field.value is not None:
        value = field.value
        told["schema:value"] = (
            {"@type": "@json", "@value": value} if isinstance(value, dict | list) else value
        )
    return told
