"""A real aiohttp server on a real port, with fakes behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient, TestServer
from joserfc import jwt
from joserfc.jwk import OctKey
from tests.fakes.own_data import FakeOwnData, FakeOwnExports
from tests.fakes.own_erasures import FakeErasures
from tests.fakes.own_facts import FakeOwnFacts
from tests.fakes.own_receipts import FakeReceipts, FakeVisitJoining
from tests.fakes.question_steps import FakeQuestionSteps
from tests.fakes.web_services import (
    FakeConsents,
    FakeCustomers,
    FakeEventSink,
    FakeRecords,
    FakeTurnHandler,
    FakeVisitors,
)

from assistant.core.erasure import ErasureNotices
from assistant.core.events import JsonObject
from assistant.profile.receipts.signing import DocumentSigner
from assistant.web.app import build_app
from assistant.web.services import DemoCustomer, IdentityConfig, Services, WebLimits

SECRET = b"a secret of thirty-two bytes or more"
EVENTS_KEY = "events-key-of-the-shop"


def make_token(subject: str = "ada@customers.example", **changes: object) -> str:
    """Sign a customer token as the company's backend would; ``changes`` replace claims."""
    now = int(datetime.now(UTC).timestamp())
    claims = {"sub": subject, "aud": "assistant", "iat": now, "exp": now + 300, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "HS256"}, kept, OctKey.import_key(SECRET))


@dataclass
class MovableClock:
    """The real time, moved by ``by``."""

    by: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass
class Shop:
    """The service under test and the fakes behind it."""

    turns: FakeTurnHandler = field(default_factory=FakeTurnHandler)
    customers: FakeCustomers = field(default_factory=FakeCustomers)
    visitors: FakeVisitors = field(default_factory=FakeVisitors)
    consents: FakeConsents = field(default_factory=FakeConsents)
    questions: FakeQuestionSteps = field(default_factory=FakeQuestionSteps)
    own_facts: FakeOwnFacts = field(default_factory=FakeOwnFacts)
    receipts: FakeReceipts = field(default_factory=FakeReceipts)
    joining: FakeVisitJoining = field(default_factory=FakeVisitJoining)
    signing_keys: JsonObject = field(
        default_factory=lambda: DocumentSigner(seed=b"w" * 32).key_document()
    )
    records: FakeRecords = field(default_factory=FakeRecords)
    notices: ErasureNotices = field(default_factory=ErasureNotices)
    erasures: FakeErasures = field(default_factory=FakeErasures)
    own_data: FakeOwnData = field(default_factory=FakeOwnData)
    own_exports: FakeOwnExports = field(default_factory=FakeOwnExports)
    events: FakeEventSink = field(default_factory=FakeEventSink)
    clock: MovableClock = field(default_factory=MovableClock)
    limits: WebLimits = field(
        default_factory=lambda: WebLimits(turns_per_minute=100_000, requests_per_minute=100_000)
    )
    identity: IdentityConfig = field(
        default_factory=lambda: IdentityConfig(
            visitor_key=b"v" * 32,
            secret=SECRET,
            events_api_keys=(EVENTS_KEY,),
            allowed_origins=("https://shop.example",),
        )
    )
    demo_customers: tuple[DemoCustomer, ...] = ()
    overrides: dict[str, Any] = field(default_factory=dict)

    def services(self) -> Services:
        return Services(
            turns=self.turns,
            customers=self.customers,
            visitors=self.visitors,
            consents=self.consents,
            question_steps=self.questions,
            own_facts=self.own_facts,
            receipts=self.receipts,
            joining=self.joining,
            signing_keys=self.signing_keys,
            records=self.records,
            erasures=self.erasures,
            notices=self.notices,
            own_data=self.own_data,
            own_exports=self.own_exports,
            events=self.events,
            identity=self.identity,
            limits=self.limits,
            clock=self.clock,
            demo_customers=self.demo_customers,
            **self.overrides,
        )


Client = TestClient[Any, Any]
Serve = Callable[[Shop], Awaitable[Client]]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    clients: list[Client] = []

    async def start(shop: Shop) -> Client:
        client = TestClient(TestServer(build_app(shop.services())))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def client(serve: Serve, shop: Shop) -> Client:
    return await serve(shop)


def bearer(token: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token or make_token()}"}


async def say_hello(
    client: Client, *, token: str | None = None, **members: object
) -> tuple[ClientWebSocketResponse, dict[str, Any]]:
    """Open a socket and return it with its ``welcome``."""
    socket = await client.ws_connect("/v1/chat")
    await socket.send_json({"type": "hello", "token": token or make_token(), **members})
    welcome = await socket.receive_json(timeout=5)
    assert welcome["type"] == "welcome", welcome
    return socket, welcome


async def next_frame(socket: ClientWebSocketResponse, *kinds: str) -> dict[str, Any]:
    """Return the next frame of one of ``kinds`` (of any kind when none is named)."""
    while True:
        frame: dict[str, Any] = await socket.receive_json(timeout=5)
        if not kinds or frame["type"] in kinds:
            return frame


async def close_code(socket: ClientWebSocketResponse) -> int | None:
    """Read until the server closes and return its code."""
    while (await socket.receive(timeout=5)).type not in (
        WSMsgType.CLOSE,
        WSMsgType.CLOSING,
        WSMsgType.CLOSED,
    ):
        pass
    return socket.close_code
