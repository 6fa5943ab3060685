"""Why-questions in a real browser: seen before asked, exact words, two choices of one size."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page
from tests.browser.test_chat_page import ADA, browser, open_page, say
from tests.fakes.question_steps import ASKED, CARD
from tests.integration.web.conftest import Shop

from assistant.core.ids import CustomerId
from assistant.profile.questions.states import QuestionState
from assistant.web.app import build_app
from assistant.web.services import WebLimits

__all__ = ["browser"]

pytestmark = pytest.mark.browser
LOUD = "It is too loud for my flat."


@pytest.fixture
def shop() -> Shop:
    limits = WebLimits(turns_per_minute=1000, visitors_per_minute=1000)
    return Shop(limits=limits, demo_customers=(ADA,))


@pytest.fixture
async def address(shop: Shop) -> AsyncIterator[str]:
    server = TestServer(build_app(shop.services()))
    await server.start_server()
    yield str(server.make_url("/"))
    await server.close()


def proposed(shop: Shop, words: str | None = None) -> str:
    """A question that comes with the next reply of the demo's customer."""
    customer = shop.customers.known.setdefault(ADA.external_id, CustomerId("ada"))
    shop.turns.card = shop.questions.propose(customer, words=words).question_id
    return shop.turns.card


def state_of(shop: Shop, question_id: str) -> QuestionState:
    return shop.questions.views[question_id][1].state


async def until(shop: Shop, question_id: str, state: QuestionState, page: Page) -> None:
    for _ in range(100):
        if state_of(shop, question_id) is state:
            return
        await page.wait_for_timeout(50)
    pytest.fail(f"the question stayed {state_of(shop, question_id)}")


