"""The controls of the canary scanner: it says FOUND, REMOVED and NOT COMPUTABLE where they are due.

A scanner that finds nothing proves nothing unless it is shown to find what is there, and to say so
when it cannot look.
"""

import base64
import bz2
import gzip
import lzma
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from tests.canary import IssuedKeys, Judgement, Verdict, judge_database, judge_file, judge_folder
from tests.canary_keys import RecordingKeyStore
from tests.fakes.key_store import InMemoryKeyStore

from assistant.core.ids import CustomerId
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.vault.key_files import KeyRing, new_key, ring_of
from assistant.vault.vault import Vault

AT = datetime(2026, 3, 2, tzinfo=UTC)
SAID = "my känguru needs a quieter kettle"
CANARIES = {"said": SAID}
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda content: b"\x28\xb5\x2f\xfd" + os.urandom(len(content)),
    "xor": lambda content: bytes(byte ^ 0x5A for byte in content),
    "reversed bits": lambda content: bytes(255 - byte for byte in content),
    "base64 of gzip": lambda content: base64.b64encode(gzip.compress(content + os.urandom(600))),
    "hexadecimal of xor": lambda content: bytes(byte ^ 0xA5 for byte in content).hex().encode(),
}


@pytest.fixture
def ring() -> KeyRing:
    return ring_of(new_key())


@pytest.fixture
def recorded(ring: KeyRing) -> RecordingKeyStore:
    """A key store that remembers every key, so that the scan has every key ever issued."""
    return RecordingKeyStore(InMemoryKeyStore(), ring)


@pytest.fixture
def vault(recorded: RecordingKeyStore, ring: KeyRing) -> Vault:
    return Vault.unlock(recorded, ring)


def say(database: Database, vault: Vault, subject: str = "ada", said: str = SAID) -> CustomerId:
    """Let a customer say something, the way the service stores it."""

    def work(connection: Connection) -> CustomerId:
        customers = CustomerRepository(vault=vault)
        customer = customers.get_or_create_customer(connection, subject, at=AT).customer_id
        ConversationRepository(vault=vault).append_utterance(
            connection, customer, f"c-{subject}", turn_id="t1", text=said, lang="en", at=AT,
            open_missing=True,
        )  # fmt: skip
        return customer

    return database.write_now(work)


