"""Triggers that let an erasure only go its way, and a customer's row only go with an erasure.

Decisions may be deleted while everything of their customer is being erased. So that nobody opens
that door for a moment and closes it behind them, an erasure enters unfinished, moves one state at a
time and is not forgotten before its end; a customer who was shut for good stays shut; a customer's
row goes only after its keys, and does not come back under the same id.

On SQLite, REPLACE deletes without a DELETE trigger and a rowid is a key as well: an INSERT over an
existing row and an UPDATE onto one are refused before they can.
"""

from typing import Final

from assistant.store.migrations.triggers import on_sqlite, refuse, refuse_truncate

_STATES: Final = (
    "REQUESTED", "BLOCKED_FOR_USE", "KEY_DESTROYED", "ROWS_PURGED", "PHYSICALLY_VERIFIED",
    "BACKUP_FINAL",
)  # fmt: skip
_FIXED: Final = ("customer_id", "erasure_id", "scope", "status_hash", "request_hash")

_ORDER: Final = "an erasure goes forward only"
_KEPT: Final = "a customer is kept until everything of theirs is erased"

_EVERYTHING: Final = (
    "EXISTS (SELECT 1 FROM erasures AS whole WHERE whole.customer_id = {row}.customer_id "
    "AND whole.scope = 'everything'{more})"
)


def guard_erasures() -> None:
    """Put the triggers on ``erasures``."""
    entering = "NEW.state NOT IN ('REQUESTED', 'BLOCKED_FOR_USE')"
    if on_sqlite():
        entering += (
            " OR EXISTS (SELECT 1 FROM erasures AS met WHERE met.customer_id = NEW.customer_id "
            "AND (met.erasure_id = NEW.erasure_id OR met.request_hash = NEW.request_hash))"
        )
    refuse("erasures", "insert", "INSERT", entering, _ORDER)
    same = "IS" if on_sqlite() else "IS NOT DISTINCT FROM"
    fixed = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in _FIXED)
    step = f"{_rank('NEW')} - {_rank('OLD')} IN (0, 1)"
    refuse("erasures", "update", "UPDATE", f"(({fixed}) AND {step}) IS NOT TRUE", _ORDER)
    there = "EXISTS (SELECT 1 FROM customers AS own WHERE own.customer_id = OLD.customer_id)"
    unfinished = f"OLD.state <> 'BACKUP_FINAL' OR (OLD.scope = 'everything' AND {there})"
    refuse("erasures", "delete", "DELETE", unfinished, _ORDER)
    if not on_sqlite():
        refuse_truncate("erasures", _ORDER)


def guard_customers() -> None:
    """Put the triggers on ``customers``; ``erasures`` must be there."""
    again = _EVERYTHING.format(row="NEW", more="")
    moved = "NEW.customer_id <> OLD.customer_id"
    shut = "'\\xff'::bytea"
    if on_sqlite():
        again += (
            " OR EXISTS (SELECT 1 FROM customers AS met "
            "WHERE met.customer_id = NEW.customer_id OR met.rowid = NEW.rowid)"
        )
        moved, shut = f"{moved} OR NEW.rowid <> OLD.rowid", "x'ff'"
    refuse("customers", "insert", "INSERT", again, _KEPT)
    moving = "UPDATE" if on_sqlite() else "UPDATE OF customer_id"
    refuse("customers", "move", moving, moved, _KEPT)
    opened = f"OLD.sealing = {shut} AND (NEW.sealing = {shut}) IS NOT TRUE"
    erased = _EVERYTHING.format(row="OLD", more="")
    refuse("customers", "opening", "UPDATE OF sealing", f"{opened} AND {erased}", _KEPT)
    purging = _EVERYTHING.format(row="OLD", more=" AND whole.state = 'KEY_DESTROYED'")
    refuse("customers", "delete", "DELETE", f"NOT {purging}", _KEPT)
    if not on_sqlite():
        refuse_truncate("customers", _KEPT)


def _rank(row: str) -> str:
    """Return the SQL of how far the state of ``row`` is, NULL for one that is not known."""
    ranks = " ".join(f"WHEN '{state}' THEN {rank}" for rank, state in enumerate(_STATES))
    return f"(CASE {row}.state {ranks} END)"
