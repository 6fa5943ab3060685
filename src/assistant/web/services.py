"""What the web layer needs from below, as narrow ports; ``bootstrap`` fills them.

``StoreCustomers``, ``StoreVisitors`` and their like in this package implement the ports over the
real store; tests put hand-written fakes in their place.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

from assistant.channels.intake import ItemResult
from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock, system_clock
from assistant.core.erasure import ErasureNotices
from assistant.core.events import HistoryEvent, JsonObject
from assistant.core.ids import ConversationId, CustomerId
from assistant.dialogue.turns import Reply, StoredTurn, Utterance
from assistant.profile.consent.offers import PurposeOffer
from assistant.profile.receipts.issuing import Receipt, ReceiptSummary
from assistant.store.access_log import Access
from assistant.web.metrics import Metrics
from assistant.web.own_data import OwnData
from assistant.web.own_erasures import OwnErasures
from assistant.web.own_exports import OwnExports
from assistant.web.own_facts import OwnFacts
from assistant.web.question_steps import QuestionSteps
from assistant.web.visit_joining import VisitJoining


class TurnService(Protocol):
    """The one use case behind the chat: ``dialogue.turn_handler.TurnHandler``."""

    async def handle(self, utterance: Utterance) -> Reply:
        """Return the committed reply; the stored one for a ``turn_id`` that is known."""
        ...

    async def turns_since(
        self, actor: CustomerActor, conversation: ConversationId, last_seen: int
    ) -> Sequence[StoredTurn]:
        """Return the turns with ``seq > last_seen``, oldest first; none of another customer."""
        ...

    async def latest_conversation(
        self, actor: CustomerActor, *, since: datetime
    ) -> ConversationId | None:
        """Return the conversation with the latest turn after ``since``."""
        ...

    async def request_handoff(
        self, actor: CustomerActor, conversation: ConversationId, reason: str
    ) -> None:
        """Ask for a person; asking twice for one conversation is asking once."""
        ...

    async def give_feedback(self, actor: CustomerActor, turn_id: str, *, helped: bool) -> None:
        """Note whether a reply helped; raises ``NotFound`` for a turn that is not the actor's."""
        ...


LATEST: Final = 2**53
"""Stands for the time of a token where there is none: later than any erasure."""


class Customers(Protocol):
    """The company's customer ids at the edge, internal ids inside."""

    async def find(self, subject: str, *, issued_at: int = LATEST) -> CustomerId | None:
        """Return the internal id of the company's customer, if they ever wrote.

        ``issued_at`` is of the token, in milliseconds since 1970. Raises ``CustomerErased`` where
        everything of the customer was erased at that time or later.
        """
        ...

    async def find_or_create(self, subject: str, *, issued_at: int = LATEST) -> CustomerId:
        """Return the internal id, creating an empty customer at the first message; as ``find``."""
        ...

    def forget(self, subject: str) -> None:
        """Look this customer up anew at the next request."""
        ...


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a visitor keeps to come back: a secret, and when it ends."""

    customer_id: CustomerId
    secret: str = field(repr=False)
    expires_at: datetime


class Visitors(Protocol):
    """People without a token of the company: registered at their first message."""

    async def register(self) -> Renewal:
        """Create a visitor with a fresh renewal secret, of which only a hash is stored."""
        ...

    async def recognise(self, secret: str) -> Renewal:
        """Return the visitor of a renewal secret; raises ``NotAuthenticated``."""
        ...

    async def require(self, customer_id: CustomerId) -> None:
        """Raise ``CustomerErased`` unless there is this visitor."""
        ...

    def forget(self, customer_id: CustomerId) -> None:
        """Look this visitor up anew at the next request."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """A consent decision as it was sent; ``gpc`` is the Global Privacy Control signal beside it."""

    purpose: str
    decision: Literal["given", "refused", "withdrawn"]
    version: int | None
    text_sha256: str | None
    categories: tuple[str, ...] | None
    gpc: bool
    lang: str


class Consents(Protocol):
    """What is asked for and why; give and withdraw."""

    async def view(
        self, actor: CustomerActor | None, *, lang: str, gpc: bool
    ) -> Sequence[PurposeOffer]:
        """Return every purpose with the actor's decisions (None: somebody who never wrote)."""
        ...

    async def heed(self, actor: CustomerActor) -> None:
        """Let the Global Privacy Control signal act on the actor's consents."""
        ...

    async def decide(self, actor: CustomerActor, decision: Decision) -> PurposeOffer:
        """Record a decision; raises ``Stale`` for an outdated text, ``NotFound`` for no purpose."""
        ...


