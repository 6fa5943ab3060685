"""What customers see of their own data, over HTTP and the real stores."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.integration.web.conftest import Client, Serve, Shop, bearer, make_token
from tests.profile_parts import Parts
from tests.transparency_parts import open_transparency

from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import system_clock
from assistant.core.errors import InvalidInput, Overloaded
from assistant.core.ids import CustomerId
from assistant.profile.receipts.issuing import Receipts
from assistant.profile.receipts.signing import DocumentSigner
from assistant.profile.transparency.export import DataExport
from assistant.store.access_log import AccessLogRepository
from assistant.store.engine import Database
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.vault.vault import Vault
from assistant.web.identity import StoreCustomers
from assistant.web.own_data import DataRequest, StoreOwnData
from assistant.web.own_exports import StoreOwnExports
from assistant.web.schemas.data import DataBody, ReciprocityBody

ADA, BEN = "ada@customers.example", "ben@customers.example"


@pytest.fixture
def parts(database: Database, vault: Vault) -> Parts:
    return Parts.of(database, vault, system_clock)


@pytest.fixture
def own_exports(parts: Parts) -> StoreOwnExports:
    receipts = Receipts(
        consents=parts.consents,
        published=PublishedPurposeRepository(),
        signer=DocumentSigner(seed=b"s" * 32),
        vault=parts.vault,
    )
    export = DataExport(
        transparency=open_transparency(parts.database, parts.vault),
        receipts=receipts,
        access_log=AccessLogRepository(),
    )
    return StoreOwnExports(database=parts.database, export=export, clock=parts.clock)


@pytest.fixture
async def client(serve: Serve, shop: Shop, parts: Parts, own_exports: StoreOwnExports) -> Client:
    shop.customers = StoreCustomers(  # type: ignore[assignment]  # the real one in the fake's place
        database=parts.database,
        customers=parts.customers,
        vault=parts.vault,
        clock=parts.clock,
    )
    shop.own_data = StoreOwnData(  # type: ignore[assignment]  # as above
        database=parts.database, transparency=open_transparency(parts.database, parts.vault)
    )
    shop.own_exports = own_exports  # type: ignore[assignment]  # as above
    return await serve(shop)


def store_orders(parts: Parts, subject: str, count: int) -> CustomerId:
    for number in range(count):
        at = (parts.clock() - timedelta(days=number + 1)).isoformat()
        event = {
            "id": f"{subject}/{number}",
            "source": "https://shop.example",
            "type": "order.placed",
            "time": at,
            "subject": subject,
            "data": {"order_id": f"W{number}-{subject}", "items": []},
        }
        assert parts.send(event)[0].status == "stored"
    return parts.customer(subject)


async def gather(client: Client, path: str, subject: str, **query: str) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {**query, **({"cursor": cursor} if cursor else {})}
        response = await client.get(path, params=asked, headers=bearer(make_token(subject)))
        assert response.status == 200, await response.text()
        page = await response.json()
        items += page.get("items") or page.get("entries") or []
        if (cursor := page["cursor"]) is None:
            return items


async def test_everything_is_shown_page_by_page_and_to_its_owner_only(
    client: Client, parts: Parts
) -> None:
    store_orders(parts, ADA, 7)
    store_orders(parts, BEN, 3)

    items = await gather(client, "/v1/me/data", ADA, limit="3")

    told = orjson.dumps(items).decode()
    assert all(f"W{number}-{ADA}" in told for number in range(7))
    assert BEN not in told
    assert len([item for item in items if item["section"] == "events"]) == 7


async def test_the_answer_is_as_its_schema_says(client: Client, parts: Parts) -> None:
    store_orders(parts, ADA, 2)
    headers = {**bearer(make_token(ADA)), "Sec-GPC": "1"}

    answer = await (await client.get("/v1/me/data", headers=headers)).json()

    body = DataBody.model_validate(answer, strict=False)
    assert body.overview is not None
    assert body.overview.gpc.signal
    held = {total.category: total.items for total in body.overview.categories}
    assert held == {"orders": 2}
    assert answer["overview"].keys() == body.overview.model_dump().keys()


async def test_one_section_is_shown_alone(client: Client, parts: Parts) -> None:
    store_orders(parts, ADA, 4)

    items = await gather(client, "/v1/me/data", ADA, section="events", limit="2")

    assert [item["section"] for item in items] == ["events"] * 4


async def test_json_ld_is_given_where_it_is_asked_for(client: Client, parts: Parts) -> None:
    store_orders(parts, ADA, 1)
    headers = {**bearer(make_token(ADA)), "Accept": "application/ld+json"}

    response = await client.get("/v1/me/data", headers=headers)
    document = await response.json(content_type="application/ld+json")

    assert response.headers["Content-Type"] == "application/ld+json"
    assert document["@context"]["dpv"] == "https://w3id.org/dpv#"
    assert {"dpv:DataController", "dpv:DataSubject"} <= {
        node["@type"] for node in document["@graph"] if isinstance(node["@type"], str)
    }


@pytest.mark.parametrize("query", ["section=passwords", "cursor=bm90", "limit=0", "limit=501"])
async def test_what_cannot_be_asked_is_refused(client: Client, parts: Parts, query: str) -> None:
    store_orders(parts, ADA, 1)

    response = await client.get(f"/v1/me/data?{query}", headers=bearer(make_token(ADA)))

    assert response.status == 400


async def test_a_cursor_of_another_customer_shows_nothing_of_theirs(
    client: Client, parts: Parts
) -> None:
    store_orders(parts, ADA, 3)
    store_orders(parts, BEN, 3)
    headers = bearer(make_token(BEN))
    first = await client.get("/v1/me/data?section=events&limit=1", headers=headers)
    cursor = (await first.json())["cursor"]

    answer = await client.get(
        f"/v1/me/data?section=events&cursor={cursor}", headers=bearer(make_token(ADA))
    )

    assert BEN not in await answer.text()


async def test_somebody_who_never_wrote_is_shown_nothing_and_not_created(
    client: Client, parts: Parts
) -> None:
    nobody = bearer(make_token("nobody@customers.example"))
    data = await (await client.get("/v1/me/data", headers=nobody)).json()
    ledger = await (await client.get("/v1/me/reciprocity", headers=nobody)).json()
    export = await client.get("/v1/me/export", headers=nobody)

    assert DataBody.model_validate(data, strict=False).items == []
    assert ReciprocityBody.model_validate(ledger, strict=False).entries == []
    assert export.status == 204
    found = parts.database.read_now(
        lambda c: parts.customers.find_customer(c, "nobody@customers.example")
    )
    assert found is None


async def test_export_is_a_sound_archive_that_names_itself_in_the_access_log(
    client: Client, parts: Parts
) -> None:
    ada = store_orders(parts, ADA, 3)

    response = await client.get("/v1/me/export", headers=bearer(make_token(ADA)))
    archive = zipfile.ZipFile(io.BytesIO(await response.read()))

    assert response.headers["Content-Type"] == "application/zip"
    assert archive.testzip() is None
    assert len(archive.read("events.ndjson").splitlines()) == 3
    (entry,) = parts.database.read_now(lambda c: AccessLogRepository().list_accesses(c, ada))
    assert (entry.role, entry.reading) == (Role.CUSTOMER, "export")
    assert entry.entry_id.encode() in archive.read("access-log.ndjson")


async def test_no_export_leaves_where_it_cannot_be_logged(
    client: Client, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise InvalidInput("the log is full")

    store_orders(parts, ADA, 1)
    monkeypatch.setattr(AccessLogRepository, "add_access", fail)

    response = await client.get("/v1/me/export", headers=bearer(make_token(ADA)))

    assert response.status == 400
    assert b"PK" not in await response.read()


async def test_a_third_export_at_once_is_asked_to_come_again(
    parts: Parts, own_exports: StoreOwnExports
) -> None:
    actor = CustomerActor(store_orders(parts, ADA, 1), Role.CUSTOMER, 0)
    begun = [await own_exports.export(actor, lang="en") for _ in range(2)]
    for archive in begun:
        assert await anext(archive)

    with pytest.raises(Overloaded):
        await own_exports.export(actor, lang="en")

    await begun[0].aclose()
    await begun[1].aclose()
    again = await own_exports.export(actor, lang="en")
    assert zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in again]))).testzip() is None


async def test_reciprocity_cursor_that_is_none_is_refused(parts: Parts) -> None:
    own = StoreOwnData(
        database=parts.database, transparency=open_transparency(parts.database, parts.vault)
    )
    actor = CustomerActor(store_orders(parts, ADA, 1), Role.CUSTOMER, 0)

    with pytest.raises(InvalidInput):
        await own.reciprocate(actor, DataRequest("en", 5, gpc=False, cursor="WzFd"))
