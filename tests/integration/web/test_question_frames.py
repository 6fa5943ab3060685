"""The why-question protocol on the chat socket: a card, an acknowledgement, and only then more."""

from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse
from tests.fakes.question_steps import ASKED, CARD
from tests.integration.web.conftest import Serve, Shop, make_token, say_hello

from assistant.core.ids import CustomerId
from assistant.profile.questions.states import QuestionState

ECHO = {"version": CARD.version, "text_sha256": CARD.text_sha256, "lang": CARD.lang}
LOUD = "It is too loud for my flat."


async def receive(socket: ClientWebSocketResponse, *, until: str) -> dict[str, Any]:
    while (frame := await socket.receive_json(timeout=5))["type"] != until:
        assert frame["type"] in {"typing", "reply.delta", "reply"}, frame
    return dict(frame)


def ada(shop: Shop) -> CustomerId:
    return shop.customers.known.setdefault("ada@customers.example", CustomerId("c" * 8))


async def test_card_comes_after_the_reply_and_the_question_after_the_card(
    serve: Serve, shop: Shop
) -> None:
    question = shop.questions.propose(ada(shop))
    shop.turns.card = question.question_id
    socket, _ = await say_hello(await serve(shop))

    await socket.send_json({"type": "turn", "turn_id": "t", "text": "Can I return it?"})
    reply = await receive(socket, until="reply")
    card = await socket.receive_json(timeout=5)
    await socket.send_json({"type": "card.shown", "question_id": question.question_id, **ECHO})
    asked = await socket.receive_json(timeout=5)

    assert reply["card"] == question.question_id
    assert card["type"] == "purpose_card"
    assert (card["text"], card["text_sha256"]) == (CARD.text, CARD.text_sha256)
    assert ASKED.text not in str(card), "the question waits for the card"
    assert asked["type"] == "question"
    assert (asked["text"], asked["kept_as_example"]) == (ASKED.text, ASKED.kept_as_example)
    assert asked["choices"] == ["Quiet matters"]


async def test_answer_brings_the_exact_words_and_only_confirm_keeps_them(
    serve: Serve, shop: Shop
) -> None:
    question = shop.questions.propose(ada(shop))
    step = {"question_id": question.question_id}
    socket, _ = await say_hello(await serve(shop))
    await socket.send_json({"type": "card.shown", **step, **ECHO})
    await receive(socket, until="question")

    await socket.send_json({"type": "answer", **step, "text": "Quiet matters"})
    proposed = await receive(socket, until="fact")
    kept_before = dict(shop.questions.facts)
    await socket.send_json({"type": "confirm", **step, "text": "Quiet matters to me."})
    stored = await receive(socket, until="fact")

    assert (proposed["state"], proposed["text"]) == ("proposed", "Quiet matters")
    assert kept_before == {}
    assert (stored["state"], stored["text"]) == ("stored", "Quiet matters to me.")
    assert set(shop.questions.facts) == {stored["fact_id"]}
    assert stored["expires_at"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "answer", "text": "Quiet"}, "card_not_shown"),
        ({"type": "confirm", "text": "Quiet"}, "card_not_shown"),
        ({"type": "card.shown", **ECHO, "text_sha256": "0" * 64}, "stale"),
    ],
)
async def test_step_without_the_card_is_refused_with_its_question(
    serve: Serve, shop: Shop, frame: dict[str, Any], code: str
) -> None:
    question = shop.questions.propose(ada(shop))
    socket, _ = await say_hello(await serve(shop))

    await socket.send_json({**frame, "question_id": question.question_id})
    problem = await receive(socket, until="problem")

    assert (problem["code"], problem["question_id"]) == (code, question.question_id)
    assert shop.questions.facts == {}


