"""A deployment that is written to, backed up, lost and put back, with every text it ever held."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, TypeVar

from sqlalchemy import select
from tests.backup_parts import put_back
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder

from assistant.bootstrap import Assistant, build
from assistant.core.actor import Role
from assistant.core.clock import to_rfc3339
from assistant.core.erasure import Scope
from assistant.core.ids import ConversationId, CustomerId, new_id
from assistant.dialogue.reply_codec import encode_reply
from assistant.dialogue.turns import Reply, Sentence
from assistant.profile.consent.grants import Grant, Refusal
from assistant.profile.erasure.requests import ErasureScope
from assistant.settings import Settings
from assistant.store.engine import Connection
from assistant.store.tables import CATALOGUE, METADATA, ColumnKind

T = TypeVar("T")
PURPOSE = "answer_from_history"
CATEGORIES = ("orders", "browsing", "support_cases")
TYPES = {"orders": "order.placed", "browsing": "page.viewed"}
_CUSTOMERS = METADATA.tables["customers"]


@dataclass
class Written:
    """A text that was written once: whose, where it lies, and whether it must be gone."""

    canary: str
    subject: str
    category: str
    item_id: str
    conversation: str | None = None
    erased: bool = False


@dataclass
class Kept:
    """A backup with the keys of the same moment and the epoch that wrapped them."""

    data: Path
    keys: Path
    epoch: int | None
    copied: Path | None


class Deployment:
    """What a machine of random orders does its steps with."""

    lend: ClassVar[Callable[[], tuple[Path, str]]]
    """Gives a folder, and the URL of a fresh database."""

    tried: ClassVar[Counter[str]] = Counter()

    def _make(self) -> None:
        self.folder, url = type(self).lend()
        self.clock = SteppableClock()
        self.settings: Settings = settings_in(self.folder, url)
        self.written: list[Written] = []
        self.gone: set[CustomerId] = set()
        self.backups: list[Kept] = []
        self.assistant: Assistant = self._build()

    def _open_everything(self, connection: Connection) -> list[str]:
        """Open every sealed value of everybody who is not blocked for use."""
        vault, opened = self.assistant.stores.vault, []
        blocked = _CUSTOMERS.c.blocked_at.is_not(None)
        held = set(connection.execute(select(_CUSTOMERS.c.customer_id).where(blocked)).scalars())
        for name, rule_ in CATALOGUE.items():
            sealed = [c for c, kind in rule_.columns.items() if kind is ColumnKind.SEALED]
            for row in connection.execute(select(METADATA.tables[name])).mappings():
                for column in (c for c in sealed if row[c] is not None):
                    if row["customer_id"] not in held:
                        place = rule_.places[column].format(**row)
                        content = vault.open(row["customer_id"], name, place, bytes(row[column]))
                        opened.append(content.decode("utf-8", "replace"))
        return opened

    def _put_back(self, kept: Kept, *, lost_keys: bool) -> None:
        if lost_keys:
            for path in self.settings.key_folder.glob("keys.db*"):
                path.unlink()
            for each in self.backups:
                each.copied = None  # a bare copy needs the keys that were there with it
        keys = kept.keys if lost_keys else None
        put_back(self.settings, kept.data, keys, replace=True, clock=self.clock)

    def _copy_back(self, kept: Kept) -> None:
        assert kept.copied is not None
        file = self._file()
        for journal in ("-wal", "-shm"):
            file.with_name(file.name + journal).unlink(missing_ok=True)
        shutil.copyfile(kept.copied, file)

    def _hand_over(self, subject: str, customer: CustomerId, category: str, canary: str) -> None:
        order = {"order_id": canary, "items": [{"item_id": "1", "name": canary}]}
        document = {
            "specversion": "1.0",
            "id": new_id(),
            "source": "https://shop.example/web",
            "type": TYPES[category],
            "time": to_rfc3339(self._now()),
            "subject": subject,
            "data": order if category == "orders" else {"title": canary},
        }
        before, intake = self._event_ids(customer), self.assistant.intake
        parsed = [intake.parser.parse(document)]
        (result,) = self._write(lambda c: intake.intake.store_batch(c, parsed))
        if result.status == "stored":
            (item_id,) = self._event_ids(customer) - before
            self.written.append(Written(canary, subject, category, item_id))

    def _build(self) -> Assistant:
        return build(
            self.settings, clock=self.clock, open_model=lambda _settings: HashingEmbedder()
        )

    def _epoch(self) -> int | None:
        return self.assistant.stores.keys.latest_epoch()

    def _now(self) -> datetime:
        return self.clock.advance(seconds=1)

    def _canary(self) -> str:
        return f"canary-{len(self.written)}-{new_id()}"

    def _find(self, subject: str) -> CustomerId | None:
        customers = self.assistant.stores.customers
        found = self._read(lambda c: customers.find_customer(c, subject))
        return None if found is None else found.customer_id

    def _arrive(self, subject: str) -> CustomerId:
        customers, now = self.assistant.stores.customers, self._now()
        return self._write(
            lambda c: customers.get_or_create_customer(c, subject, at=now)
        ).customer_id

    def _is_held(self, customer_id: CustomerId) -> bool:
        """Whether an erasure of all their data is under way, so that nothing may be written."""
        customers = self.assistant.stores.customers
        return self._read(lambda c: customers.get_customer(c, customer_id)).blocked_at is not None

    def _authorize(self, customer_id: CustomerId) -> Grant | Refusal:
        return self._read(
            lambda c: self.assistant.gate.authorize(
                c,
                customer_id=customer_id,
                purpose=PURPOSE,
                categories=CATEGORIES,
                role=Role.ASSISTANT,
            )
        )

    def _event_ids(self, customer_id: CustomerId) -> set[str]:
        events = self.assistant.stores.events
        return set(self._read(lambda c: events.list_event_ids(c, customer_id)))

    def _conversations(self, customer_id: CustomerId) -> list[str]:
        turns = METADATA.tables["turns"]
        spoken = select(turns.c.conversation_id).where(turns.c.customer_id == customer_id)
        return sorted(self._read(lambda c: set(c.execute(spoken).scalars())))

    def _target(self, customer_id: CustomerId, scope: Scope, choice: int) -> str | None:
        """Choose among what the present database has of a customer."""
        if scope == "category":
            return ("orders", "browsing", "chat")[choice % 3]
        turns = METADATA.tables["turns"]
        keys = select(turns.c.turn_key).where(turns.c.customer_id == customer_id)
        targets: dict[str, list[str]] = {
            "item": sorted(
                self._event_ids(customer_id) | self._read(lambda c: set(c.execute(keys).scalars()))
            ),
            "conversation": self._conversations(customer_id),
        }
        there = targets.get(scope, [])
        return there[choice % len(there)] if there else None

    def _request(self, customer_id: CustomerId, scope: Scope, target: str | None) -> None:
        at, asked = self._now(), ErasureScope(scope, target)
        self._write(lambda c: self.assistant.erasures.request(c, customer_id, asked, at=at))

    def _mark_erased(self, matches: Callable[[Written], bool]) -> None:
        for written in self.written:
            written.erased = written.erased or matches(written)

    def _say(
        self,
        connection: Connection,
        customer_id: CustomerId,
        conversation: ConversationId,
        canary: str,
    ) -> str:
        conversations, at = self.assistant.stores.conversations, self._now()
        turn = conversations.append_utterance(
            connection, customer_id, conversation, turn_id=new_id(), text=canary, lang="en",
            at=at, open_missing=True,
        ).turn  # fmt: skip
        reply = Reply(
            turn_id=turn.turn_id,
            conversation=conversation,
            sentences=(Sentence(f"You said {canary}.", ()),),
            state="answered",
            seq=turn.seq,
        )
        conversations.write_reply(
            connection, customer_id, turn.turn_key,
            reply=encode_reply(reply), state="answered", at=at,
        )  # fmt: skip
        return turn.turn_key

    def _file(self) -> Path:
        return Path(self.settings.resolved_database_url().removeprefix("sqlite:///"))

    def _copy(self, number: int) -> Path | None:
        """Copy the database's file, as a snapshot of the file system would; SQLite only."""
        if not self.settings.resolved_database_url().startswith("sqlite"):
            return None
        self.assistant.stores.database.checkpoint_now()
        copied = self.folder / f"copied-{number}"
        shutil.copyfile(self._file(), copied)
        return copied

    def _read(self, work: Callable[[Connection], T]) -> T:
        return self.assistant.stores.database.read_now(work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self.assistant.stores.database.write_now(work)
