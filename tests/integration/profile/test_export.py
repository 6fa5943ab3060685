"""The export is a sound archive that holds everything `/v1/me/data` shows, and is logged first."""

import hashlib
import io
import random
import zipfile
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET
from tests.proving import run_seed
from tests.seeding import Seeder
from tests.transparency_parts import open_transparency

from assistant.core.actor import Role
from assistant.core.errors import NotFound
from assistant.profile.pack.loading import load_pack
from assistant.profile.receipts.issuing import Receipts
from assistant.profile.receipts.signing import DocumentSigner
from assistant.profile.transparency.export import DataExport, Exporting
from assistant.store.access_log import AccessLogRepository
from assistant.store.consents import ConsentRepository
from assistant.store.engine import Database
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.vault.vault import Vault


@pytest.fixture
def seeder(database: Database, vault: Vault, clock: SteppableClock) -> Seeder:
    chance = random.Random(run_seed())  # noqa: S311 - rows to look at, no secrets
    return Seeder(database, vault, load_pack(MARKET), clock, chance)


@pytest.fixture
def export(database: Database, vault: Vault) -> DataExport:
    return DataExport(
        transparency=open_transparency(database, vault),
        receipts=Receipts(
            consents=ConsentRepository(vault=vault),
            published=PublishedPurposeRepository(),
            signer=DocumentSigner(seed=b"s" * 32),
            vault=vault,
        ),
        access_log=AccessLogRepository(),
    )


def written(export: DataExport, seeder: Seeder, *, lang: str = "en") -> zipfile.ZipFile:
    exporting = Exporting(seeder.customer, lang, seeder.clock(), seeder.database.read_now)
    return zipfile.ZipFile(io.BytesIO(b"".join(export.stream(exporting))))


def lines(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return [orjson.loads(line) for line in archive.read(name).splitlines()]


def shown(item: Mapping[str, Any]) -> dict[str, Any]:
    hidden = {"hash", "counted"}
    return {f["name"]: f["value"] for f in item["fields"] if f["shown"] not in hidden}


def test_every_value_of_every_table_is_in_the_archive(export: DataExport, seeder: Seeder) -> None:
    seeder.seed()
    archive = written(export, seeder)

    for table, rows in seeder.expected().items():
        found = [shown(item) for item in lines(archive, f"items/{table}.ndjson")]
        key = lambda row: orjson.dumps(row, option=orjson.OPT_SORT_KEYS)  # noqa: E731
        assert sorted(found, key=key) == sorted(rows, key=key), table


def test_the_manifest_names_every_file_with_its_sha256(export: DataExport, seeder: Seeder) -> None:
    seeder.seed()
    archive = written(export, seeder)

    assert archive.testzip() is None
    manifest = orjson.loads(archive.read("manifest.json"))
    named = {file["name"]: file for file in manifest["files"]}
    assert set(named) == set(archive.namelist()) - {"manifest.json"}
    for name, file in named.items():
        content = archive.read(name)
        assert (file["sha256"], file["bytes"]) == (
            hashlib.sha256(content).hexdigest(),
            len(content),
        )
    assert manifest["customer_id"] == seeder.customer


def test_events_are_cloud_events_and_receipts_are_there(export: DataExport, seeder: Seeder) -> None:
    seeder.seed()
    archive = written(export, seeder)
    events = lines(archive, "events.ndjson")

    assert len(events) == len(seeder.expected()["events"])
    for event in events:
        assert event["specversion"] == "1.0"
        assert event["subject"] == seeder.subject
        assert {"id", "source", "type", "time", "category", "data"} <= set(event)
    receipts = [name for name in archive.namelist() if name.startswith("receipts/")]
    decisions = {row["decision_id"] for row in seeder.expected()["consent_events"]}
    assert {name.split("/")[1].removesuffix(".json") for name in receipts} == decisions
    assert orjson.loads(archive.read(receipts[0]))["proof"]


def test_plain_files_hold_facts_uses_conversations_and_the_access_log(
    export: DataExport, seeder: Seeder
) -> None:
    seeder.seed()
    archive = written(export, seeder)
    expected = seeder.expected()

    for name, table in (
        ("facts", "facts"),
        ("uses", "uses"),
        ("access-log", "access_log"),
        ("conversations", "turns"),
    ):
        assert len(lines(archive, f"{name}.ndjson")) == len(expected[table]), name
    statements = {fact["statement_sealed"] for fact in lines(archive, "facts.ndjson")}
    assert statements == {row["statement_sealed"] for row in expected["facts"]}


@pytest.mark.parametrize(("lang", "words"), [("en", "Your data"), ("de", "Ihre Daten")])
def test_the_page_reads_in_both_languages_and_escapes_what_was_written(
    export: DataExport, seeder: Seeder, lang: str, words: str
) -> None:
    seeder.seed('<script>alert("x")</script>@customers.example')
    page = written(export, seeder, lang=lang).read("index.html").decode()

    assert words in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for row in seeder.expected()["facts"]:
        assert row["statement_sealed"] in page


def test_nothing_of_another_customer_is_in_the_archive(export: DataExport, seeder: Seeder) -> None:
    seeder.seed("ben@customers.example")
    others = {
        row[column]
        for table, column in (("facts", "statement_sealed"), ("events", "event_id"))
        for row in seeder.expected()[table]
    }
    seeder.seed("ada@customers.example")
    archive = written(export, seeder)

    content = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert not [value for value in others if value in content]


def test_the_export_is_logged_with_who_made_it(
    export: DataExport, seeder: Seeder, database: Database
) -> None:
    customer = seeder.seed()
    database.write_now(
        lambda c: export.log(
            c, customer, role=Role.OPERATOR, actor="operator:mo", at=seeder.clock()
        )
    )

    (entry,) = database.read_now(
        lambda c: AccessLogRepository().list_accesses(c, customer, limit=1)
    )
    assert (entry.role, entry.actor, entry.reading) == (Role.OPERATOR, "operator:mo", "export")
    assert {"orders", "stated_reasons", "identity"} <= entry.categories
    assert entry.items > 20


def test_nobody_is_exported_who_is_not_there(export: DataExport, database: Database) -> None:
    with pytest.raises(NotFound):
        database.write_now(
            lambda c: export.log(c, "nobody", role=Role.OPERATOR, actor="x", at=SteppableClock()())
        )


def test_the_archive_is_handed_on_in_small_pieces(export: DataExport, seeder: Seeder) -> None:
    seeder.rows = 120
    seeder.seed()
    exporting = Exporting(seeder.customer, "en", seeder.clock(), seeder.database.read_now)

    sizes = [len(piece) for piece in export.stream(exporting)]

    assert max(sizes) < 512 * 1024
    assert len(sizes) > 3
