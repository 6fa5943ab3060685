"""The consent ledger: takes decisions, appends them, and says what they add up to.

Nothing here changes a decision; a new one is appended and the customer's consent epoch moves on in
the same transaction, so that every process sees at its next look that something changed. What has
to follow from a decision (a no in the erasure ledger, facts and vectors that go with it) follows in
that transaction too, through the calls that ``bootstrap`` passes in.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from assistant.core.errors import InvalidInput, NotFound, Stale
from assistant.core.events import JsonObject
from assistant.profile.consent.state import (
    BESIDE_GPC,
    GPC_CHANNEL,
    IMPORT_CHANNEL,
    ConsentState,
    Standings,
    fold,
)
from assistant.profile.pack.loading import Pack
from assistant.profile.pack.purposes import AGGREGATE_PURPOSE, Purpose
from assistant.store.consents import (
    ConsentEntry,
    ConsentEvent,
    ConsentRepository,
    ConsentStatus,
    Decision,
)
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
    ``lang`` is the language it was shown in, where the hash does not tell.
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
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Unlawful:
    """Categories that only consent let be stored, and that no purpose given asks for any more."""

    customer_id: str
    categories: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class UseChange:
    """Categories that some purpose permits now and none did before, and the other way round."""

    customer_id: str
    added: frozenset[str]
    removed: frozenset[str]


OnNo: TypeAlias = Callable[[Connection, str, Sequence[ConsentEntry]], None]
"""Told, inside the write and before its commit, what a customer refused or withdrew."""

OnUnlawful: TypeAlias = Callable[[Connection, Unlawful], None]
OnUseChanged: TypeAlias = Callable[[Connection, "UseChange"], None]
"""Told what may be used from now on and what no more: what was derived follows."""


class ConsentLedger:
    """Decides and recalls; every method runs inside the caller's transaction."""

    def __init__(
        self,
        *,
        pack: Pack,
        consents: ConsentRepository,
        customers: CustomerRepository,
        on_no: OnNo | None = None,
        on_category_unlawful: OnUnlawful | None = None,
        on_use_changed: OnUseChanged | None = None,
    ) -> None:
        self._pack = pack
        self._consents = consents
        self._customers = customers
        self._on_no = on_no
        self._on_category_unlawful = on_category_unlawful
        self._on_use_changed = on_use_changed
        self._languages = {
            purpose.id: pack.disclosures.languages_by_hash(purpose) for purpose in pack.purposes
        }

    def state(self, connection: Connection, customer_id: str) -> ConsentState:
        """Return where the customer stands now.

        The epoch is read first: a decision that lands in between makes the state look older than it
        is, never newer, and what was read under it is then discarded.

        Raises:
            NotFound: there is no such customer.
        """
        epoch = self._customers.consent_epoch(connection, customer_id)
        events = self._consents.list_standing(connection, customer_id)
        return self._state(epoch, events)

    def decide(self, connection: Connection, decision: ConsentDecision) -> ConsentState:
        """Record a decision (in a write) and return where the customer stands after it.

        Saying no needs no version and no hash and is never refused for them; of the categories it
        names, those that the purpose never asked for are left out, and where none is left nothing
        changes.

        Raises:
            NotFound: there is no such purpose or customer.
            InvalidInput: a yes to a category that is not one of the purpose's.
            Stale: a yes to a version or text that is no longer the one that is shown.
        """
        purpose = self._pack.purposes.find_purpose(decision.purpose)
        if purpose is None:
            raise NotFound("there is no such purpose")
        if decision.decision == "given":
            self._check_current(purpose, decision)
        # The row first: whoever decides next queues up behind it and numbers after us.
        self._consents.hold(connection, decision.customer_id)
        before = self._consents.list_events(connection, decision.customer_id)
        categories = _categories(purpose, decision, before)
        if not categories:
            return self.state(connection, decision.customer_id)
        self._customers.bump_epoch(connection, decision.customer_id)
        entries = self._entries(purpose, decision, categories, fold(before))
        added = self._consents.append(connection, decision.customer_id, entries)
        self._follow(connection, decision, entries, before, [*before, *added])
        epoch = self._customers.consent_epoch(connection, decision.customer_id)
        return self._state(epoch, [*before, *added])

    def observe_gpc(
        self, connection: Connection, customer_id: str, *, at: datetime
    ) -> ConsentState:
        """Let ``Sec-GPC: 1`` act (in a write): it takes the customer out of aggregates.

        A yes that was given while the signal was on and shown stands. Nothing is written when there
        is nothing to take back: purposes never given are refused by default anyway.
        """
        state = self.state(connection, customer_id)
        objected = state.given_unheard(AGGREGATE_PURPOSE)
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

    def _state(self, epoch: int, events: Sequence[ConsentEvent]) -> ConsentState:
        return ConsentState(epoch=epoch, standings=fold(events), purposes=self._pack.purposes)

    def _check_current(self, purpose: Purpose, decision: ConsentDecision) -> None:
        """Refuse a yes to anything but the text that is shown today."""
        imported = decision.channel == IMPORT_CHANNEL
        if not imported and (decision.version is None or decision.text_sha256 is None):
            raise Stale(
                "a yes echoes the version and text_sha256 that were shown; these are missing"
            )
        if decision.version is not None and decision.version != purpose.version:
            raise Stale(
                f"this purpose is now version {purpose.version}; show its text and ask again"
            )
        shown = self._languages[purpose.id]
        if decision.text_sha256 is not None and decision.text_sha256 not in shown:
            raise Stale("the text of this purpose has changed; show it and ask again")

    def _entries(
        self,
        purpose: Purpose,
        decision: ConsentDecision,
        categories: Collection[str],
        standings: Standings,
    ) -> Sequence[ConsentEntry]:
        """Return what is appended; a hash that is none is dropped, because it may be anything."""
        sha256 = decision.text_sha256 or ""
        return [
            ConsentEntry(
                purpose=purpose.id,
                version=purpose.version,
                category=category,
                decision=decision.decision,
                at=decision.at,
                text_sha256=sha256 if _SHA256.fullmatch(sha256) else None,
                channel=decision.channel + (BESIDE_GPC if decision.beside_gpc else ""),
                evidence=decision.evidence or None,
                status=_status(purpose, decision.decision, category, standings),
                lang=self._languages[purpose.id].get(sha256, decision.lang),
            )
            for category in categories
        ]

    def _follow(
        self,
        connection: Connection,
        decision: ConsentDecision,
        entries: Sequence[ConsentEntry],
        before: Sequence[ConsentEvent],
        after: Sequence[ConsentEvent],
    ) -> None:
        """Let everything that hangs on the decision follow it, before it is acknowledged."""
        customer_id = decision.customer_id
        if decision.decision != "given" and self._on_no:
            self._on_no(connection, customer_id, entries)
        past, present = self._state(0, before), self._state(0, after)
        had, has = past.given_categories(), present.given_categories()
        if had != has and self._on_use_changed:
            self._on_use_changed(connection, UseChange(customer_id, has - had, had - has))
        taken_back = frozenset(
            entry.category
            for entry in entries
            if entry.decision != "given" and _was_given(past, entry)
        )
        unlawful = frozenset(
            category
            for category in taken_back - has
            if self._pack.categories.stored_on_consent_alone(category)
        )
        if unlawful and self._on_category_unlawful:
            self._on_category_unlawful(connection, Unlawful(customer_id, unlawful, decision.at))


