"""One stored row, told with everything around it: source, terms, derivation, expiry, controls.

Pure: what is told follows from the row, its section of the catalogue and the customer's standing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from assistant.core.clock import add_months, to_rfc3339
from assistant.core.events import JsonValue
from assistant.profile.transparency.controls import controls_of
from assistant.profile.transparency.items import (
    Control,
    DataField,
    DataItem,
    Expiry,
    ItemEmbeddings,
    Origin,
    Reference,
    Source,
)
from assistant.profile.transparency.standing import CategoryTerms, Standing
from assistant.profile.transparency.words import in_language
from assistant.store.own_rows import ColumnLabel, OwnRow, Section

_GIVEN_TYPES = frozenset({"review.given", "satisfaction.given", "case.opened", "case.message"})
"""Events whose content the customer said themselves, as far as the type tells."""

_REFERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "turns": (("conversation_id", "conversations"),),
    "feedback": (("turn_key", "turns"),),
    "knowledge_gaps": (("turn_key", "turns"),),
    "handoff_requests": (("conversation_id", "conversations"),),
    "why_questions": (("conversation_id", "conversations"),),
    "card_showings": (("question_id", "why_questions"),),
    "askings": (("question_id", "why_questions"),),
    "answers": (("question_id", "why_questions"),),
    "confirmations": (("question_id", "why_questions"),),
    "facts": (("question_id", "why_questions"),),
    "access_log": (("turn_key", "turns"),),
}
"""The columns by which a row says what it came from."""

_SECTIONS = {"event": "events", "fact": "facts", "turn": "turns"}
EVERY = "*"
"""The id of a reference that means every item of a section that may be used."""

_IN_CHAT = frozenset({"conversations", "turns"})
_CHAT = "chat"


def tell_row(row: OwnRow, section: Section, standing: Standing) -> DataItem:
    """Return the row as its customer is shown it."""
    category = _category(row, section)
    terms = standing.terms(category, section)
    times, last = _usage(row, standing)
    return DataItem(
        id=row.row_id,
        section=section.name,
        category=category,
        category_label=terms.label,
        label=in_language(section.label, standing.lang),
        fields=_fields(row, section, standing),
        source=_source(row, section, standing.lang),
        origin=_origin(row, section),
        purposes=terms.purposes,
        lawful_basis=terms.basis,
        receipt=_receipt(row, terms),
        derived_from=_derived_from(row, standing),
        derived_into=_derived_into(row, standing),
        embeddings=_embeddings(row, standing),
        recipients=terms.recipients,
        storage=standing.storage(sealed=any(c.shown == "opened" for c in section.columns)),
        expires=_expiry(row, section, terms, standing),
        last_used=last,
        times_used=times,
        controls=_controls(row, category, terms, standing),
    )


def _usage(row: OwnRow, standing: Standing) -> tuple[int, str | None]:
    used = standing.uses.get(row.row_id)
    return (used.times, to_rfc3339(used.last)) if used else (0, None)


def _controls(
    row: OwnRow, category: str, terms: CategoryTerms, standing: Standing
) -> tuple[Control, ...]:
    return controls_of(
        row.section,
        row.values,
        category=category,
        given=terms.given,
        at_source=in_language(standing.words.say("correct_at_source"), standing.lang),
    )


def _category(row: OwnRow, section: Section) -> str:
    """Return the row's own category where each has one, else that of its table."""
    own = row.values.get("category") if section.name in {"events", "facts"} else None
    return own if isinstance(own, str) else section.category


def _fields(row: OwnRow, section: Section, standing: Standing) -> tuple[DataField, ...]:
    values, unreadable = row.values, row.unreadable
    fields = []
    broken = in_language(standing.words.say("unreadable"), standing.lang)
    for name, label, shown, note in _told_columns(section, standing):
        why = broken if name in unreadable else note
        fields.append(DataField(name, label, shown, values.get(name), why))
    return tuple(fields)


