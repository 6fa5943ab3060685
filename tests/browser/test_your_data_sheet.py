"""The sheet "Your data" of the chat page: what is kept, who read it, and how to change that."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser
from tests.browser.test_chat_page import ADA, browser, open_page
from tests.fakes.question_steps import make_fact
from tests.integration.web.conftest import Shop

from assistant.core.actor import Role
from assistant.core.events import HistoryEvent
from assistant.core.ids import CustomerId, EventId
from assistant.store.access_log import Access
from assistant.web.app import build_app

__all__ = ["browser"]

pytestmark = pytest.mark.browser
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    shop = Shop(demo_customers=(ADA,))
    ada = shop.customers.known.setdefault(ADA.external_id, CustomerId("ada"))
    shop.own_facts.facts[ada] = [make_fact("q", "Quiet appliances matter to me.")]
    shop.records.history.append(
        HistoryEvent(
            event_id=EventId("e1"),
            source="https://shop.example",
            id="1",
            type="order.placed",
            category="orders",
            time=AT,
            data={},
            rendering="You ordered an Alder kettle.",
        )
    )
    shop.records.access.append(
        Access(Role.ASSISTANT, "answer_from_history", frozenset({"orders"}), 1, (), AT)
    )
    return shop


@pytest.fixture
async def address(shop: Shop) -> AsyncIterator[str]:
    server = TestServer(build_app(shop.services()))
    await server.start_server()
    yield str(server.make_url("/"))
    await server.close()


@pytest.mark.parametrize("width", [320, 900])
async def test_sheet_shows_facts_history_and_readers(
    browser: Browser, address: str, width: int
) -> None:
    page, wrong = await open_page(browser, address, width=width)

    await page.click("#data")
    await page.locator(".sheet-body >> text=Why-questions").wait_for()
    shown = await page.inner_text(".sheet-body")

    assert "Quiet appliances matter to me." in shown
    assert "You ordered an Alder kettle." in shown
    assert "assistant: answer from history" in shown
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert wrong == []


async def test_choices_of_use_are_one_step_from_the_sheet(browser: Browser, address: str) -> None:
    page, wrong = await open_page(browser, address)

    await page.click("#data")
    await page.click(".sheet-foot >> text=What we may use")
    await page.locator(".sheet-head >> text=What we may use, and what for").wait_for()
    await page.click(".sheet-foot >> text=What is kept")
    await page.locator(".sheet-head >> text=Your data").wait_for()

    assert wrong == []