def _categories(
    purpose: Purpose, decision: ConsentDecision, events: Sequence[ConsentEvent]
) -> Collection[str]:
    """Return the categories the decision is about, in a fixed order.

    A no may also name what an earlier version of the purpose asked for. What a file names wrongly
    is for its author to mend; a customer's no counts for what it names rightly.
    """
    known = set(purpose.categories)
    if decision.decision == "given":
        if decision.categories is None:
            return purpose.categories
        if not decision.categories or not decision.categories <= known:
            raise InvalidInput("categories must name data categories of this purpose")
        return sorted(decision.categories)
    known |= {event.category for event in events if event.purpose == purpose.id}
    if decision.categories is None:
        return sorted(known)
    if decision.channel == IMPORT_CHANNEL and not decision.categories <= known:
        raise InvalidInput("categories must name data categories of this purpose")
    return sorted(known & decision.categories)


def _status(
    purpose: Purpose, decision: Decision, category: str, standings: Standings
) -> ConsentStatus:
    """Return what the decision leads to: a yes to what stands already renews it."""
    standing = standings.get((purpose.id, category))
    if standing is None or decision != "given" or standing.decision != "given":
        return decision
    return "renewed" if standing.version == purpose.version else "given"


def _was_given(past: ConsentState, entry: ConsentEntry) -> bool:
    """Whether a yes stood, be it to an earlier version: what it let be stored is still there."""
    standing = past.standings.get((entry.purpose, entry.category))
    return standing is not None and standing.decision == "given"
