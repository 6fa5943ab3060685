"""A visit joins a customer's account: only when the customer says so after seeing what it means.

What was said is copied under the customer's key; what the visitor decided or gave besides is not.
Then everything of the visitor is erased like that of anybody else, so that no restore brings a
second copy back. A customer's own conversations are never overwritten.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from assistant.core.actor import Role
from assistant.core.errors import InvalidInput, NotAllowed, NotFound, Overloaded, Stale
from assistant.core.events import JsonObject
from assistant.core.ids import CustomerId
from assistant.profile.consent.visit_card import JOIN_PURPOSE, find_card, visit_card
from assistant.profile.erasure.requests import Erasures, ErasureScope
from assistant.profile.pack.categories import CONVERSATION
from assistant.profile.pack.disclosure import Disclosure
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.consents import ConsentEntry, ConsentRepository
from assistant.store.customers import Customer, CustomerRepository
from assistant.store.engine import Connection
from assistant.store.visit_transfer import Transferred, VisitTransfer

MOST_TURNS: Final = 2_000
"""Turns that are sealed anew in one write: about a quarter of a second."""

CHANNEL: Final = "merge"


@dataclass(frozen=True, slots=True)
class JoinDecision:
    """What the customer said to the card, echoing its version and hash when it was a yes."""

    decision: Literal["given", "refused"]
    version: int | None
    text_sha256: str | None
    lang: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of a visit; the numbers are of what came over, also when asked again."""

    joined: bool
    conversations: int
    turns: int


class VisitorMerge:
    """Joins visits with accounts, inside the caller's write."""

    def __init__(
        self,
        *,
        customers: CustomerRepository,
        consents: ConsentRepository,
        transfer: VisitTransfer,
        erasures: Erasures,
        access_log: AccessLogRepository,
    ) -> None:
        self._customers = customers
        self._consents = consents
        self._transfer = transfer
        self._erasures = erasures
        self._access_log = access_log

    def decide(
        self,
        connection: Connection,
        customer_id: CustomerId,
        visitor_id: CustomerId,
        decision: JoinDecision,
        *,
        at: datetime,
    ) -> Joined:
        """Join the visit, or note that the customer does not want it to.

        Asking again for what was joined gives the same answer.

        Raises:
            Stale: a yes to anything but the card that is shown today.
            NotFound: the visit is not there (any more), and was not joined with this account.
            NotAllowed: one of the two is not what it should be: a visit and a customer's account.
        Overloaded: an erasure of the account is under way and would take along what is joined.
            InvalidInput: more was said than can be joined.
        """
        card = find_card(decision.version, decision.text_sha256)
        if decision.decision == "given" and card is None:
            raise Stale("the card of joining a visit has changed; show it and ask again")
        self._hold(connection, customer_id, visitor_id)
        if earlier := self._find_joined(connection, customer_id, visitor_id):
            return earlier
        self._check(connection, customer_id, visitor_id)
        if decision.decision == "refused" or card is None:
            self._record(connection, customer_id, decision, None, None, at)
            return Joined(joined=False, conversations=0, turns=0)
        moved = self._join(connection, customer_id, visitor_id, at)
        evidence: JsonObject = {
            "visit": visitor_id,
            "conversations": moved.conversations,
            "turns": moved.turns,
        }
        self._record(connection, customer_id, decision, card, evidence, at)
        return Joined(joined=True, conversations=moved.conversations, turns=moved.turns)

    def _hold(self, connection: Connection, *subjects: CustomerId) -> None:
        """Hold both rows, always in one order, so that two requests cannot block each other."""
        for subject in sorted(subjects):
            self._consents.hold(connection, subject)

    def _check(
        self, connection: Connection, customer_id: CustomerId, visitor_id: CustomerId
    ) -> None:
        account = self._customers.get_customer(connection, customer_id)
        if account.kind != "customer":
            raise NotAllowed("sign in first: a visit joins a customer's account, not another visit")
        visit = self._find_visit(connection, visitor_id)
        if visit is None or visit.blocked_at or visit.erased_at:
            raise NotFound("this visit is not there (any more); it can be joined once only")
        if visit.kind != "visitor":
            raise NotAllowed("only what was said as a visitor can be joined")
        if self._transfer.count_turns(connection, visitor_id) > MOST_TURNS:
            raise InvalidInput(f"a visit of more than {MOST_TURNS:,} turns cannot be joined")

    def _find_visit(self, connection: Connection, visitor_id: CustomerId) -> Customer | None:
        try:
            return self._customers.get_customer(connection, visitor_id)
        except NotFound:
            return None

    def _find_joined(
        self, connection: Connection, customer_id: CustomerId, visitor_id: CustomerId
    ) -> Joined | None:
        """Return what was joined before, by the evidence that the yes was recorded with."""
        for event in self._consents.list_events(connection, customer_id):
            if event.purpose != JOIN_PURPOSE or event.decision != "given":
                continue
            evidence = self._consents.find_evidence(connection, customer_id, event.seq) or {}
            if evidence.get("visit") == visitor_id:
                return Joined(
                    joined=True,
                    conversations=int(str(evidence["conversations"])),
                    turns=int(str(evidence["turns"])),
                )
        return None

    def _join(
        self,
        connection: Connection,
        customer_id: CustomerId,
        visitor_id: CustomerId,
        at: datetime,
    ) -> Transferred:
        if self._customers.get_customer(connection, customer_id).blocked_at:
            raise Overloaded("something of this account is being erased; try again", retry_after=5)
        moved = self._transfer.copy(connection, visitor_id, customer_id)
        reading = Access(
            role=Role.ASSISTANT,
            purpose=JOIN_PURPOSE,
            categories=frozenset({CONVERSATION}),
            items=moved.turns,
            item_ids=(),
            at=at,
            reading="merge",
        )
        self._access_log.add_access(connection, customer_id, reading)
        everything = ErasureScope("everything")
        self._erasures.request(connection, visitor_id, everything, at=at, cause="merge")
        return moved

    def _record(
        self,
        connection: Connection,
        customer_id: CustomerId,
        decision: JoinDecision,
        card: Disclosure | None,
        evidence: JsonObject | None,
        at: datetime,
    ) -> None:
        """Append the decision to the customer's chain; its receipt carries the card.

        Of a visit that was not joined nothing is noted, so that the two stay apart.
        """
        entry = ConsentEntry(
            purpose=JOIN_PURPOSE,
            version=visit_card(decision.lang).version,
            category=CONVERSATION,
            decision=decision.decision,
            at=at,
            text_sha256=card.text_sha256 if card else None,
            channel=CHANNEL,
            evidence=evidence,
            lang=card.lang if card else decision.lang,
        )
        self._customers.bump_epoch(connection, customer_id)
        self._consents.append(connection, customer_id, [entry])
