"""What a turn taught us: whether the reply helped, and which questions no passage answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, bindparam, select

from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.core.ids import CustomerId, PassageId, TurnKey
from assistant.store.dialects import Upsert
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.chat import FeedbackRow, KnowledgeGapRow

_F = table_of(FeedbackRow)
_G = table_of(KnowledgeGapRow)
_SAVE = Upsert(_F, keys=["customer_id", "turn_key"], replace=["helped", "at"])
_FIND = select(_F.c.helped).where(
    _F.c.customer_id == bindparam("of_customer"), _F.c.turn_key == bindparam("of_turn")
)
_ADD_GAP = Upsert(_G, keys=["customer_id", "turn_key"])
_GAPS = select(_G).order_by(_G.c.at.desc()).limit(bindparam("at_most"))


@dataclass(frozen=True, slots=True)
class KnowledgeGap:
    """A turn without an answer: the passage that came nearest and its score, never the words."""

    customer_id: CustomerId
    turn_key: TurnKey
    nearest_passage: PassageId | None
    score: float
    at: datetime


class FeedbackRepository:
    """Keeps a customer's latest word on a reply, and the gaps for the authors of the knowledge."""

    def save_feedback(
        self, connection: Connection, customer_id: str, turn_key: str, *, helped: bool, at: datetime
    ) -> None:
        """Keep whether the reply helped, in place of an earlier word on it."""
        values = {
            "customer_id": customer_id,
            "turn_key": turn_key,
            "helped": helped,
            "at": to_epoch_ms(at),
        }
        connection.execute(_SAVE.on(connection), values)

    def find_feedback(self, connection: Connection, customer_id: str, turn_key: str) -> bool | None:
        """Return whether the reply helped, or None when the customer has not said."""
        values = {"of_customer": customer_id, "of_turn": turn_key}
        return cast("bool | None", connection.execute(_FIND, values).scalar_one_or_none())

    def add_gap(self, connection: Connection, gap: KnowledgeGap) -> None:
        """Note that no passage answered a turn; a second note on the same turn changes nothing."""
        values = {
            "customer_id": gap.customer_id,
            "turn_key": gap.turn_key,
            "nearest_passage": gap.nearest_passage,
            "score": gap.score,
            "at": to_epoch_ms(gap.at),
        }
        connection.execute(_ADD_GAP.on(connection), values)

    def list_gaps(self, connection: Connection, *, limit: int = 100) -> Sequence[KnowledgeGap]:
        """Return the newest gaps of all customers."""
        rows = connection.execute(_GAPS, {"at_most": limit})
        return [
            KnowledgeGap(
                customer_id=row.customer_id,
                turn_key=row.turn_key,
                nearest_passage=row.nearest_passage,
                score=row.score,
                at=from_epoch_ms(row.at),
            )
            for row in rows
        ]
