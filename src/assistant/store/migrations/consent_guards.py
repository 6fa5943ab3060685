"""Triggers that keep consent events append-only and chained, and published purposes as they are.

They hold against any statement of the application's own role, on SQLite also with foreign keys,
recursive triggers and check constraints switched off: REPLACE deletes without a DELETE trigger, so
an INSERT over an existing key is refused before it can.

Two things pass: while an erasure of a customer is under way their rows go with them, and evidence
that lies behind the customer's present key is sealed anew under that key.
"""

from alembic import op

_EXECUTING = (
    "EXISTS (SELECT 1 FROM erasures WHERE erasures.customer_id = OLD.customer_id "
    "AND erasures.state IN ('BLOCKED_FOR_USE', 'KEY_DESTROYED'))"
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
_STATES = (
    "NOT coalesce((NEW.decision = 'given' AND NEW.state IN ('given', 'renewed')) "
    "OR (NEW.decision IN ('refused', 'withdrawn') AND NEW.state = NEW.decision), {no})"
)


def guard_consent_events() -> None:
    """Put the triggers on ``consent_events`` and on the head in ``customers``."""
    if op.get_bind().dialect.name == "sqlite":
        _guard_events_on_sqlite()
    else:
        _guard_events_on_postgresql()


def guard_published_purposes() -> None:
    """Refuse every change of ``published_purposes`` but a new row."""
    if op.get_bind().dialect.name == "sqlite":
        _guard_purposes_on_sqlite()
    else:
        _guard_purposes_on_postgresql()


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
    _sqlite("consent_events", "insert_form", "INSERT", _SQLITE_FORM + "OR " + _form(no="0"), _WRONG)
    _sqlite("consent_events", "insert_chain", "INSERT", unchained, _UNCHAINED)
    kept = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _KEPT)
    refused = f"NOT coalesce({kept} AND {_RESEALED}, 0)"
    _sqlite("consent_events", "update", "UPDATE", refused, _CHANGED)
    _sqlite("consent_events", "delete", "DELETE", f"NOT {_EXECUTING}", _CHANGED)
    gone = "OLD.consent_head IS NOT NULL AND NEW.consent_head IS NULL"
    _sqlite("customers", "consent_head", "UPDATE OF consent_head", gone, _HEAD)


def _guard_purposes_on_sqlite() -> None:
    there = (
        "EXISTS (SELECT 1 FROM published_purposes AS old WHERE old.purpose = NEW.purpose "
        "AND old.version = NEW.version AND old.lang = NEW.lang)"
    )
    _sqlite("published_purposes", "insert", "INSERT", there, _PUBLISHED)
    for change in ("UPDATE", "DELETE"):
        _sqlite("published_purposes", change.lower(), change, "1", _PUBLISHED)


def _sqlite(table: str, name: str, event: str, refused: str, message: str) -> None:
    """Refuse ``event`` on ``table`` where ``refused`` is true."""
    op.execute(
        f"CREATE TRIGGER {table}_refuse_{name} BEFORE {event} ON {table} WHEN {refused} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _form(*, no: str) -> str:
    return _STATES.format(no=no)


def _guard_events_on_postgresql() -> None:
    _chain_function()
    _change_function()
    _function(
        "keep_consent_head",
        body=(
            "IF OLD.consent_head IS NOT NULL AND NEW.consent_head IS NULL "
            f"THEN RAISE EXCEPTION '{_HEAD}'; END IF; RETURN NEW;"
        ),
    )
    op.execute(
        "CREATE TRIGGER consent_events_chain BEFORE INSERT ON consent_events "
        "FOR EACH ROW EXECUTE FUNCTION chain_consent_event()"
    )
    op.execute(
        "CREATE TRIGGER consent_events_refuse_change BEFORE UPDATE OR DELETE ON consent_events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_consent_change()"
    )
    op.execute(
        "CREATE TRIGGER customers_keep_consent_head BEFORE UPDATE OF consent_head ON customers "
        "FOR EACH ROW EXECUTE FUNCTION keep_consent_head()"
    )


def _chain_function() -> None:
    _function(
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
    _function(
        "refuse_consent_change",
        body=(
            f"IF TG_OP = 'DELETE' THEN IF {_EXECUTING} THEN RETURN OLD; END IF; "
            f"ELSIF TG_OP = 'UPDATE' THEN IF {kept} AND {_RESEALED} THEN RETURN NEW; END IF; "
            f"END IF; RAISE EXCEPTION '{_CHANGED}';"
        ),
    )


def _guard_purposes_on_postgresql() -> None:
    _function("refuse_published_change", body=f"RAISE EXCEPTION '{_PUBLISHED}';")
    op.execute(
        "CREATE TRIGGER published_purposes_refuse_change BEFORE UPDATE OR DELETE "
        "ON published_purposes FOR EACH ROW EXECUTE FUNCTION refuse_published_change()"
    )
    op.execute(
        "CREATE TRIGGER published_purposes_refuse_truncate BEFORE TRUNCATE "
        "ON published_purposes FOR EACH STATEMENT EXECUTE FUNCTION refuse_published_change()"
    )


def _function(name: str, *, body: str, declare: str = "") -> None:
    declaration = f"DECLARE {declare} " if declare else ""
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ {declaration}BEGIN {body} END $$"
    )
