"""OpenAPI 3.1 out of the route table, the pydantic models and the table of problems."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from assistant.web.problems import MEDIA_TYPE, PROBLEMS
from assistant.web.routes import Route
from assistant.web.schemas.base import Outgoing

Document = dict[str, Any]  # a JSON document that is only written out
_REF: Final = "#/components/schemas/{model}"

_SECURITY: Final[Mapping[str, list[Document]]] = {
    "none": [],
    "customer": [{"customerToken": []}],
    "events_key": [{"eventsKey": []}],
}


class ProblemBody(Outgoing):
    """RFC 9457 problem details; `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None
    retry_after: int | None = None
    errors: list[dict[str, str]] | None = None


def build_document(routes: Sequence[Route], *, version: str) -> Document:
    """Return the whole document."""
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Assistant",
            "version": version,
            "summary": "A customer assistant that asks before it remembers.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                "customerToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Signed by the company's backend, or by `POST /v1/visitors`.",
                },
                "eventsKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "API key with the scope `events:write`.",
                },
            },
        },
    }


def _schemas(routes: Sequence[Route]) -> Document:
    models: dict[type[BaseModel], None] = {ProblemBody: None}
    for route in routes:
        for model in (route.request, route.response):
            if model is not None:
                models[model] = None
    inputs = [(model, "validation") for model in models]
    _, schema = models_json_schema(inputs, ref_template=_REF)  # type: ignore[arg-type]  # literals
    definitions: Document = schema["$defs"]
    return definitions


def _operation(route: Route) -> Document:
    operation: Document = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()}{re.sub('[^a-z0-9]+', '_', route.path)}",
        "tags": [route.tag],
        "parameters": _parameters(route),
        "security": _SECURITY[route.security],
        "responses": _responses(route),
    }
    if route.description:
        operation["description"] = route.description
    if route.request is not None:
        operation["requestBody"] = _request_body(route, route.request)
    return operation


def _request_body(route: Route, model: type[BaseModel]) -> Document:
    content: Document = {
        "application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}
    }
    for media, schema in route.request_media.items():
        content[media] = {"schema": dict(schema)}
    return {"required": route.request_required, "content": content}


def _parameters(route: Route) -> list[Document]:
    found: list[Document] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": meaning,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, meaning in route.path_parameters.items()
    ]
    found += [
        {"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}}
        for name, meaning in route.headers.items()
    ]
    if route.query is not None:
        properties = route.query.model_json_schema()["properties"]
        found += [
            {"name": name, "in": "query", "schema": schema} for name, schema in properties.items()
        ]
    return found


def _responses(route: Route) -> Document:
    responses: Document = {str(status): _success(route) for status in (route.status, *route.also)}
    for status in sorted({PROBLEMS[code].status for code in route.problems}):
        codes = [code for code in route.problems if PROBLEMS[code].status == status]
        responses[str(status)] = {
            "description": "; ".join(f"`{code}`: {PROBLEMS[code].title}" for code in codes),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemBody")}}},
        }
    return responses


def _success(route: Route) -> Document:
    content: Document = {media: {"schema": {"type": "string"}} for media in route.response_media}
    if route.response is not None:
        name = route.response.__name__
        content["application/json"] = {"schema": {"$ref": _REF.format(model=name)}}
    answer: Document = {"description": route.summary}
    if content:
        answer["content"] = content
    return answer