async def keep_picture(page: Page, name: str) -> None:
    """Write a picture where ``ASSISTANT_TEST_PICTURES`` names a folder, for people to judge."""
    folder = os.environ.get("ASSISTANT_TEST_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_card_is_acknowledged_when_seen_and_the_question_follows_on_share(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, wrong = await open_page(browser, address)
    question_id = proposed(shop)

    await say(page, "Can I still return the vacuum?")
    await page.locator(".why[data-step=card]").wait_for()
    hidden = await page.get_by_text(ASKED.text).count()
    await until(shop, question_id, QuestionState.ASKED, page)
    await keep_picture(page, "card")
    await page.click(".why-choice >> text=Share")
    await page.locator(".why[data-step=question]").wait_for()
    await keep_picture(page, "question")

    assert hidden == 0, "the question is not there before it is wanted"
    assert await page.inner_text(".why-question") == ASKED.text
    assert wrong == []


async def test_exact_words_can_be_changed_and_only_they_are_kept(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, wrong = await open_page(browser, address)
    question_id = proposed(shop)
    await say(page, "Can I still return the vacuum?")
    await page.click(".why-choice >> text=Share")
    await page.click(".why .actions >> text=Quiet matters")
    await page.click(".why-choice >> text=Share")

    await page.locator(".why[data-step=proposed]").wait_for()
    await keep_picture(page, "proposed")
    await page.fill(".why textarea", "Quiet appliances matter to me at night.")
    kept_before = len(shop.questions.facts)
    await page.click(".why-choice >> text=Share")
    await page.locator(".why[data-step=stored]").wait_for()
    await keep_picture(page, "stored")

    assert kept_before == 0
    (fact,) = shop.questions.facts.values()
    assert (fact.question_id, fact.statement) == (
        question_id,
        "Quiet appliances matter to me at night.",
    )
    assert "Quiet appliances matter to me at night." in await page.inner_text(".why")
    assert wrong == []


async def test_volunteered_words_are_shown_on_the_card_and_editable_after_share(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, wrong = await open_page(browser, address)
    proposed(shop, LOUD)

    await say(page, LOUD)
    await page.locator(".why[data-step=card]").wait_for()
    card = await page.inner_text(".why")
    await page.click(".why-choice >> text=Share")
    await page.locator(".why[data-step=proposed]").wait_for()

    assert LOUD in card
    assert "Nothing of it is kept" in card
    assert await page.input_value(".why textarea") == LOUD
    assert shop.questions.facts == {}
    assert wrong == []


async def test_both_choices_have_the_same_size_at_every_step(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, _ = await open_page(browser, address, width=320)
    proposed(shop)
    await say(page, "Can I still return the vacuum?")
    for step in ("card", "question", "proposed"):
        await page.locator(f".why[data-step={step}]").wait_for()
        boxes = [
            await each.bounding_box() for each in await page.locator(".why-choice button").all()
        ]
        sizes = [(box["width"], box["height"]) for box in boxes if box]
        assert len(sizes) == 2
        assert sizes[0] == pytest.approx(sizes[1], abs=0.5)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await keep_picture(page, f"narrow-{step}")
        if step == "question":
            await page.fill(".why textarea", "Quiet matters to me.")
        await page.click(".why-choice >> text=Share")


async def test_no_thanks_ends_it_and_nothing_is_kept(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, wrong = await open_page(browser, address)
    question_id = proposed(shop, LOUD)
    await say(page, LOUD)

    await page.click(".why-choice >> text=No thanks")
    await page.locator(".why[data-step=declined]").wait_for()

    assert state_of(shop, question_id) is QuestionState.DECLINED
    assert shop.questions.facts == {}
    assert await page.locator(".why-choice").count() == 0
    assert wrong == []


async def test_card_that_is_not_on_the_screen_is_not_acknowledged(
    browser: Browser, address: str, shop: Shop
) -> None:
    page, _ = await open_page(browser, address)
    await page.set_viewport_size({"width": 320, "height": 420})
    question_id = proposed(shop)
    await page.evaluate(
        "window.held = setInterval(() => { document.querySelector('#log').scrollTop = 0 }, 5)"
    )
    await say(page, "Can I still return the vacuum? " * 30)
    await page.locator(".why[data-step=card]").wait_for()

    await page.wait_for_timeout(1000)
    unseen = state_of(shop, question_id)
    await page.evaluate("clearInterval(window.held)")
    for place in ("h2", ".why-choice"):
        await page.evaluate(f"document.querySelector('.why {place}').scrollIntoView()")
        await page.wait_for_timeout(700)
    await until(shop, question_id, QuestionState.ASKED, page)

    assert unseen is QuestionState.PROPOSED


async def test_page_says_that_nothing_was_used_and_that_the_signal_was_heard(
    browser: Browser, address: str, shop: Shop
) -> None:
    page = await browser.new_page()
    await page.add_init_script(
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
    )
    await page.goto(address)
    shop.turns.uses_nothing = True
    await say(page, "When do you open?")
    await page.locator(".reply:not([data-state=growing])").wait_for()
    await page.locator("#signal:not([hidden])").wait_for()
    await keep_picture(page, "signal")

    assert "Nothing of yours was used" in await page.inner_text(".reply-foot")
    assert "Global Privacy Control: we heard it" in await page.inner_text("#signal")


@pytest.mark.parametrize(("scheme", "direction"), [("dark", "ltr"), ("light", "rtl")])
async def test_card_reads_in_the_dark_and_from_right_to_left(
    browser: Browser, address: str, shop: Shop, scheme: str, direction: str
) -> None:
    context = await browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": 480, "height": 760}
    )
    page = await context.new_page()
    await page.goto(address)
    await page.evaluate(f"document.documentElement.dir = '{direction}'")
    proposed(shop, LOUD)
    await say(page, LOUD)
    await page.locator(".why[data-step=card]").wait_for()
    await keep_picture(page, f"{scheme}-{direction}")

    ground, ink = await page.evaluate(
        "(s => [s.backgroundColor, s.color])(getComputedStyle(document.querySelector('.why')))"
    )
    assert contrast(ground, ink) >= 7
    assert await page.evaluate("document.documentElement.scrollWidth") <= 480
    assert CARD.title in await page.inner_text(".why")


def contrast(one: str, other: str) -> float:
    """The contrast of two CSS colours by WCAG 2."""
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