class OwnReceipts(Protocol):
    """The signed receipts of a customer's own decisions."""

    async def list_summaries(
        self, actor: CustomerActor, *, after: str | None, limit: int
    ) -> Sequence[ReceiptSummary]:
        """Return up to ``limit`` decisions, newest first, that come after the receipt ``after``."""
        ...

    async def get(self, actor: CustomerActor, receipt_id: str) -> Receipt:
        """Return one receipt; raises ``NotFound``."""
        ...


class OwnRecords(Protocol):
    """What is stored of a customer, for that customer's own eyes. Newest first."""

    async def list_history(
        self, actor: CustomerActor, *, category: str | None, after: str | None, limit: int
    ) -> Sequence[HistoryEvent]:
        """Return up to ``limit`` events that come after the one with the id ``after``."""
        ...

    async def list_access(
        self, actor: CustomerActor, *, before: str | None, limit: int
    ) -> Sequence[Access]:
        """Return up to ``limit`` entries of the access log that are older than ``before``."""
        ...


class EventSink(Protocol):
    """Takes over events of business systems: ``channels.intake``."""

    async def store_batch(self, documents: Sequence[object]) -> Sequence[ItemResult]:
        """Store what may be stored; one result per document, in order; never raises for one."""
        ...


@dataclass(frozen=True, slots=True)
class ReadinessFinding:
    """One line of ``/readyz``: ``degraded`` still serves, ``failed`` does not."""

    check: str
    state: Literal["ok", "degraded", "failed"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IdentityConfig:
    """How customers prove who they are; one of the two keys, or neither (visitors only)."""

    visitor_key: bytes = field(repr=False)
    secret: bytes | None = field(default=None, repr=False)
    public_key: str | None = None
    audience: str = "assistant"
    issuer: str | None = None
    events_api_keys: tuple[str, ...] = field(default=(), repr=False)
    allowed_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Bounds on what one caller may cost the others. Sizes in bytes, times in seconds."""

    turns_per_minute: int = 60
    visitors_per_minute: int = 30
    requests_per_minute: int = 240
    max_frame: int = 64 * 1024
    max_body: int = 64 * 1024
    max_events_body: int = 16 * 1024 * 1024
    max_events: int = 5_000
    max_sockets: int = 10_000
    outgoing_frames: int = 256
    waiting_turns: int = 8
    malformed_frames: int = 50
    hello_timeout: float = 10.0
    send_timeout: float = 20.0
    heartbeat: float = 25.0
    drain_timeout: float = 15.0
    conversation_idle: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer of the demo whom the chat page may act as."""

    external_id: str
    name: str
    story: str


async def _nothing_to_close() -> None:
    """Stand in for a shutdown step where there is nothing to close."""


async def _always_ready() -> Sequence[ReadinessFinding]:
    """Stand in for readiness checks where there are none."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the web layer is given."""

    turns: TurnService
    customers: Customers
    visitors: Visitors
    consents: Consents
    question_steps: QuestionSteps
    """The same steps, taken over HTTP."""
    own_facts: OwnFacts
    receipts: OwnReceipts
    joining: VisitJoining
    signing_keys: JsonObject
    """The public keys of receipts, as ``/.well-known/assistant-keys.json`` shows them."""
    erasures: OwnErasures
    records: OwnRecords
    own_data: OwnData
    own_exports: OwnExports
    events: EventSink
    identity: IdentityConfig
    metrics: Metrics = field(default_factory=Metrics)
    limits: WebLimits = field(default_factory=WebLimits)
    clock: Clock = system_clock
    readiness: Callable[[], Awaitable[Sequence[ReadinessFinding]]] = _always_ready
    close: Callable[[], Awaitable[None]] = _nothing_to_close
    notices: ErasureNotices = field(default_factory=ErasureNotices)
    assistant_name: str = "Assistant"
    languages: tuple[str, ...] = ("en",)
    demo_customers: tuple[DemoCustomer, ...] = ()
    """Only ``assistant demo`` fills this; the demo's endpoints exist only where it is filled."""
