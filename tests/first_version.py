"""A database and a key database as the first version left them, written without today's code.

What was sealed then is sealed here by hand: one key a customer, one byte of format in front.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from alembic import command
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from sqlalchemy import text

from assistant.store import schema
from assistant.store.engine import Connection
from assistant.vault.customer_keys import hashing_subkey, labelled_hash
from assistant.vault.key_files import KeyEncryptionKey
from assistant.vault.wrapping import check_value

KEY_TABLES: Final = (
    "CREATE TABLE key_schema (version INTEGER NOT NULL PRIMARY KEY)",
    "CREATE TABLE key_epochs (epoch INTEGER NOT NULL PRIMARY KEY, created_at BIGINT NOT NULL, "
    "check_value {bytes} NOT NULL)",
    "CREATE TABLE wrapped_keys (customer_id VARCHAR NOT NULL, epoch INTEGER NOT NULL, "
    "wrapped {bytes} NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (customer_id))",
    "CREATE TABLE service_keys (name VARCHAR NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL, "
    "wrapped {bytes} NOT NULL)",
    "INSERT INTO key_schema VALUES (1)",
)
_AT: Final = 1_772_000_000_000
_TURNS: Final = 3
_EVENTS: Final = 2


def add_key_tables(connection: Connection) -> None:
    """Make the tables of a key database of version 1."""
    kind = {"sqlite": "BLOB", "postgresql": "BYTEA"}[connection.dialect.name]
    for statement in KEY_TABLES:
        connection.execute(text(statement.format(bytes=kind)))


def add_tables(connection: Connection) -> None:
    """Make the tables of the main database in their first form."""
    config = schema._config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


@dataclass
class FirstVersion:
    """Customers who left something in every table that had sealed columns then."""

    key: KeyEncryptionKey
    customers: tuple[str, ...] = ("ada", "ben")
    service_key: bytes = field(default_factory=lambda: os.urandom(32))

    def __post_init__(self) -> None:
        self.data_keys: Final = {name: os.urandom(32) for name in self.customers}

    def write_keys(self, connection: Connection) -> None:
        """Write the key database."""
        add_key_tables(connection)
        check = {"check": check_value(self.key)}
        connection.execute(text("INSERT INTO key_epochs VALUES (1, 0, :check)"), check)
        for name, data_key in self.data_keys.items():
            wrapped = {"name": name, "wrapped": aes_key_wrap(self.key.secret, data_key)}
            connection.execute(
                text("INSERT INTO wrapped_keys VALUES (:name, 1, :wrapped, 7)"), wrapped
            )
        wrapped = {
            "name": "external-ids",
            "wrapped": aes_key_wrap(self.key.secret, self.service_key),
        }
        connection.execute(text("INSERT INTO service_keys VALUES (:name, 1, :wrapped)"), wrapped)

    def write_rows(self, connection: Connection) -> None:
        """Write the main database."""
        add_tables(connection)
        for customer in self.customers:
            self._write_customer(connection, customer)
            self._write_chat(connection, customer)
            self._write_history(connection, customer)
            self._write_consent(connection, customer)

    def told(self, customer: str) -> Mapping[tuple[str, str, str], bytes]:
        """Return every sealed content of a customer by table, column and place."""
        told = {("customers", "external_sealed", "external"): self.external(customer).encode()}
        for n in range(_TURNS):
            said = {"turn_id": f"t{n}", "text": f"{customer} asks {n}", "lang": "en"}
            told["turns", "utterance_sealed", f"{customer}-k{n}/utterance"] = orjson.dumps(said)
            told["turns", "reply_sealed", f"{customer}-k{n}/reply"] = b"answer %d" % n
        for n in range(_EVENTS):
            told["events", "sealed", f"{customer}-e{n}"] = orjson.dumps(self.event(n))
        told["history_blocks", "sealed", "1"] = b"vectors" * 100
        told["consent_events", "evidence_sealed", "1"] = b'{"page":"x"}'
        return told

    def external(self, customer: str) -> str:
        """Return the company's own id of a customer."""
        return f"{customer}@mail.example"

    def event(self, n: int) -> dict[str, Any]:
        """Return what was sealed of an event."""
        data = {"order_id": f"W{n}", "items": [{"name": "Alder kettle"}]}
        about = {"source": "shop", "id": f"order-{n}", "type": "order.placed"}
        return {**about, "data": data, "rendering": "You ordered an Alder kettle"}

    def seal(self, customer: str, table: str, place: str) -> bytes:
        """Seal as the first version did what ``told`` says of this place."""
        column = next(of for name, of, at in self.told(customer) if (name, at) == (table, place))
        content = self.told(customer)[table, column, place]
        parts = [part.encode() for part in ("the-company", customer, table, place)]
        bound = b"\x01" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        nonce = os.urandom(12)
        return b"\x01" + nonce + AESGCM(self.data_keys[customer]).encrypt(nonce, content, bound)

    def _hash(self, customer: str, label: str, value: bytes) -> bytes:
        return labelled_hash(hashing_subkey(self.data_keys[customer]), label, value)

    def _write_customer(self, connection: Connection, customer: str) -> None:
        sealed = self.seal(customer, "customers", "external")
        _insert(connection, "customers", customer, kind="customer", external_sealed=sealed,
                created_at=_AT, consent_epoch=1)  # fmt: skip
        hashed = labelled_external(self.service_key, self.external(customer))
        _insert(connection, "customer_directory", customer, external_hash=hashed)

    def _write_chat(self, connection: Connection, customer: str) -> None:
        _insert(connection, "conversations", customer, conversation_id="c1", created_at=_AT,
                last_turn_at=_AT, lang="en", turns=_TURNS)  # fmt: skip
        for n in range(_TURNS):
            key = f"{customer}-k{n}"
            _insert(
                connection, "turns", customer, turn_key=key, conversation_id="c1", seq=n + 1,
                turn_hash=self._hash(customer, "turn", b"t%d" % n),
                utterance_sealed=self.seal(customer, "turns", f"{key}/utterance"),
                reply_sealed=self.seal(customer, "turns", f"{key}/reply"),
                state="answered", created_at=_AT, replied_at=_AT,
            )  # fmt: skip

    def _write_history(self, connection: Connection, customer: str) -> None:
        for n in range(_EVENTS):
            event = self.event(n)
            content = [event["type"], _AT, event["data"]]
            _insert(
                connection, "events", customer, event_id=f"{customer}-e{n}",
                event_hash=self._hash(customer, "event", orjson.dumps(["shop", event["id"]])),
                content_hash=self._hash(
                    customer, "event content", orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
                ),
                category="orders", time=_AT, received_at=_AT,
                sealed=self.seal(customer, "events", f"{customer}-e{n}"),
            )  # fmt: skip
        _insert(connection, "history_blocks", customer, version=1, embedder="e", covers="e1",
                items=_EVENTS, sealed=self.seal(customer, "history_blocks", "1"))  # fmt: skip

    def _write_consent(self, connection: Connection, customer: str) -> None:
        _insert(
            connection, "consent_events", customer, seq=1, purpose="learn_why", version=1,
            category="orders", decision="given", at=_AT, text_sha256="ab" * 32, channel="web",
            evidence_sealed=self.seal(customer, "consent_events", "1"),
        )  # fmt: skip


def labelled_external(service_key: bytes, external_id: str) -> bytes:
    """Return the hash by which the directory knew an external id."""
    return hmac.digest(service_key, external_id.encode(), hashlib.sha256)


def _insert(connection: Connection, table: str, customer: str, **values: object) -> None:
    named = {"customer_id": customer, **values}
    columns, marks = ", ".join(named), ", ".join(f":{name}" for name in named)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), named)
