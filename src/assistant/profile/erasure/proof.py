"""The proof of an erasure: checkpoint, search the live files for samples, wait for old copies.

On SQLite what was deleted is overwritten, but stays in the write-ahead log until a checkpoint has
emptied it. On PostgreSQL dead rows stay until they are vacuumed; nothing opens them once the key is
gone, and where the key database itself is PostgreSQL, once the epoch that wrapped the key is.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from assistant.core.clock import Clock
from assistant.core.erasure import ErasureState
from assistant.core.errors import AssistantError
from assistant.profile.erasure.samples import SampleSeal
from assistant.profile.erasure.states import put_off
from assistant.store.engine import Database
from assistant.store.erasures import Erasure
from assistant.store.live_files import LiveFiles
from assistant.vault.vault import Vault

_LOOK_AGAIN: Final = timedelta(minutes=1)
"""How often a rotation of keys is looked for, which ends what only waits for it."""

_log = structlog.get_logger("assistant.erasures")

Batch = Sequence[Erasure]


class ErasureProof:
    """Brings erasures whose rows are gone to their last states."""

    def __init__(
        self,
        *,
        database: Database,
        samples: SampleSeal,
        vault: Vault,
        files: LiveFiles,
        clock: Clock,
        key_backups: timedelta,
        keys_in_files: bool,
    ) -> None:
        """``key_backups``: how long copies of the key database are kept.

        ``keys_in_files``: whether the key database is SQLite, so that the search covers it.
        """
        self._database = database
        self._samples = samples
        self._vault = vault
        self._files = files
        self._clock = clock
        self._key_backups = key_backups
        self._keys_in_files = keys_in_files

    def verify(self, batch: Batch) -> Batch:
        """Search the live files once for the samples of all erasures whose rows are gone."""
        purged = [
            one for one in batch if one.state is ErasureState.ROWS_PURGED and one.problem is None
        ]
        ready = [one for one in purged if self._keys_in_files or self._epoch_is_gone(one)]
        searched = self._searched(ready) if ready else []
        waiting = [self._waiting(one) for one in purged if one not in ready]
        done = {one.erasure_id: one for one in (*searched, *waiting)}
        return [done.get(one.erasure_id, one) for one in batch]

    def finish(self, batch: Batch) -> Batch:
        """End the erasures whose keys no kept copy of the key database gives back any more."""
        return [
            self._finished(one) if one.state is ErasureState.PHYSICALLY_VERIFIED else one
            for one in batch
        ]

    def _searched(self, erasures: Batch) -> Batch:
        now = self._clock()
        if not self._database.checkpoint_now():
            return [put_off(one, "database_busy", now=now) for one in erasures]
        pieces: list[bytes] = []
        owners: list[str] = []
        for one in erasures:
            own = self._samples.unpack(one.customer_id, one.erasure_id, one.samples)
            pieces += own
            owners += [one.erasure_id] * len(own)
        try:
            found = {owners[place] for place in self._files.find(pieces)}
        except AssistantError as error:
            _log.warning("erasure_search_failed", reason=error.message)
            return [put_off(one, "search_failed", now=now) for one in erasures]
        return [
            put_off(one, "found_in_files", now=now)
            if one.erasure_id in found or self._has_old_keys(one)
            else self._verified(one)
            for one in erasures
        ]

    def _has_old_keys(self, erasure: Erasure) -> bool:
        """Whether a key is still there that had to go: not every one has a piece to look for."""
        numbers = self._vault.data_key_numbers(erasure.customer_id)
        if erasure.scope == "everything":
            return bool(numbers)
        below = erasure.key_number
        return below is not None and any(number < below for number in numbers)

    def _verified(self, erasure: Erasure) -> Erasure:
        return replace(
            erasure,
            state=ErasureState.PHYSICALLY_VERIFIED,
            verified_at=self._clock(),
            samples=None,
            problem=None,
            attempts=0,
        )

    def _waiting(self, erasure: Erasure) -> Erasure:
        """Return an erasure that waits for the next rotation of keys."""
        return replace(erasure, next_at=self._clock() + _LOOK_AGAIN)

    def _finished(self, erasure: Erasure) -> Erasure:
        now = self._clock()
        ends = (erasure.key_destroyed_at or now) + self._key_backups
        if ends <= now or self._epoch_is_gone(erasure):
            state = ErasureState.BACKUP_FINAL
            return replace(erasure, state=state, backup_final_at=now, next_at=None)
        return replace(erasure, next_at=min(ends, now + _LOOK_AGAIN))

    def _epoch_is_gone(self, erasure: Erasure) -> bool:
        """Whether no copy of the key database gives the destroyed key back to anybody."""
        return erasure.key_epoch is None or self._vault.epoch_destroyed(erasure.key_epoch)
