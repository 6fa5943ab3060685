"""The one way by which a turn comes to confirmed facts: the gate, then ``Facts.open_facts``."""

from datetime import datetime

from assistant.core.actor import CustomerActor, Role
from assistant.dialogue.told_facts import UsableFact, UsableFacts
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.grants import Grant
from assistant.profile.pack.question_catalogue import REASONS, QuestionCatalogue
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.facts import Facts
from assistant.store.engine import Connection

PURPOSE = "answer_from_history"


class FactAccess:
    """Asks the gate and opens the facts it grants."""

    def __init__(self, *, gate: ConsentGate, facts: Facts, catalogue: QuestionCatalogue) -> None:
        self._gate = gate
        self._facts = facts
        self._subjects = {question.id: question.words.get("en", ()) for question in catalogue}

    def open(
        self, connection: Connection, actor: CustomerActor, *, now: datetime
    ) -> UsableFacts | None:
        """Return the customer's active facts; None without a grant for them, or without facts."""
        if actor.role is not Role.CUSTOMER:
            return None
        answer = self._gate.authorize(
            connection,
            customer_id=actor.customer_id,
            purpose=PURPOSE,
            categories={REASONS},
            role=Role.ASSISTANT,
        )
        if not isinstance(answer, Grant):
            return None
        opened = self._facts.open_facts(connection, answer, now=now)
        return UsableFacts(answer, tuple(map(self._usable, opened))) if opened else None

    def _usable(self, fact: FactView) -> UsableFact:
        return UsableFact(
            fact_id=fact.fact_id,
            question_id=fact.question_id,
            statement=fact.statement,
            valid_from=fact.valid_from,
            subjects=self._subjects.get(fact.provenance.catalogue_question or "", ()),
        )
