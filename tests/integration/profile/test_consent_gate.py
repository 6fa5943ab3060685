from dataclasses import replace

import pytest
from tests.profile_parts import Parts

from assistant.core.actor import Role
from assistant.core.ids import CustomerId
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.grants import Grant, Refusal

HISTORY = "answer_from_history"


def test_a_grant_covers_what_was_asked_for_and_given(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders", "returns"})

    grant = parts.authorize(amara, HISTORY, "orders", "browsing")

    assert isinstance(grant, Grant)
    assert grant.categories == {"orders"}
    assert grant.customer_id == amara
    assert grant.consent_epoch == 1
    assert grant.role is Role.ASSISTANT


def test_nothing_given_is_a_refusal_with_its_reason(parts: Parts) -> None:
    amara = parts.customer()

    assert parts.authorize(amara, HISTORY, "orders") == Refusal(
        HISTORY, "never_given", frozenset({"orders"})
    )
    parts.decide(amara, HISTORY, "refused")
    refused = parts.authorize(amara, HISTORY, "orders")
    parts.decide(amara, HISTORY, "given")
    parts.decide(amara, HISTORY, "withdrawn")
    withdrawn = parts.authorize(amara, HISTORY, "orders")

    assert isinstance(refused, Refusal)
    assert refused.reason == "refused"
    assert isinstance(withdrawn, Refusal)
    assert withdrawn.reason == "withdrawn"


def test_a_withdrawal_ends_grants_that_were_made_before_it(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)
    grant = parts.authorize(amara, HISTORY, "orders")
    assert isinstance(grant, Grant)
    assert parts.still_holds(grant)

    parts.decide(amara, HISTORY, "withdrawn", {"orders"})

    assert not parts.still_holds(grant)
    assert isinstance(parts.authorize(amara, HISTORY, "orders"), Refusal)


def test_a_yes_for_one_purpose_opens_nothing_for_another(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)

    assert isinstance(parts.authorize(amara, "personal_suggestions", "orders"), Refusal)
    assert isinstance(parts.authorize(amara, HISTORY), Refusal), "nothing asked, nothing granted"


def test_one_customers_yes_opens_nothing_of_another(parts: Parts) -> None:
    amara, bruno = parts.customer("amara.example"), parts.customer("bruno.example")

    parts.decide(amara, HISTORY)

    assert isinstance(parts.authorize(bruno, HISTORY, "orders"), Refusal)


def test_a_new_version_is_refused_as_stale(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)
    parts.pack.purposes._purposes[HISTORY] = replace(parts.pack.purposes[HISTORY], version=2)

    refusal = parts.authorize(amara, HISTORY, "orders")

    assert isinstance(refusal, Refusal)
    assert refusal.reason == "stale_version"


def test_unknown_purposes_and_strangers_are_refused(parts: Parts) -> None:
    amara = parts.customer()

    unknown = parts.authorize(amara, "advertising", "orders")
    stranger = parts.authorize(CustomerId("nobody"), HISTORY, "orders")

    assert isinstance(unknown, Refusal)
    assert unknown.reason == "unknown_purpose"
    assert isinstance(stranger, Refusal)
    assert stranger.reason == "blocked"


def test_data_is_not_used_outside_the_region_it_was_promised_to(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)
    elsewhere = ConsentGate(
        pack=parts.pack, ledger=parts.ledger, customers=parts.customers, region="US"
    )

    refusal = parts.database.read_now(
        lambda c: elsewhere.authorize(
            c, customer_id=amara, purpose=HISTORY, categories=["orders"], role=Role.ASSISTANT
        )
    )

    assert isinstance(refusal, Refusal)
    assert refusal.reason == "region"


def test_nobody_but_the_gate_makes_grants() -> None:
    with pytest.raises(TypeError):
        Grant(CustomerId("a"), HISTORY, frozenset({"orders"}), 1, Role.ASSISTANT, object())
