"""Asking for an erasure: what is promised holds from the commit of the request on.

The erasure ledger is written first, so that no restore brings back what the request covers. Then,
in the caller's one transaction, what is in scope stops being usable: a little is deleted at once;
much, or all of a customer, is blocked until a worker has deleted it. Of somebody who stays, only
the use is blocked: what they say, decide or ask to be erased meanwhile is taken at once. Keys,
files and the proof follow in ``engine``.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.erasure import Cause, ErasureState, Extent, Scope
from assistant.core.errors import (
    ConflictingReuse,
    CustomerErased,
    InvalidInput,
    NotFound,
)
from assistant.core.ids import CustomerId, new_id
from assistant.profile.erasure.ledger_recorder import LedgerRecorder
from assistant.profile.erasure.parts import ErasureParts
from assistant.profile.pack.categories import CategoryCatalogue
from assistant.store.customer_blocks import HeldCustomer
from assistant.store.engine import Connection
from assistant.store.erasing import RowScope
from assistant.store.erasures import Erasure
from assistant.vault.vault import Vault

AT_ONCE: Final = 500
"""Rows that the request itself deletes: about 20 ms of the one writer of SQLite."""

WHOLE: Final[frozenset[Extent]] = frozenset({"all_data", "everything"})
_STATUS_PREFIX: Final = "era_"


@dataclass(frozen=True, slots=True)
class ErasureScope:
    """What to erase: ``target`` is the id of an item or conversation, or a data category."""

    kind: Scope
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Requested:
    """An erasure that was asked for; the token shows its state, also when the customer is gone."""

    erasure_id: str
    status_token: str = field(repr=False)
    state: ErasureState
    repeated: bool = False


class Erasures:
    """Takes requests for erasures and shows how far they came, inside the caller's transaction."""

    def __init__(
        self,
        *,
        parts: ErasureParts,
        categories: CategoryCatalogue,
        recorder: LedgerRecorder,
        vault: Vault,
    ) -> None:
        self._parts = parts
        self._categories = categories
        self._recorder = recorder
        self._vault = vault

    def request(
        self,
        connection: Connection,
        customer_id: str,
        scope: ErasureScope,
        *,
        at: datetime,
        cause: Cause = "customer",
        repeat_key: str | None = None,
        not_before: datetime | None = None,
    ) -> Requested:
        """Erase (in a write): when it commits, nothing in scope is used or shown any more.

        ``repeat_key`` makes asking again the same request. ``not_before`` is when the token that
        asks was issued; all tokens and events up to it belong to nobody afterwards. What a restore
        replays is in the ledger already, concerns only rows from before ``at``, and may find none.

        Raises:
            NotFound: no such customer, item or conversation of theirs.
            InvalidInput: the scope has no such target.
            ConflictingReuse: the key was used for another request.
            CustomerErased: everything of the customer is being erased already.
        """
        if repeat_key and (known := self.find_repeated(connection, repeat_key, scope)):
            return known
        held = self._hold(connection, customer_id)
        self._check(connection, customer_id, scope, cause)
        erasure = self._new(customer_id, scope, at, cause)
        if repeat_key:
            erasure = replace(erasure, request_hash=self._request_hash(repeat_key))
        if cause != "replay":
            self._record(connection, erasure, scope, held, not_before or at)
        return self._begin(connection, erasure)

    def erase_rows(
        self, connection: Connection, customer_id: str, rows: RowScope, *, at: datetime
    ) -> Requested:
        """Erase (in a write) what has ``expired``, or the old words of what was ``corrected``.

        The ledger is not told: what expired, a restore brings back expired; a caller may tell it.

        Raises:
            NotFound, CustomerErased: as in ``request``.
        """
        self._hold(connection, customer_id)
        cause: Cause = "retention" if rows.kind == "expired" else "customer"
        return self._begin(connection, self._new(customer_id, rows, at, cause))

    def _begin(self, connection: Connection, erasure: Erasure) -> Requested:
        """Store the erasure, which lets its rows be deleted, and make them unusable."""
        self._parts.erasures.add_erasure(connection, erasure)
        self._parts.erasures.save_erasure(connection, self._apply(connection, erasure))
        return self._requested(erasure)

    def find_repeated(
        self, connection: Connection, repeat_key: str, scope: ErasureScope
    ) -> Requested | None:
        """Return what an earlier request with this key was answered, also when it erased all.

        Raises:
            ConflictingReuse: it asked for something else.
        """
        found = self._parts.erasures.find_by_request(connection, self._request_hash(repeat_key))
        if found is None:
            return None
        if (found.scope, found.target) != (scope.kind, scope.target):
            raise ConflictingReuse("this Idempotency-Key was used for another erasure")
        return replace(self._requested(found), repeated=True)

    def find_by_token(
        self, connection: Connection, erasure_id: str, status_token: str
    ) -> Erasure | None:
        """Return the erasure that ``status_token`` was given for."""
        hashed = self._status_hash(status_token)
        return self._parts.erasures.find_by_status(connection, erasure_id, hashed)

    def find_erasure(
        self, connection: Connection, customer_id: str, erasure_id: str
    ) -> Erasure | None:
        """Return an erasure of the customer's own."""
        return self._parts.erasures.find_erasure(connection, customer_id, erasure_id)

    def list_erasures(
        self, connection: Connection, customer_id: str, *, after: str | None = None, limit: int = 50
    ) -> Sequence[Erasure]:
        """Return the customer's erasures, newest first, those that follow the id ``after``."""
        return self._parts.erasures.list_erasures(connection, customer_id, after=after, limit=limit)

    def _hold(self, connection: Connection, customer_id: str) -> HeldCustomer:
        """Return the customer, whom nobody changes until this write ends."""
        held = self._parts.blocks.hold(connection, customer_id)
        if held is None:
            raise NotFound("there is no such customer")
        if held.blocked and self._is_going(connection, customer_id):
            raise CustomerErased("everything of this customer is being erased")
        return held

    def _check(
        self, connection: Connection, customer_id: str, scope: ErasureScope, cause: Cause
    ) -> None:
        if (scope.kind in WHOLE) != (scope.target is None):
            raise InvalidInput("name the item, conversation or category that is to be erased")
        if cause == "replay":  # what it names may be gone, from the pack or from the database
            return
        if scope.kind == "category" and scope.target not in self._categories:
            raise InvalidInput("there is no such data category")
        if scope.kind in {"item", "conversation"}:
            rows = RowScope(scope.kind, scope.target)
            if not self._parts.rows.count(connection, customer_id, rows, at_most=1):
                raise NotFound(f"there is no such {scope.kind}")

    def _is_going(self, connection: Connection, customer_id: str) -> bool:
        latest = self.list_erasures(connection, customer_id, limit=20)
        return any(erasure.scope == "everything" for erasure in latest)

    def _new(
        self,
        customer_id: str,
        scope: ErasureScope | RowScope,
        at: datetime,
        cause: Cause,
    ) -> Erasure:
        erasure_id, at = new_id(), from_epoch_ms(to_epoch_ms(at))  # as it is stored
        return Erasure(
            customer_id=CustomerId(customer_id),
            erasure_id=erasure_id,
            scope=scope.kind,
            target=scope.target,
            cause=cause,
            state=ErasureState.BLOCKED_FOR_USE,
            requested_at=at,
            blocked_at=at,
            status_hash=self._status_hash(self._status_token(erasure_id)),
            next_at=at,
        )

    def _record(
        self,
        connection: Connection,
        erasure: Erasure,
        scope: ErasureScope,
        held: HeldCustomer,
        not_before: datetime,
    ) -> None:
        """Write the ledger; when this returns it outlives whatever happens to the database."""
        customer_id, external, at = erasure.customer_id, None, erasure.requested_at
        everything = scope.kind == "everything"
        if everything:
            external = self._parts.customers.get_external_id(connection, customer_id)
        self._recorder.record_erasure(
            connection,
            customer_id,
            kind=scope.kind,
            at=max(at, not_before) if everything else at,
            target_id=scope.target,
            external_id=external,
            chain_head=held.chain_head if everything else None,
        )

    def _apply(self, connection: Connection, erasure: Erasure) -> Erasure:
        """Make what is in scope unusable; return the erasure with what was deleted already."""
        parts, customer_id = self._parts, erasure.customer_id
        rows = RowScope(erasure.scope, erasure.target)
        parts.customers.bump_epoch(connection, customer_id)
        pieces = parts.rows.sample(
            connection, customer_id, rows, hashes=erasure.scope == "everything"
        )
        packed = parts.samples.pack(customer_id, erasure.erasure_id, pieces)
        sampled = replace(erasure, samples=packed)
        if self._is_much(connection, customer_id, rows):
            parts.blocks.block(connection, customer_id, at=erasure.requested_at)
            if erasure.scope == "everything":  # nobody is left whose no could come meanwhile
                parts.blocks.refuse_writes(connection, customer_id)
                parts.blocks.cut_off(connection, customer_id)
            return replace(sampled, blocked_at=self._covers_until(connection, erasure))
        return replace(sampled, counts=self._delete(connection, erasure, rows))

    def _covers_until(self, connection: Connection, erasure: Erasure) -> datetime:
        """Return the time that tells rows in scope from those that come before they are deleted.

        Clocks of processes differ, so no row that is there is younger, but what a replay leaves.
        """
        asked, rows = erasure.requested_at, RowScope(erasure.scope, erasure.target)
        if erasure.scope == "everything" or erasure.cause == "replay":
            return asked
        newest = self._parts.rows.find_newest(connection, erasure.customer_id, rows)
        return max(asked, newest or asked)

    def _is_much(self, connection: Connection, customer_id: str, rows: RowScope) -> bool:
        """Whether deleting it now would keep everybody else from writing for long."""
        most = AT_ONCE + 1
        found = self._parts.rows.count(connection, customer_id, rows, at_most=most)
        return rows.kind in WHOLE or found == most

    def _delete(self, connection: Connection, erasure: Erasure, scope: RowScope) -> dict[str, int]:
        """Delete what is in scope and what was made of it, now."""
        parts, customer_id = self._parts, erasure.customer_id
        items = parts.rows.list_item_ids(connection, customer_id, scope)
        question = None
        if scope.kind == "item" and scope.target is not None:
            question = parts.rows.find_question(connection, customer_id, scope.target)
        if items:
            parts.replies.erase_using(connection, customer_id, items)
        cut = erasure.requested_at if erasure.cause == "replay" else None
        deleted = parts.rows.erase(connection, customer_id, scope, before=cut)
        if question is not None:
            expired, at = erasure.cause == "retention", erasure.requested_at
            parts.rows.end_question(connection, customer_id, question, expired=expired, at=at)
        if items:
            parts.histories.trim(connection, customer_id, items)
        return dict(deleted)

    def _requested(self, erasure: Erasure) -> Requested:
        token = self._status_token(erasure.erasure_id)
        return Requested(erasure.erasure_id, token, erasure.state)

    def _status_token(self, erasure_id: str) -> str:
        """Return the token of an erasure; made of a service key, so that asking twice tells it."""
        made = self._vault.service_hash("erasure-status-tokens", erasure_id.encode())
        return _STATUS_PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode()

    def _status_hash(self, token: str) -> bytes:
        return self._vault.service_hash("erasure-status-hashes", token.encode())

    def _request_hash(self, repeat_key: str) -> bytes:
        return self._vault.service_hash("erasure-requests", repeat_key.encode())
