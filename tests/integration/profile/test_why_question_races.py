"""Steps of one customer that are taken at the same time, in several processes."""

import asyncio

import pytest
from tests.fakes.clock import SteppableClock
from tests.proving import ProofRun
from tests.why_parts import WhyParts

from assistant.core.errors import OutOfOrder, QuestionConfirmed
from assistant.core.ids import CustomerId, new_id
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.states import QuestionState
from assistant.profile.questions.views import Confirming, Proposal, QuestionView
from assistant.store.engine import Database
from assistant.vault.vault import Vault

SAID = "It has to be quiet"
KEPT = "Quiet appliances matter to me."


@pytest.fixture
def parts(database: Database, vault: Vault, clock: SteppableClock) -> WhyParts:
    return WhyParts.of(database, vault, clock)  # type: ignore[return-value]


@pytest.fixture
def ada(parts: WhyParts) -> CustomerId:
    return parts.customer("ada@mail.example")


def asked(parts: WhyParts, customer_id: CustomerId) -> QuestionView:
    """A question that waits for a yes or a no."""
    view = parts.volunteer(customer_id, SAID)
    assert view is not None
    parts.show(customer_id, view)
    return parts.ask(customer_id, view)


async def confirm(
    parts: WhyParts, customer_id: CustomerId, view: QuestionView, words: str
) -> FactView:
    confirming = Confirming(parts.clock(), "chat")
    return await parts.database.write(
        lambda c: parts.why.confirm(c, customer_id, view.question_id, words, confirming)
    )


def delete(parts: WhyParts, customer_id: CustomerId, fact: FactView) -> None:
    parts.write(lambda c: parts.facts.delete(c, customer_id, fact.fact_id, at=parts.clock()))


@pytest.mark.proof("Eight confirmations at once keep one fact", small=3, full=500)
async def test_confirmations_at_once_keep_one_fact(
    parts: WhyParts, ada: CustomerId, proof_run: ProofRun
) -> None:
    for _ in range(proof_run.count):
        view = asked(parts, ada)
        outcomes = await asyncio.gather(
            *(confirm(parts, ada, view, f"Words {number}") for number in range(8)),
            return_exceptions=True,
        )
        kept = [outcome for outcome in outcomes if isinstance(outcome, FactView)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, QuestionConfirmed)]

        assert (len(kept), len(refused)) == (1, 7), outcomes
        (stored,) = parts.list_facts(ada)
        assert stored.statement == kept[0].statement
        delete(parts, ada, stored)


async def test_a_conversation_that_is_asked_twice_at_once_has_one_question(
    parts: WhyParts, ada: CustomerId
) -> None:
    conversation = new_id()
    proposals = [
        Proposal("catalogue", parts.clock(), "en", conversation, name)
        for name in ("noise_at_home", "coffee_taste", "packaging", "cooking_for")
    ]

    views = await asyncio.gather(
        *(
            parts.database.write(lambda c, p=each: parts.why.propose(c, ada, p))
            for each in proposals
        )
    )

    assert sum(view is not None for view in views) == 1


async def test_a_no_and_a_yes_at_once_end_in_one_of_them(parts: WhyParts, ada: CustomerId) -> None:
    view = asked(parts, ada)

    outcomes = await asyncio.gather(
        confirm(parts, ada, view, KEPT),
        parts.database.write(
            lambda c: parts.why.decline(c, ada, view.question_id, at=parts.clock())
        ),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, OutOfOrder)]
    kept = parts.list_facts(ada)
    assert len(refused) == 1
    assert (parts.get(ada, view).state is QuestionState.STORED) == (len(kept) == 1)
