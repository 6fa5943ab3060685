"""The consent ledger: takes decisions, appends them, and says what they add up to.

Nothing here changes a decision; a new one is appended and the customer's consent epoch moves on in
the same transaction, so that every process sees at its next look that something changed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from assistant.core.errors import InvalidInput, NotFound, Stale
from assistant.core.events import JsonObject
from assistant.profile.consent_state import (
    BESIDE_GPC,
    GPC_CHANNEL,
    IMPORT_CHANNEL,
    ConsentState,
    fold,
)
from assistant.profile.pack import Pack
from assistant.profile.purposes import AGGREGATE_PURPOSE, Purpose
from assistant.store.consents import ConsentEntry, ConsentRepository, Decision
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """One decision as it was made.

    ``categories`` None means all of the purpose. ``given`` needs the ``version`` and
    ``text_sha256`` of the text that was shown; only what is imported may leave them out, and brings
    ``evidence`` of where it was given instead. ``channel`` is a word for where it was made (api,
    page, chat, import, demo); ``beside_gpc`` says that the Global Privacy Control signal was on.
    """

    customer_id: str
    purpose: str
    decision: Decision
    channel: str
    at: datetime
    version: int | None = None
    text_sha256: str | None = None
    categories: frozenset[str] | None = None
    evidence: JsonObject = field(default_factory=dict, repr=False)
    beside_gpc: bool = False


class ConsentLedger:
    """Decides and recalls; every method runs inside the caller's transaction."""

    def __init__(
        self, *, pack: Pack, consents: ConsentRepository, customers: CustomerRepository
    ) -> None:
        self._pack = pack
        self._consents = consents
        self._customers = customers
        self._accepted = {
            purpose.id: pack.disclosures.accepted_hashes(purpose) for purpose in pack.purposes
        }

    def state(self, connection: Connection, customer_id: str) -> ConsentState:
        """Return where the customer stands now.

        The epoch is read first: a decision that lands in between makes the state look older than it
        is, never newer, and what was read under it is then discarded.

        Raises:
            NotFound: there is no such customer.
        """
        epoch = self._customers.consent_epoch(connection, customer_id)
        events = self._consents.list_events(connection, customer_id)
        return ConsentState(epoch=epoch, standings=fold(events), purposes=self._pack.purposes)

    def decide(self, connection: Connection, decision: ConsentDecision) -> ConsentState:
        """Record a decision (in a write) and return where the customer stands after it.

        Saying no needs no version and no hash and is never refused for them.

        Raises:
            NotFound: there is no such purpose or customer.
            InvalidInput: a category is not one of the purpose's, or a yes lacks what it must echo.
            Stale: a yes to a version or text that is no longer the one that is shown.
        """
        purpose = self._pack.purposes.find_purpose(decision.purpose)
        if purpose is None:
            raise NotFound("there is no such purpose")
        if decision.decision == "given":
            self._check_current(purpose, decision)
        # The epoch first: it holds the customer's row, so that decisions queue up behind it.
        self._customers.bump_epoch(connection, decision.customer_id)
        categories = self._categories(connection, purpose, decision)
        entries = [_entry(purpose, decision, category) for category in categories]
        self._consents.append(connection, decision.customer_id, entries)
        return self.state(connection, decision.customer_id)

    def observe_gpc(
        self, connection: Connection, customer_id: str, *, at: datetime
    ) -> ConsentState:
        """Let ``Sec-GPC: 1`` act (in a write): it takes the customer out of aggregates.

        A yes that was given while the signal was on and shown stands. Nothing is written when there
        is nothing to take back: purposes never given are refused by default anyway.
        """
        state = self.state(connection, customer_id)
        objected = frozenset(
            category
            for category in state.given(AGGREGATE_PURPOSE)
            if not state.standings[AGGREGATE_PURPOSE, category].beside_gpc
        )
        if not objected:
            return state
        return self.decide(
            connection,
            ConsentDecision(
                customer_id=customer_id,
                purpose=AGGREGATE_PURPOSE,
                decision="refused",
                channel=GPC_CHANNEL,
                at=at,
                categories=objected,
                evidence={"header": "Sec-GPC: 1"},
            ),
        )

    def _check_current(self, purpose: Purpose, decision: ConsentDecision) -> None:
        """Refuse a yes to anything but the text that is shown today."""
        imported = decision.channel == IMPORT_CHANNEL
        if not imported and (decision.version is None or decision.text_sha256 is None):
            raise InvalidInput("giving consent needs the version and text_sha256 that were shown")
        if decision.version is not None and decision.version != purpose.version:
            raise Stale(
                f"this purpose is now version {purpose.version}; show its text and ask again"
            )
        accepted = self._accepted[purpose.id]
        if decision.text_sha256 is not None and decision.text_sha256 not in accepted:
            raise Stale("the text of this purpose has changed; show it and ask again")

    def _categories(
        self, connection: Connection, purpose: Purpose, decision: ConsentDecision
    ) -> Collection[str]:
        """Return the categories the decision is about, in a fixed order.

        A no may also name what an earlier version of the purpose asked for.
        """
        if decision.categories is None and decision.decision == "given":
            return purpose.categories
        known = set(purpose.categories)
        if decision.decision != "given":
            events = self._consents.list_events(connection, decision.customer_id)
            known |= {event.category for event in events if event.purpose == purpose.id}
        if decision.categories is None:
            return sorted(known)
        if not decision.categories or not decision.categories <= known:
            raise InvalidInput("categories must name data categories of this purpose")
        return sorted(decision.categories)


def _entry(purpose: Purpose, decision: ConsentDecision, category: str) -> ConsentEntry:
    """Return what is appended; a hash that is none is dropped, because it may be anything."""
    sha256 = decision.text_sha256 or ""
    return ConsentEntry(
        purpose=purpose.id,
        version=purpose.version,
        category=category,
        decision=decision.decision,
        at=decision.at,
        text_sha256=sha256 if _SHA256.fullmatch(sha256) else None,
        channel=decision.channel + (BESIDE_GPC if decision.beside_gpc else ""),
        evidence=decision.evidence or None,
    )
