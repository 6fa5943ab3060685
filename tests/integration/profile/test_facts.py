"""Facts: provenance, use, correction, pause, deletion, and words that do not fit their tag."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.fakes.clock import SteppableClock
from tests.why_parts import WhyParts

from assistant.core.clock import add_months, to_epoch_ms
from assistant.core.errors import NotFound
from assistant.core.ids import CustomerId
from assistant.profile.consent.grants import Grant
from assistant.profile.questions.fact_views import FactView
from assistant.store.engine import Database
from assistant.store.sealed_words import SealedWords
from assistant.vault.vault import Vault

KEPT = "Quiet appliances matter to me."
OTHER = "I do not mind how loud it is."


@pytest.fixture
def parts(database: Database, vault: Vault, clock: SteppableClock) -> WhyParts:
    return WhyParts.of(database, vault, clock)  # type: ignore[return-value]


@pytest.fixture
def ada(parts: WhyParts) -> CustomerId:
    return parts.customer("ada@mail.example")


@pytest.fixture
def ben(parts: WhyParts) -> CustomerId:
    return parts.customer("ben@mail.example")


def usable(parts: WhyParts, customer_id: CustomerId) -> list[str]:
    """The statements that answering from history may use."""
    parts.decide(customer_id, "answer_from_history", categories={"stated_reasons"})
    grant = parts.authorize(customer_id, "answer_from_history", "stated_reasons")
    assert isinstance(grant, Grant)
    facts = parts.database.read_now(lambda c: parts.facts.open_facts(c, grant, now=parts.clock()))
    return [fact.statement for fact in facts]


def test_a_fact_tells_where_it_came_from_and_when_it_ends(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock
) -> None:
    view = parts.propose(ada, "when_at_home")
    assert view is not None
    shown_at = clock()
    parts.show(ada, view)
    parts.ask(ada, view)
    parts.answer(ada, view, "In the evening")
    clock.advance(minutes=2)
    fact = parts.confirm(ada, view, "Deliveries suit me in the evening.")

    assert (fact.purpose, fact.version, fact.category) == ("learn_why", 1, "stated_reasons")
    assert (fact.valid_from, fact.expires_at) == (clock(), add_months(clock(), 12))
    assert fact.provenance.catalogue_question == "when_at_home"
    assert fact.provenance.card_sha256 == view.card.text_sha256
    assert (fact.provenance.shown_at, fact.provenance.confirmed_at) == (shown_at, clock())
    assert (fact.times_used, fact.last_used_at) == (0, None)


def test_uses_are_counted_and_stay_with_a_corrected_fact(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock
) -> None:
    fact = parts.fact(ada, KEPT)
    for _ in range(3):
        clock.advance(minutes=1)
        parts.use(ada, fact.fact_id)
    used_at = clock()
    clock.advance(minutes=1)
    corrected = parts.write(lambda c: parts.facts.correct(c, ada, fact.fact_id, OTHER, at=clock()))

    assert (corrected.fact_id, corrected.statement) == (fact.fact_id, OTHER)
    assert (corrected.kind, corrected.provenance.confirmed_at) == ("corrected", clock())
    assert (corrected.times_used, corrected.last_used_at) == (3, used_at)
    assert corrected.expires_at - corrected.valid_from == fact.expires_at - fact.valid_from
    assert [each.statement for each in parts.list_facts(ada)] == [OTHER]


def test_correcting_to_the_same_words_changes_nothing(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock
) -> None:
    fact = parts.fact(ada, KEPT)
    clock.advance(days=1)

    same = parts.write(lambda c: parts.facts.correct(c, ada, fact.fact_id, KEPT, at=clock()))

    assert same == fact


def test_only_active_facts_that_are_granted_are_used(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock
) -> None:
    first = parts.fact(ada, KEPT)
    clock.advance(days=30)
    parts.fact(ada, OTHER)
    parts.decide(ada, "answer_from_history", categories={"orders"})
    orders = parts.authorize(ada, "answer_from_history", "orders")
    assert isinstance(orders, Grant)

    ungranted = parts.database.read_now(lambda c: parts.facts.open_facts(c, orders, now=clock()))
    both = usable(parts, ada)
    parts.write(lambda c: parts.facts.set_state(c, ada, first.fact_id, "paused", now=clock()))
    paused = usable(parts, ada)
    parts.write(lambda c: parts.facts.set_state(c, ada, first.fact_id, "active", now=clock()))
    clock.advance(days=540)
    expired = usable(parts, ada)

    assert ungranted == ()
    assert set(both) == {KEPT, OTHER}
    assert paused == [OTHER]
    assert expired == [OTHER]
    assert [fact.state for fact in parts.list_facts(ada)] == ["active", "expired"]


def test_pausing_a_fact_ends_grants_of_answers_under_way(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock
) -> None:
    fact = parts.fact(ada, KEPT)
    parts.decide(ada, "answer_from_history")
    grant = parts.authorize(ada, "answer_from_history", "stated_reasons")
    assert isinstance(grant, Grant)

    before = parts.still_holds(grant)
    parts.write(lambda c: parts.facts.set_state(c, ada, fact.fact_id, "paused", now=clock()))

    assert before
    assert not parts.still_holds(grant)


def test_deleting_a_fact_takes_every_word_and_tag_of_its_steps(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, database: Database
) -> None:
    fact = parts.fact(ada, KEPT)

    parts.write(lambda c: parts.facts.delete(c, ada, fact.fact_id, at=clock()))

    assert parts.list_facts(ada) == ()
    assert [view.state.value for view in parts.list_questions(ada)] == ["withdrawn"]
    for table in ("facts", "confirmations", "answers"):
        counted = text(f"SELECT COUNT(*) FROM {table}")
        assert database.read_now(lambda c, q=counted: c.execute(q).scalar_one()) == 0
    with pytest.raises(NotFound):
        parts.write(lambda c: parts.facts.delete(c, ada, fact.fact_id, at=clock()))


def test_facts_past_their_end_go_when_they_are_due(
    parts: WhyParts, ada: CustomerId, ben: CustomerId, clock: SteppableClock
) -> None:
    parts.fact(ada, KEPT)
    clock.advance(days=400)
    parts.fact(ben, OTHER)
    clock.advance(days=200)

    due = parts.database.read_now(lambda c: parts.why.list_due(c, now=clock()))
    gone = parts.write(lambda c: parts.why.expire_due(c, ada, now=clock()))

    assert list(due) == [ada]
    assert gone == 1
    assert parts.list_facts(ada) == ()
    assert [view.state.value for view in parts.list_questions(ada)] == ["expired"]
    assert len(parts.list_facts(ben)) == 1


def test_facts_of_another_customer_are_not_there(
    parts: WhyParts, ada: CustomerId, ben: CustomerId, clock: SteppableClock
) -> None:
    fact = parts.fact(ada, KEPT)

    for work in (
        lambda c: parts.facts.get_fact(c, ben, fact.fact_id, now=clock()),
        lambda c: parts.facts.correct(c, ben, fact.fact_id, OTHER, at=clock()),
        lambda c: parts.facts.set_state(c, ben, fact.fact_id, "paused", now=clock()),
        lambda c: parts.facts.delete(c, ben, fact.fact_id, at=clock()),
    ):
        with pytest.raises(NotFound):
            parts.write(work)

    assert parts.list_facts(ben) == ()
    assert parts.list_facts(ada) == (fact,)


def swap_statement(parts: WhyParts, ada: CustomerId, fact: FactView, sealed: bytes) -> None:
    """Put other sealed words into a fact, as raw SQL can."""
    change = text("UPDATE facts SET statement_sealed = :sealed WHERE fact_id = :fact")
    parts.write(lambda c: c.execute(change, {"sealed": sealed, "fact": fact.fact_id}))


def test_words_that_were_not_confirmed_are_never_used(
    parts: WhyParts, ada: CustomerId, vault: Vault, clock: SteppableClock
) -> None:
    fact = parts.fact(ada, KEPT)
    parts.fact(ada, OTHER)
    forged = SealedWords(vault=vault).seal(ada, "facts", fact.fact_id, "I agree to everything.")

    swap_statement(parts, ada, fact, forged)
    damaged = next(each for each in parts.list_facts(ada) if each.fact_id == fact.fact_id)
    used = usable(parts, ada)
    parts.write(lambda c: parts.facts.delete(c, ada, fact.fact_id, at=clock()))

    assert (damaged.state, damaged.statement) == ("damaged", "")
    assert used == [OTHER]
    assert [each.statement for each in parts.list_facts(ada)] == [OTHER]


def test_sealed_words_of_another_fact_are_never_used(
    parts: WhyParts, ada: CustomerId, database: Database
) -> None:
    fact, other = parts.fact(ada, KEPT), parts.fact(ada, OTHER)
    read = text("SELECT statement_sealed FROM facts WHERE fact_id = :fact")
    sealed = database.read_now(lambda c: c.execute(read, {"fact": other.fact_id}).scalar_one())

    swap_statement(parts, ada, fact, sealed)

    assert {each.state for each in parts.list_facts(ada)} == {"active", "damaged"}


def test_the_words_before_a_correction_do_not_come_back(
    parts: WhyParts, ada: CustomerId, clock: SteppableClock, database: Database
) -> None:
    fact = parts.fact(ada, KEPT)
    read = text("SELECT statement_sealed FROM facts WHERE fact_id = :fact")
    before = database.read_now(lambda c: c.execute(read, {"fact": fact.fact_id}).scalar_one())
    parts.write(lambda c: parts.facts.correct(c, ada, fact.fact_id, OTHER, at=clock()))

    swap_statement(parts, ada, fact, before)

    assert [each.state for each in parts.list_facts(ada)] == ["damaged"]


def test_a_fact_is_readable_under_a_new_data_key(
    parts: WhyParts, ada: CustomerId, vault: Vault, database: Database
) -> None:
    fact = parts.fact(ada, KEPT)
    read = text("SELECT statement_sealed FROM facts WHERE fact_id = :fact")
    sealed = bytes(
        database.read_now(lambda c: c.execute(read, {"fact": fact.fact_id}).scalar_one())
    )
    vault.add_data_key(ada)

    swap_statement(parts, ada, fact, vault.reseal(ada, "facts", fact.fact_id, sealed))

    assert parts.list_facts(ada) == (fact,)


@pytest.mark.parametrize(
    ("days", "allowed"), [(18 * 30, True), (18 * 31, True), (18 * 31 + 1, False), (-1, False)]
)
def test_the_database_holds_the_published_retention(
    parts: WhyParts,
    ada: CustomerId,
    clock: SteppableClock,
    days: int,
    allowed: bool,  # noqa: FBT001 - a row of the table above
) -> None:
    fact = parts.fact(ada, KEPT)
    copy = text(
        "INSERT INTO facts SELECT customer_id, fact_id, question_id, confirmation, purpose, "
        "version, text_sha256, category, statement_sealed, tag, valid_from, :expires_at, state "
        "FROM kept"
    )
    expires_at = to_epoch_ms(fact.valid_from + timedelta(days=days))

    def again() -> None:
        def work(connection: object) -> None:
            run = connection.execute  # type: ignore[attr-defined]
            run(text("CREATE TEMPORARY TABLE kept AS SELECT * FROM facts"))
            run(text("DELETE FROM facts"))
            run(copy, {"expires_at": expires_at})
            run(text("DROP TABLE kept"))

        parts.write(work)

    if allowed:
        again()
        assert parts.list_facts(ada)[0].expires_at == fact.valid_from + timedelta(days=days)
    else:
        with pytest.raises(DBAPIError, match="why-question order"):
            again()
