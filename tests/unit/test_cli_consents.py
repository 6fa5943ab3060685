"""`assistant verify-receipt`, and what `assistant check` says about consents, on real files."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from tests.commands import exit_code
from tests.profile_parts import MARKET, Parts

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.profile.consent.published_purposes import publish_pack
from assistant.profile.pack.loading import load_pack
from assistant.profile.receipts.signing import DocumentSigner
from assistant.store.engine import Database
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.vault.key_files import read_key_file
from assistant.vault.vault import Vault

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SIGNER = DocumentSigner(seed=b"c" * 32)


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    path = tmp_path / "receipt.json"
    signed = SIGNER.sign({"@context": [], "words": "what was shown"}, created=AT)
    path.write_bytes(orjson.dumps(signed))
    return path


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "assistant-keys.json"
    path.write_bytes(orjson.dumps(SIGNER.key_document()))
    return path


def test_a_whole_receipt_is_valid_with_the_services_keys(
    receipt: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("verify-receipt", str(receipt), "--keys", str(keys)) == 0
    assert capsys.readouterr().out == f"valid: signed with the service's key {SIGNER.multikey}\n"


def test_without_keys_it_says_whose_signature_that_is_and_what_is_left_to_do(
    receipt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("verify-receipt", str(receipt)) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"valid for the key it names: {SIGNER.multikey}")
    assert "--keys" in output


def test_a_changed_receipt_is_not_valid_and_it_says_why(
    receipt: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt.write_bytes(receipt.read_bytes().replace(b"was shown", b"was hidden"))

    assert exit_code("verify-receipt", str(receipt), "--keys", str(keys)) == 1
    assert "not valid: the signature does not fit" in capsys.readouterr().out


def test_a_receipt_of_another_service_is_not_valid(
    receipt: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.write_bytes(orjson.dumps(DocumentSigner(seed=b"d" * 32).key_document()))

    assert exit_code("verify-receipt", str(receipt), "--keys", str(keys)) == 1
    assert "not among the given ones" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b'{"proof": 3}', b"\xff\xfe"])
def test_what_is_no_receipt_is_refused_in_one_line(
    receipt: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt.write_bytes(content)

    assert exit_code("verify-receipt", str(receipt)) == 1
    output = capsys.readouterr()
    assert len((output.out + output.err).splitlines()) == 1


def test_a_receipt_that_names_something_twice_is_refused(
    receipt: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt.write_bytes(b'{"words": "what was never shown", ' + receipt.read_bytes()[1:])

    assert exit_code("verify-receipt", str(receipt), "--keys", str(keys)) == 1
    output = capsys.readouterr()
    assert "names 'words' twice" in output.err
    assert output.out == ""


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("verify-receipt", str(tmp_path / "gone.json")) == 1
    assert "gone.json" in capsys.readouterr().err


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with keys, a database, published purposes and one customer's decisions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(MARKET))
    exit_code("init-keys")
    (tmp_path / "data").mkdir()
    store = SqlKeyStore.open("sqlite:///data-keys/keys.db")
    vault = Vault.unlock(store, read_key_file(tmp_path / "data-keys" / "key"))
    database = Database.open("sqlite:///data/assistant.db")
    database.migrate()
    parts = Parts.of(database, vault, lambda: AT)
    publish_pack(database, parts.pack, PublishedPurposeRepository(), at=AT)
    amara = parts.customer()
    parts.decide(amara, "answer_from_history")
    parts.decide(amara, "answer_from_history", "withdrawn", {"orders"})
    database.close_now()
    store.close()
    return tmp_path


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return the printed level and text by subject."""
    capsys.readouterr()
    exit_code("check")
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    return {subject: f"{level} {text}" for level, subject, text in lines}


def test_check_counts_whole_chains_and_published_texts(
    service: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = findings(capsys)

    categories = len(load_pack(MARKET).purposes["answer_from_history"].categories)
    assert seen["consents"] == f"ok 1 chains of {categories + 1} decisions are whole"
    assert seen["purposes"].startswith("ok")


def test_check_names_the_customer_and_entry_of_a_broken_chain(
    service: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = sqlite3.connect(service / "data" / "assistant.db")
    connection.execute("DROP TRIGGER consent_events_refuse_update")
    connection.execute("UPDATE consent_events SET decision = 'refused' WHERE seq = 3")
    (customer,) = connection.execute("SELECT customer_id FROM customers").fetchone()
    connection.commit()
    connection.close()

    seen = findings(capsys)

    assert seen["consents"].startswith(f"error customer {customer}, entry 3: ")
    connection = sqlite3.connect(service / "data" / "assistant.db")
    logged = connection.execute("SELECT customer_id, role, reading, categories FROM access_log")
    assert logged.fetchall() == [(customer, "operator", "check", "consent")]
    connection.close()
    assert exit_code("check") == 1


def test_check_fails_for_a_text_that_changed_under_its_version(
    service: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = service / "pack"
    pack.mkdir()
    for path in MARKET.glob("*.yaml"):
        content = path.read_text(encoding="utf-8")
        (pack / path.name).write_text(
            content.replace("Answer me from my own history", "Know everything"), encoding="utf-8"
        )
    monkeypatch.setenv("ASSISTANT_KNOWLEDGE", str(pack))

    seen = findings(capsys)

    assert seen["purposes"].startswith("error the text in 'en' of purpose 'answer_from_history'")
    assert "raise the version" in seen["purposes"]
