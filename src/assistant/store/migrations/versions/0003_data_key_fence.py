"""Each customer's row names the oldest data key for new sealed values; older ones are refused.

Everything that was sealed before is under data key number 1.
"""

import sqlalchemy as sa
from alembic import op

from assistant.store.migrations.fences import fence

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FIRST_KEY = {"sqlite": "x'01'", "postgresql": "'\\x01'::bytea"}
_SEALED = {
    "customers": ("external_sealed",),
    "turns": ("utterance_sealed", "reply_sealed"),
    "events": ("sealed",),
    "history_blocks": ("sealed",),
    "consent_events": ("evidence_sealed",),
}


def upgrade() -> None:
    first = sa.text(_FIRST_KEY[op.get_bind().dialect.name])
    op.add_column(
        "customers", sa.Column("sealing", sa.LargeBinary(), nullable=False, server_default=first)
    )
    for table, columns in _SEALED.items():
        fence(op, table, *columns)


def downgrade() -> None:
    raise NotImplementedError("values under later keys would not open; restore a backup instead")
