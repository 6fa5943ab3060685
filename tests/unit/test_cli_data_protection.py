"""`assistant export` and `breach-report` on a real folder, and what `check` says of alarms."""

import json
import zipfile
from pathlib import Path

import pytest
from tests.commands import exit_code
from tests.fakes.embedder import HashingEmbedder

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.bootstrap import Assistant, build
from assistant.bootstrap.operator_log import operator
from assistant.core.actor import Role
from assistant.core.clock import system_clock
from assistant.core.ids import CustomerId
from assistant.settings import Settings
from assistant.store.access_log import Access
from assistant.store.engine import Database
from assistant.store.key_tables import KEY_EPOCHS, WRAPPED_KEYS

ROOT = Path(__file__).parents[2]
MIRA, OLE = "mira@customers.example", "ole@customers.example"


def event(subject: str, number: int) -> str:
    data = {"order_id": f"W{number}", "items": [{"item_id": "k", "name": "Alder kettle"}]}
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"o{number}",
            "source": "https://shop.example",
            "type": "order.placed",
            "time": "2026-01-02T10:00:00Z",
            "subject": subject,
            "data": data,
        }
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with two customers; one has two orders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(ROOT / "knowledge" / "market"))
    assert exit_code("init-keys") == 0
    lines = [event(MIRA, 1), event(MIRA, 2), event(OLE, 3)]
    (tmp_path / "events.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert exit_code("import", "events.ndjson") == 0
    return tmp_path


def opened() -> Assistant:
    return build(Settings())


def customer(assistant: Assistant, subject: str) -> CustomerId:
    found = assistant.stores.database.read_now(
        lambda c: assistant.stores.customers.find_customer(c, subject)
    )
    assert found is not None
    return found.customer_id


def accesses(subject: str) -> list[Access]:
    with opened() as assistant:
        who = customer(assistant, subject)
        return list(
            assistant.stores.database.read_now(
                lambda c: assistant.stores.access_log.list_accesses(c, who)
            )
        )


def test_export_writes_a_private_archive_and_logs_who_made_it(folder: Path) -> None:
    assert exit_code("export", "--customer", MIRA, "--to", "mira.zip") == 0

    path = folder / "mira.zip"
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert len(archive.read("events.ndjson").splitlines()) == 2
        assert b"Alder kettle" in archive.read("index.html")
        log = archive.read("access-log.ndjson")
    (entry,) = accesses(MIRA)
    assert (entry.role, entry.actor, entry.reading) == (Role.OPERATOR, operator(), "export")
    assert operator().encode() in log, "the export shows its own reading"
    assert accesses(OLE) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--customer", MIRA, "--to", "events.ndjson"), "is there already"),
        (("--customer", MIRA, "--to", "nowhere/n.zip"), "there is no folder 'nowhere'"),
        (("--customer", "nobody@customers.example", "--to", "n.zip"), "no customer"),
        (("--customer", "a\nb", "--to", "n.zip"), "printable"),
    ],
)
def test_export_that_cannot_be_says_why_and_leaves_nothing(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    says: str,
) -> None:
    before = (folder / "events.ndjson").read_bytes()
    capsys.readouterr()

    assert exit_code("export", *arguments) == 1

    assert says in capsys.readouterr().err
    assert not (folder / "n.zip").exists()
    assert (folder / "events.ndjson").read_bytes() == before
    assert accesses(MIRA) == []


