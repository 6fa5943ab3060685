"""A no said in chat counts at once where it is plain, and what only sounds like one never does."""

import pytest
from tests.integration.dialogue.test_profile_requests import browser, pages
from tests.integration.dialogue.test_turn_privacy import HISTORY
from tests.turn_parts import Desk


async def test_withdrawing_takes_one_step_and_holds_at_once(desk: Desk) -> None:
    amara = browser(desk)

    reply = await desk.say(amara, "Don't use my orders any more.")
    after = await desk.say(amara, "where is my kettle?")

    state = desk.parts.state(amara)
    assert state.standing(HISTORY, "orders") == "withdrawn"
    assert state.standing(HISTORY, "browsing") == "given"
    assert state.standing("personal_suggestions", "orders") == "refused"
    assert "“Answer me from my own history”" in reply.text
    assert after.used == ()
    assert "orders" in after.withheld


@pytest.mark.parametrize(
    "text",
    [
        "Don't stop using my orders.",
        "Please never stop using my orders",
        "Why did you stop using my orders?",
        "I don't mind you using my data",
        "Are you sure you are not using my data?",
        "Without looking at my orders, what is the return period?",
        "You don't look at my orders properly, where is my kettle?",
    ],
)
async def test_what_only_sounds_like_a_no_changes_and_asks_nothing(desk: Desk, text: str) -> None:
    amara = browser(desk)
    before = desk.parts.state(amara)

    reply = await desk.say(amara, text)

    assert desk.parts.state(amara) == before
    assert desk.asked.list_erasures(amara) == []
    assert reply.pending is None
    assert "Done" not in reply.text


async def test_question_about_use_is_answered(desk: Desk) -> None:
    amara = browser(desk)

    reply = await desk.say(amara, "Are you using my orders?")

    assert "For answers I may look at your" in reply.text
    assert "“Answer me from my own history”" in reply.text
    assert "Nothing was changed" in reply.text


async def test_stopping_the_use_of_everything_takes_a_yes(desk: Desk) -> None:
    amara = browser(desk)
    before = desk.parts.state(amara)

    asked = await desk.say(amara, "Stop using all my data.")
    meanwhile = desk.parts.state(amara)
    done = await desk.say(amara, "Yes, stop it", conversation=asked.conversation)

    assert "deleted with it" in asked.text
    assert "2 items" in asked.text
    assert meanwhile == before
    assert "every consent is withdrawn" in done.text
    assert "deleted with it: 2 items" in done.text
    assert desk.parts.state(amara).given_categories() == frozenset()


async def test_stop_that_is_asked_about_and_refused_changes_nothing(desk: Desk) -> None:
    amara = browser(desk)
    before = desk.parts.state(amara)

    asked = await desk.say(amara, "Do not delete anything but stop using my browsing.")
    reply = await desk.say(amara, "No, change nothing", conversation=asked.conversation)

    assert "deleted with it, and that cannot be undone: 2 items" in asked.text
    assert reply.text == "All right, nothing is changed."
    assert desk.parts.state(amara) == before
    assert pages(desk, amara) == 2


async def test_stop_that_deletes_nothing_says_so_before_the_yes(desk: Desk) -> None:
    amara = browser(desk)

    asked = await desk.say(amara, "Could you stop using my orders?")
    await desk.say(amara, "yes", conversation=asked.conversation)

    assert "Nothing would be deleted" in asked.text
    assert desk.parts.state(amara).standing(HISTORY, "orders") == "withdrawn"
    assert "kettle" in "".join(desk.parts.renderings(amara))


async def test_plain_stop_says_what_was_deleted_with_it(desk: Desk) -> None:
    amara = browser(desk)

    reply = await desk.say(amara, "Stop using my browsing.")

    assert "deleted with it: 2 items" in reply.text
    assert "browsing" not in desk.parts.state(amara).given_categories()


async def test_withdrawing_in_chat_is_recorded_with_its_channel(desk: Desk) -> None:
    amara = browser(desk)
    await desk.say(amara, "Stop using my calls.")

    events = desk.parts.database.read_now(lambda c: desk.parts.consents.list_events(c, amara))
    calls = [event for event in events if event.category == "calls"]
    assert {event.channel for event in calls if event.decision != "given"} == {"chat"}
    assert not any(
        desk.parts.state(amara).permits(purpose.id, "calls") for purpose in desk.parts.pack.purposes
    )
