"""Hand-written stand-ins for receipts and for joining visits, kept in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.core.actor import CustomerActor
from assistant.core.errors import NotFound
from assistant.core.ids import CustomerId
from assistant.profile.receipts.issuing import Receipt, ReceiptSummary
from assistant.profile.visitor_merge import JoinDecision, Joined


@dataclass
class FakeReceipts:
    """Receipts by customer, newest first."""

    receipts: dict[CustomerId, list[Receipt]] = field(default_factory=dict)

    async def list_summaries(
        self, actor: CustomerActor, *, after: str | None, limit: int
    ) -> Sequence[ReceiptSummary]:
        own = self.receipts.get(actor.customer_id, [])
        ids = [receipt.receipt_id for receipt in own]
        start = ids.index(after) + 1 if after in ids else 0
        return [
            ReceiptSummary(
                each.receipt_id,
                each.at,
                each.purpose,
                1,
                "given",
                frozenset({"given"}),
                ("orders",),
            )
            for each in own[start : start + limit]
        ]

    async def get(self, actor: CustomerActor, receipt_id: str) -> Receipt:
        for receipt in self.receipts.get(actor.customer_id, []):
            if receipt.receipt_id == receipt_id:
                return receipt
        raise NotFound("there is no such receipt")


@dataclass
class FakeVisitJoining:
    """Remembers what was decided about which visit."""

    decided: list[tuple[CustomerId, CustomerId, JoinDecision]] = field(default_factory=list)

    async def decide(
        self, actor: CustomerActor, visitor_id: CustomerId, decision: JoinDecision
    ) -> Joined:
        self.decided.append((actor.customer_id, visitor_id, decision))
        joined = decision.decision == "given"
        return Joined(joined=joined, conversations=int(joined), turns=2 * joined)
