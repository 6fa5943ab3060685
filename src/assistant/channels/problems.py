"""Says what is wrong with an item by field and rule, never by value.

What arrives may be anybody's: an error text is logged, printed and sent back, so it must not repeat
the value, nor a field name that the sender made up.
"""

import re
from collections.abc import Mapping

import orjson
from pydantic import BaseModel, ValidationError

from assistant.channels import payloads

_ENVELOPE = {
    "specversion", "id", "source", "type", "time", "subject", "datacontenttype", "category", "data",
}  # fmt: skip
_FIELDS = _ENVELOPE | {
    field
    for model in vars(payloads).values()
    if isinstance(model, type) and issubclass(model, BaseModel)
    for field in model.model_fields
}
_RULES: Mapping[str, str] = {
    "missing": "is missing",
    "string_pattern_mismatch": "has a form that is not allowed",
    "timezone_aware": "must name its time zone, such as Z",
    "dict_type": "must be a JSON object",
    "list_type": "must be a JSON array",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}
_POSITION = re.compile(r": line \d+ column (\d+) \(char \d+\)$")


def first_problem(
    error: ValidationError, *, below: str | None = None, fields: frozenset[str] = frozenset()
) -> str:
    """Return ``field: what is wrong`` of the first problem and how many more there are.

    ``below`` is put before the field; ``fields`` are names that may be shown besides those of
    events.
    """
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    first = problems[0]
    shown = [below] if below else []
    shown += [
        str(step)
        for step in first["loc"]
        if isinstance(step, int) or step in _FIELDS or step in fields
    ]
    rule = _RULES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    rule = rule.removeprefix("Input ").removeprefix("String ").removeprefix("Value ")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{'.'.join(shown)}: {rule}{more}" if shown else f"{rule}{more}"


def json_problem(error: orjson.JSONDecodeError) -> str:
    """Return what the JSON parser says, with the column; the text itself is never part of it."""
    return _POSITION.sub(r" at column \1", str(error))
