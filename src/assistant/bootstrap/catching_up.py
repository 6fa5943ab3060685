"""Lets no database be used before it has done what the erasure ledger says.

A database that was restored, by ``assistant restore`` or by any other means, lacks marks of ledger
entries; they are carried out before anything is served. A ledger that lacks what the database
remembers was lost: then nobody can say who was erased, and the operator has to decide.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

import structlog

from assistant.bootstrap.consent_effects import DerivedHistory
from assistant.bootstrap.erasing import Erasing
from assistant.bootstrap.questions import QuestionParts
from assistant.bootstrap.reloading import reload_database
from assistant.bootstrap.stores import Stores
from assistant.core.clock import Clock
from assistant.core.erasure import ErasureState
from assistant.core.errors import ConfigurationError, CustomerErased, Overloaded
from assistant.profile.consent.ledger import ConsentLedger, Unlawful
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.profile.erasure.ledger_replay import LedgerReplay, Replayed
from assistant.profile.erasure.ledger_standing import LedgerStanding, LedgerState, find_standing
from assistant.profile.erasure.requests import ErasureScope
from assistant.profile.pack.loading import Pack
from assistant.settings import Settings
from assistant.store.emptying import holds_customers
from assistant.store.engine import Connection
from assistant.store.ledger_customers import LedgerCustomers
from assistant.store.lost_content import KeyProbe, holds_lost_content

_PATIENCE_S: Final = 2.0
"""How long another process may take to commit what it has just written to the ledger."""

_log = structlog.get_logger("assistant.restore")


@dataclass(frozen=True, slots=True)
class CatchingUp:
    """Compares a database with the ledger and replays what is missing."""

    stores: Stores
    erasing: Erasing
    ledger_replay: LedgerReplay

    @classmethod
    def over(cls, stores: Stores, *, pack: Pack, settings: Settings, clock: Clock) -> Self:
        """Join the parts over opened stores."""
        erasing = Erasing.over(stores, pack=pack, settings=settings, clock=clock)
        replay = LedgerReplay(
            ledger=stores.ledger,
            hashes=LedgerHashes(stores.vault),
            marks=stores.marks,
            customers=LedgerCustomers(),
            consents=stores.consents,
            consent_ledger=_consents_that_the_ledger_knows(stores, pack, erasing),
            erasures=erasing.erasures,
            categories=pack.categories.ids,
        )
        return cls(stores, erasing, replay)

    def run(self, *, accept_lost_ledger: bool = False) -> Replayed | None:
        """Replay the ledger if the database is behind it; None where nothing had to be done.

        Raises:
            ConfigurationError: the ledger lacks what the database remembers, and the operator did
                not say that this is accepted.
        """
        if self._wait_while_behind().state is LedgerState.CURRENT and not self._was_copied():
            return None
        replayed = self.stores.database.write_now(
            lambda c: self._catch_up(c, accept_lost_ledger=accept_lost_ledger)
        )
        self.finish_erasures()
        done = {str(kind): count for kind, count in replayed.done.items()}
        _log.warning("ledger_replayed", entries=replayed.entries, **done)
        return replayed

    def _was_copied(self) -> bool:
        """Whether an erasure that looks unfinished here has destroyed its key already."""
        blocked = self.stores.database.read_now(self._blocked_customers)
        return bool(blocked) and self.stores.database.read_now(
            lambda c: holds_lost_content(c, KeyProbe(self.stores.vault), among=blocked)
        )

    def _blocked_customers(self, connection: Connection) -> frozenset[str]:
        unfinished = self.erasing.parts.erasures.list_open(connection, limit=100_000)
        blocked = ErasureState.BLOCKED_FOR_USE
        return frozenset(one.customer_id for one in unfinished if one.state is blocked)

    def _catch_up(self, connection: Connection, *, accept_lost_ledger: bool) -> Replayed:
        """Replay, first leaving out what the present keys cannot open: it is an older copy."""
        stores = self.stores
        if holds_lost_content(connection, KeyProbe(stores.vault)):
            loaded = reload_database(connection, stores, self.erasing.settings.data_dir)
            _log.warning("database_reloaded", left_out=loaded.left_out.total())
        return self.replay(connection, accept_lost_ledger=accept_lost_ledger)

    def replay(self, connection: Connection, *, accept_lost_ledger: bool) -> Replayed:
        """Bring the database to what the ledger says, within a write.

        Raises:
            ConfigurationError: as in ``run``; nothing is changed then.
        """
        standing = find_standing(connection, self.stores.ledger, self.stores.marks)
        lost = standing.state in {LedgerState.LOST, LedgerState.TOO_OLD}
        if lost and holds_customers(connection):
            if not accept_lost_ledger:
                raise ConfigurationError(explain(standing))
            _log.warning("lost_ledger_accepted", state=standing.state, missing=standing.missing)
        if standing.state is LedgerState.LOST:
            self.stores.marks.clear(connection)
        return self.ledger_replay.replay(connection)

    def refuse_lost_ledger(self, connection: Connection) -> None:
        """See, before a database is replaced, that the ledger holds what that database remembers.

        The backup that takes its place may be older than all that is missing, and tell nothing.

        Raises:
            ConfigurationError: the ledger was lost.
        """
        standing = find_standing(connection, self.stores.ledger, self.stores.marks)
        if standing.state is LedgerState.LOST:
            raise ConfigurationError(explain(standing))

    def finish_erasures(self, on_portion: Callable[[], None] = lambda: None) -> None:
        """Bring every erasure that is due as far as it goes now."""
        engine = self.erasing.engine()
        while engine.run_once():
            on_portion()

    def _wait_while_behind(self) -> LedgerStanding:
        """Look again for a moment: another process may be between the ledger and its commit."""
        stores = self.stores
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            standing = stores.database.read_now(
                lambda c: find_standing(c, stores.ledger, stores.marks)
            )
            if standing.state is not LedgerState.BEHIND or time.monotonic() > deadline:
                return standing
            time.sleep(0.1)


def count_entries(count: int) -> str:
    """Say how many entries of the ledger."""
    return "1 entry" if count == 1 else f"{count:,} entries"


def explain(standing: LedgerStanding) -> str:
    """Say what is wrong between ledger and database, and what to do."""
    entries = count_entries(standing.missing)
    if standing.state is LedgerState.TOO_OLD:
        return (
            f"this database is older than any backup was to be kept: {entries} that it has not "
            "carried out were let go by the erasure ledger, so erased customers may be in it. "
            "Restore a newer backup. If there is none, --accept-lost-ledger goes on without them"
        )
    return (
        f"the erasure ledger lacks {entries} that this database has carried out: it was lost, cut "
        "short or replaced, and nobody can say who was erased since an older backup. Put the right "
        "ledger back (ASSISTANT_LEDGER_URL). If it is gone for good, --accept-lost-ledger goes on "
        "with the one that is there; never restore a backup made before today then"
    )


def _consents_that_the_ledger_knows(stores: Stores, pack: Pack, erasing: Erasing) -> ConsentLedger:
    """Return a consent ledger whose noes follow the erasure ledger instead of leading it."""

    def erase(connection: Connection, unlawful: Unlawful) -> None:
        for category in sorted(unlawful.categories):
            with suppress(CustomerErased, Overloaded):  # all of it is going already
                erasing.erasures.request(
                    connection,
                    unlawful.customer_id,
                    ErasureScope("category", category),
                    at=unlawful.at,
                    cause="replay",
                )

    return ConsentLedger(
        pack=pack,
        consents=stores.consents,
        customers=stores.customers,
        on_no=QuestionParts.over(stores).facts.heed_no,
        on_category_unlawful=erase,
        on_use_changed=DerivedHistory.over(stores, pack).follow,
    )
