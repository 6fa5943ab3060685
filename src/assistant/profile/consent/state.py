"""What one customer's consent decisions add up to: a pure fold, no clock and no database.

Only the latest decision about a purpose and category stands, and it permits only while the purpose
has the version it was given for. Decisions are folded in the order they were recorded, because
that order is the same for every process; only an *imported* decision, which was made elsewhere
earlier, does not displace one that was made after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.profile.pack.purposes import Purpose, PurposeRegister
from assistant.store.consents import ConsentEvent, ConsentStatus, Decision

Standing = Literal["given", "refused", "withdrawn", "outdated", "undecided"]
"""``outdated`` was given for an earlier version of the purpose and permits nothing."""

IMPORT_CHANNEL = "import"
GPC_CHANNEL = "gpc"
"""The decision that the Global Privacy Control signal makes in the customer's place."""

BESIDE_GPC = "+gpc"
"""Ends the channel of a decision that was made while the signal was on and shown."""


@dataclass(frozen=True, slots=True)
class StandingDecision:
    """The decision that counts for one purpose and category."""

    decision: Decision
    version: int
    at: datetime
    channel: str
    status: ConsentStatus = "given"

    @property
    def beside_gpc(self) -> bool:
        """Whether it was made expressly while the customer's signal was on."""
        return self.channel.endswith(BESIDE_GPC)


Standings = Mapping[tuple[str, str], StandingDecision]
"""By purpose and category."""


def fold(events: Iterable[ConsentEvent]) -> Standings:
    """Return what stands after ``events``, which come in the order they were recorded."""
    standing: dict[tuple[str, str], StandingDecision] = {}
    for event in events:
        key = (event.purpose, event.category)
        if not _came_too_late(event, standing.get(key)):
            standing[key] = StandingDecision(
                event.decision, event.version, event.at, event.channel, event.status
            )
    return standing


def _came_too_late(event: ConsentEvent, before: StandingDecision | None) -> bool:
    """Whether an imported decision is older than what stands; at the same time a no stands."""
    if before is None or event.channel != IMPORT_CHANNEL:
        return False
    if event.at == before.at:
        return event.decision == "given" and before.decision != "given"
    return event.at < before.at


@dataclass(frozen=True, slots=True)
class ConsentState:
    """One customer's decisions as of one consent epoch, read against the current purposes."""

    epoch: int
    standings: Standings
    purposes: PurposeRegister

    def permits(self, purpose: str, category: str) -> bool:
        """Whether the category may be used for the purpose."""
        return self.standing(purpose, category) == "given"

    def standing(self, purpose: str, category: str) -> Standing:
        """Return where the customer stands; a version that has passed counts as outdated."""
        current = self.purposes.find_purpose(purpose)
        decided = self.standings.get((purpose, category))
        if current is None or decided is None or category not in current.categories:
            return "undecided"
        if decided.decision == "given" and decided.version != current.version:
            return "outdated"
        return decided.decision

    def decided_at(self, purpose: str, category: str) -> datetime | None:
        """Return when the standing decision was made."""
        decided = self.standings.get((purpose, category))
        return decided.at if decided else None

    def recorded(self, purpose: str, category: str) -> ConsentStatus | None:
        """Return what was recorded last, whether or not it still counts."""
        decided = self.standings.get((purpose, category))
        return decided.status if decided else None

    def given(self, purpose: str) -> frozenset[str]:
        """Return the categories that may be used for the purpose."""
        current = self.purposes.find_purpose(purpose)
        return frozenset(c for c in _categories(current) if self.permits(purpose, c))

    def given_unheard(self, purpose: str) -> frozenset[str]:
        """Return what is given for the purpose, but not beside a shown privacy signal."""
        return frozenset(
            category
            for category in self.given(purpose)
            if not self.standings[purpose, category].beside_gpc
        )

    def given_categories(self) -> frozenset[str]:
        """Return the categories that some purpose permits: these may be stored."""
        return frozenset(c for purpose in self.purposes for c in self.given(purpose.id))

    def ever_given(self, purpose: str) -> bool:
        """Whether any category of the purpose stands as expressly given, also when outdated."""
        return any(
            decided.decision == "given"
            for (of_purpose, _), decided in self.standings.items()
            if of_purpose == purpose
        )


def _categories(purpose: Purpose | None) -> tuple[str, ...]:
    return purpose.categories if purpose else ()
