"""Joins the parts of why-questions and facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from assistant.bootstrap.stores import Stores
from assistant.core.erasure import Cause
from assistant.profile.consent.ledger import ConsentLedger, OnNo
from assistant.profile.erasure.ledger_recorder import LedgerRecorder
from assistant.profile.erasure.requests import Erasures, ErasureScope
from assistant.profile.pack.loading import Pack
from assistant.profile.questions.facts import Facts, GoneFact, OnErase
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.store.consents import ConsentEntry
from assistant.store.engine import Connection
from assistant.store.erasing import RowScope
from assistant.store.expiry_cuts import old_words_target
from assistant.store.facts import FactRepository
from assistant.store.why_questions import QuestionRepository


@dataclass(frozen=True, slots=True)
class QuestionParts:
    """Facts, which a withdrawal of consent reaches, and the questions that lead to them."""

    facts: Facts
    repository: QuestionRepository

    @classmethod
    def over(cls, stores: Stores, *, on_erase: OnErase | None = None) -> Self:
        """Join what needs no consent ledger."""
        questions = QuestionRepository(vault=stores.vault)
        facts = Facts(
            facts=FactRepository(vault=stores.vault),
            questions=questions,
            customers=stores.customers,
            uses=stores.uses,
            on_erase=on_erase,
        )
        return cls(facts=facts, repository=questions)

    def heeding(self, first: OnNo) -> OnNo:
        """Return what follows a no: ``first`` (the erasure ledger), then the facts that go."""

        def heed(connection: Connection, customer_id: str, entries: Sequence[ConsentEntry]) -> None:
            first(connection, customer_id, entries)
            self.facts.heed_no(connection, customer_id, entries)

        return heed

    def why_questions(
        self, stores: Stores, *, pack: Pack, ledger: ConsentLedger, region: str
    ) -> WhyQuestions:
        """Return the protocol over this ledger."""
        return WhyQuestions(
            pack=pack,
            questions=self.repository,
            facts=self.facts,
            ledger=ledger,
            customers=stores.customers,
            uses=stores.uses,
            region=region,
        )


def erase_fact(
    erasures: Erasures,
    recorder: LedgerRecorder,
    connection: Connection,
    customer_id: str,
    gone: GoneFact,
) -> None:
    """Erase a fact that was taken back or expired, or its old words, wherever they lie.

    Of a correction, too, the ledger knows the fact: an older copy of the database holds the old
    words, so a restore lets it go.
    """
    fact, at = gone.fact, gone.at
    if gone.why == "corrected":
        recorder.record_erasure(connection, customer_id, kind="item", at=at, target_id=fact.fact_id)
        old_words = RowScope("corrected", old_words_target(fact.fact_id, fact.confirmation))
        erasures.erase_rows(connection, customer_id, old_words, at=at)
        return
    cause: Cause = "retention" if gone.why == "expired" else "withdrawal"
    scope = ErasureScope("item", fact.fact_id)
    erasures.request(connection, customer_id, scope, at=at, cause=cause)
