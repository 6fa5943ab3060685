"""The chat socket, asked for somebody else's rows: frames of every kind with their ids."""

import random
from typing import Any, Final

from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from conformance.service import Service
from tests.conformance.callers import Caller
from tests.conformance.holdings import Holding
from tests.conformance.request_forms import Forger

FRAMES: Final = ("turn", "feedback", "handoff", "card.shown", "answer", "confirm", "decline", "act")
_WAIT: Final = 10.0


async def talk(
    service: Service, caller: Caller, victim: Holding, chance: random.Random
) -> tuple[str, str]:
    """Say hello in the caller's name with the victim's ids, and two frames; return sent, heard."""
    conversation = chance.choice(victim.ids["conversations"])
    last_seen = chance.choice((0, chance.choice(victim.ids["turns"])))
    hello = {"type": "hello", "conversation": conversation, "last_seen": last_seen}
    frames = [{**hello, "token": caller.token or ""}]
    frames += [_frame(chance, victim) for _ in range(2)]
    frames = frames if caller.careful is False else [*frames[:1], {"type": "ping"}]
    try:
        socket = await service.connect()
    except WSServerHandshakeError as error:
        return "", str(error)
    heard = ""
    try:
        for frame in frames:
            await socket.send_json(frame)
            heard += await _hear(socket, frame)
            if socket.closed:
                break
    finally:
        await socket.close()
    return str(frames), heard


def _frame(chance: random.Random, victim: Holding) -> dict[str, Any]:
    ids, text = Forger(chance), {"text": victim.order.question}
    kind = chance.choice(FRAMES)
    question = {"question_id": ids.pick(victim, "questions")}
    members: dict[str, dict[str, Any]] = {
        "turn": {"turn_id": ids.pick(victim, "turns"), **text},
        "feedback": {"turn_id": ids.pick(victim, "turns"), "helped": False},
        "card.shown": {**question, "version": 1, "text_sha256": "0" * 64, "lang": "en"},
        "answer": {**question, **text},
        "confirm": {**question, **text},
        "decline": question,
    }
    return {"type": kind, **members.get(kind, {})}


async def _hear(socket: ClientWebSocketResponse, sent: dict[str, Any]) -> str:
    """Return all frames until the one that answers what was sent."""
    heard = ""
    answers = {"hello": ("welcome",), "turn": ("reply",), "ping": ("pong",)}
    ends = answers.get(sent["type"], ("notice", "question", "fact"))
    while True:
        message = await socket.receive(timeout=_WAIT)
        if message.type is not WSMsgType.TEXT:
            return heard
        heard += message.data
        if message.json()["type"] in (*ends, "problem"):
            return heard
