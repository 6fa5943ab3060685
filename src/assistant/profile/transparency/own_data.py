"""Everything that is stored of one customer, told to that customer: ``/v1/me/data`` and the export.

What is told comes from the catalogue of tables by one generic reader, so that nothing can be stored
and not shown. The overview says how much there is, on what terms, and what is not there; pages of
items follow, section by section.
"""

from collections.abc import Collection, Mapping, Sequence

from assistant.core.errors import InvalidInput
from assistant.core.ids import TurnKey
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.consent.state import ConsentState
from assistant.profile.pack.loading import Pack
from assistant.profile.transparency.items import (
    CategoryHolding,
    ConsentSummary,
    DataCursor,
    DataItem,
    DataPage,
    GpcState,
    OpenRequest,
    Overview,
    Retained,
    SectionSummary,
)
from assistant.profile.transparency.reciprocity import Reciprocity
from assistant.profile.transparency.standing import Deployment, FindEmbedded, Standing
from assistant.profile.transparency.telling import tell_row
from assistant.profile.transparency.words import TransparencyWords, in_language
from assistant.store.consents import ConsentRepository
from assistant.store.engine import Connection
from assistant.store.own_rows import OwnRow, OwnRows, Section
from assistant.store.uses import UseRepository

_USED = frozenset({"events", "facts", "turns"})
_NAMED_TURNS = 20
"""Replies named for one item; how often it was used is told in full."""

_MOST_REQUESTS = 100
_FINAL = "BACKUP_FINAL"


