"""The same data as JSON-LD in the terms of the W3C Data Privacy Vocabulary (DPV 2).

Every item is a ``dpv:PersonalData`` with its source, purposes, legal basis, recipients and storage
condition; what was stored stands as property values with their plain names. What DPV has no certain
term for stands in our own vocabulary, ``assistant:``.

A node that says something of this customer has an address below the customer's own (``@base``), or
none: addresses that everybody shares (a purpose of DPV, an article of the law, a state of consent)
are only pointed at, so that no two purposes, items or customers run together as RDF.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from assistant.core.events import JsonObject, JsonValue
from assistant.profile.transparency.items import (
    Control,
    DataField,
    DataItem,
    ItemEmbeddings,
    ItemPurpose,
    LawfulBasis,
    Origin,
    Overview,
    Reference,
    Source,
)
from assistant.profile.transparency.json_ld_overview import CONTROLLER, about
from assistant.profile.transparency.json_ld_terms import coded, consent, context, node

_CLASSES: Mapping[Origin, str] = {
    "given": "dpv:ProvidedPersonalData",
    "observed": "dpv:ObservedPersonalData",
    "derived": "dpv:DerivedPersonalData",
    "inferred": "dpv:InferredPersonalData",
}
_SOURCES: Mapping[Origin, str] = {
    "given": "dpv:DataSubjectDataSource",
    "observed": "dpv:DataControllerDataSource",
    "derived": "dpv:DataControllerDataSource",
    "inferred": "dpv:DataControllerDataSource",
}


def as_json_ld(
    customer_id: str, overview: Overview | None, items: Sequence[DataItem]
) -> JsonObject:
    """Return one page as a JSON-LD document; the overview comes with the first."""
    graph: list[JsonValue] = []
    if overview is not None:
        graph += about(overview)
    graph += [_item(item) for item in items]
    return {"@context": context(customer_id), "@graph": graph}


def _item(item: DataItem) -> JsonValue:
    return node(
        ["dpv:PersonalData", _CLASSES[item.origin]],
        {
            "@id": _address(Reference(item.section, item.id)),
            "dct:identifier": item.id,
            "dct:title": item.label,
            "assistant:section": item.section,
            "assistant:category": coded("Category", item.category, item.category_label),
            "dpv:hasDataController": {"@id": CONTROLLER},
            "dpv:hasDataSource": _source(item.source, item.origin),
            "dpv:hasPurpose": [_purpose(purpose) for purpose in item.purposes],
            "dpv:hasLegalBasis": _basis(item.lawful_basis),
            "assistant:receipt": item.receipt,
            "dpv:hasRecipient": [
                node("dpv:Recipient", {"dpv:hasName": name}) for name in item.recipients
            ],
            "dpv:hasStorageCondition": _storage(item),
            "dct:source": [{"@id": _address(one)} for one in item.derived_from],
            "assistant:derivedInto": [{"@id": _address(one)} for one in item.derived_into],
            "assistant:embeddings": _embeddings(item.embeddings),
            "assistant:timesUsed": item.times_used,
            "assistant:lastUsed": item.last_used,
            "schema:potentialAction": [_control(control) for control in item.controls],
            "schema:additionalProperty": [_property(field) for field in item.fields],
        },
    )


def _address(item: Reference) -> str:
    """Return where an item is, below its customer."""
    return f"#{quote(item.section, safe='')}/{quote(item.id, safe='')}"


def _source(source: Source, origin: Origin) -> JsonValue:
    return node(
        ["dpv:DataSource", _SOURCES[origin]],
        {
            "dct:title": source.who,
            "dct:description": source.how,
            "dct:created": source.when,
        },
    )


def _purpose(purpose: ItemPurpose) -> JsonValue:
    return node(
        ["dpv:Purpose", purpose.dpv],
        {
            "dct:identifier": purpose.id,
            "schema:version": purpose.version,
            "dct:title": purpose.title,
            "assistant:consent": consent(
                purpose.decision,
                {"dct:date": purpose.decided_at, "assistant:receipt": purpose.receipt},
            ),
        },
    )


def _basis(basis: LawfulBasis) -> JsonValue:
    return node(
        ["dpv:LegalBasis", basis.dpv],
        {"assistant:basis": basis.basis, "dct:description": basis.text},
    )


def _storage(item: DataItem) -> JsonValue:
    storage, expires = item.storage, item.expires
    return node(
        "dpv:StorageCondition",
        {
            "dpv:hasLocation": node(
                "dpv:StorageLocation",
                {"dct:title": storage.place, "assistant:region": storage.region},
            ),
            "dpv:hasDuration": node(
                "dpv:StorageDuration",
                {"dct:description": expires.rule, "dct:valid": expires.at},
            ),
            "dpv:hasTechnicalMeasure": node(
                "dpv:TechnicalMeasure", {"dct:description": storage.protection}
            ),
        },
    )


def _embeddings(embeddings: ItemEmbeddings | None) -> JsonValue:
    if embeddings is None:
        return None
    return node(
        "assistant:Embeddings",
        {
            "assistant:model": embeddings.model,
            "assistant:dimensions": embeddings.dimensions,
            "assistant:count": embeddings.count,
        },
    )


def _control(control: Control) -> JsonValue:
    return node(
        "schema:Action",
        {
            "assistant:does": control.does,
            "schema:target": node(
                "schema:EntryPoint",
                {"schema:httpMethod": control.method, "schema:urlTemplate": control.path},
            ),
            "assistant:body": _literal(None if control.body is None else dict(control.body)),
            "schema:description": control.note,
        },
    )


def _property(field: DataField) -> JsonValue:
    return node(
        "schema:PropertyValue",
        {
            "schema:propertyID": field.name,
            "schema:name": field.label,
            "assistant:shown": field.shown,
            "schema:description": field.note,
            "schema:value": _literal(field.value),
        },
    )


def _literal(value: JsonValue) -> JsonValue:
    """Return a value as it is; what has parts is one JSON literal, not nodes of a graph."""
    return {"@type": "@json", "@value": value} if isinstance(value, dict | list) else value
