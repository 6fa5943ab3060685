from dataclasses import replace
from threading import Barrier, Thread

import pytest
from tests.fakes.clock import SteppableClock
from tests.profile_parts import Parts

from assistant.core.errors import InvalidInput, NotFound, Stale
from assistant.profile.consent.ledger import ConsentDecision
from assistant.profile.consent.offers import list_offers
from assistant.profile.pack.purposes import AGGREGATE_PURPOSE

HISTORY = "answer_from_history"


def a_yes(parts: Parts, customer_id: str) -> ConsentDecision:
    shown = parts.pack.disclose(HISTORY)
    return ConsentDecision(
        customer_id=customer_id,
        purpose=HISTORY,
        decision="given",
        channel="api",
        at=parts.clock(),
        version=shown.version,
        text_sha256=shown.text_sha256,
    )


def decide(parts: Parts, decision: ConsentDecision) -> None:
    parts.database.write_now(lambda c: parts.ledger.decide(c, decision))


def test_giving_without_categories_gives_all_of_the_purpose(parts: Parts) -> None:
    amara = parts.customer()

    state = parts.decide(amara, HISTORY)

    assert state.given(HISTORY) == set(parts.pack.purposes[HISTORY].categories)
    assert state == parts.state(amara)


def test_only_the_named_categories_change(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders", "returns"})

    state = parts.decide(amara, HISTORY, "withdrawn", {"returns"})

    assert state.given(HISTORY) == {"orders"}
    assert state.standing(HISTORY, "browsing") == "undecided"


def test_every_decision_moves_the_epoch_on(parts: Parts) -> None:
    amara = parts.customer()
    before = parts.state(amara).epoch

    epochs = [
        parts.decide(amara, HISTORY, decision).epoch
        for decision in ("given", "withdrawn", "refused")
    ]

    assert [before, *epochs] == [0, 1, 2, 3]


def test_decisions_of_one_customer_are_not_anothers(parts: Parts) -> None:
    amara, bruno = parts.customer("amara.example"), parts.customer("bruno.example")

    parts.decide(amara, HISTORY)

    assert parts.state(bruno).given_categories() == frozenset()
    assert parts.state(bruno).epoch == 0


def test_giving_to_a_text_or_version_that_is_not_shown_is_stale(parts: Parts) -> None:
    amara = parts.customer()
    yes = a_yes(parts, amara)
    other_text = parts.pack.disclose("learn_why").text_sha256

    for stale in (replace(yes, version=2), replace(yes, text_sha256=other_text)):
        with pytest.raises(Stale):
            decide(parts, stale)

    assert parts.state(amara).epoch == 0
    assert parts.state(amara).given(HISTORY) == frozenset()


def test_giving_without_an_echo_is_stale(parts: Parts) -> None:
    yes = a_yes(parts, parts.customer())

    for mute in (replace(yes, version=None), replace(yes, text_sha256=None)):
        with pytest.raises(Stale):
            decide(parts, mute)


def test_the_text_of_any_language_of_the_pack_may_be_echoed(parts: Parts) -> None:
    amara = parts.customer()
    german = parts.pack.disclose(HISTORY, "de").text_sha256

    decide(parts, replace(a_yes(parts, amara), text_sha256=german))

    assert parts.state(amara).permits(HISTORY, "orders")


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
def test_saying_no_needs_no_version_and_no_hash(parts: Parts, decision: str) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)
    no = replace(a_yes(parts, amara), decision=decision)

    decide(parts, replace(no, version=None, text_sha256=None, categories=frozenset({"orders"})))
    assert not parts.state(amara).permits(HISTORY, "orders")
    decide(parts, replace(no, version=99, text_sha256="x' OR 1=1"))

    assert parts.state(amara).given(HISTORY) == frozenset()


def test_what_is_no_hash_is_never_written_down(parts: Parts) -> None:
    amara = parts.customer()
    no = replace(a_yes(parts, amara), decision="refused", text_sha256="my secret")

    decide(parts, no)

    events = parts.database.read_now(lambda c: parts.consents.list_events(c, amara))
    assert {event.text_sha256 for event in events} == {None}