def store_of(path: Path, value: object) -> Path:
    """Make a database of SQLite with one value in it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (note)")
        connection.execute("INSERT INTO notes VALUES (?)", (value,))
        connection.commit()
    return path


@pytest.mark.parametrize("form", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_canary_in_a_file_is_found(tmp_path: Path, form: str) -> None:
    (tmp_path / "log").write_bytes(os.urandom(99) + SAID.encode(form) + os.urandom(99))

    assert judge_folder(tmp_path, CANARIES).verdict is Verdict.FOUND


def test_a_canary_in_a_table_is_found_even_where_pages_cut_it(tmp_path: Path) -> None:
    for length in range(4000, 4100, 7):
        path = store_of(tmp_path / f"{length}.db", "x" * length + SAID + "y" * 9000)
        assert judge_file(path, CANARIES).verdict is Verdict.FOUND


def test_a_sealed_canary_is_found_with_its_key(
    database: Database, vault: Vault, recorded: RecordingKeyStore, data_folder: Path
) -> None:
    say(database, vault)

    def judged(keys: IssuedKeys) -> Judgement:
        return database.read_now(lambda c: judge_database(c, CANARIES, keys=keys))

    assert judged(recorded.issued).verdict is Verdict.FOUND
    assert judged(IssuedKeys()).verdict is Verdict.NOT_COMPUTABLE
    if database.dialect == "sqlite":
        seen = judge_folder(data_folder, CANARIES, keys=recorded.issued)
        assert seen.verdict is Verdict.FOUND
        assert seen.opened == 2
        assert any(one.place.endswith(", deciphered") for one in seen.sightings)


def test_a_key_that_was_destroyed_still_tells_the_scan_what_is_left(
    database: Database, vault: Vault, recorded: RecordingKeyStore
) -> None:
    customer = say(database, vault)
    vault.shred(customer)

    seen = database.read_now(lambda c: judge_database(c, CANARIES, keys=recorded.issued))

    assert seen.verdict is Verdict.FOUND


@pytest.mark.parametrize("number", [1, 2, 60_000])
def test_a_torn_sealed_value_is_found_with_its_key(
    tmp_path: Path, vault: Vault, recorded: RecordingKeyStore, number: int
) -> None:
    vault.create_key("ada")
    sealed = vault.seal("ada", "turns", "t/utterance", b'{"text": "' + SAID.encode() + b'"}')
    if number > 1:
        sealed = b"\x02" + number.to_bytes(4, "big") + sealed[1:]
    (tmp_path / "assistant.db-wal").write_bytes(os.urandom(4_001) + sealed[:-18] + os.urandom(50))

    assert judge_folder(tmp_path, CANARIES, keys=recorded.issued).sightings
    assert not judge_folder(tmp_path, CANARIES).sightings


def test_a_torn_value_that_begins_with_a_nonce_is_found_too(
    tmp_path: Path, vault: Vault, recorded: RecordingKeyStore
) -> None:
    vault.create_key("ada")
    sealed = vault.seal("ada", "facts", "f", os.urandom(16) + b"because: " + SAID.encode())
    (tmp_path / "rest").write_bytes(os.urandom(4_001) + sealed + os.urandom(50))

    assert judge_folder(tmp_path, CANARIES, keys=recorded.issued).verdict is Verdict.FOUND


def test_an_emptied_store_reads_removed(
    sqlite_url: str, vault: Vault, recorded: RecordingKeyStore, data_folder: Path
) -> None:
    database = Database.open(sqlite_url)
    say(database, vault)
    say(database, vault, "ben", "something else entirely, in the open")
    assert judge_folder(data_folder, CANARIES, keys=recorded.issued).verdict is Verdict.FOUND

    ada = database.read_now(lambda c: CustomerRepository(vault=vault).find_customer(c, "ada"))
    assert ada is not None
    for table in ("turns", "conversations", "customer_directory"):
        statement = text(f"DELETE FROM {table} WHERE customer_id = :c")
        database.write_now(lambda c, s=statement: c.execute(s, {"c": ada.customer_id}))
    assert database.checkpoint_now()

    seen = judge_folder(data_folder, CANARIES, keys=recorded.issued)
    assert seen.verdict is Verdict.REMOVED
    assert seen.opened == 3  # what ben said, and who the two are
    database.close_now()


@pytest.mark.parametrize("content", [b"", bytes(8192), b"nothing of note\n"])
def test_a_truncated_store_reads_removed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store"
    path.write_bytes(SAID.encode())
    assert judge_file(path, CANARIES).verdict is Verdict.FOUND

    path.write_bytes(content)

    assert judge_file(path, CANARIES).verdict is Verdict.REMOVED
    assert judge_folder(tmp_path, CANARIES).verdict is Verdict.REMOVED


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_encoded_store_reads_not_computable(tmp_path: Path, name: str) -> None:
    store = store_of(tmp_path / "plain.db", SAID).read_bytes()
    (tmp_path / "plain.db").unlink()
    (tmp_path / "store").write_bytes(ENCODINGS[name](store))

    seen = judge_folder(tmp_path, CANARIES)

    assert (seen.verdict, len(seen.unreadable)) == (Verdict.NOT_COMPUTABLE, 1)


@pytest.mark.parametrize("name", ["gzip", "xor"])
def test_an_encoded_value_in_a_table_reads_not_computable(tmp_path: Path, name: str) -> None:
    path = store_of(tmp_path / "store.db", ENCODINGS[name](SAID.encode() * 9 + os.urandom(99)))

    assert judge_file(path, CANARIES).verdict is Verdict.NOT_COMPUTABLE


def test_a_zip_is_read_when_it_compresses_nothing(tmp_path: Path) -> None:
    for method, verdict in (
        (zipfile.ZIP_STORED, Verdict.REMOVED),
        (zipfile.ZIP_DEFLATED, Verdict.NOT_COMPUTABLE),
    ):
        with zipfile.ZipFile(tmp_path / "export.zip", "w", method) as archive:
            archive.writestr("page.html", "<p>nothing of note</p>" * 50)
        assert judge_folder(tmp_path, CANARIES).verdict is verdict


def test_a_store_that_cannot_be_opened_or_is_not_there_reads_not_computable(
    tmp_path: Path,
) -> None:
    whole = store_of(tmp_path / "whole.db", SAID[:5] * 9_000).read_bytes()
    (tmp_path / "whole.db").unlink()
    (tmp_path / "cut.db").write_bytes(whole[: len(whole) // 2])

    assert judge_file(tmp_path / "cut.db", CANARIES).verdict is Verdict.NOT_COMPUTABLE
    assert judge_file(tmp_path / "gone", CANARIES).verdict is Verdict.NOT_COMPUTABLE
    assert judge_folder(tmp_path / "gone", CANARIES).verdict is Verdict.NOT_COMPUTABLE


def test_one_sighting_outweighs_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(os.urandom(999))
    (tmp_path / "b").write_bytes(SAID.encode())

    assert judge_folder(tmp_path, CANARIES).verdict is Verdict.FOUND


def test_what_is_sealed_under_a_lost_key_only_counts_where_keys_may_be_lost(
    database: Database, vault: Vault, recorded: RecordingKeyStore
) -> None:
    ada = say(database, vault)
    say(database, vault, "ben", "something else entirely")
    extant = IssuedKeys({c: k for c, k in recorded.issued.by_customer.items() if c != ada})

    def judged(*, every_key: bool) -> Judgement:
        return database.read_now(
            lambda c: judge_database(c, CANARIES, keys=extant, every_key=every_key)
        )

    assert judged(every_key=True).verdict is Verdict.NOT_COMPUTABLE
    backup = judged(every_key=False)
    assert (backup.verdict, backup.opened, backup.shut) == (Verdict.REMOVED, 2, 2)


def test_arrays_and_the_service_s_own_files_can_be_read(
    sqlite_url: str, vault: Vault, recorded: RecordingKeyStore, data_folder: Path
) -> None:
    database = Database.open(sqlite_url)
    say(database, vault, said="something else entirely")
    (data_folder / "index").mkdir()
    np.save(data_folder / "index" / "codes.npy", np.arange(9_000, dtype=np.int8))
    (data_folder / "index" / "passages.jsonl").write_text('{"text": "Kettles boil."}\n')

    seen = judge_folder(data_folder, CANARIES, keys=recorded.issued)

    assert (seen.verdict, seen.unreadable) == (Verdict.REMOVED, [])
    database.close_now()
