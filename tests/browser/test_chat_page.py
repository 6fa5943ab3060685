"""The plain chat page in a real browser: strict policy, nothing stored early, no message lost."""

import asyncio
import json
import os
import random
import shutil
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, WebSocketRoute, async_playwright
from tests.integration.web.conftest import Shop
from tests.proving import ProofRun

from assistant.web.app import build_app
from assistant.web.keys import TOOLS
from assistant.web.services import DemoCustomer, WebLimits

pytestmark = pytest.mark.browser

ADA = DemoCustomer("ada@customers.example", "Ada", "Waits for a kettle.")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        message = "no Chromium here: install the package `chromium`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def address(shop: Shop) -> AsyncIterator[str]:
    server = TestServer(build_app(shop.services()))
    await server.start_server()
    yield str(server.make_url("/"))
    await server.close()


@pytest.fixture
def shop() -> Shop:
    limits = WebLimits(turns_per_minute=1000, visitors_per_minute=1000)
    return Shop(limits=limits, demo_customers=(ADA,))


async def open_page(browser: Browser, address: str, *, width: int = 900) -> tuple[Page, list[str]]:
    """Open the page and collect everything that goes wrong in it."""
    page = await browser.new_page(viewport={"width": width, "height": 700})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None,
    )
    await page.goto(address)
    return page, wrong


async def say(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.keyboard.press("Enter")


async def test_reply_shows_its_sources_and_what_was_used(browser: Browser, address: str) -> None:
    page, wrong = await open_page(browser, address)

    await say(page, "Where is my kettle? <b>now</b>")
    await page.locator(".reply:not([data-state=growing])").wait_for()
    await page.click(".chip >> nth=1")

    assert await page.locator(".said b").count() == 0
    assert await page.locator(".chip").all_inner_texts() == ["Returns", "Order W123"]
    assert "orders#W123" in await page.inner_text(".source")
    assert await page.inner_text(".used summary") == "Used of yours: 1 item"
    assert "delivered on 3 November" in await page.inner_text("#announcement")
    assert wrong == []


async def test_consent_is_asked_with_its_text_and_the_question_asked_again(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, wrong = await open_page(browser, address)
    await say(page, "Where is my return?")

    await page.click("text=Use my returns")
    text = await page.inner_text(".sheet-text")
    await page.click("text=Allow and ask again")
    await page.locator(".reply >> nth=1").wait_for()

    assert text == "We look at your orders when you ask about them."
    assert [(d.decision, d.categories) for _, d in shop.consents.decisions] == [
        ("given", ("returns",))
    ]
    assert wrong == []


async def test_visitor_leaves_no_trace_before_the_first_message(
    browser: Browser, shop: Shop
) -> None:
    shop.demo_customers = ()
    server = TestServer(build_app(shop.services()))
    await server.start_server()
    page, wrong = await open_page(browser, str(server.make_url("/")))
    before = await page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")

    await say(page, "Do you deliver?")
    await page.locator(".reply").wait_for()
    await page.reload()
    await page.focus("#text")
    await page.locator(".reply").wait_for()

    assert before == [0, 0, ""]
    assert len(shop.visitors.secrets) == 1
    assert wrong == []
    await server.close()


async def test_failed_turn_can_be_tried_again_under_the_same_id(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, _ = await open_page(browser, address)
    shop.turns.fail_with = ZeroDivisionError()
    await say(page, "Hello?")
    await page.click("text=Try again", trial=True)
    shop.turns.fail_with = None

    await page.click("text=Try again")
    await page.locator(".reply").wait_for()

    assert await page.locator(".said").count() == 1
    assert sum(map(len, shop.turns.turns.values())) == 1


@pytest.mark.proof("Cut connections lose and double no message of the page", small=12, full=200)
async def test_cut_connections_lose_and_double_nothing(
    browser: Browser, shop: Shop, proof_run: ProofRun
) -> None:
    app = build_app(shop.services())
    server = TestServer(app)
    await server.start_server()
    page, _ = await open_page(browser, str(server.make_url("/")))
    cutting = asyncio.create_task(cut_at_random(app[TOOLS].sockets, proof_run.random))
    said = [f"message {number}" for number in range(proof_run.count)]

    for text in said:
        await say(page, text)
        await page.wait_for_timeout(proof_run.random.randint(0, 200))
    cutting.cancel()
    await page.locator(f".reply:not([data-state=growing]) >> nth={len(said) - 1}").wait_for()

    stored = [turn.text for turns in shop.turns.turns.values() for turn in turns]
    assert sorted(stored) == sorted(said)
    assert await page.locator(".said-text").all_inner_texts() == said
    assert await page.locator(".reply").count() == len(said)
    await server.close()


async def cut_at_random(open_sockets: set[Any], chance: random.Random) -> None:
    while True:
        await asyncio.sleep(chance.random() * 0.5)
        for connection in list(open_sockets):
            connection._abort()


OTHER_FRAMES = [
    {"type": "nudge", "id": "n1", "text": "Your return is almost done."},
    {"type": "agent_joined", "name": "Mara"},
    {"type": "message", "from": "Mara", "text": "Hello, I am looking at it."},
    {"type": "something_new", "member": 1},
]


def server_of(frames: list[dict[str, Any]], answers: list[Any]) -> Callable[[WebSocketRoute], None]:
    """Stand in for a server that sends ``frames`` after the hello."""
    welcome = {"type": "welcome", "conversation": "c", "assistant": "ai", "resume": []}

    def connect(socket: WebSocketRoute) -> None:
        def receive(message: str | bytes) -> None:
            frame = json.loads(message)
            answers.append(frame)
            if frame["type"] == "hello":
                for each in (welcome, *frames):
                    socket.send(json.dumps(each))

        socket.on_message(receive)

    return connect


async def test_every_other_kind_of_message_is_shown_and_can_be_answered(
    browser: Browser, address: str
) -> None:
    page = await browser.new_page(viewport={"width": 320, "height": 640})
    answers: list[Any] = []
    await page.route_web_socket("**/v1/chat", server_of(OTHER_FRAMES, answers))
    await page.goto(address)

    await page.locator(".bare >> nth=3").wait_for()
    await page.click("[data-kind=nudge] >> text=Do it")

    shown = await page.locator(".bare").evaluate_all("all => all.map(e => e.dataset.kind)")
    assert shown == [frame["type"] for frame in OTHER_FRAMES]
    assert answers[1:] == [{"type": "act", "id": "n1"}]
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