def test_unknown_purposes_and_categories_are_refused(parts: Parts) -> None:
    amara = parts.customer()
    yes = a_yes(parts, amara)

    with pytest.raises(NotFound):
        decide(parts, replace(yes, purpose="advertising"))
    for categories in (frozenset({"driving"}), frozenset({"orders", "nonsense"}), frozenset()):
        with pytest.raises(InvalidInput):
            decide(parts, replace(yes, categories=categories))
    with pytest.raises(NotFound):
        decide(parts, replace(yes, customer_id="nobody"))


def test_a_no_may_name_what_only_an_earlier_version_asked_for(parts: Parts) -> None:
    amara = parts.customer()
    earlier = parts.pack.purposes[HISTORY]
    asked_more = replace(earlier, categories=(*earlier.categories, "driving"))
    parts.pack.purposes._purposes[HISTORY] = asked_more
    parts.decide(amara, HISTORY, "given", {"driving"})
    parts.pack.purposes._purposes[HISTORY] = earlier

    state = parts.decide(amara, HISTORY, "withdrawn", {"driving"})

    assert state.standings[HISTORY, "driving"].decision == "withdrawn"


def test_a_new_version_of_a_purpose_ends_what_was_given(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY)

    parts.pack.purposes._purposes[HISTORY] = replace(parts.pack.purposes[HISTORY], version=2)

    state = parts.state(amara)
    assert state.given(HISTORY) == frozenset()
    assert state.standing(HISTORY, "orders") == "outdated"


def test_evidence_is_kept_beside_each_decision(parts: Parts) -> None:
    amara = parts.customer()

    decide(parts, replace(a_yes(parts, amara), evidence={"page": "sign-up"}))

    evidence = parts.database.read_now(lambda c: parts.consents.find_evidence(c, amara, 1))
    assert evidence == {"page": "sign-up"}


def test_decisions_made_at_once_all_count(parts: Parts) -> None:
    amara = parts.customer()
    categories = list(parts.pack.purposes[HISTORY].categories)
    start = Barrier(len(categories))

    def give(category: str) -> None:
        start.wait()
        parts.decide(amara, HISTORY, "given", {category})

    threads = [Thread(target=give, args=[category]) for category in categories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    state = parts.state(amara)
    assert state.given(HISTORY) == set(categories)
    assert state.epoch == len(categories)


def test_global_privacy_control_takes_the_customer_out_of_aggregates(
    parts: Parts, clock: SteppableClock
) -> None:
    amara = parts.customer()
    parts.decide(amara, AGGREGATE_PURPOSE)
    parts.decide(amara, HISTORY)
    clock.advance(hours=1)

    state = parts.database.write_now(lambda c: parts.ledger.observe_gpc(c, amara, at=clock()))

    assert state.given(AGGREGATE_PURPOSE) == frozenset()
    assert state.permits(HISTORY, "orders"), "what was expressly given otherwise stands"


def test_a_yes_given_beside_the_shown_signal_stands(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, AGGREGATE_PURPOSE)
    parts.database.write_now(lambda c: parts.ledger.observe_gpc(c, amara, at=parts.clock()))

    parts.decide(amara, AGGREGATE_PURPOSE, beside_gpc=True)
    state = parts.database.write_now(lambda c: parts.ledger.observe_gpc(c, amara, at=parts.clock()))

    assert state.permits(AGGREGATE_PURPOSE, "orders")
    assert state.epoch == 3, "seeing the signal again writes nothing"


def test_the_signal_writes_nothing_where_nothing_was_given(parts: Parts) -> None:
    amara = parts.customer()

    state = parts.database.write_now(lambda c: parts.ledger.observe_gpc(c, amara, at=parts.clock()))

    assert state.epoch == 0
    assert state.standings == {}


def test_offers_show_the_customers_own_decisions(parts: Parts) -> None:
    amara = parts.customer()
    state = parts.decide(amara, HISTORY, "given", {"orders"})

    offers = {offer.id: offer for offer in list_offers(parts.pack, state, lang="en", gpc=True)}
    decisions = {c.category: c.decision for c in offers[HISTORY].categories}

    assert decisions["orders"] == "given"
    assert decisions["browsing"] == "undecided", "the signal's default ends at an express yes"
    assert {c.decision for c in offers["learn_why"].categories} == {"refused"}
    assert offers[HISTORY].categories[0].decided_at == parts.clock()
