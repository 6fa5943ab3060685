"""Erases a part of a customer: what stays is sealed anew, so that the old data key can go.

Each step is a short write of its own and safe to repeat; a worker that is killed leaves the next
one to begin again. Until replies are looked through nothing of the customer is used, but whatever
they write comes in between: only rows from before the block are deleted.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from assistant.core.actor import Role
from assistant.core.clock import Clock
from assistant.core.erasure import ErasureState
from assistant.core.errors import Overloaded
from assistant.core.ids import CustomerId
from assistant.profile.erasure.parts import ErasureParts
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.engine import Connection, Database
from assistant.store.erasing import RowScope
from assistant.store.erasures import Erasure
from assistant.store.reseal import CustomerReseal
from assistant.vault.vault import Vault

PORTION: Final = 250
"""Rows that one write deletes: at most some 20 ms of the one writer of SQLite."""

_FROM_ITEMS: Final = frozenset({"item", "category", "expired"})
"""Scopes whose items replies may have been made from."""

Keep = Callable[[Connection, Erasure], None]
"""Saves an erasure within a write and goes on holding it."""


class Superseded(Overloaded):
    """Another erasure of the customer was asked for meanwhile; both are carried out together."""


class Rekeying:
    """Carries out partial erasures up to the moment when the old data keys can be destroyed."""

    def __init__(
        self,
        *,
        database: Database,
        parts: ErasureParts,
        vault: Vault,
        reseal: CustomerReseal,
        access_log: AccessLogRepository,
        clock: Clock,
    ) -> None:
        self._database = database
        self._parts = parts
        self._vault = vault
        self._reseal = reseal
        self._access_log = access_log
        self._clock = clock

    def rekey(self, erasures: Sequence[Erasure], keep: Keep) -> Sequence[Erasure]:
        """Carry out all of one customer's partial erasures; return them with their key number.

        Raises:
            Superseded: another one was asked for meanwhile; begin again with all of them.
        """
        customer_id = erasures[0].customer_id
        ids = frozenset(erasure.erasure_id for erasure in erasures)
        deleted = [self._delete(erasure, keep) for erasure in erasures]
        numbered = self._numbered(deleted, keep)
        self._database.write_now(lambda c: self._move_fence(c, customer_id, ids))
        if any(erasure.scope in _FROM_ITEMS for erasure in erasures):
            self._empty_replies(customer_id)
        self._database.write_now(lambda c: self._unblock(c, customer_id, ids))
        while self._database.write_now(lambda c: self._reseal.step(c, customer_id)):
            self._database.write_now(lambda c: keep(c, numbered[0]))
        self._database.write_now(lambda c: self._note(c, numbered))
        return numbered

    def _delete(self, erasure: Erasure, keep: Keep) -> Erasure:
        """Delete what the request has left, while the customer is blocked."""
        while True:
            work = partial(self._portion, erasure=erasure, keep=keep)
            done = self._database.write_now(work)
            if done.counts == erasure.counts:
                return done
            erasure = done

    def _portion(self, connection: Connection, erasure: Erasure, keep: Keep) -> Erasure:
        held = self._parts.blocks.hold(connection, erasure.customer_id)
        if held is None or not held.blocked:
            return erasure
        deleted = self._parts.rows.erase(
            connection,
            erasure.customer_id,
            RowScope(erasure.scope, erasure.target),
            before=erasure.blocked_at,
            limit=PORTION,
        )
        self._parts.rows.drop_block(connection, erasure.customer_id)
        counts = dict(Counter(erasure.counts) + deleted)
        done = replace(erasure, counts=counts)
        keep(connection, done)
        return done

    def _numbered(self, erasures: Sequence[Erasure], keep: Keep) -> Sequence[Erasure]:
        """Make the data key that takes over, or take the one that was made before a crash."""
        customer_id = erasures[0].customer_id
        known = set(self._vault.data_key_numbers(customer_id))
        chosen = [e.key_number for e in erasures]
        numbers = [number for number in chosen if number in known and number == max(known)]
        number = numbers[0] if None not in chosen and numbers else None
        if number is None:
            number = self._vault.add_data_key(customer_id)
        numbered = [replace(erasure, key_number=number) for erasure in erasures]
        self._database.write_now(partial(_keep_all, erasures=numbered, keep=keep))
        return numbered

    def _move_fence(
        self, connection: Connection, customer_id: CustomerId, ids: frozenset[str]
    ) -> None:
        """Take nothing any more that is sealed under an earlier data key, by any process."""
        self._check_alone(connection, customer_id, ids)
        self._reseal.move_fence(connection, customer_id)

    def _unblock(
        self, connection: Connection, customer_id: CustomerId, ids: frozenset[str]
    ) -> None:
        self._check_alone(connection, customer_id, ids)
        self._parts.blocks.unblock(connection, customer_id)

    def _check_alone(
        self, connection: Connection, customer_id: CustomerId, ids: frozenset[str]
    ) -> None:
        """Hold the customer, and see that nobody asked for more to be erased since."""
        held = self._parts.blocks.hold(connection, customer_id)
        others = [
            erasure
            for erasure in self._parts.erasures.list_erasures(
                connection, customer_id, after=None, limit=1_000
            )
            if erasure.state is ErasureState.BLOCKED_FOR_USE and erasure.erasure_id not in ids
        ]
        if held is None or others:
            raise Superseded("another erasure of the customer was asked for", retry_after=1)

    def _empty_replies(self, customer_id: CustomerId) -> None:
        after: str | None = ""
        while after is not None:
            work = partial(self._some_replies, customer_id=customer_id, after=after)
            after = self._database.write_now(work)

    def _some_replies(
        self, connection: Connection, customer_id: CustomerId, after: str
    ) -> str | None:
        everything = RowScope("everything")
        known = self._parts.rows.list_item_ids(connection, customer_id, everything)
        return self._parts.replies.erase_citing(connection, customer_id, known, after=after)

    def _note(self, connection: Connection, erasures: Sequence[Erasure]) -> None:
        """Tell the customer that what is left was opened to be sealed anew."""
        targets = {e.target for e in erasures if e.scope == "category" and e.target}
        entry = Access(
            role=Role.WORKER,
            purpose="erasure",
            categories=frozenset(targets),
            items=sum(sum(erasure.counts.values()) for erasure in erasures),
            item_ids=(),
            at=self._clock(),
            actor="erasure-worker",
            reading="erasure",
        )
        self._access_log.add_access(connection, erasures[0].customer_id, entry)


def _keep_all(connection: Connection, *, erasures: Sequence[Erasure], keep: Keep) -> None:
    for erasure in erasures:
        keep(connection, erasure)
