"""Reading what was sent: bounded in size and time, UTF-8 JSON, then a typed model or a problem."""

import asyncio
from collections.abc import Collection
from typing import Final, TypeVar

import orjson
from aiohttp import http_exceptions, web
from pydantic import BaseModel, ValidationError

from assistant.core.errors import InvalidInput
from assistant.web.problems import InvalidBody, RequestProblem

JSON: Final = ("application/json",)
BODY_TIMEOUT: Final = 30.0

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: web.Request, *, limit: int) -> bytes:
    """Return the whole body, at most ``limit`` bytes after decompression."""
    if (request.content_length or 0) > limit:
        raise RequestProblem("payload_too_large", f"the body exceeds {limit} bytes")
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for chunk in request.content.iter_any():
                content += chunk
                if len(content) > limit:
                    raise RequestProblem("payload_too_large", f"the body exceeds {limit} bytes")
    except TimeoutError:
        raise RequestProblem("timeout", "the body did not arrive in time") from None
    except (http_exceptions.BadHttpMessage, web.RequestPayloadError):
        raise InvalidInput("the body does not arrive as its headers announce") from None
    return bytes(content)


def require_media_type(request: web.Request, understood: Collection[str]) -> None:
    """Raise ``unsupported_media_type`` unless the content type is one of ``understood``."""
    if request.content_type not in understood:
        raise RequestProblem(
            "unsupported_media_type", "send the body as " + " or ".join(sorted(understood))
        )


async def read_json(request: web.Request, model: type[Model], *, limit: int) -> Model:
    """Return the body as ``model``."""
    require_media_type(request, JSON)
    return parse(model, await read_body(request, limit=limit))


def load_json(content: bytes | str) -> object:
    """Return the JSON value; orjson bounds the depth and refuses broken UTF-8 and surrogates."""
    try:
        value: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InvalidInput("this is not JSON in UTF-8") from None
    return value


def parse(model: type[Model], content: bytes | str) -> Model:
    """Return JSON ``content`` as ``model``; raises ``InvalidInput`` or ``InvalidBody``."""
    return validate(model, load_json(content))


def validate(model: type[Model], value: object) -> Model:
    """Return ``value`` as ``model``; raises ``InvalidBody`` that names places, never values."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidBody.from_validation(error) from None


def read_query(request: web.Request, model: type[Model]) -> Model:
    """Return the query parameters as ``model``; the last of a repeated one counts."""
    try:
        return model.model_validate_strings(dict(request.query))
    except ValidationError as error:
        raise InvalidBody.from_validation(error) from None
