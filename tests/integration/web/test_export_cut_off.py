"""An export that fails half way ends, so that nobody takes a part for the whole or waits for it."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from aiohttp import ClientPayloadError
from tests.integration.web.conftest import Serve, Shop, bearer

from assistant.core.actor import CustomerActor


class BreakingExports:
    """Fulfils ``web.own_exports.OwnExports`` until the second piece."""

    async def export(self, actor: CustomerActor, *, lang: str) -> AsyncGenerator[bytes]:
        del actor, lang
        return self._pieces()

    async def _pieces(self) -> AsyncGenerator[bytes]:
        yield b"the beginning of an archive"
        raise LookupError("the rest is gone")


async def test_export_that_fails_half_way_is_cut_off_at_once(serve: Serve, shop: Shop) -> None:
    shop.own_exports = BreakingExports()  # type: ignore[assignment]  # another fake in its place
    client = await serve(shop)
    await client.post(
        "/v1/chat/turns", json={"turn_id": "t", "text": "Good morning"}, headers=bearer()
    )
    async with asyncio.timeout(5):
        response = await client.get("/v1/me/export", headers=bearer())
        assert response.status == 200
        with pytest.raises(ClientPayloadError):
            await response.read()
