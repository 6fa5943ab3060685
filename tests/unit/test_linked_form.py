"""The JSON-LD form says all that the JSON says, and says nothing about what everybody shares."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import pytest

from assistant.profile.transparency.items import (
    CategoryHolding,
    ConsentSummary,
    Control,
    DataField,
    DataItem,
    Expiry,
    GpcState,
    ItemEmbeddings,
    ItemPurpose,
    LawfulBasis,
    OpenRequest,
    Overview,
    Reference,
    Retained,
    SectionSummary,
    Source,
    StoragePlace,
)
from assistant.profile.transparency.json_ld import as_json_ld

Value: TypeAlias = Any
"""Whatever stands in a shape of ours or in a JSON document."""

ADA, BEN = "0197aaaa-0000-7000-8000-000000000001", "0197aaaa-0000-7000-8000-000000000002"
AT = "2026-03-01T08:00:00.000Z"

OVERVIEW = Overview(
    customer_id=ADA,
    controller="The shop",
    contact="help@shop.example",
    languages=("en",),
    sections=(SectionSummary("events", "Happened", "orders", "Your orders", "observed", 11),),
    categories=(CategoryHolding("chat", "Talk", 12, 13, 14, 15, 16, AT, idle=True),),
    consents=(ConsentSummary("learn_why", 17, "Learn", {"browsing": "given", "calls": "refused"}),),
    open_requests=(OpenRequest("erasure", "r-1", AT, "REQUESTED"),),
    gpc=GpcState(signal=True, text="we heard it"),
    retained=(Retained("the head", "Article 7", "three years"),),
    not_held=("no fingerprints",),
)
ITEM = DataItem(
    id="e-1",
    section="events",
    category="orders",
    category_label="Your orders",
    label="It happened",
    fields=(DataField("sealed", "What", "opened", {"rendering": "a kettle"}, "a note"),),
    source=Source("https://shop.example", AT, "a system of the shop"),
    origin="observed",
    purposes=(
        ItemPurpose("p-1", 21, "Answer", "https://w3id.org/dpv#CustomerCare", "given", AT, "d-1"),
        ItemPurpose("p-2", 22, "Suggest", "https://w3id.org/dpv#CustomerCare", "given", None, None),
    ),
    lawful_basis=LawfulBasis("contract", "needed", "https://w3id.org/dpv/legal/eu/gdpr#A6-1-b"),
    receipt="d-1",
    derived_from=(Reference("conversations", "c-1"),),
    derived_into=(Reference("turns", "t-1"),),
    embeddings=ItemEmbeddings("model", 384, 23),
    recipients=("The carrier",),
    storage=StoragePlace("a database", "EU", "sealed"),
    expires=Expiry("36 months", "2029-03-01T09:00:00.000Z"),
    last_used="2026-03-02T09:00:00.000Z",
    times_used=24,
    controls=(Control("delete", "POST", "/v1/me/erasures", {"scope": "item"}, "at once"),),
)
OTHERS: dict[str, Value] = {
    "observed": "derived",
    "given": "withdrawn",
    "refused": "withdrawn",
    "erasure": "person",
    "delete": "export",
}
"""What stands in the place of a value of a closed set."""

DPV = {
    "Consent", "ConsentGiven", "ConsentInvalidated", "ConsentRefused",
    "ConsentStatusInvalidForProcessing", "ConsentWithdrawn", "CustomerCare", "DataController",
    "DataControllerDataSource", "DataSource", "DataSubject", "DataSubjectDataSource",
    "DerivedPersonalData", "InferredPersonalData", "LegalBasis", "ObservedPersonalData",
    "PersonalData", "ProvidedPersonalData", "Purpose", "Recipient", "StorageCondition",
    "StorageDuration", "StorageLocation", "TechnicalMeasure", "hasConsentStatus", "hasContact",
    "hasDataController", "hasDataSource", "hasDuration", "hasLegalBasis", "hasLocation",
    "hasName", "hasPurpose", "hasRecipient", "hasStorageCondition", "hasTechnicalMeasure",
}  # fmt: skip
"""The terms of DPV 2.0 that we use, each of them looked up in the published vocabulary."""


def paths(value: object, at: tuple[Value, ...] = ()) -> Iterator[tuple[Value, ...]]:
    """Yield the way to every plain value in a shape of ours."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from paths(getattr(value, field.name), (*at, field.name))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from paths(inner, (*at, number))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from paths(inner, (*at, key))
            yield (*at, KeyOf(key))
    elif value is not None:
        yield at


@dataclasses.dataclass(frozen=True)
class KeyOf:
    """A step on the way that stands for the key itself, not what is under it."""

    key: str


