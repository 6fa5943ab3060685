"""Joins the parts of why-questions and facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from assistant.bootstrap.stores import Stores
from assistant.profile.consent import ConsentLedger, OnNo
from assistant.profile.erasures import Erasures, ErasureScope
from assistant.profile.facts import Facts, OnErase
from assistant.profile.pack import Pack
from assistant.profile.why_questions import WhyQuestions
from assistant.store.consents import ConsentEntry
from assistant.store.engine import Connection
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
    erasures: Erasures, connection: Connection, customer_id: str, fact_id: str, at: datetime
) -> None:
    """Erase a fact that was taken back wherever it lies, its sealed bytes too."""
    scope = ErasureScope("item", fact_id)
    erasures.request(connection, customer_id, scope, at=at, cause="withdrawal")
