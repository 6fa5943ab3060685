"""Hand-written stand-ins for everything behind the web layer, kept in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from assistant.channels.intake import ItemResult
from assistant.core.actor import CustomerActor
from assistant.core.errors import (
    ConflictingReuse,
    CustomerErased,
    NotAuthenticated,
    NotFound,
    Stale,
)
from assistant.core.events import HistoryEvent
from assistant.core.ids import ConversationId, CustomerId, EventId, new_id
from assistant.dialogue.turns import (
    Action,
    Citation,
    Reply,
    Sentence,
    StoredTurn,
    UsedItem,
    Utterance,
)
from assistant.profile.consent.offers import CategoryOffer, PurposeOffer
from assistant.profile.consent.state import Standing
from assistant.store.access_log import Access
from assistant.web.services import (
    LATEST,
    Decision,
    Renewal,
)


def make_reply(utterance: Utterance, conversation: ConversationId) -> Reply:
    """Answer in two cited sentences, one from knowledge and one from a record."""
    return Reply(
        turn_id=utterance.turn_id,
        conversation=conversation,
        sentences=(
            Sentence(f"You said: {utterance.text}", ("c1",)),
            Sentence("Your order #W123 was delivered on 3 November.", ("c2",)),
        ),
        state="answered",
        citations=(
            Citation("c1", "passage", "Returns", "articles/returns.md"),
            Citation("c2", "event", "Order W123", "https://shop.example/orders#W123"),
        ),
        used=(UsedItem("e1", "orders", "answer_from_history"),),
        actions=(Action("consent", "Use my returns", "answer_from_history", ("returns",)),),
        withheld=("returns",),
    )


@dataclass
class FakeTurnHandler:
    """Stores turns in memory; ``gate`` holds replies back until it is opened."""

    turns: dict[tuple[CustomerId, ConversationId], list[StoredTurn]] = field(default_factory=dict)
    feedback: dict[tuple[CustomerId, str], bool] = field(default_factory=dict)
    handoffs: dict[tuple[CustomerId, ConversationId], str] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    begun: int = 0
    running: int = 0
    most_running: int = 0
    fail_with: Exception | None = None
    card: str | None = None
    """The why-question whose card the next replies bring along."""
    uses_nothing: bool = False

    async def handle(self, utterance: Utterance) -> Reply:
        self.begun += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            return await self._handle(utterance)
        finally:
            self.running -= 1

    async def _handle(self, utterance: Utterance) -> Reply:
        if self.fail_with is not None:
            raise self.fail_with
        known = self._find(utterance.actor.customer_id, utterance.turn_id)
        if known is not None:
            if known.text != utterance.text:
                raise ConflictingReuse("this turn_id was used for other words")
            assert known.reply is not None
            return known.reply
        if self.gate is not None:
            await self.gate.wait()
        conversation = utterance.conversation or ConversationId(new_id())
        stored = self.turns.setdefault((utterance.actor.customer_id, conversation), [])
        reply = make_reply(utterance, conversation)
        used = () if self.uses_nothing else reply.used
        reply = replace(reply, seq=len(stored) + 1, card=self.card, used=used)
        turn = StoredTurn(
            utterance.turn_id, len(stored) + 1, utterance.text, datetime.now(UTC), reply
        )
        stored.append(turn)
        return reply

    def _find(self, customer_id: CustomerId, turn_id: str) -> StoredTurn | None:
        for (owner, _), turns in self.turns.items():
            if owner == customer_id:
                for turn in turns:
                    if turn.turn_id == turn_id:
                        return turn
        return None

    async def turns_since(
        self, actor: CustomerActor, conversation: ConversationId, last_seen: int
    ) -> Sequence[StoredTurn]:
        turns = self.turns.get((actor.customer_id, conversation), [])
        return [turn for turn in turns if turn.seq > last_seen]

    async def latest_conversation(
        self, actor: CustomerActor, *, since: datetime
    ) -> ConversationId | None:
        own = [
            (turns[-1].at, conversation)
            for (owner, conversation), turns in self.turns.items()
            if owner == actor.customer_id and turns and turns[-1].at >= since
        ]
        return max(own)[1] if own else None

    async def request_handoff(
        self, actor: CustomerActor, conversation: ConversationId, reason: str
    ) -> None:
        self.handoffs[actor.customer_id, conversation] = reason

    async def give_feedback(self, actor: CustomerActor, turn_id: str, *, helped: bool) -> None:
        if self._find(actor.customer_id, turn_id) is None:
            raise NotFound("there is no such turn")
        self.feedback[actor.customer_id, turn_id] = helped


@dataclass
class FakeCustomers:
    """External ids and internal ones."""

    known: dict[str, CustomerId] = field(default_factory=dict)

    erased_until: dict[str, int] = field(default_factory=dict)
    """By subject: tokens issued up to then (milliseconds since 1970) belong to nobody."""

    async def find(self, subject: str, *, issued_at: int = LATEST) -> CustomerId | None:
        if issued_at <= self.erased_until.get(subject, 0):
            raise CustomerErased("everything was erased")
        return self.known.get(subject)

    async def find_or_create(self, subject: str, *, issued_at: int = LATEST) -> CustomerId:
        found = await self.find(subject, issued_at=issued_at)
        return found or self.known.setdefault(subject, CustomerId(new_id()))

    def forget(self, subject: str) -> None:
        pass


@dataclass
class FakeVisitors:
    """Visitors with their renewal secrets in the clear."""

    secrets: dict[str, Renewal] = field(default_factory=dict)

    async def register(self) -> Renewal:
        ends = datetime.now(UTC) + timedelta(days=30)
        renewal = Renewal(CustomerId(new_id()), "secret-" + new_id(), ends)
        self.secrets[renewal.secret] = renewal
        return renewal

    async def require(self, customer_id: CustomerId) -> None:
        pass

    def forget(self, customer_id: CustomerId) -> None:
        pass

    async def recognise(self, secret: str) -> Renewal:
        if secret not in self.secrets:
            raise NotAuthenticated("this renewal secret is not known")
        return self.secrets[secret]


@dataclass
class FakeConsents:
    """One purpose of two categories."""

    decisions: list[tuple[CustomerId, Decision]] = field(default_factory=list)
    heeded: list[CustomerId] = field(default_factory=list)

    async def heed(self, actor: CustomerActor) -> None:
        self.heeded.append(actor.customer_id)

    async def view(
        self, actor: CustomerActor | None, *, lang: str, gpc: bool
    ) -> Sequence[PurposeOffer]:
        return [self._purpose(actor, lang=lang, gpc=gpc)]

    async def decide(self, actor: CustomerActor, decision: Decision) -> PurposeOffer:
        if decision.purpose != "answer_from_history":
            raise NotFound("there is no such purpose")
        if decision.decision == "given" and (decision.version, decision.text_sha256) != (
            2,
            "a" * 64,
        ):
            raise Stale("the text has changed; show the present one")
        self.decisions.append((actor.customer_id, decision))
        return self._purpose(actor, lang=decision.lang, gpc=decision.gpc)

    def _purpose(self, actor: CustomerActor | None, *, lang: str, gpc: bool) -> PurposeOffer:
        state: Standing = "refused" if gpc else "undecided"
        for owner, decision in self.decisions:
            if actor is not None and owner == actor.customer_id:
                state = decision.decision
        return PurposeOffer(
            id="answer_from_history",
            version=2,
            lang=lang,
            title="Answer with your own orders",
            text="We look at your orders when you ask about them.",
            text_sha256="a" * 64,
            benefit="You need not look up order numbers.",
            if_refused="You get the same general answers as before.",
            recipients=("Nobody outside the shop",),
            lawful_basis="consent",
            necessity="optional",
            storage_region="EU",
            dpv="https://w3id.org/dpv#ServiceProvision",
            categories=(
                CategoryOffer("orders", "Orders", "What you bought.", 24, state, None, None),
                CategoryOffer("returns", "Returns", "What you sent back.", 24, state, None, None),
            ),
        )


@dataclass
class FakeRecords:
    """History and access log of whoever asks."""

    history: list[HistoryEvent] = field(default_factory=list)
    access: list[Access] = field(default_factory=list)

    async def list_history(
        self, actor: CustomerActor, *, category: str | None, after: str | None, limit: int
    ) -> Sequence[HistoryEvent]:
        own = [item for item in self.history if category is None or item.category == category]
        ids = [item.event_id for item in own]
        start = ids.index(EventId(after)) + 1 if after in ids else 0
        return own[start : start + limit]

    async def list_access(
        self, actor: CustomerActor, *, before: str | None, limit: int
    ) -> Sequence[Access]:
        older = [entry for entry in self.access if before is None or entry.entry_id < before]
        return sorted(older, key=lambda entry: entry.entry_id, reverse=True)[:limit]


@dataclass
class FakeEventSink:
    """Stores by (source, id); refuses driving."""

    stored: dict[tuple[str, str], object] = field(default_factory=dict)

    async def store_batch(self, documents: Sequence[object]) -> Sequence[ItemResult]:
        return [self._store(document) for document in documents]

    def _store(self, document: object) -> ItemResult:
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            return ItemResult("invalid", reason="id: is missing")
        if document.get("type") == "trip.completed":
            return ItemResult("refused", code="no_lawful_basis")
        key = (str(document.get("source")), str(document["id"]))
        if key in self.stored:
            same = self.stored[key] == document
            return ItemResult("duplicate") if same else ItemResult("invalid", reason="conflict")
        self.stored[key] = document
        return ItemResult("stored")
