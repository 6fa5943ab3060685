from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.profile_parts import MARKET

from assistant.profile.consent.state import IMPORT_CHANNEL, ConsentState, fold
from assistant.profile.pack.loading import load_pack
from assistant.store.consents import ConsentEvent, Decision

PURPOSES = load_pack(MARKET).purposes
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def decided(
    decision: Decision,
    *,
    seq: int = 1,
    category: str = "orders",
    version: int = 1,
    hours: float = 0,
    channel: str = "api",
    purpose: str = "answer_from_history",
) -> ConsentEvent:
    return ConsentEvent(
        seq=seq,
        purpose=purpose,
        version=version,
        category=category,
        decision=decision,
        at=NOON + timedelta(hours=hours),
        text_sha256=None,
        channel=channel,
    )


def state(*events: ConsentEvent) -> ConsentState:
    return ConsentState(epoch=len(events), standings=fold(events), purposes=PURPOSES)


def test_nothing_decided_permits_nothing() -> None:
    assert not state().permits("answer_from_history", "orders")
    assert state().standing("answer_from_history", "orders") == "undecided"
    assert state().given_categories() == frozenset()


def test_a_yes_permits_its_category_and_purpose_only() -> None:
    given_orders = state(decided("given"))

    assert given_orders.permits("answer_from_history", "orders")
    assert not given_orders.permits("answer_from_history", "returns")
    assert not given_orders.permits("personal_suggestions", "orders")
    assert given_orders.given("answer_from_history") == {"orders"}
    assert given_orders.given_categories() == {"orders"}


def test_the_latest_decision_stands() -> None:
    assert not state(decided("given"), decided("withdrawn")).permits(
        "answer_from_history", "orders"
    )
    assert state(decided("refused"), decided("given")).permits("answer_from_history", "orders")


def test_a_decision_counts_in_the_order_of_recording_whatever_the_clocks_said() -> None:
    slow_clock = state(decided("given", hours=1), decided("withdrawn", hours=0))

    assert not slow_clock.permits("answer_from_history", "orders")


def test_an_imported_decision_does_not_displace_one_made_after_it() -> None:
    withdrawn = decided("withdrawn", hours=2)

    older = state(withdrawn, decided("given", hours=1, channel=IMPORT_CHANNEL))
    newer = state(withdrawn, decided("given", hours=3, channel=IMPORT_CHANNEL))
    same = state(withdrawn, decided("given", hours=2, channel=IMPORT_CHANNEL))

    assert older.standing("answer_from_history", "orders") == "withdrawn"
    assert newer.standing("answer_from_history", "orders") == "given"
    assert same.standing("answer_from_history", "orders") == "withdrawn"


def test_a_yes_to_a_version_that_has_passed_permits_nothing() -> None:
    outdated = state(decided("given", version=0))

    assert outdated.standing("answer_from_history", "orders") == "outdated"
    assert outdated.given_categories() == frozenset()


def test_what_the_register_no_longer_has_permits_nothing() -> None:
    assert not state(decided("given", purpose="dropped")).permits("dropped", "orders")
    assert not state(decided("given", category="driving")).permits("answer_from_history", "driving")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["given", "refused", "withdrawn"]),
            st.sampled_from(["orders", "returns"]),
            st.sampled_from(["answer_from_history", "personal_suggestions"]),
        ),
        max_size=12,
    )
)
def test_fold_equals_the_last_word_for_each_purpose_and_category(
    decisions: list[tuple[Decision, str, str]],
) -> None:
    events = [
        decided(decision, seq=seq, category=category, purpose=purpose)
        for seq, (decision, category, purpose) in enumerate(decisions, 1)
    ]
    last = {(purpose, category): decision for decision, category, purpose in decisions}

    folded = state(*events)

    for (purpose, category), decision in last.items():
        assert folded.permits(purpose, category) is (decision == "given")
