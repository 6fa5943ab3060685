"""Random rows in every personal table of the catalogue, and what a customer must be shown of them.

Rows are generated from the kinds of the columns, so that a table that somebody adds is seeded too;
only what the database's triggers demand (a chain, a step after a step) is said by hand.
"""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary, Table, select, text
from tests.fakes.clock import SteppableClock

from assistant.core.clock import from_epoch_ms, to_epoch_ms, to_rfc3339
from assistant.core.erasure import ErasureState
from assistant.core.ids import CustomerId, new_id
from assistant.profile.consent.published_purposes import publish
from assistant.profile.pack.loading import Pack
from assistant.store.consents import ConsentEntry, ConsentRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection, Database
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.store.tables import CATALOGUE, METADATA, ColumnKind
from assistant.store.tables.labels import Form, list_sections
from assistant.vault.vault import Vault

Shown = Mapping[str, Any]

_BY_REPOSITORY = frozenset({"customers", "customer_directory", "consent_events"})
_ONE_A_CUSTOMER = frozenset({"visitors", "history_blocks", "indexing_queue"})
_IN_A_ROW = ("why_questions", "card_showings", "askings", "answers", "confirmations", "facts")
_DAY = 86_400_000


@dataclass
class Seeder:
    """Fills every table for one customer and remembers what was sealed."""

    database: Database
    vault: Vault
    pack: Pack
    clock: SteppableClock
    random: random.Random
    rows: int = 3
    customer: CustomerId = field(init=False)
    sealed: dict[bytes, Any] = field(default_factory=dict)

    def seed(self, subject: str = "noor@customers.example") -> CustomerId:
        """Make the customer and rows of theirs in every personal table."""
        customers = CustomerRepository(vault=self.vault)
        published = PublishedPurposeRepository()
        now = self.clock()

        def make(connection: Connection) -> CustomerId:
            publish(connection, self.pack, published, at=now)
            return customers.get_or_create_customer(connection, subject, at=now).customer_id

        self.customer = self.database.write_now(make)
        self.subject = subject
        self.database.write_now(self._seed)
        return self.customer

    def expected(self) -> dict[str, list[Shown]]:
        """Return, by table, what each stored row must be shown as; hashes are left out."""
        return self.database.read_now(self._expected)

    def hashes(self) -> list[bytes]:
        """Return every keyed hash that is stored of the customer; none of them is shown."""

        def work(connection: Connection) -> list[bytes]:
            found: list[bytes] = []
            for name, rule in CATALOGUE.items():
                kept = [c for c, kind in rule.columns.items() if kind is ColumnKind.KEYED_HASH]
                if rule.personal and kept:
                    for row in connection.execute(_all_of(name, self.customer)).mappings():
                        found += [bytes(row[c]) for c in kept if isinstance(row[c], bytes)]
            return found

        return self.database.read_now(work)

    def _seed(self, connection: Connection) -> None:
        self._decide(connection)
        self.conversations = [new_id() for _ in range(self.rows)]
        self.turns = [new_id() for _ in range(self.rows)]
        for table in METADATA.sorted_tables:
            if not CATALOGUE[table.name].personal or table.name in _BY_REPOSITORY:
                continue
            if table.name in _IN_A_ROW:
                continue
            for number in range(1 if table.name in _ONE_A_CUSTOMER else self.rows):
                self._insert(connection, table, self._given(table.name, number))
        for _ in range(self.rows):
            self._ask(connection)

    def _decide(self, connection: Connection) -> None:
        """Append decisions with evidence, in the chain that the database asks for."""
        entries = [
            ConsentEntry(
                purpose="answer_from_history",
                version=1,
                category=category,
                decision="given",
                at=self.clock(),
                text_sha256=self.random.randbytes(32).hex(),
                channel="import",
                evidence={"form": self._word()},
            )
            for category in ("orders", "returns", "calls")
        ]
        consents = ConsentRepository(vault=self.vault)
        events = consents.append(connection, self.customer, entries)
        for event, entry in zip(events, entries, strict=True):
            stored = connection.execute(_all_of("consent_events", self.customer)).mappings().all()
            row = next(each for each in stored if each["seq"] == event.seq)
            self.sealed[bytes(row["evidence_sealed"])] = dict(entry.evidence or {})

    def _ask(self, connection: Connection) -> None:
        """Walk one question through its steps, up to a fact."""
        step = self._step()
        for name in _IN_A_ROW:
            table = METADATA.tables[name]
            self._insert(connection, table, {k: v for k, v in step.items() if k in table.columns})

    def _step(self) -> dict[str, Any]:
        """Return what the rows of one question have in common, each moment after the other."""
        shown = self.pack.disclose("learn_why", "en")
        tag, now = self.random.randbytes(32), to_epoch_ms(self.clock())
        moments = ("proposed_at", "shown_at", "asked_at", "answered_at", "confirmed_at")
        return {
            "question_id": new_id(),
            "conversation_id": new_id(),
            "purpose": "learn_why",
            "version": shown.version,
            "text_sha256": shown.text_sha256,
            "question_sha256": hashlib.sha256(self._word().encode()).hexdigest(),
            "lang": "en",
            "origin": "volunteered",
            "category": "stated_reasons",
            "ending": None,
            "ended_at": None,
            "seq": 1,
            "confirmation": 1,
            "kind": "confirmed",
            "state": "active",
            "tag": tag,
            "answer_tag": tag,
            **{moment: now + later for later, moment in enumerate(moments)},
            "valid_from": now + len(moments),
            "expires_at": now + 30 * _DAY,
        }

    def _given(self, table: str, number: int) -> dict[str, Any]:
        """Return what a row must hold so that it refers to rows that exist."""
        given: dict[str, Any] = {}
        columns = METADATA.tables[table].columns
        if "conversation_id" in columns:
            given["conversation_id"] = self.conversations[number]
        if table == "turns":
            given |= {"conversation_id": self.conversations[0], "seq": number + 1}
        if "turn_key" in columns:
            given["turn_key"] = self.turns[number]
        if table == "events":
            given["category"] = ("orders", "calls", "browsing")[number % 3]
        if table == "erasures":
            given["state"] = ErasureState.BLOCKED_FOR_USE.value
        return given

    def _insert(self, connection: Connection, table: Table, given: Mapping[str, Any]) -> None:
        rule = CATALOGUE[table.name]
        row: dict[str, Any] = {"customer_id": self.customer, **given}
        for column in table.columns:
            if column.name not in row and rule.columns[column.name] is not ColumnKind.SEALED:
                row[column.name] = self._value(column.name, column.type)
        for name, kind in rule.columns.items():
            if kind is ColumnKind.SEALED:
                content, shown = self._content(_form(table.name, name))
                place = rule.places[name].format(**row)
                row[name] = self.vault.seal(self.customer, table.name, place, content)
                self.sealed[row[name]] = shown
        connection.execute(table.insert(), row)
        if table.name == "erasures":
            _finish_erasure(connection, self.customer, row["erasure_id"])

    def _value(self, name: str, type_: object) -> object:
        if isinstance(type_, BigInteger):
            later = timedelta(milliseconds=self.random.randrange(10**10))
            return to_epoch_ms(self.clock() + later)
        if isinstance(type_, Boolean):
            return self.random.random() < 0.5
        if isinstance(type_, Integer):
            return self.random.randrange(1, 10**6)
        if isinstance(type_, Float):
            return self.random.random()
        if isinstance(type_, LargeBinary):
            return self.random.randbytes(32)
        return new_id() if name.endswith(("_id", "covers")) else self._word()

    def _content(self, form: Form) -> tuple[bytes, object]:
        said = self._word()
        if form == "words":
            return self.random.randbytes(16) + said.encode(), said
        if form == "text":
            return said.encode(), said
        content = {"source": "shop", "id": said, "type": "order.placed", "data": {"note": said}}
        return orjson.dumps(content), content

    def _word(self) -> str:
        return f"word-{self.random.randbytes(8).hex()}"

    def _expected(self, connection: Connection) -> dict[str, list[Shown]]:
        found: dict[str, list[Shown]] = {}
        for name, rule in CATALOGUE.items():
            if rule.personal:
                rows = connection.execute(_all_of(name, self.customer)).mappings()
                found[name] = [
                    {
                        column: self._shown(name, column, row[column])
                        for column, kind in rule.columns.items()
                        if kind is not ColumnKind.KEYED_HASH and (name, column) not in COUNTED
                    }
                    for row in rows
                ]
        return found

    def _shown(self, table: str, column: str, value: Any) -> object:  # noqa: ANN401 - any column
        if value is None:
            return None
        if CATALOGUE[table].columns[column] is ColumnKind.SEALED:
            if (table, column) == ("customers", "external_sealed"):
                return self.subject
            return self.sealed[bytes(value)]
        if isinstance(METADATA.tables[table].columns[column].type, BigInteger):
            return to_rfc3339(from_epoch_ms(value))
        return bytes(value).hex() if isinstance(value, bytes) else value


COUNTED = {
    ("history_blocks", "sealed"): "the same texts stand in the events; vectors are counted",
    ("erasures", "samples"): "sealed remains of what was erased, under a key of the service",
}
"""Columns that hold content and are not shown as such, and why; nothing else may be left out."""


def _form(table: str, column: str) -> Form:
    sections = {section.name: section for section in list_sections()}
    return next(each.form for each in sections[table].columns if each.name == column)


def _all_of(table: str, customer_id: str) -> Any:  # noqa: ANN401 - a select of any columns
    found = METADATA.tables[table]
    return select(found).where(found.c.customer_id == customer_id)


def _finish_erasure(connection: Connection, customer_id: str, erasure_id: str) -> None:
    """Bring an erasure to its end, one state after the other, as the database asks."""
    for state in list(ErasureState)[2:]:
        connection.execute(
            text(
                "UPDATE erasures SET state = :state WHERE customer_id = :own AND erasure_id = :one"
            ),
            {"state": state.value, "own": customer_id, "one": erasure_id},
        )
