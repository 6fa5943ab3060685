"""Shapes of erasures: what is asked for, how far it is, and the receipt."""

from typing import Annotated, Literal

from pydantic import Field

from assistant.web.schemas.base import Incoming, Outgoing, Uuid
from assistant.web.schemas.me import CategoryId

RequestScope = Literal["item", "conversation", "category", "all_data", "everything"]
ScopeWord = Literal[
    "item", "conversation", "category", "expired", "corrected", "all_data", "everything"
]
"""Two are the service's own: what was kept as long as was said, old words of a fact."""
StateWord = Literal[
    "REQUESTED",
    "BLOCKED_FOR_USE",
    "KEY_DESTROYED",
    "ROWS_PURGED",
    "PHYSICALLY_VERIFIED",
    "BACKUP_FINAL",
]


class ErasureRequest(Incoming):
    """`id` goes with `item` (an event, turn, question or fact) and `conversation`."""

    scope: RequestScope
    id: Uuid | None = None
    category: CategoryId | None = None


class ErasureQuery(Incoming):
    """A page of the erasures."""

    limit: Annotated[int, Field(ge=1, le=200, strict=False)] = 50
    cursor: Uuid | None = None


class HistoryDeletion(Incoming):
    """The data category that is deleted."""

    category: CategoryId


class StageBody(Outgoing):
    """One state: when it was reached, and when it is due at the latest."""

    state: StateWord
    at: str | None
    due: str


class RequestedBody(Outgoing):
    """What was asked for holds already; `status_token` shows how far the proof is."""

    id: str
    status_token: str = Field(
        description="Send it as `Authorization: Bearer …` or `Erasure-Status: …`; never in a URL."
    )
    scope: ScopeWord
    state: StateWord


class ErasureBody(Outgoing):
    """One erasure. `receipt` is a signed JSON-LD document once the rows are gone."""

    id: str
    scope: ScopeWord
    target: str | None = Field(description="The item, conversation or category.")
    state: StateWord
    states: list[StageBody]
    overdue: bool
    problem: str | None = Field(description="What a step is tried again for, in one word.")
    receipt: dict[str, object] | None


class ErasuresBody(Outgoing):
    """Newest first; `cursor` is there while more follows."""

    items: list[ErasureBody]
    cursor: str | None
