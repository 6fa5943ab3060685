"""What a customer can do about each kind of stored row, and the call of the interface that does it.

A test holds every path to the route table, so that no control is shown that does nothing.
"""

from collections.abc import Mapping, Sequence

from assistant.core.events import JsonValue
from assistant.profile.transparency.items import Control, ControlKind

_ERASURES = "/v1/me/erasures"
_EXPORT = Control("export", "GET", "/v1/me/export")
_EVERYTHING = Control("delete", "POST", _ERASURES, {"scope": "everything"})
_CONVERSATION = frozenset({"conversations", "turns", "feedback", "knowledge_gaps"})
_QUESTION = frozenset({"why_questions", "card_showings", "askings", "answers", "confirmations"})


def controls_of(
    section: str,
    values: Mapping[str, JsonValue],
    *,
    category: str,
    given: Sequence[str],
    at_source: str,
) -> tuple[Control, ...]:
    """Return the controls of one row.

    ``given`` are the purposes that may use its category now, each of which can be stopped;
    ``at_source`` says where a record of the shop is corrected.
    """
    return (
        *_corrections(section, values, at_source),
        *_stops(section, values, category, given),
        *_deletions(section, values, category),
        _EXPORT,
    )


def _corrections(
    section: str, values: Mapping[str, JsonValue], at_source: str
) -> tuple[Control, ...]:
    if section == "events":
        return (_does("correct", "POST", "/v1/chat/handoff", None, at_source),)
    if section == "facts":
        return (_does("correct", "PATCH", f"/v1/me/facts/{values['fact_id']}"),)
    if section == "feedback":
        return (_does("correct", "POST", "/v1/chat/feedback"),)
    if section == "consent_events":
        return (_does("correct", "PUT", f"/v1/me/consents/{values['purpose']}"),)
    if section == "preferences":
        return (_does("correct", "PUT", "/v1/me/preferences"),)
    return ()


def _stops(
    section: str, values: Mapping[str, JsonValue], category: str, given: Sequence[str]
) -> tuple[Control, ...]:
    body: Mapping[str, JsonValue] = {"decision": "withdrawn", "categories": [category]}
    stops = tuple(
        _does("stop_using", "PUT", f"/v1/me/consents/{purpose}", body) for purpose in given
    )
    if section == "facts":
        paused: Mapping[str, JsonValue] = {"state": "paused"}
        pause = _does("stop_using", "PATCH", f"/v1/me/facts/{values['fact_id']}", paused)
        return (pause, *stops)
    return stops


def _deletions(section: str, values: Mapping[str, JsonValue], category: str) -> tuple[Control, ...]:
    if section == "events":
        one = _does("delete", "DELETE", f"/v1/me/history/{values['event_id']}")
        return (one, _does("delete", "DELETE", f"/v1/me/history?category={category}"))
    if section == "facts":
        return (_does("delete", "DELETE", f"/v1/me/facts/{values['fact_id']}"),)
    if section in _QUESTION:
        item: Mapping[str, JsonValue] = {"scope": "item", "id": values["question_id"]}
        return (_does("delete", "POST", _ERASURES, item),)
    if section in _CONVERSATION and values.get("conversation_id"):
        talk: Mapping[str, JsonValue] = {
            "scope": "conversation",
            "id": values["conversation_id"],
        }
        return (_does("delete", "POST", _ERASURES, talk),)
    return (_EVERYTHING,)


def _does(
    does: ControlKind,
    method: str,
    path: str,
    body: Mapping[str, JsonValue] | None = None,
    note: str | None = None,
) -> Control:
    return Control(does, method, path, body, note)
