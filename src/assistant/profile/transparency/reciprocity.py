"""The reciprocity ledger: what a customer shared, where it helped them, and what they say of it.

It is the uses, told. What is kept of a category and never helped is named as idle, so that the
customer (and the shop) can let it go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from assistant.core.clock import to_rfc3339
from assistant.core.events import JsonValue
from assistant.profile.pack.loading import Pack
from assistant.profile.transparency.items import CategoryHolding
from assistant.profile.transparency.words import TransparencyWords, in_language
from assistant.store.engine import Connection
from assistant.store.own_rows import OwnRow, OwnRows
from assistant.store.uses import StoredUse, Use, UseRepository

Verdict: TypeAlias = Literal["helped", "did_not_help", "none"]

_SECTION_OF_KIND = {"event": "events", "fact": "facts", "turn": "turns"}


@dataclass(frozen=True, slots=True)
class SharedItem:
    """What was used: ``text`` in plain words, None where the item has been erased since."""

    kind: str
    id: str
    category: str
    category_label: str
    text: str | None
    shared_at: str | None


@dataclass(frozen=True, slots=True)
class HelpedTurn:
    """The question that it helped to answer, as it was asked and answered."""

    conversation: str
    turn_id: str
    asked: str
    answered: str | None


@dataclass(frozen=True, slots=True)
class HelpedOnce:
    """One use: the item, what it went into, for which purpose, and the customer's own verdict."""

    use_id: str
    at: str
    used_in: str
    purpose: str
    purpose_title: str
    item: SharedItem
    turn: HelpedTurn | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ReciprocityPage:
    """Some uses, newest first, and the id after which more follow."""

    entries: tuple[HelpedOnce, ...]
    next: str | None


class Reciprocity:
    """Tells one customer's uses and adds them up."""

    def __init__(
        self, *, pack: Pack, rows: OwnRows, uses: UseRepository, words: TransparencyWords
    ) -> None:
        self._pack = pack
        self._rows = rows
        self._uses = uses
        self._words = words

    def totals(
        self, connection: Connection, customer_id: str, *, lang: str
    ) -> tuple[CategoryHolding, ...]:
        """Return what is held and what was used, by category in the pack's order."""
        held = self._rows.count_items(connection, customer_id)
        used = self._uses.add_up_by_category(connection, customer_id)
        order = [category.id for category in self._pack.categories]
        found = [c for c in order if c in held or c in used]
        found += sorted((held.keys() | used.keys()) - set(order))
        totals = []
        for category in found:
            sums = used.get(category)
            totals.append(
                CategoryHolding(
                    category=category,
                    label=self.category_label(category, lang),
                    items=held.get(category, 0),
                    used=sums.items if sums else 0,
                    times_used=sums.uses if sums else 0,
                    helped=sums.helped if sums else 0,
                    did_not_help=sums.did_not_help if sums else 0,
                    last_used=to_rfc3339(sums.last) if sums else None,
                    idle=category in held and sums is None,
                )
            )
        return tuple(totals)

    def page(
        self,
        connection: Connection,
        customer_id: str,
        *,
        lang: str,
        before: str | None,
        limit: int,
    ) -> ReciprocityPage:
        """Return up to ``limit`` uses that are older than the one with the id ``before``."""
        found = self._uses.page_uses(connection, customer_id, limit=limit + 1, before=before)
        shown = found[:limit]
        items = self._items(connection, customer_id, [stored.use for stored in shown])
        keys = {stored.use.turn_key for stored in shown if stored.use.turn_key}
        turns = self._rows.find_rows(connection, customer_id, "turns", keys)
        verdicts = self._rows.find_rows(connection, customer_id, "feedback", keys)
        entries = tuple(self._told(stored, items, turns, verdicts, lang) for stored in shown)
        return ReciprocityPage(entries, shown[-1].use_id if len(found) > limit else None)

    def category_label(self, category: str, lang: str) -> str:
        """Return what a category of the pack, or of the service's own, is called."""
        if category in self._pack.categories:
            return self._pack.categories[category].label(lang)
        words = self._words.category(category)
        return in_language(words, lang) if words else category

    def _items(
        self, connection: Connection, customer_id: str, uses: Sequence[Use]
    ) -> Mapping[tuple[str, str], OwnRow]:
        found: dict[tuple[str, str], OwnRow] = {}
        for kind, section in _SECTION_OF_KIND.items():
            ids = {use.item_id for use in uses if use.item_kind == kind}
            rows = self._rows.find_rows(connection, customer_id, section, ids)
            found |= {(kind, item_id): row for item_id, row in rows.items()}
        return found

    def _told(
        self,
        stored: StoredUse,
        items: Mapping[tuple[str, str], OwnRow],
        turns: Mapping[str, OwnRow],
        verdicts: Mapping[str, OwnRow],
        lang: str,
    ) -> HelpedOnce:
        use = stored.use
        row = items.get((use.item_kind, use.item_id))
        turn = turns.get(use.turn_key or "")
        purpose = self._pack.purposes.find_purpose(use.purpose)
        return HelpedOnce(
            use_id=stored.use_id,
            at=to_rfc3339(use.at),
            used_in=use.used_in,
            purpose=use.purpose,
            purpose_title=purpose.text(lang).title if purpose else use.purpose,
            item=SharedItem(
                kind=use.item_kind,
                id=use.item_id,
                category=use.category,
                category_label=self.category_label(use.category, lang),
                text=text_of(row) if row else None,
                shared_at=_moment(row) if row else None,
            ),
            turn=_turn(turn) if turn else None,
            verdict=_verdict(verdicts.get(use.turn_key or "")),
        )


def text_of(row: OwnRow) -> str | None:
    """Return what an event, a fact or a message says, in one line."""
    value = row.values.get(_CONTENT.get(row.section, ""))
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, dict):
        text = value.get("rendering") or value.get("text")
        return text if isinstance(text, str) else None
    return None


_CONTENT = {"events": "sealed", "facts": "statement_sealed", "turns": "utterance_sealed"}
_MOMENTS = {"events": "time", "facts": "valid_from", "turns": "created_at"}


def _moment(row: OwnRow) -> str | None:
    moment = row.values.get(_MOMENTS[row.section])
    return moment if isinstance(moment, str) else None


def _turn(row: OwnRow) -> HelpedTurn:
    said = row.values.get("utterance_sealed")
    said = said if isinstance(said, dict) else {}
    return HelpedTurn(
        conversation=str(row.values["conversation_id"]),
        turn_id=str(said.get("turn_id", "")),
        asked=str(said.get("text", "")),
        answered=_reply_text(row.values.get("reply_sealed")),
    )


def _reply_text(sealed: JsonValue) -> str | None:
    reply = sealed.get("reply") if isinstance(sealed, dict) else None
    sentences = reply.get("sentences") if isinstance(reply, dict) else None
    if not isinstance(sentences, list):
        return None
    return " ".join(str(s["text"]) for s in sentences if isinstance(s, dict) and "text" in s)


def _verdict(row: OwnRow | None) -> Verdict:
    if row is None:
        return "none"
    return "helped" if row.values["helped"] else "did_not_help"
