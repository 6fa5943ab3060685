"""Consent events in a hash chain, with a keyed head; purposes are published for ever.

Decisions that were made before are chained as they stand. Their evidence stays sealed but does not
enter the chain: its keyed hash needs the vault, which a migration does not have. The heads need it
too and are sealed in this same transaction by ``store.upgrading``.
"""

from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from assistant.core.ids import new_id
from assistant.store.consent_chain import ChainedDecision, entry_hash, first_link
from assistant.store.migrations.consent_guards import (
    guard_consent_events,
    guard_published_purposes,
)

revision = "0002"
down_revision = "0001"

_PAGE = 2_000
_REBUILD = (
    "INSERT INTO consent_events_chained (customer_id, seq, purpose, version, category, decision, "
    "at, text_sha256, channel, evidence_sealed, decision_id, state, previous_hash, entry_hash) "
    "SELECT customer_id, seq, purpose, version, category, decision, at, text_sha256, channel, "
    "evidence_sealed, :decision_id, :state, :previous_hash, :entry_hash "
    "FROM consent_events WHERE customer_id = :customer_id AND seq = :seq"
)


def upgrade() -> None:
    op.add_column("customers", sa.Column("consent_head", sa.LargeBinary(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_on_sqlite()
    else:
        _extend_on_postgresql()
    guard_consent_events()
    _publish_table()
    guard_published_purposes()


def downgrade() -> None:
    raise NotImplementedError("a chain is not taken apart; restore a backup instead")


def _added_columns(*, null: bool) -> list[sa.Column[str]]:
    return [
        sa.Column("decision_id", sa.String(), nullable=null),
        sa.Column("state", sa.String(), nullable=null),
        sa.Column("lang", sa.String(), nullable=True),
        sa.Column("previous_hash", sa.String(), nullable=null),
        sa.Column("entry_hash", sa.String(), nullable=null),
    ]


def _rebuild_on_sqlite() -> None:
    """Make the table anew, without a rowid."""
    op.create_table(
        "consent_events_chained",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("evidence_hash", sa.LargeBinary(), nullable=True),
        *_added_columns(null=False),
        sa.PrimaryKeyConstraint("customer_id", "seq", name="pk_consent_events"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name="fk_consent_events_customers"
        ),
        sqlite_with_rowid=False,
    )
    for links in _chained_pages():
        op.get_bind().execute(sa.text(_REBUILD), links)
    op.drop_table("consent_events")
    op.rename_table("consent_events_chained", "consent_events")


def _extend_on_postgresql() -> None:
    """Add the columns, fill them, then refuse changes again."""
    op.execute("DROP TRIGGER consent_events_refuse_change ON consent_events")
    op.add_column("consent_events", sa.Column("evidence_hash", sa.LargeBinary(), nullable=True))
    for column in _added_columns(null=True):
        op.add_column("consent_events", column)
    fill = sa.text(
        "UPDATE consent_events SET decision_id = :decision_id, state = :state, "
        "previous_hash = :previous_hash, entry_hash = :entry_hash "
        "WHERE customer_id = :customer_id AND seq = :seq"
    )
    for links in _chained_pages():
        op.get_bind().execute(fill, links)
    for column in _added_columns(null=False):
        op.alter_column("consent_events", column.name, nullable=bool(column.nullable))


def _chained_pages() -> Iterator[list[dict[str, str | int]]]:
    """Yield what each old row gets, a bounded number of rows at a time."""
    page: list[dict[str, str | int]] = []
    for customer_id, rows in groupby(_old_rows(), key=lambda row: row.customer_id):
        for link in _chain(customer_id, rows):
            page.append(link)
            if len(page) == _PAGE:
                yield page
                page = []
    if page:
        yield page


def _old_rows() -> Iterator[sa.Row[*tuple[object, ...]]]:
    """Yield every decision in order, read a page at a time."""
    read = sa.text(
        "SELECT customer_id, seq, purpose, version, category, decision, at, text_sha256, channel "
        "FROM consent_events WHERE customer_id > :customer_id "
        "OR (customer_id = :customer_id AND seq > :seq) ORDER BY customer_id, seq LIMIT :page"
    )
    position: dict[str, object] = {"customer_id": "", "seq": 0}
    while rows := op.get_bind().execute(read, {**position, "page": _PAGE}).all():
        yield from rows
        position = {"customer_id": rows[-1].customer_id, "seq": rows[-1].seq}


def _chain(
    customer_id: str, rows: Iterator[sa.Row[*tuple[object, ...]]]
) -> Iterator[dict[str, str | int]]:
    """Yield the links of one customer's rows; rows decided together share a decision id."""
    previous, standing = first_link(customer_id), dict[tuple[str, str], tuple[str, int]]()
    for key, batch in groupby(rows, key=lambda r: (r.purpose, r.version, r.decision, r.at)):
        decision_id = new_id()
        for row in batch:
            of, stands = (row.purpose, row.category), (row.decision, row.version)
            renewed = row.decision == "given" and standing.get(of) == stands
            state = "renewed" if renewed else row.decision
            standing[of] = stands
            link = ChainedDecision(
                row.seq, decision_id, row.purpose, row.version, row.category, row.decision, state,
                None, row.at, row.text_sha256, row.channel, None,
            )  # fmt: skip
            hashed = entry_hash(link, previous)
            yield {
                "customer_id": customer_id,
                "seq": row.seq,
                "decision_id": decision_id,
                "state": state,
                "previous_hash": previous,
                "entry_hash": hashed,
            }
            previous = hashed
        del key


def _publish_table() -> None:
    op.create_table(
        "published_purposes",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("definition_sha256", sa.String(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "version", "lang", name="pk_published_purposes"),
        sqlite_with_rowid=False,
    )
