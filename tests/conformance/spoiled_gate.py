"""Servers that use, keep or admit what they may not."""

import asyncio
from dataclasses import replace

import pytest
from tests.conformance.mutants import Mutants, Value, around

from assistant.channels.intake import Intake
from assistant.dialogue.responder import Responder
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.consent.state import ConsentState
from assistant.profile.pack.categories import CategoryCatalogue
from assistant.web import auth, consents
from assistant.web.problems import InvalidBody
from assistant.web.turns import TurnTaker

GATE = Mutants()


@GATE.add("the gate ignores a withdrawal", "withdrawal.next_turn", "withdrawal.open_socket")
def _ignore_withdrawal(patch: pytest.MonkeyPatch) -> None:
    def given(original: Value, state: ConsentState, purpose: str) -> frozenset[str]:
        withdrawn = {
            category
            for (of, category), decided in state.standings.items()
            if of == purpose and decided.decision == "withdrawn"
        }
        return frozenset(original(state, purpose) | withdrawn)

    around(patch, ConsentState, "given", given)


@GATE.add("a grant always still holds", "withdrawal.in_the_making")
def _always_holds(patch: pytest.MonkeyPatch) -> None:
    slow_down(patch)
    patch.setattr(ConsentGate, "still_holds", lambda gate, connection, grant: True)


@GATE.add("the gate asks nobody", "gate.unasked", "gate.other_purpose")
def _ask_nobody(patch: pytest.MonkeyPatch) -> None:
    def given(state: ConsentState, purpose: str) -> frozenset[str]:
        found = state.purposes.find_purpose(purpose)
        return frozenset(found.categories if found else ())

    patch.setattr(ConsentState, "given", given)


@GATE.add("a yes to one category opens all of the purpose", "gate.categories")
def _open_all_categories(patch: pytest.MonkeyPatch) -> None:
    around(
        patch,
        ConsentLedger,
        "decide",
        lambda original, ledger, connection, decision: original(
            ledger, connection, replace(decision, categories=None)
        ),
    )


@GATE.add("a stale version or text is accepted", "gate.stale")
def _accept_stale(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConsentLedger, "_check_current", lambda ledger, purpose, decision: None)


@GATE.add("Global Privacy Control is not heard", "gate.gpc_default", "gate.gpc_aggregate")
def _ignore_signal(patch: pytest.MonkeyPatch) -> None:
    original = consents.list_offers
    patch.setattr(
        consents,
        "list_offers",
        lambda pack, state, *, lang, gpc: original(pack, state, lang=lang, gpc=False),
    )
    patch.setattr(
        ConsentLedger,
        "observe_gpc",
        lambda ledger, connection, customer_id, *, at: ledger.state(connection, customer_id),
    )


@GATE.add("an event without any basis is stored", "gate.unlawful_event")
def _store_unlawful(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CategoryCatalogue, "storable_without_consent", lambda catalogue, category: True)


@GATE.add(
    "a withdrawal is acknowledged and not recorded",
    "withdrawal.one_step",
    "withdrawal.never_refused",
)
def _forget_withdrawal(patch: pytest.MonkeyPatch) -> None:
    def decide(original: Value, ledger: ConsentLedger, connection: Value, decision: Value) -> Value:
        if decision.decision == "withdrawn":
            return ledger.state(connection, decision.customer_id)
        return original(ledger, connection, decision)

    around(patch, ConsentLedger, "decide", decide)


@GATE.add("withdrawn categories stay stored", "withdrawal.lets_go")
def let_withdrawn_stay(patch: pytest.MonkeyPatch) -> None:
    """Tell nobody that a category may not be stored any more."""

    def follow(original: Value, ledger: ConsentLedger, *arguments: object) -> None:
        patch.setattr(ledger, "_on_category_unlawful", None)
        original(ledger, *arguments)

    around(patch, ConsentLedger, "_follow", follow)


@GATE.add("a token for another audience lets in", "form.tokens")
def _accept_any_audience(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(auth, "_require_audience", lambda claims, audience: None)


@GATE.add("errors repeat what was sent", "form.errors_without_text")
def _repeat_input(patch: pytest.MonkeyPatch) -> None:
    def from_validation(error: Value) -> InvalidBody:
        return InvalidBody([{"pointer": "/", "message": str(each)} for each in error.errors()])

    patch.setattr(InvalidBody, "from_validation", from_validation)


@GATE.add("a turn that is sent again is a new turn", "form.turn_repeat")
def _forget_turn_ids(patch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(10**9))

    async def take(original: Value, taker: TurnTaker, caller: Value, spoken: Value) -> Value:
        return await original(taker, caller, replace(spoken, turn_id=f"new-{next(numbers)}"))

    around(patch, TurnTaker, "take", take)


@GATE.add("an event that is sent again is stored again", "form.event_repeat")
def _forget_event_ids(patch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(10**9))

    def store(original: Value, intake: Intake, connection: Value, items: Value) -> Value:
        new = [
            replace(item, id=f"new-{next(numbers)}") if hasattr(item, "id") else item
            for item in items
        ]
        return original(intake, connection, new)

    around(patch, Intake, "store_batch", store)


def slow_down(patch: pytest.MonkeyPatch) -> None:
    """Let every answer take a while to make, so that something can happen meanwhile."""

    async def respond(original: Value, responder: Responder, *arguments: object) -> Value:
        await asyncio.sleep(1.0)
        return await original(responder, *arguments)

    around(patch, Responder, "respond", respond)