def _told_columns(
    section: Section, standing: Standing
) -> Sequence[tuple[str, str, str, str | None]]:
    """Return name, label, way of showing and note of each column, said once a page."""
    if section.name not in standing.known_columns:
        standing.known_columns[section.name] = [
            (
                column.name,
                in_language(column.label, standing.lang),
                column.shown,
                _note(column, standing),
            )
            for column in section.columns
        ]
    return standing.known_columns[section.name]


def _note(column: ColumnLabel, standing: Standing) -> str | None:
    if column.note:
        return in_language(column.note, standing.lang)
    if column.shown == "hash":
        return in_language(standing.words.say("hashed"), standing.lang)
    return None


def _source(row: OwnRow, section: Section, lang: str) -> Source:
    when = row.values.get(section.since) if section.since else None
    how = in_language(section.source, lang)
    sender = _opened(row, "sealed").get("source") if section.name == "events" else None
    return Source(
        who=sender if isinstance(sender, str) else how,
        when=when if isinstance(when, str) else None,
        how=how,
    )


def _origin(row: OwnRow, section: Section) -> Origin:
    if section.name == "events" and _opened(row, "sealed").get("type") in _GIVEN_TYPES:
        return "given"
    if section.name == "why_questions" and row.values.get("origin") == "guess":
        return "inferred"
    return section.origin


def _receipt(row: OwnRow, terms: CategoryTerms) -> str | None:
    own = row.values.get("decision_id")
    return own if isinstance(own, str) else terms.receipt


def _derived_from(row: OwnRow, standing: Standing) -> tuple[Reference, ...]:
    named = [
        Reference(section, value)
        for column, section in _REFERS.get(row.section, ())
        if isinstance(value := row.values.get(column), str)
    ]
    if row.section == "turns":
        named += [
            Reference(_SECTIONS.get(kind, kind), item_id)
            for kind, item_id in standing.items_of_turns.get(row.row_id, ())
        ]
    elif row.section == "uses":
        kind, item_id = str(row.values["item_kind"]), str(row.values["item_id"])
        named.append(Reference(_SECTIONS.get(kind, kind), item_id))
    elif row.section == "history_blocks" and standing.embedded:
        named.append(Reference("events", EVERY))
    return tuple(named)


def _derived_into(row: OwnRow, standing: Standing) -> tuple[Reference, ...]:
    into = [Reference("turns", key) for key in standing.turns_of_items.get(row.row_id, ())]
    if row.section == "events" and _is_embedded(row, standing):
        into.append(Reference("history_blocks", "history_blocks"))
    if row.section == "uses" and isinstance(key := row.values.get("turn_key"), str):
        into.append(Reference("turns", key))
    return tuple(into)


def _embeddings(row: OwnRow, standing: Standing) -> ItemEmbeddings | None:
    if row.section == "history_blocks" and standing.embedded:
        return standing.embeddings(len(standing.embedded.event_ids))
    if row.section == "events" and _is_embedded(row, standing):
        return standing.embeddings(1)
    return None


def _is_embedded(row: OwnRow, standing: Standing) -> bool:
    return standing.embedded is not None and row.row_id in standing.embedded.event_ids


def _expiry(row: OwnRow, section: Section, terms: CategoryTerms, standing: Standing) -> Expiry:
    ends = row.values.get("expires_at")
    if isinstance(ends, str):
        return Expiry(in_language(section.kept, standing.lang), ends)
    months = terms.retention_months
    if section.name in _IN_CHAT:
        months = _months_of_chat(standing)
    began = row.values.get("time" if section.name == "events" else section.since or "")
    if section.name not in {"events", *_IN_CHAT} or months is None or not isinstance(began, str):
        return Expiry(in_language(section.kept, standing.lang), None)
    rule = in_language(standing.words.say("expires_after_months"), standing.lang)
    at = add_months(datetime.fromisoformat(began), months)
    return Expiry(rule.format(months=months), to_rfc3339(at))


def _months_of_chat(standing: Standing) -> int | None:
    categories = standing.pack.categories
    return categories[_CHAT].retention_months if _CHAT in categories else None


def _opened(row: OwnRow, column: str) -> Mapping[str, JsonValue]:
    value = row.values.get(column)
    return value if isinstance(value, dict) else {}
