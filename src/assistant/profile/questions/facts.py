"""Facts: what a customer confirmed about themselves, and what they may do with it.

A fact is used only through ``open_facts``, which takes a ``Grant``. Everything else here is the
customer's own: to see where a fact came from and what it helped, correct, pause and delete it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from assistant.core.errors import NotFound
from assistant.profile.consent.grants import Grant
from assistant.profile.pack.question_catalogue import REASONS
from assistant.profile.questions.confirmed_words import Confirmed, new_fact
from assistant.profile.questions.fact_views import FactView, view_of_fact
from assistant.profile.questions.statements import checked_words
from assistant.store.consents import ConsentEntry
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Connection
from assistant.store.facts import FactRecord, FactRepository, FactState
from assistant.store.question_records import (
    Answer,
    Confirmation,
    QuestionRecord,
)
from assistant.store.uses import UseRepository
from assistant.store.why_questions import QuestionRepository


@dataclass(frozen=True, slots=True)
class GoneFact:
    """A fact that goes, or whose words before a correction do, and when."""

    fact: FactRecord
    why: Literal["withdrawn", "expired", "corrected"]
    at: datetime


OnErase: TypeAlias = Callable[[Connection, str, GoneFact], None]
"""Told, inside the write, of whose fact goes, before its rows do: what lies elsewhere goes too."""


class Facts:
    """Stores, shows and changes facts; every method runs inside the caller's transaction."""

    def __init__(
        self,
        *,
        facts: FactRepository,
        questions: QuestionRepository,
        customers: CustomerRepository,
        uses: UseRepository,
        on_erase: OnErase | None = None,
    ) -> None:
        self._facts = facts
        self._questions = questions
        self._customers = customers
        self._uses = uses
        self._on_erase = on_erase

    def open_facts(
        self, connection: Connection, grant: Grant, *, now: datetime
    ) -> tuple[FactView, ...]:
        """Return the facts that may be used for the grant's purpose, newest first.

        Only sound ones that are active and not expired; none where reasons are not granted.
        """
        if REASONS not in grant.categories:
            return ()
        shown = self.list_facts(connection, grant.customer_id, now=now)
        return tuple(fact for fact in shown if fact.state == "active")

    def list_facts(
        self, connection: Connection, customer_id: str, *, now: datetime
    ) -> tuple[FactView, ...]:
        """Return every fact of a customer, newest first, for their own eyes."""
        records = self._facts.list_facts(connection, customer_id)
        return self._views(connection, customer_id, records, now=now)

    def get_fact(
        self, connection: Connection, customer_id: str, fact_id: str, *, now: datetime
    ) -> FactView:
        """Return one fact for its customer's own eyes.

        Raises:
            NotFound: the customer has no such fact.
        """
        record = self._get(connection, customer_id, fact_id)
        return self._views(connection, customer_id, [record], now=now)[0]

    def store(
        self,
        connection: Connection,
        customer_id: str,
        question: QuestionRecord,
        answer: Answer,
        fact_id: str,
        confirmed: Confirmed,
    ) -> FactView:
        """Store the words that were confirmed for a question whose card was shown."""
        question_id = question.question_id
        tagged = self._facts.seal_statement(
            customer_id,
            fact_id,
            confirmed.words,
            question_id=question_id,
            answer_tag=answer.tag,
        )
        latest = question.confirmations[-1].seq if question.confirmations else 0
        confirmation = Confirmation(
            latest + 1, confirmed.kind, tagged.tag, confirmed.channel, confirmed.at
        )
        self._questions.add_confirmation(
            connection, customer_id, question, answer.tag, confirmation
        )
        fact = new_fact(question, fact_id, confirmation.seq, tagged, confirmed)
        self._facts.add_fact(connection, customer_id, fact)
        return self.get_fact(connection, customer_id, fact_id, now=confirmed.at)

    def correct(
        self,
        connection: Connection,
        customer_id: str,
        fact_id: str,
        words: str,
        *,
        at: datetime,
        channel: str = "api",
    ) -> FactView:
        """Put the customer's new exact words in the place of the old ones (in a write).

        The id stays, so that what the fact helped stays with it; the old words go. Correcting is a
        right and needs no consent anew; the new words are kept as long as the old ones were.

        Raises:
            NotFound: the customer has no such fact.
            InvalidInput: there are no words, too many, or control characters among them.
        """
        words = checked_words(words)
        self._questions.hold(connection, customer_id)
        fact = self._get(connection, customer_id, fact_id)
        if fact.statement == words:
            return self.get_fact(connection, customer_id, fact_id, now=at)
        question = self._questions.find_question(connection, customer_id, fact.question_id)
        if question is None or question.answer is None:
            raise AssertionError("a fact has a question and an answer")
        self._erase_elsewhere(connection, customer_id, GoneFact(fact, "corrected", at))
        self._facts.delete_fact(connection, customer_id, fact_id)
        confirmed = Confirmed(
            words=words,
            kind="corrected",
            channel=channel,
            at=at,
            expires_at=at + (fact.expires_at - fact.valid_from),
            state=fact.state,
        )
        return self.store(connection, customer_id, question, question.answer, fact_id, confirmed)

    def set_state(
        self,
        connection: Connection,
        customer_id: str,
        fact_id: str,
        state: FactState,
        *,
        now: datetime,
    ) -> FactView:
        """Stop using a fact, or let it be used again (in a write)."""
        self._questions.hold(connection, customer_id)
        self._get(connection, customer_id, fact_id)
        self._facts.set_state(connection, customer_id, fact_id, state)
        # What is being answered just now with this fact is to be composed again without it.
        self._customers.bump_epoch(connection, customer_id)
        return self.get_fact(connection, customer_id, fact_id, now=now)

    def delete(
        self, connection: Connection, customer_id: str, fact_id: str, *, at: datetime
    ) -> None:
        """Delete a fact and every word of the steps that led to it (in a write).

        The question stays and reads WITHDRAWN, so that it is not asked again.

        Raises:
            NotFound: the customer has no such fact.
        """
        self._questions.hold(connection, customer_id)
        fact = self._get(connection, customer_id, fact_id)
        self._erase(connection, customer_id, fact, "withdrawn", at)
        self._customers.bump_epoch(connection, customer_id)

    def withdraw(
        self,
        connection: Connection,
        customer_id: str,
        purpose: str,
        categories: Collection[str],
        *,
        at: datetime,
    ) -> int:
        """Erase what was kept for a purpose that is no longer given; returns how many facts.

        Open questions of the purpose end with it. To be called in the write of the decision.
        """
        if REASONS not in categories:
            return 0
        facts = [
            fact
            for fact in self._facts.list_facts(connection, customer_id)
            if fact.purpose == purpose
        ]
        for fact in facts:
            self._erase(connection, customer_id, fact, "withdrawn", at)
        for question in self._questions.list_questions(connection, customer_id):
            if question.purpose == purpose and question.ending is None:
                self._questions.end(connection, customer_id, question, "withdrawn", at=at)
        return len(facts)

    def heed_no(
        self, connection: Connection, customer_id: str, entries: Sequence[ConsentEntry]
    ) -> None:
        """Follow a refusal or withdrawal inside its write: facts of that purpose go."""
        for entry in entries:
            if entry.decision != "given":
                self.withdraw(connection, customer_id, entry.purpose, {entry.category}, at=entry.at)

    def expire_due(self, connection: Connection, customer_id: str, *, now: datetime) -> int:
        """Erase the facts of a customer whose time is over (in a write); returns how many."""
        due = [
            fact
            for fact in self._facts.list_facts(connection, customer_id)
            if now >= fact.expires_at
        ]
        for fact in due:
            self._erase(connection, customer_id, fact, "expired", now)
        return len(due)

    def list_due(
        self, connection: Connection, *, now: datetime, limit: int
    ) -> Sequence[tuple[str, str]]:
        """Return customer and id of facts whose time is over."""
        return self._facts.list_expired(connection, now=now, limit=limit)

    def _erase(
        self,
        connection: Connection,
        customer_id: str,
        fact: FactRecord,
        ending: Literal["withdrawn", "expired"],
        at: datetime,
    ) -> None:
        self._erase_elsewhere(connection, customer_id, GoneFact(fact, ending, at))
        self._facts.delete_fact(connection, customer_id, fact.fact_id)
        question = self._questions.find_question(connection, customer_id, fact.question_id)
        if question is not None:
            self._questions.end(connection, customer_id, question, ending, at=at)

    def _erase_elsewhere(self, connection: Connection, customer_id: str, gone: GoneFact) -> None:
        if self._on_erase is not None:
            self._on_erase(connection, customer_id, gone)

    def _get(self, connection: Connection, customer_id: str, fact_id: str) -> FactRecord:
        record = self._facts.find_fact(connection, customer_id, fact_id)
        if record is None:
            raise NotFound("there is no such fact")
        return record

    def _views(
        self,
        connection: Connection,
        customer_id: str,
        records: Sequence[FactRecord],
        *,
        now: datetime,
    ) -> tuple[FactView, ...]:
        ids = [record.fact_id for record in records]
        uses = self._uses.count_by_item(connection, customer_id, ids) if ids else {}
        return tuple(view_of_fact(record, uses.get(record.fact_id), now) for record in records)
