"""What a turn may know of its customer, and the one way it comes to know it.

The gate is asked for no more categories than the question needs; where it grants, history is opened
under the grant, and where it does not, what was withheld is remembered so that the customer can be
told.
"""

from dataclasses import dataclass, replace

from assistant.core.actor import CustomerActor, Role
from assistant.core.ids import TurnKey
from assistant.dialogue.policy import Access
from assistant.dialogue.record_aspects import RecordAspect
from assistant.dialogue.record_choice import NOTHING_SAID, SaidBefore
from assistant.dialogue.told_facts import UsableFacts
from assistant.dialogue.turns import PendingRequest
from assistant.dialogue.understanding import Understanding
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.grants import Grant
from assistant.profile.pack.loading import Pack
from assistant.profile.questions.choice import NOTHING_ASKED, AskedBefore
from assistant.retrieval.history_reader import HistoryReader, OpenedHistory
from assistant.store.engine import Connection

PURPOSE = "answer_from_history"

_CATEGORIES: dict[RecordAspect, tuple[str, ...]] = {
    "refund": ("orders", "returns"),
    "returned": ("orders", "returns"),
    "warranty": ("orders",),
    "subscription": ("orders",),
    "call": ("calls",),
    "case": ("support_cases",),
    "visit": ("store_visits",),
    "viewed": ("browsing",),
    "basket": ("browsing",),
    "rated": ("satisfaction",),
    "reading": ("device_usage",),
}
_USUAL = ("orders", "returns")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a turn may know of its customer.

    ``previous_text`` is what they said in the turn before, ``said_before`` what of theirs was last
    spoken of, ``earlier_texts`` what they said in the last turns, which ``earlier`` names.
    ``history`` and ``facts`` are open only under a grant; ``withheld`` are the categories that were
    wanted and not granted.
    ``offered_person`` says that the reply before offered a person, ``asked_person`` that one was
    asked for in this conversation, ``asked_why`` that a why-question was proposed in it.
    ``asked_before`` is what stands against proposing another.
    ``pending`` is a deletion that the reply before asked about.
    """

    access: Access = "not_allowed"
    asked_gate: bool = False
    previous_text: str | None = None
    said_before: SaidBefore = NOTHING_SAID
    offered_person: bool = False
    asked_person: bool = False
    history: OpenedHistory | None = None
    withheld: tuple[str, ...] = ()
    earlier_texts: tuple[str, ...] = ()
    earlier: tuple[TurnKey, ...] = ()
    asked_why: bool = False
    asked_before: AskedBefore = NOTHING_ASKED
    pending: PendingRequest | None = None
    facts: UsableFacts | None = None

    @property
    def grant(self) -> Grant | None:
        """The grant that history was opened under."""
        return self.history.grant if self.history else None

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Every grant that something was opened under."""
        return tuple(opened.grant for opened in (self.history, self.facts) if opened)

    def without_history(self) -> "Opened":
        """Return the same turn as if nothing had been granted."""
        wanted = self.withheld + tuple(sorted(self.grant.categories if self.grant else ()))
        return replace(
            self,
            access="not_allowed",
            history=None,
            facts=None,
            said_before=NOTHING_SAID,
            withheld=wanted,
        )


class HistoryAccess:
    """Asks the gate and opens what it grants."""

    def __init__(self, *, pack: Pack, gate: ConsentGate, reader: HistoryReader) -> None:
        purpose = pack.purposes.find_purpose(PURPOSE)
        self._usable = frozenset(purpose.categories) if purpose else frozenset()
        self._gate = gate
        self._reader = reader

    def open(
        self, connection: Connection, actor: CustomerActor, opened: Opened, asked: Understanding
    ) -> Opened:
        """Ask the gate for the categories the question needs, and open what it grants."""
        wanted = self._wanted(asked)
        refused = replace(opened, asked_gate=True, withheld=tuple(sorted(wanted)))
        if actor.role is Role.VISITOR:
            return refused
        answer = self._gate.authorize(
            connection,
            customer_id=actor.customer_id,
            purpose=PURPOSE,
            categories=wanted,
            role=Role.ASSISTANT,
        )
        if not isinstance(answer, Grant):
            return refused
        return replace(
            refused,
            access="open",
            history=self._reader.open(connection, answer),
            withheld=tuple(sorted(wanted - answer.categories)),
        )

    def still_holds(self, connection: Connection, grant: Grant) -> bool:
        """Whether consent is as it was when ``grant`` was made."""
        return self._gate.still_holds(connection, grant)

    def _wanted(self, asked: Understanding) -> frozenset[str]:
        """Return the categories that the question needs and the purpose covers, no more."""
        named = (_CATEGORIES[aspect] for aspect in asked.aspects if aspect in _CATEGORIES)
        return frozenset(next(named, _USUAL)) & self._usable
