"""Raw nonsense on the line and bodies that explode: never a 5xx, and the service goes on."""

import asyncio
import gzip

import pytest
from tests.integration.web.conftest import Client, bearer

RAW = [
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET //// HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET /static/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /static/%2e%2e/%2e%2e/app.py HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 5000 + b"\r\n",
    b"GET /v1/me/purposes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xff\r\n\r\n",
    b"GET /v1/me/purposes?lang=%00 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n",
    b"PUT /v1/me/consents/%00 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/visitors HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
    b"POST /v1/visitors HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
    b"Content-Length: 4\r\n\r\nabcd",
    b"POST /v1/visitors HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\n"
    b"Content-Length: 4\r\n\r\nabcd",
    b"POST /v1/visitors HTTP/1.1\r\nHost: x\r\nContent-Type: \xff\r\nContent-Length: 2\r\n\r\n{}",
    b"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/chat HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n\r\n",
    b"GET /v1/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: tooshort\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", RAW, ids=range(len(RAW)))
async def test_raw_nonsense_on_the_line_never_gives_a_5xx(
    client: Client, request_bytes: bytes
) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(request_bytes)
    writer.write_eof()
    try:
        answer = await asyncio.wait_for(reader.read(64), timeout=10)
    except ConnectionResetError:
        answer = b""
    writer.close()

    assert not answer.startswith((b"HTTP/1.1 5", b"HTTP/1.0 5"))
    assert (await client.get("/healthz")).status == 200


async def test_bomb_in_a_compressed_body_is_too_large(client: Client) -> None:
    bomb = gzip.compress(b" " * 50_000_000)

    response = await client.post(
        "/v1/chat/turns",
        data=bomb,
        headers={**bearer(), "Content-Encoding": "gzip", "Content-Type": "application/json"},
    )

    assert response.status == 413