def changed(value: Value, way: tuple[Value, ...]) -> Value:
    """Return a shape with another value at the end of the way."""
    if not way:
        if isinstance(value, bool):
            return not value
        return OTHERS.get(value, f"{value}x") if isinstance(value, str) else value + 1000
    step, rest = way[0], way[1:]
    if isinstance(step, KeyOf):
        return {f"{key}x" if key == step.key else key: inner for key, inner in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{step: changed(getattr(value, step), rest)})
    if isinstance(value, tuple):
        return tuple(changed(v, rest) if n == step else v for n, v in enumerate(value))
    return {key: changed(v, rest) if key == step else v for key, v in value.items()}


def graph(overview: Overview | None, item: DataItem) -> Value:
    return as_json_ld(ADA, overview, [item])["@graph"]


def nodes(value: Value) -> Iterator[dict[str, Value]]:
    """Yield every object of a document that is a node: neither a literal nor a context."""
    if isinstance(value, list):
        for inner in value:
            yield from nodes(inner)
    elif isinstance(value, dict) and "@value" not in value:
        yield value
        for key, inner in value.items():
            if key != "@type":
                yield from nodes(inner)


ALL = list(nodes(graph(OVERVIEW, ITEM)))


def name_of(way: tuple[Value, ...]) -> str:
    return ".".join(str(step) for step in way)


@pytest.mark.parametrize("way", list(paths(OVERVIEW)), ids=name_of)
def test_everything_in_the_overview_is_in_the_document(way: tuple[Value, ...]) -> None:
    assert graph(changed(OVERVIEW, way), ITEM) != graph(OVERVIEW, ITEM)


@pytest.mark.parametrize("way", list(paths(ITEM)), ids=name_of)
def test_everything_about_an_item_is_in_the_document(way: tuple[Value, ...]) -> None:
    assert graph(None, changed(ITEM, way)) != graph(None, ITEM)


def test_the_walk_meets_every_member_of_every_shape() -> None:
    """Without this a member that is empty in the samples would be walked past."""
    met = {step for way in (*paths(OVERVIEW), *paths(ITEM)) for step in way if step != 0}
    shapes = (
        CategoryHolding, ConsentSummary, Control, DataField, DataItem, Expiry, GpcState,
        ItemEmbeddings, ItemPurpose, LawfulBasis, OpenRequest, Overview, Reference, Retained,
        SectionSummary, Source, StoragePlace,
    )  # fmt: skip
    assert {field.name for shape in shapes for field in dataclasses.fields(shape)} <= met


@pytest.mark.parametrize("origin", ["given", "observed", "derived", "inferred"])
@pytest.mark.parametrize("decision", ["given", "refused", "withdrawn", "outdated", "undecided"])
def test_nothing_of_a_customer_is_said_about_what_everybody_shares(
    origin: Value, decision: Value
) -> None:
    """A node with an address of the vocabulary or the law is only pointed at."""
    purposes = tuple(dataclasses.replace(one, decision=decision) for one in ITEM.purposes)
    item = dataclasses.replace(ITEM, origin=origin, purposes=purposes)

    for told in nodes(graph(OVERVIEW, item)):
        address = told.get("@id")
        if address is not None and len(told) > 1:
            assert address.startswith("#") or address == f"urn:uuid:{ADA}", address
        if address is None:
            assert told["@type"], "what has no address says what it is"


def test_what_two_customers_are_told_has_no_address_in_common() -> None:
    def addresses(customer_id: str) -> set[str]:
        overview = dataclasses.replace(OVERVIEW, customer_id=customer_id)
        document: Value = as_json_ld(customer_id, overview, [ITEM])
        base = document["@context"]["@base"]
        assert base == f"urn:uuid:{customer_id}"
        told = [one["@id"] for one in nodes(document["@graph"]) if "@id" in one and len(one) > 1]
        return {base + one if one.startswith("#") else one for one in told}

    assert addresses(ADA) & addresses(BEN) == set()
    assert len(addresses(ADA)) == 3, "the controller, the customer and the item"


def test_references_are_the_addresses_of_the_items_they_name() -> None:
    odd = dataclasses.replace(ITEM, section="turns", id="a b/ü#")
    pointing = dataclasses.replace(ITEM, derived_into=(Reference("turns", "a b/ü#"),))

    (target,), (item,) = graph(None, odd), graph(None, pointing)
    assert item["assistant:derivedInto"] == [{"@id": target["@id"]}]
    assert target["@id"] == "#turns/a%20b%2F%C3%BC%23"


def test_every_name_has_a_namespace_and_dpv_knows_those_of_its_own() -> None:
    known: Value = as_json_ld(ADA, None, [])["@context"]
    names = {key for told in ALL for key in told if not key.startswith("@")}
    for told in ALL:
        kinds = told.get("@type", [])
        names |= {kinds} if isinstance(kinds, str) else set(kinds)
        names |= {told["@id"]} if len(told) == 1 and not told["@id"].startswith("#") else set()
    short = {name.replace("https://w3id.org/dpv#", "dpv:") for name in names}
    short -= {ITEM.lawful_basis.dpv}

    assert {name.partition(":")[0] for name in short} <= set(known)
    assert {name.partition(":")[2] for name in short if name.startswith("dpv:")} <= DPV
