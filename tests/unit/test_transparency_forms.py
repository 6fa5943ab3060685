"""The forms in which a customer's data is told: controls that exist, JSON-LD, cursors."""

from datetime import UTC, datetime

import orjson
import pytest
from pydantic import ValidationError

from assistant.core.clock import add_months
from assistant.core.errors import InvalidInput
from assistant.profile.transparency.controls import controls_of
from assistant.profile.transparency.items import (
    Control,
    DataCursor,
    DataField,
    DataItem,
    DataPage,
    Expiry,
    ItemEmbeddings,
    ItemPurpose,
    LawfulBasis,
    Reference,
    Source,
    StoragePlace,
)
from assistant.profile.transparency.json_ld import as_json_ld
from assistant.store.tables import CATALOGUE
from assistant.store.tables.labels import list_sections
from assistant.web.app import list_routes
from assistant.web.own_data import data_answer, decode_cursor, encode_cursor
from assistant.web.schemas.data import DataBody

ITEM = DataItem(
    id="e1",
    section="events",
    category="orders",
    category_label="Orders",
    label="Something that happened",
    fields=(
        DataField("event_id", "Id", "value", "e1"),
        DataField("sealed", "What happened", "opened", {"rendering": "You ordered a kettle"}),
        DataField("event_hash", "A keyed hash", "hash", None, "not shown: a keyed hash"),
    ),
    source=Source("https://shop.example", "2026-03-01T09:00:00.000Z", "a system of the shop"),
    origin="observed",
    purposes=(
        ItemPurpose(
            id="answer_from_history",
            version=1,
            title="Answer me",
            dpv="https://w3id.org/dpv#ServiceProvision",
            decision="given",
            decided_at="2026-03-01T08:00:00.000Z",
            receipt="r1",
        ),
    ),
    lawful_basis=LawfulBasis("contract", "needed", "https://w3id.org/dpv/legal/eu/gdpr#A6-1-b"),
    receipt="r1",
    derived_from=(),
    derived_into=(Reference("turns", "t1"),),
    embeddings=ItemEmbeddings("model", 384, 1),
    recipients=("The shop",),
    storage=StoragePlace("a database", "EU", "sealed"),
    expires=Expiry("36 months", "2029-03-01T09:00:00.000Z"),
    last_used="2026-03-02T09:00:00.000Z",
    times_used=2,
    controls=(Control("export", "GET", "/v1/me/export"),),
)


def served(control: Control) -> bool:
    """Whether the interface has the call, with the ids of the path left open."""
    parts = control.path.partition("?")[0].split("/")
    for route in list_routes(demo=False):
        pattern = route.path.split("/")
        same = len(pattern) == len(parts) and all(
            theirs.startswith("{") or theirs == ours
            for theirs, ours in zip(pattern, parts, strict=True)
        )
        if same and route.method == control.method:
            return True
    return False


@pytest.mark.parametrize("section", [section.name for section in list_sections()])
def test_every_control_is_a_call_that_is_served(section: str) -> None:
    values = dict.fromkeys(CATALOGUE[section].columns, "0197")
    controls = controls_of(
        section, values, category="orders", given=("answer_from_history",), at_source="ask"
    )

    assert {control.does for control in controls} >= {"delete", "export", "stop_using"}
    assert [control for control in controls if not served(control)] == []


def test_facts_and_events_can_be_corrected() -> None:
    for section in ("facts", "events"):
        values = dict.fromkeys(CATALOGUE[section].columns, "0197")
        controls = controls_of(section, values, category="c", given=(), at_source="ask")
        assert "correct" in {control.does for control in controls}


def test_answer_is_as_its_schema_says_with_every_member() -> None:
    answer = orjson.loads(data_answer(None, DataPage((ITEM,), DataCursor("events", ("e1",)))))

    body = DataBody.model_validate(answer, strict=False)
    assert set(answer["items"][0]) == set(body.items[0].model_dump())
    with pytest.raises(ValidationError):
        DataBody.model_validate({**answer, "items": [{**answer["items"][0], "origin": "sold"}]})


def test_json_ld_tells_source_purpose_basis_recipient_and_storage_in_dpv_terms() -> None:
    graph = as_json_ld("0197", None, [ITEM])["@graph"]
    assert isinstance(graph, list)
    (node,) = graph

    assert isinstance(node, dict)
    told = orjson.dumps(node).decode()
    assert node["@type"] == ["dpv:PersonalData", "dpv:ObservedPersonalData"]
    for term in (
        "dpv:hasDataSource",
        "dpv:hasPurpose",
        "dpv:hasLegalBasis",
        "dpv:hasRecipient",
        "dpv:hasStorageCondition",
        "dpv:hasConsentStatus",
        "dpv:ConsentGiven",
    ):
        assert term in told
    assert "You ordered a kettle" in told


def test_json_ld_terms_have_a_namespace() -> None:
    document = as_json_ld("0197", None, [ITEM])
    context = document["@context"]
    assert isinstance(context, dict)

    def terms(value: object) -> set[str]:
        if isinstance(value, dict):
            inner = {one for each in value.values() for one in terms(each)}
            return inner | {key for key in value if not key.startswith("@") and ":" in key}
        return {one for each in value for one in terms(each)} if isinstance(value, list) else set()

    prefixes = {term.partition(":")[0] for term in terms(document["@graph"])}
    assert prefixes <= set(context)


@pytest.mark.parametrize(
    "cursor",
    [DataCursor("events"), DataCursor("consent_events", (3,)), DataCursor("facts", ("0197-x",))],
)
def test_cursors_come_back_as_they_were(cursor: DataCursor) -> None:
    assert decode_cursor(encode_cursor(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["x", "bm90IGpzb24", "W10", "WzEsMl0", "eyJhIjoxfQ", "W251bGwsbnVsbF0"]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(text)


def test_months_end_on_the_last_day_where_the_day_is_missing() -> None:
    assert add_months(datetime(2026, 1, 31, tzinfo=UTC), 1) == datetime(2026, 2, 28, tzinfo=UTC)
    assert add_months(datetime(2026, 11, 30, tzinfo=UTC), 3) == datetime(2027, 2, 28, tzinfo=UTC)
    assert add_months(datetime(2026, 12, 15, tzinfo=UTC), 12) == datetime(2027, 12, 15, tzinfo=UTC)
