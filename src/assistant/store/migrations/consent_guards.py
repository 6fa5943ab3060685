"""Triggers that keep consent events append-only and chained, and published purposes as they are.

They hold against any statement of the application's own role, on SQLite also with foreign keys,
recursive triggers and check constraints switched off: REPLACE deletes without a DELETE trigger, so
an INSERT over an existing key is refused before it can.

Two things pass: once everything of a customer is being erased, their keys are gone and nothing is
written for them any more, their rows go; and evidence that lies behind the customer's present key
is sealed anew under that key. What keeps somebody from making it look so for a moment stands in
``erasure_guards``.
"""

from alembic import op

from assistant.store.migrations.triggers import (
    make_function,
    on_sqlite,
    refuse,
    refuse_truncate,
)

_ERASED = (
    "EXISTS (SELECT 1 FROM erasures AS whole "
    "JOIN customers AS own ON own.customer_id = whole.customer_id "
    "WHERE whole.customer_id = OLD.customer_id AND whole.scope = 'everything' "
    "AND whole.state = 'KEY_DESTROYED' AND own.sealing = {shut})"
)
_SEALING = (
    "(SELECT owner.sealing FROM customers AS owner WHERE owner.customer_id = OLD.customer_id)"
)
_RESEALED = (
    "(OLD.evidence_sealed IS NOT NULL AND NEW.evidence_sealed IS NOT NULL "
    f"AND OLD.evidence_sealed < {_SEALING} AND NEW.evidence_sealed >= {_SEALING})"
)
_KEPT = (
    "customer_id", "seq", "decision_id", "purpose", "version", "category", "decision", "state",
    "lang", "at", "text_sha256", "channel", "evidence_hash", "previous_hash", "entry_hash",
)  # fmt: skip
"""Every column but the sealed evidence."""

_CHANGED = "consent events are append-only"
_UNCHAINED = "consent events are append-only: this entry does not continue the chain"
_WRONG = "consent events hold decisions of a known form only"
_PUBLISHED = "published purposes never change; raise the version"
_TERMS = "published purposes keep nothing for more than 120 months"
_HEAD = "the head of a consent chain is not taken away"

_READ_LAST = (
    "SELECT last.seq, last.entry_hash INTO last_seq, last_hash FROM consent_events AS last "
    "WHERE last.customer_id = NEW.customer_id ORDER BY last.seq DESC LIMIT 1;"
)
_SQLITE_FORM = (
    "typeof(NEW.customer_id) <> 'text' OR typeof(NEW.seq) <> 'integer' "
    "OR typeof(NEW.version) <> 'integer' OR typeof(NEW.at) <> 'integer' "
    "OR typeof(NEW.previous_hash) <> 'text' OR length(NEW.previous_hash) <> 64 "
    "OR typeof(NEW.entry_hash) <> 'text' OR length(NEW.entry_hash) <> 64 "
)
_SQLITE_TERMS = (
    "EXISTS (SELECT 1 FROM json_each(NEW.definition, '$.retention_months') AS kept "
    "WHERE kept.type <> 'integer' OR kept.value NOT BETWEEN 0 AND 120)"
)
_POSTGRESQL_TERMS = (
    "EXISTS (SELECT 1 FROM jsonb_each(coalesce("
    "NEW.definition::jsonb -> 'retention_months', jsonb_build_object())) AS kept "
    "WHERE CASE WHEN jsonb_typeof(kept.value) = 'number' "
    "THEN kept.value::text::numeric NOT BETWEEN 0 AND 120 ELSE true END)"
)
"""Terms that no pack may have: ``retention_months`` is bounded like this in its schema too."""

_STATES = (
    "NOT coalesce((NEW.decision = 'given' AND NEW.state IN ('given', 'renewed')) "
    "OR (NEW.decision IN ('refused', 'withdrawn') AND NEW.state = NEW.decision), {no})"
)