class Transparency:
    """Tells a customer's data; every method runs in the caller's read."""

    def __init__(
        self,
        *,
        pack: Pack,
        rows: OwnRows,
        ledger: ConsentLedger,
        consents: ConsentRepository,
        uses: UseRepository,
        words: TransparencyWords,
        find_embedded: FindEmbedded,
        deployment: Deployment,
    ) -> None:
        self._pack = pack
        self.rows = rows
        self._ledger = ledger
        self._consents = consents
        self._uses = uses
        self._words = words
        self._find_embedded = find_embedded
        self._deployment = deployment
        self.reciprocity = Reciprocity(pack=pack, rows=rows, uses=uses, words=words)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Every kind of thing that can be stored of a customer, in the order it is told."""
        return self.rows.sections

    def overview(
        self, connection: Connection, customer_id: str, *, lang: str, gpc: bool
    ) -> Overview:
        """Return how much is stored of what, on what terms, and what is not there.

        Raises:
            NotFound: there is no such customer.
        """
        state = self._ledger.state(connection, customer_id)
        counts = self.rows.count_rows(connection, customer_id)
        totals = self.reciprocity.totals(connection, customer_id, lang=lang)
        return Overview(
            customer_id=customer_id,
            controller=self._pack.name,
            contact=self._pack.contact.email,
            languages=self._pack.languages,
            sections=tuple(self._summary(s, counts[s.name], lang) for s in self.sections),
            categories=totals,
            consents=tuple(self._consented(state, lang)),
            open_requests=tuple(self._open_requests(connection, customer_id)),
            gpc=GpcState(
                gpc, in_language(self._words.say("gpc", "heard" if gpc else "silent"), lang)
            ),
            retained=tuple(
                Retained(
                    in_language(words.what, lang),
                    in_language(words.ground, lang),
                    in_language(words.until, lang),
                )
                for words in self._words.retained()
            ),
            not_held=tuple(self._not_held(state, totals, lang)),
        )

    def page(
        self,
        connection: Connection,
        customer_id: str,
        *,
        lang: str,
        limit: int,
        cursor: DataCursor | None = None,
        only: str | None = None,
    ) -> DataPage:
        """Return up to ``limit`` items from ``cursor`` on, of one section or of all.

        Raises:
            NotFound: there is no such customer.
            InvalidInput: there is no such section.
        """
        rows: list[OwnRow] = []
        following: DataCursor | None = None
        for section in self._sections_from(cursor, only):
            if len(rows) >= limit:
                following = DataCursor(section.name)
                break
            after = cursor.after if cursor and cursor.section == section.name else None
            room = limit - len(rows)
            found = self.rows.page_rows(
                connection, customer_id, section, after=after, limit=room + 1
            )
            if len(found) > room and found[0].key:
                rows += found[:room]
                following = DataCursor(section.name, rows[-1].key)
                break
            rows += found
        return DataPage(self._tell(connection, customer_id, rows, lang), following)

    def find_section(self, name: str) -> Section:
        """Return a section by its name.

        Raises:
            InvalidInput: there is no such section.
        """
        for section in self.sections:
            if section.name == name:
                return section
        raise InvalidInput("there is no such section: the overview names them")

    def _sections_from(self, cursor: DataCursor | None, only: str | None) -> Sequence[Section]:
        if only is not None:
            return [self.find_section(only)]
        if cursor is None:
            return self.sections
        return self.sections[self.sections.index(self.find_section(cursor.section)) :]

    def _tell(
        self, connection: Connection, customer_id: str, rows: Sequence[OwnRow], lang: str
    ) -> tuple[DataItem, ...]:
        if not rows:
            return ()
        standing = self._standing(connection, customer_id, rows, lang)
        sections = {section.name: section for section in self.sections}
        return tuple(tell_row(row, sections[row.section], standing) for row in rows)

    def _standing(
        self, connection: Connection, customer_id: str, rows: Sequence[OwnRow], lang: str
    ) -> Standing:
        used = [row.row_id for row in rows if row.section in _USED]
        turns = [row.row_id for row in rows if row.section == "turns"]
        embedded = any(row.section in {"events", "history_blocks"} for row in rows)
        return Standing(
            pack=self._pack,
            words=self._words,
            lang=lang,
            consent=self._ledger.state(connection, customer_id),
            receipts=self._receipts(connection, customer_id),
            embedded=self._find_embedded(connection, customer_id) if embedded else None,
            deployment=self._deployment,
            uses=self._uses.count_by_item(connection, customer_id, used) if used else {},
            turns_of_items=self._turns_of_items(connection, customer_id, used),
            items_of_turns={
                key: tuple(items)
                for key, items in (
                    self._uses.list_items_of_turns(connection, customer_id, turns) if turns else {}
                ).items()
            },
        )

    def _turns_of_items(
        self, connection: Connection, customer_id: str, items: Collection[str]
    ) -> Mapping[str, tuple[TurnKey, ...]]:
        if not items:
            return {}
        found = self._uses.list_turns_of_items(connection, customer_id, items)
        return {item: tuple(turns[:_NAMED_TURNS]) for item, turns in found.items()}

    def _receipts(self, connection: Connection, customer_id: str) -> Mapping[tuple[str, str], str]:
        """Return the receipt of the latest decision about each purpose and category."""
        return {
            (event.purpose, event.category): event.decision_id
            for event in self._consents.list_events(connection, customer_id)
        }

    def _summary(self, section: Section, count: int, lang: str) -> SectionSummary:
        return SectionSummary(
            section=section.name,
            label=in_language(section.label, lang),
            category=section.category,
            category_label=self.reciprocity.category_label(section.category, lang),
            origin=section.origin,
            count=count,
        )

    def _consented(self, state: ConsentState, lang: str) -> Sequence[ConsentSummary]:
        return [
            ConsentSummary(
                purpose=purpose.id,
                version=purpose.version,
                title=purpose.text(lang).title,
                decisions={c: state.standing(purpose.id, c) for c in purpose.categories},
            )
            for purpose in self._pack.purposes
        ]

    def _open_requests(self, connection: Connection, customer_id: str) -> Sequence[OpenRequest]:
        """Return erasures on their way, requests for a person, and questions still open."""

        def rows(section: str) -> Sequence[OwnRow]:
            found = self.find_section(section)
            return self.rows.page_rows(
                connection, customer_id, found, after=None, limit=_MOST_REQUESTS
            )

        erasures = [
            OpenRequest("erasure", row.row_id, _text(row, "requested_at"), str(row.values["state"]))
            for row in rows("erasures")
            if row.values["state"] != _FINAL
        ]
        people = [
            OpenRequest("person", row.row_id, _text(row, "requested_at"), "requested")
            for row in rows("handoff_requests")
        ]
        facts = {row.values["question_id"] for row in rows("facts")}
        questions = [
            OpenRequest("question", row.row_id, _text(row, "proposed_at"), "open")
            for row in rows("why_questions")
            if row.values["ending"] is None and row.row_id not in facts
        ]
        return [*erasures, *people, *questions]

    def _not_held(
        self, state: ConsentState, totals: Sequence[CategoryHolding], lang: str
    ) -> Sequence[str]:
        """Return what there is none of: what is never held, and categories without an item."""
        held = {total.category for total in totals if total.items}
        told = [in_language(words, lang) for words in self._words.not_held()]
        storable = state.given_categories()
        for category in self._pack.categories:
            if category.id in held:
                continue
            why = "none_came"
            if not self._pack.purposes.purposes_of(category.id):
                why = "no_purpose"
            elif category.stored_on == "consent" and category.id not in storable:
                why = "no_consent"
            words = in_language(self._words.say("category_empty", why), lang)
            told.append(words.format(label=category.label(lang)))
        return told


def _text(row: OwnRow, column: str) -> str | None:
    value = row.values.get(column)
    return value if isinstance(value, str) else None
