"""When each state of an erasure is due, and whether one is late: pure, no clock and no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from assistant.core.erasure import ErasureState
from assistant.store.erasures import Erasure

STATES: Final = tuple(ErasureState)

DEADLINES: Final[Mapping[ErasureState, timedelta]] = {
    ErasureState.REQUESTED: timedelta(0),
    ErasureState.BLOCKED_FOR_USE: timedelta(seconds=1),
    ErasureState.KEY_DESTROYED: timedelta(minutes=15),
    ErasureState.ROWS_PURGED: timedelta(hours=1),
    ErasureState.PHYSICALLY_VERIFIED: timedelta(hours=25),
    ErasureState.BACKUP_FINAL: timedelta(hours=1),
}
"""How long after the request a state is reached at the latest; the last one counts from the end of
the life of key backups instead. Verification waits for the daily rotation of keys where the key
database is PostgreSQL; on SQLite it takes seconds."""

_FIELDS: Final[Mapping[ErasureState, str]] = {
    ErasureState.REQUESTED: "requested_at",
    ErasureState.BLOCKED_FOR_USE: "blocked_at",
    ErasureState.KEY_DESTROYED: "key_destroyed_at",
    ErasureState.ROWS_PURGED: "rows_purged_at",
    ErasureState.PHYSICALLY_VERIFIED: "verified_at",
    ErasureState.BACKUP_FINAL: "backup_final_at",
}


_LONGEST_PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of an erasure: when it was reached (None: not yet) and when it is due."""

    state: ErasureState
    at: datetime | None
    due: datetime


def stages(erasure: Erasure, *, key_backups: timedelta) -> Sequence[Stage]:
    """Return every state in order; ``key_backups`` is how long copies of the keys are kept."""
    return [
        Stage(state, reached_at(erasure, state), due(erasure, state, key_backups=key_backups))
        for state in STATES
    ]


def due(erasure: Erasure, state: ErasureState, *, key_backups: timedelta) -> datetime:
    """Return when ``state`` is reached at the latest."""
    begins = erasure.requested_at
    if state is ErasureState.BACKUP_FINAL:
        destroyed = erasure.key_destroyed_at or due(
            erasure, ErasureState.KEY_DESTROYED, key_backups=key_backups
        )
        begins = destroyed + key_backups
    return begins + DEADLINES[state]


def reached_at(erasure: Erasure, state: ErasureState) -> datetime | None:
    """Return when the erasure reached ``state``, or None."""
    at: datetime | None = getattr(erasure, _FIELDS[state])
    return at


def is_overdue(erasure: Erasure, *, now: datetime, key_backups: timedelta) -> bool:
    """Whether a state should have been reached by ``now`` and was not.

    What a restore replays was asked for long ago, and is done before anybody is served.
    """
    return erasure.cause != "replay" and any(
        stage.at is None and stage.due < now for stage in stages(erasure, key_backups=key_backups)
    )


def put_off(
    erasure: Erasure, problem: str, *, now: datetime, pause: timedelta | None = None
) -> Erasure:
    """Return the erasure to be tried again, ever more rarely, with a word for why."""
    attempts = erasure.attempts + 1
    if pause is None:
        pause = min(timedelta(seconds=0.25) * 2 ** min(attempts, 20), _LONGEST_PAUSE)
    return replace(erasure, problem=problem, attempts=attempts, next_at=now + pause)
