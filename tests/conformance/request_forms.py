"""Requests of every form the route table knows, filled with what belongs to somebody else."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlencode

import orjson
from conformance.stories import Order, Visit
from pydantic import BaseModel
from tests.conformance.holdings import CHOSEN_BY_CLIENTS, LISTS, Holding

from assistant.web.routes import Route

Schema: TypeAlias = Any
"""A JSON schema, or what was made to fit one."""

PURPOSES: Final = ("answer_from_history", "learn_why", "personal_suggestions")
CATEGORIES: Final = ("orders", "browsing", "stated_reasons", "returns")
COLLECTIONS: Final = frozenset({*LISTS, "consents"})
"""What path parameters can be filled for; a route with another one fails a test until it can."""

_KINDS: Final[Mapping[str, Sequence[str]]] = {
    "conversation": ("conversations",),
    "turn_id": ("turns",),
    "last_seen": ("turns",),
    "cursor": ("cursors",),
    "question_id": ("questions",),
    "id": ("history", "facts", "questions", "conversations"),
}
"""Whose ids a member of this name holds."""

_CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "purpose": PURPOSES,
    "category": CATEGORIES,
    "lang": ("en", "de"),
}

_MEDIA: Final = ("application/json", "application/ld+json", "text/event-stream", "*/*")


@dataclass(frozen=True, slots=True)
class Form:
    """One request, ready to send."""

    route: Route
    path: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def text(self) -> str:
        """Everything that is sent: what an answer may repeat."""
        return f"{self.path}\n{self.headers}\n{(self.body or b'').decode()}"


class Forger:
    """Makes requests about ``victim``, whoever sends them."""

    def __init__(self, chance: random.Random) -> None:
        """Draw everything from ``chance``, so that a run can be repeated."""
        self._chance = chance

    def forge(self, route: Route, victim: Holding) -> Form:
        """Return a request to ``route`` that names rows of ``victim``."""
        headers = {"Accept": self._chance.choice(_MEDIA)}
        if self._chance.random() < 0.2:
            headers["Sec-GPC"] = "1"
        if self._chance.random() < 0.2:
            headers["Idempotency-Key"] = self.pick(victim, "turns")
        body = None
        if route.request is not None and self._chance.random() < 0.98:
            headers["Content-Type"] = "application/json"
            body = orjson.dumps(self.body(route, victim))
        query = "" if route.query is None else f"?{urlencode(self._query(route.query, victim))}"
        return Form(route, self._path(route, victim) + query, headers, body)

    def body(self, route: Route, victim: Holding) -> object:
        """Return a body of the route's form."""
        if route.path == "/v1/events":
            theirs = (
                *Order(victim.customer.subject).events(),
                Visit(victim.customer.subject).event(),
            )
            return self._chance.choice(theirs)
        assert route.request is not None
        return self._fill(route.request.model_json_schema(), victim)

    def _path(self, route: Route, victim: Holding) -> str:
        path = route.path
        for name in route.path_parameters:
            before = path.partition(f"/{{{name}}}")[0].rsplit("/", 1)[1]
            path = path.replace(f"{{{name}}}", quote(self.pick(victim, before), safe=""))
        return path

    def pick(self, victim: Holding, kind: str) -> str:
        """Return an id of the kind, and now and then of another one.

        What clients choose themselves is of its kind always: it becomes the sender's own.
        """
        if kind == "consents":
            return self._chance.choice(PURPOSES)
        found: Sequence[str] = victim.ids.get(kind, ())
        if not found or (kind not in CHOSEN_BY_CLIENTS and self._chance.random() < 0.1):
            found = [identity for ids in victim.ids.values() for identity in ids]
        return self._chance.choice(found)

    def _query(self, model: type[BaseModel], victim: Holding) -> Mapping[str, str]:
        filled = self._fill(model.model_json_schema(), victim)
        return {name: str(value) for name, value in filled.items() if value is not None}

    def _fill(self, schema: Schema, victim: Holding) -> dict[str, Schema]:
        definitions = schema.get("$defs", {})
        required = schema.get("required", ())
        return {
            name: self._value(name, member, definitions, victim)
            for name, member in schema.get("properties", {}).items()
            if name in required or self._chance.random() < 0.5
        }

    def _value(self, name: str, schema: Schema, definitions: Schema, victim: Holding) -> Schema:
        if (named := self._by_name(name, victim)) is not None:
            return named
        for choice in self._chance.sample(schema.get("anyOf", []), len(schema.get("anyOf", []))):
            if choice.get("type") != "null":
                return self._value(name, choice, definitions, victim)
        if "$ref" in schema:
            inner = definitions[schema["$ref"].rsplit("/", 1)[1]]
            return self._value(name, inner, definitions, victim)
        return self._by_type(name, schema, definitions, victim)

    def _by_name(self, name: str, victim: Holding) -> str | None:
        """Return what a member of this name would hold of the victim's."""
        if name in _KINDS:
            return self.pick(victim, self._chance.choice(_KINDS[name]))
        if name in _CHOICES:
            return self._chance.choice(_CHOICES[name])
        return self._words(victim) if name in {"text", "words"} else None

    def _words(self, victim: Holding) -> str:
        """Return what somebody would say who is after another customer's records."""
        return self._chance.choice(
            (
                victim.order.question,
                "Which lamp did I look at on your site?",
                "What did I order last?",
                "What do you know about me?",
                "Who has seen my data?",
                "What was my sister called?",
                "And when does it arrive?",
                "forget my browsing",
                "yes",
            )
        )

    def _by_type(self, name: str, schema: Schema, definitions: Schema, victim: Holding) -> Schema:
        if "enum" in schema:
            return self._chance.choice(schema["enum"])
        match schema.get("const", schema.get("type")):
            case "boolean":
                return self._chance.random() < 0.5
            case "integer" | "number":
                return self._chance.choice((1, 2, 50, 100))
            case "array":
                return [self._value(name, schema.get("items", {}), definitions, victim)]
            case "object":
                return self._fill({**schema, "$defs": definitions}, victim)
            case "string" | None:
                return self._chance.choice(CATEGORIES if "categor" in name else ("a", "x" * 40))
            case fixed:
                return fixed