def test_breach_report_adds_up_readings_by_reader_category_and_customer(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("export", "--customer", MIRA, "--to", "mira.zip") == 0
    capsys.readouterr()

    assert exit_code("breach-report", "--from", "2020-01-01", "--json", "breach.json") == 0

    out = capsys.readouterr().out
    told = json.loads((folder / "breach.json").read_text(encoding="utf-8"))
    assert (folder / "breach.json").stat().st_mode & 0o777 == 0o600
    (touched,) = told["customers"]
    assert touched["readers"] == [operator()]
    assert "orders" in touched["categories"]
    assert [reader["actor"] for reader in told["readers"]] == [operator()]
    assert {category["category"] for category in told["categories"]} >= {"orders", "identity"}
    assert touched["customer"] in out
    assert MIRA not in out
    assert MIRA not in json.dumps(told)


def test_breach_report_of_another_time_or_reader_is_empty(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("export", "--customer", MIRA, "--to", "mira.zip") == 0
    for narrow in (("--to", "2020-02-01"), ("--actor", "somebody")):
        capsys.readouterr()
        assert exit_code("breach-report", "--from", "2020-01-01", *narrow) == 0
        assert "customers touched: 0" in capsys.readouterr().out


def test_tables_align(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del folder
    capsys.readouterr()
    assert exit_code("breach-report", "--key-epoch", "1") == 0

    lines = capsys.readouterr().out.splitlines()
    head = next(line for line in lines if line.startswith("category"))
    row = lines[lines.index(head) + 1]
    assert head.index("items stored") + len("items stored") == len(row)
    assert row.split() == ["orders", "2", "3"]


def test_naming_customers_is_logged_to_each_of_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del folder
    assert exit_code("breach-report", "--key-epoch", "1", "--reveal") == 0

    out = capsys.readouterr().out
    assert MIRA in out
    assert OLE in out
    for subject in (MIRA, OLE):
        (entry,) = accesses(subject)
        assert (entry.reading, entry.purpose, entry.actor) == (
            "reveal",
            "breach_report",
            operator(),
        )


def test_a_lost_key_exposes_whom_it_ever_wrapped(folder: Path) -> None:
    """After a rotation only a key that is newer than the next epoch was never under the old one."""
    keys = SqlKeyStore.open(f"sqlite:///{folder / 'data-keys' / 'keys.db'}")
    keys.close()
    database = Database.open(f"sqlite:///{folder / 'data-keys' / 'keys.db'}", pool_size=1)
    with opened() as assistant:
        mira, ole = customer(assistant, MIRA), customer(assistant, OLE)

    def rotate(connection):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - rows as a rotation leaves them
        (first,) = connection.execute(KEY_EPOCHS.select()).mappings()
        later = first["created_at"] + 1_000
        connection.execute(KEY_EPOCHS.insert(), {**first, "epoch": 2, "created_at": later})
        connection.execute(KEY_EPOCHS.delete().where(KEY_EPOCHS.c.epoch == 1))
        connection.execute(WRAPPED_KEYS.update().values(epoch=2, created_at=later - 1))
        newer = WRAPPED_KEYS.c.customer_id == ole
        connection.execute(WRAPPED_KEYS.update().where(newer).values(created_at=later + 1))

    from assistant.profile.transparency.breach_report import BreachReports  # noqa: PLC0415 - beside its use
    from assistant.store.access_log import AccessLogRepository  # noqa: PLC0415 - as above

    with opened() as assistant:
        reports = BreachReports(
            customers=assistant.stores.customers, access_log=AccessLogRepository()
        )
        database.write_now(rotate)
        old = database.read_now(lambda c: reports.list_customers_of_epoch(c, 1))
        new = database.read_now(lambda c: reports.list_customers_of_epoch(c, 2))
    database.close_now()

    assert list(old) == [mira]
    assert set(new) == {mira, ole}


@pytest.mark.parametrize(
    "arguments",
    [(), ("--from", "yesterday"), ("--from", "2026-03-02", "--to", "2026-03-01")],
)
def test_breach_report_says_what_it_needs(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    del folder
    assert exit_code("breach-report", *arguments) == 1
    assert "--from" in capsys.readouterr().err


@pytest.mark.parametrize("epoch", ["0", "2"])
def test_breach_report_about_a_key_that_never_was_is_no_all_clear(
    folder: Path, capsys: pytest.CaptureFixture[str], epoch: str
) -> None:
    del folder
    assert exit_code("breach-report", "--key-epoch", epoch) == 1
    told = capsys.readouterr()
    assert f"there is no key of epoch {epoch}: the present one is 1" in told.err
    assert "customers touched" not in told.out


def test_breach_report_writes_no_names_into_a_file_that_others_may_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "breach.json").write_text("mine", encoding="utf-8")
    assert exit_code("breach-report", "--key-epoch", "1", "--reveal", "--json", "breach.json") == 1
    assert "is there already" in capsys.readouterr().err
    assert (folder / "breach.json").read_text(encoding="utf-8") == "mine"
    assert accesses(MIRA) == []


def test_bulk_reading_by_command_raises_an_alarm_that_check_and_report_show(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del folder
    monkeypatch.setenv("ASSISTANT_ALARM_CUSTOMERS", "1")
    assert exit_code("breach-report", "--key-epoch", "1", "--reveal") == 0
    capsys.readouterr()

    exit_code("check")
    checked = [line for line in capsys.readouterr().out.splitlines() if " access " in line]
    exit_code("breach-report", "--from", f"{system_clock():%Y-%m-%d}")
    reported = capsys.readouterr().out

    assert checked[0].startswith("warning")
    assert operator() in checked[0]
    assert "2 customers" in checked[0]
    assert "alarm: reader" in reported


def test_what_an_operator_asks_in_a_customers_name_is_logged_to_the_customer(
    folder: Path, cheap_embedder: HashingEmbedder
) -> None:
    articles = folder / "articles"
    articles.mkdir()
    (articles / "hours.md").write_text("# Opening hours\n\nWe open at 8.", encoding="utf-8")
    with build(Settings(), open_model=lambda _settings: cheap_embedder) as assistant:
        assistant.build_index(articles)
        assistant.knowledge.refresh()
        assistant.ask("when do you open?", subject=MIRA)
        assistant.ask("when do you open?")

    (entry,) = [entry for entry in accesses(MIRA) if entry.role is Role.OPERATOR]
    assert (entry.actor, entry.reading, entry.items) == (operator(), "ask", 1)
    assert entry.categories == {"chat"}


def test_check_says_that_nobody_read_in_bulk(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del folder
    capsys.readouterr()
    exit_code("check")

    assert "ok       access     no alarm" in capsys.readouterr().out