def guard_consent_events() -> None:
    """Put the triggers on ``consent_events`` and on the head in ``customers``."""
    if on_sqlite():
        _guard_events_on_sqlite()
    else:
        _guard_events_on_postgresql()
    gone = "OLD.consent_head IS NOT NULL AND NEW.consent_head IS NULL"
    refuse("customers", "consent_head", "UPDATE OF consent_head", gone, _HEAD)


def guard_published_purposes() -> None:
    """Refuse every change of ``published_purposes`` but a new row with sane terms."""
    there = (
        "EXISTS (SELECT 1 FROM published_purposes AS met WHERE met.purpose = NEW.purpose "
        "AND met.version = NEW.version AND (met.lang = NEW.lang "
        "OR met.definition <> NEW.definition))"
    )
    refuse("published_purposes", "insert", "INSERT", there, _PUBLISHED)
    terms = _SQLITE_TERMS if on_sqlite() else _POSTGRESQL_TERMS
    refuse("published_purposes", "terms", "INSERT", f"NEW.version < 1 OR {terms}", _TERMS)
    for change in ("UPDATE", "DELETE"):
        refuse("published_purposes", change.lower(), change, "true", _PUBLISHED)
    if not on_sqlite():
        refuse_truncate("published_purposes", _PUBLISHED)


def _guard_events_on_sqlite() -> None:
    last = (
        "(SELECT last.{column} FROM consent_events AS last "
        "WHERE last.customer_id = NEW.customer_id ORDER BY last.seq DESC LIMIT 1)"
    )
    unchained = (
        f"NEW.seq IS NOT coalesce({last.format(column='seq')}, 0) + 1 "
        f"OR NEW.previous_hash IS NOT "
        f"coalesce({last.format(column='entry_hash')}, NEW.previous_hash)"
    )
    refuse("consent_events", "insert_form", "INSERT", _SQLITE_FORM + "OR " + _form(no="0"), _WRONG)
    refuse("consent_events", "insert_chain", "INSERT", unchained, _UNCHAINED)
    kept = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _KEPT)
    refused = f"NOT coalesce({kept} AND {_RESEALED}, 0)"
    refuse("consent_events", "update", "UPDATE", refused, _CHANGED)
    erased = _ERASED.format(shut="x'ff'")
    refuse("consent_events", "delete", "DELETE", f"NOT {erased}", _CHANGED)


def _form(*, no: str) -> str:
    return _STATES.format(no=no)


def _guard_events_on_postgresql() -> None:
    _chain_function()
    _change_function()
    op.execute(
        "CREATE TRIGGER consent_events_chain BEFORE INSERT ON consent_events "
        "FOR EACH ROW EXECUTE FUNCTION chain_consent_event()"
    )
    op.execute(
        "CREATE TRIGGER consent_events_refuse_change BEFORE UPDATE OR DELETE ON consent_events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_consent_change()"
    )


def _chain_function() -> None:
    make_function(
        "chain_consent_event",
        declare="last_seq integer; last_hash text;",
        body=(
            f"{_READ_LAST} IF {_form(no='false')} OR length(NEW.previous_hash) <> 64 "
            f"OR length(NEW.entry_hash) <> 64 THEN RAISE EXCEPTION '{_WRONG}'; END IF; "
            "IF NEW.seq IS DISTINCT FROM coalesce(last_seq, 0) + 1 "
            "OR NEW.previous_hash IS DISTINCT FROM coalesce(last_hash, NEW.previous_hash) "
            f"THEN RAISE EXCEPTION '{_UNCHAINED}'; END IF; RETURN NEW;"
        ),
    )


def _change_function() -> None:
    kept = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in _KEPT)
    erased = _ERASED.format(shut="'\\xff'::bytea")
    make_function(
        "refuse_consent_change",
        body=(
            f"IF TG_OP = 'DELETE' THEN IF {erased} THEN RETURN OLD; END IF; "
            f"ELSIF TG_OP = 'UPDATE' THEN IF {kept} AND {_RESEALED} THEN RETURN NEW; END IF; "
            f"END IF; RAISE EXCEPTION '{_CHANGED}';"
        ),
    )