async def test_volunteered_words_are_shown_for_confirming_right_after_the_card(
    serve: Serve, shop: Shop
) -> None:
    question = shop.questions.propose(ada(shop), words=LOUD)
    socket, _ = await say_hello(await serve(shop))
    shop.turns.card = question.question_id
    await socket.send_json({"type": "turn", "turn_id": "t", "text": LOUD})

    card = await receive(socket, until="purpose_card")
    await socket.send_json({"type": "card.shown", "question_id": question.question_id, **ECHO})
    fact = await receive(socket, until="fact")

    assert card["proposed"] == LOUD
    assert (fact["state"], fact["text"]) == ("proposed", LOUD)


async def test_unacknowledged_card_and_waiting_question_come_again_after_a_reconnect(
    serve: Serve, shop: Shop
) -> None:
    client = await serve(shop)
    customer = ada(shop)
    socket, welcome = await say_hello(client)
    conversation = welcome["conversation"]
    question = shop.questions.propose(customer, conversation)
    await socket.close()

    socket, _ = await say_hello(client, conversation=conversation)
    card = await receive(socket, until="purpose_card")
    await socket.send_json({"type": "card.shown", "question_id": question.question_id, **ECHO})
    await receive(socket, until="question")
    await socket.close()
    socket, _ = await say_hello(client, conversation=conversation)
    asked = await receive(socket, until="question")

    assert card["question_id"] == asked["question_id"] == question.question_id


async def test_no_thanks_is_noted_and_the_card_does_not_come_again(
    serve: Serve, shop: Shop
) -> None:
    client = await serve(shop)
    customer = ada(shop)
    socket, welcome = await say_hello(client)
    question = shop.questions.propose(customer, welcome["conversation"])

    await socket.send_json({"type": "decline", "question_id": question.question_id})
    notice = await receive(socket, until="notice")
    await socket.close()
    socket, _ = await say_hello(client, conversation=welcome["conversation"])
    await socket.send_json({"type": "ping"})

    assert notice["code"] == "question_declined"
    assert (await socket.receive_json(timeout=5))["type"] == "pong"
    assert shop.questions.views[question.question_id][1].state is QuestionState.DECLINED


async def test_question_of_another_customer_is_not_found(serve: Serve, shop: Shop) -> None:
    question = shop.questions.propose(CustomerId("somebody else"), words=LOUD)
    socket, _ = await say_hello(await serve(shop))
    step = {"question_id": question.question_id}

    for frame in (
        {"type": "card.shown", **step, **ECHO},
        {"type": "answer", **step, "text": "mine"},
        {"type": "confirm", **step, "text": "mine"},
        {"type": "decline", **step},
    ):
        await socket.send_json(frame)
        problem = await receive(socket, until="problem")
        assert problem["code"] == "not_found"
        assert LOUD not in str(problem)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "card.shown", "question_id": "x", **ECHO},
        {"type": "card.shown", "question_id": "0197a3f0-0000-7000-8000-000000000000"},
        {"type": "answer", "question_id": "0197a3f0-0000-7000-8000-000000000000", "text": ""},
        {"type": "confirm", "text": "x"},
        {"type": "decline"},
    ],
)
async def test_malformed_step_is_answered_with_a_problem(
    serve: Serve, shop: Shop, frame: dict[str, Any]
) -> None:
    socket, _ = await say_hello(await serve(shop))

    await socket.send_json(frame)

    assert (await receive(socket, until="problem"))["code"] == "invalid_input"


async def test_privacy_signal_of_the_socket_is_told_and_stands_beside_the_consent(
    serve: Serve, shop: Shop
) -> None:
    client = await serve(shop)
    question = shop.questions.propose(ada(shop), words=LOUD)
    socket = await client.ws_connect("/v1/chat", headers={"Sec-GPC": "1"})
    await socket.send_json({"type": "hello", "token": make_token()})
    welcome = await socket.receive_json(timeout=5)
    step = {"question_id": question.question_id}

    await socket.send_json({"type": "card.shown", **step, **ECHO})
    await receive(socket, until="fact")
    await socket.send_json({"type": "confirm", **step, "text": LOUD})
    await receive(socket, until="fact")

    assert welcome["gpc"] is True
    assert shop.questions.gpc == [True]
