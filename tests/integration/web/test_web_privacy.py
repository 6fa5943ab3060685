"""Nothing personal in logs, metrics, problems or headers; a control shows that the search works."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from tests.integration.web.conftest import Client, Shop, bearer, make_token, next_frame, say_hello

from assistant.web.logs import configure_logs, get_log

CANARY = "zebra-quartz-canary"
SUBJECT = f"{CANARY}@customers.example"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged, by us and by libraries at their most talkative."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("json", stream=stream)
    root.setLevel(logging.DEBUG)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


async def test_canary_of_a_conversation_appears_nowhere_outside_it(
    client: Client, shop: Shop, lines: io.StringIO
) -> None:
    said = await talk_on_a_socket(client, shop) + await call_over_http(client)

    metrics = await (await client.get("/metrics")).text()
    log = lines.getvalue()
    assert CANARY not in log
    assert CANARY not in metrics
    assert CANARY not in said
    assert shop.customers.known[SUBJECT] not in metrics
    assert '"route": "/v1/chat/turns"' in log
    assert '"error": "RuntimeError"' in log


async def talk_on_a_socket(client: Client, shop: Shop) -> str:
    """Say the canary in every way and return the problems that came back."""
    socket, _ = await say_hello(client, token=make_token(SUBJECT))
    await socket.send_json({"type": "turn", "turn_id": CANARY, "text": f"I am {CANARY}"})
    assert CANARY in (await next_frame(socket, "reply"))["text"]
    said = []
    wrong_turn = f'{{"type":"turn","turn_id":7,"text":"{CANARY}"}}'
    for frame in (f'{{"type": "{CANARY}"}}', wrong_turn, CANARY):
        await socket.send_str(frame)
        said.append(str(await next_frame(socket)))
    shop.turns.fail_with = RuntimeError(f"parameters: {CANARY}")
    await socket.send_json({"type": "turn", "turn_id": "t2", "text": CANARY})
    said.append(str(await next_frame(socket, "problem")))
    await socket.close()
    return "".join(said)


async def call_over_http(client: Client) -> str:
    """Put the canary into bodies, addresses and headers and return what came back."""
    headers = {**bearer(make_token(SUBJECT)), "X-Request-Id": CANARY, "User-Agent": CANARY}
    turn = {"turn_id": "t3", "text": CANARY}
    answers = [await client.post("/v1/chat/turns", json=turn, headers=headers)]
    for address in (f"/{CANARY}", f"/v1/me/history?cursor={CANARY}", f"/v1/me/purposes?q={CANARY}"):
        answers.append(await client.get(address, headers=headers))  # noqa: PERF401 - awaits
    decision = {"decision": CANARY}
    answers.append(await client.put(f"/v1/me/consents/{CANARY}", json=decision, headers=headers))
    return "".join([await answer.text() + str(answer.headers) for answer in answers])


async def test_control_a_logged_canary_would_be_found(lines: io.StringIO) -> None:
    get_log("test").info("event", field=CANARY)

    assert CANARY in lines.getvalue()


def test_library_lines_keep_their_template_and_lose_their_arguments(lines: io.StringIO) -> None:
    logging.getLogger("somelibrary").warning("cannot parse %r", CANARY)
    logging.getLogger("somelibrary").error(f"cannot parse {CANARY}")
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("somelibrary").exception("failed with %s", CANARY)

    log = lines.getvalue()
    assert CANARY not in log
    assert "cannot parse %r" in log
    assert '"error": "ValueError"' in log
