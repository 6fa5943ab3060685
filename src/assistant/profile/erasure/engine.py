"""Carries erasures out, from blocked for use to final: many at a time, each step safe to repeat.

A batch shares what is dear: one step in the key database, one checkpoint, one search of the live
files. What one erasure fails at is tried again later and stands in no other's way. The engine
blocks its caller; ``workers.erasure_worker`` runs it on a thread, ``assistant erase`` as it is.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from assistant.core.clock import Clock
from assistant.core.erasure import ErasureState
from assistant.core.faults import place_of
from assistant.core.ids import CustomerId
from assistant.profile.erasure.parts import ErasureParts
from assistant.profile.erasure.proof import ErasureProof
from assistant.profile.erasure.rekeying import PORTION, Rekeying, Superseded
from assistant.profile.erasure.states import put_off
from assistant.store.engine import Connection, Database
from assistant.store.erasing import RowScope
from assistant.store.erasures import Erasure
from assistant.store.file_search import piece_of
from assistant.vault.key_store import KeyStore
from assistant.vault.vault import Vault

LEASE: Final = timedelta(seconds=20)
BATCH: Final = 32
_EVERYTHING: Final = RowScope("everything")

_log = structlog.get_logger("assistant.erasures")

Batch = Sequence[Erasure]


class ErasureEngine:
    """Takes what is due and brings it as far as it goes now."""

    def __init__(
        self,
        *,
        database: Database,
        parts: ErasureParts,
        keys: KeyStore,
        vault: Vault,
        rekeying: Rekeying,
        proof: ErasureProof,
        clock: Clock,
        on_destroyed: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_destroyed`` is told that keys went, so that other processes forget them too."""
        self._database = database
        self._parts = parts
        self._keys = keys
        self._vault = vault
        self._rekeying = rekeying
        self._proof = proof
        self._clock = clock
        self._on_destroyed = on_destroyed
        self._owner = f"process {os.getpid()}"

    def run_once(self, *, limit: int = BATCH) -> bool:
        """Work on the erasures of up to ``limit`` customers; whether there were any."""
        now = self._clock()
        batch: Batch = self._database.write_now(
            lambda c: self._parts.erasures.claim(
                c, owner=self._owner, now=now, until=now + LEASE, limit=limit
            )
        )
        batch = [replace(one, problem=None) for one in batch]
        for step in (self._destroy_keys, self._purge_rows, self._proof.verify, self._proof.finish):
            batch = self._saved(batch, step(batch))
        self._let_go(batch)
        return bool(batch)

    def _saved(self, before: Batch, after: Batch) -> Batch:
        """Write what a step changed; what fails from here on begins after it."""
        known = {erasure.erasure_id: erasure for erasure in before}
        changed = [one for one in after if one != known.get(one.erasure_id)]
        if changed:
            self._database.write_now(partial(self._keep_all, erasures=changed))
        return after

    def _keep(self, connection: Connection, erasure: Erasure) -> None:
        self._parts.erasures.save_erasure(connection, erasure, held_until=self._clock() + LEASE)

    def _keep_all(self, connection: Connection, *, erasures: Batch) -> None:
        for erasure in erasures:
            self._keep(connection, erasure)

    def _let_go(self, batch: Batch) -> None:
        def save(connection: Connection) -> None:
            for erasure in batch:
                self._parts.erasures.save_erasure(connection, erasure)

        if batch:
            self._database.write_now(save)

    def _destroy_keys(self, batch: Batch) -> Batch:
        """Destroy, for every erasure that is only blocked so far, the keys of what it erases."""
        blocked = _by_customer(batch, ErasureState.BLOCKED_FOR_USE)
        whole = [customer for customer, own in blocked.items() if self._is_whole(customer, own)]
        done = {
            one.erasure_id: one
            for customer, own in blocked.items()
            for one in (own if customer in whole else self._tried(own, self._rekeyed))
        }
        ready = [one for one in done.values() if one.problem is None]
        doomed = [self._with_keys(one, whole=one.customer_id in whole) for one in ready]
        done |= {one.erasure_id: one for one in self._saved(ready, doomed)}
        self._vault.shred_all(whole)
        for one in doomed:
            if one.customer_id not in whole and one.key_number is not None:
                self._vault.destroy_data_keys(one.customer_id, below=one.key_number)
        if doomed:
            self._on_destroyed()
            settled = self._keys.checkpoint()
            done |= {one.erasure_id: self._destroyed(one, settled=settled) for one in doomed}
        return [done.get(one.erasure_id, one) for one in batch]

    def _is_whole(self, customer_id: CustomerId, erasures: Batch) -> bool:
        """Whether every key of the customer goes, or is gone."""
        return any(one.scope == "everything" for one in erasures) or not (
            self._vault.data_key_numbers(customer_id)
        )

    def _rekeyed(self, erasures: Batch) -> Batch:
        return self._rekeying.rekey(erasures, self._keep)

    def _with_keys(self, erasure: Erasure, *, whole: bool) -> Erasure:
        """Remember pieces of the wrapped keys that go, and the epoch that wrapped them."""
        below = None if whole else erasure.key_number
        keys = self._keys.find_keys(erasure.customer_id)
        doomed = [key for number, key in keys.items() if below is None or 0 < number < below]
        if not doomed:
            return erasure
        samples, ids = self._parts.samples, (erasure.customer_id, erasure.erasure_id)
        wrapped = [piece for key in doomed if (piece := piece_of(key.wrapped))]
        pieces = [*samples.unpack(*ids, erasure.samples), *wrapped]
        epoch = max(key.epoch for key in doomed)
        return replace(erasure, samples=samples.pack(*ids, pieces), key_epoch=epoch)

    def _destroyed(self, erasure: Erasure, *, settled: bool) -> Erasure:
        if not settled:
            return self._later(erasure, "key_database_busy")
        at = self._clock()
        state = ErasureState.KEY_DESTROYED
        return replace(erasure, state=state, key_destroyed_at=at, problem=None, attempts=0)

    def _purge_rows(self, batch: Batch) -> Batch:
        """Delete every row of customers of whom nothing stays; of others they are gone already."""
        destroyed = _by_customer(batch, ErasureState.KEY_DESTROYED)
        done = {
            one.erasure_id: one
            for own in destroyed.values()
            for one in self._tried(own, self._purged)
        }
        return [done.get(one.erasure_id, one) for one in batch]

    def _purged(self, erasures: Batch) -> Batch:
        everything = next((one for one in erasures if one.scope == "everything"), None)
        done = list(erasures)
        if everything is not None:
            done[done.index(everything)] = self._without_rows(everything)
        state, at = ErasureState.ROWS_PURGED, self._clock()
        return [
            replace(one, state=state, rows_purged_at=at, problem=None, attempts=0) for one in done
        ]

    def _without_rows(self, erasure: Erasure) -> Erasure:
        """Delete in portions, each counted in the write that deletes it."""
        while True:
            done = self._database.write_now(partial(self._portion, erasure=erasure))
            if done.counts == erasure.counts:
                return done
            erasure = done

    def _portion(self, connection: Connection, erasure: Erasure) -> Erasure:
        deleted = self._parts.rows.erase(
            connection, erasure.customer_id, _EVERYTHING, limit=PORTION
        )
        counts = dict(Counter(erasure.counts) + deleted)
        done = replace(erasure, counts=counts)
        self._keep(connection, done)
        return done

    def _tried(self, erasures: Batch, work: Callable[[Batch], Batch]) -> Batch:
        """Return what ``work`` makes of one customer's erasures, or them as failed for now."""
        try:
            return work(erasures)
        except Superseded:
            return [self._later(one, "superseded", pause=timedelta(0)) for one in erasures]
        except Exception as error:  # this customer's, and not the others'
            _log.warning("erasure_failed", error=type(error).__qualname__, where=place_of(error))
            return [self._later(one, "failed") for one in erasures]

    def _later(self, erasure: Erasure, problem: str, *, pause: timedelta | None = None) -> Erasure:
        return put_off(erasure, problem, now=self._clock(), pause=pause)


def _by_customer(batch: Batch, state: ErasureState) -> Mapping[CustomerId, Batch]:
    found: defaultdict[CustomerId, list[Erasure]] = defaultdict(list)
    for erasure in batch:
        if erasure.state is state:
            found[erasure.customer_id].append(erasure)
    return found
