"""Consents, uses, readings, feedback, gaps, handoffs and intake's counts are kept as given."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError
from tests.fakes.clock import SteppableClock

from assistant.core.actor import Role
from assistant.core.ids import ConversationId, CustomerId, PassageId, TurnKey
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.consents import ConsentEntry, ConsentRepository
from assistant.store.conversations import ConversationRepository
from assistant.store.engine import Database
from assistant.store.feedback import FeedbackRepository, KnowledgeGap
from assistant.store.handoffs import HandoffRepository
from assistant.store.intake_state import IntakeStateRepository, RefusalCount
from assistant.store.uses import Use, UseRepository
from assistant.vault.vault import Vault


def entry(clock: SteppableClock, category: str = "orders") -> ConsentEntry:
    return ConsentEntry(
        purpose="answer_from_history",
        version=1,
        category=category,
        decision="given",
        at=clock(),
        text_sha256="ab" * 32,
        channel="import",
        evidence={"form": "signed at the counter", "page": 3},
    )


@pytest.fixture
def turn_key(
    database: Database,
    conversations: ConversationRepository,
    ada: CustomerId,
    conversation: ConversationId,
    clock: SteppableClock,
) -> TurnKey:
    return database.write_now(
        lambda c: conversations.append_utterance(
            c, ada, conversation, turn_id="t-1", text="hello", lang=None, at=clock()
        )
    ).turn.turn_key


def test_consent_events_are_numbered_and_listed_in_order(
    database: Database, vault: Vault, ada: CustomerId, ben: CustomerId, clock: SteppableClock
) -> None:
    consents = ConsentRepository(vault=vault)
    two = [entry(clock, "orders"), entry(clock, "returns")]

    first = database.write_now(lambda c: consents.append(c, ada, two))
    database.write_now(lambda c: consents.append(c, ada, [entry(clock, "chat")]))

    listed = database.read_now(lambda c: consents.list_events(c, ada))
    assert [(one.seq, one.category) for one in listed] == [
        (1, "orders"),
        (2, "returns"),
        (3, "chat"),
    ]
    assert list(listed[:2]) == list(first)
    assert listed[0].at == clock()
    assert database.read_now(lambda c: consents.list_events(c, ben)) == []


def test_the_evidence_of_a_decision_is_opened_on_its_own(
    database: Database, vault: Vault, ada: CustomerId, clock: SteppableClock
) -> None:
    consents = ConsentRepository(vault=vault)
    database.write_now(lambda c: consents.append(c, ada, [entry(clock)]))

    evidence = database.read_now(lambda c: consents.find_evidence(c, ada, 1))
    missing = database.read_now(lambda c: consents.find_evidence(c, ada, 2))

    assert evidence == {"form": "signed at the counter", "page": 3}
    assert missing is None


async def test_decisions_made_at_once_all_get_a_number(
    database: Database, vault: Vault, ada: CustomerId, clock: SteppableClock
) -> None:
    consents = ConsentRepository(vault=vault)

    await asyncio.gather(
        *(database.write(lambda c: consents.append(c, ada, [entry(clock)])) for _ in range(12))
    )

    listed = await database.read(lambda c: consents.list_events(c, ada))
    assert [one.seq for one in listed] == list(range(1, 13))


def test_uses_are_listed_newest_first(
    database: Database, ada: CustomerId, ben: CustomerId, clock: SteppableClock, turn_key: TurnKey
) -> None:
    uses = UseRepository()
    first = Use("event", "e1", "orders", "answer_from_history", clock(), turn_key)
    second = Use("event", "e2", "orders", "personal_insights", clock())

    database.write_now(lambda c: uses.add_uses(c, ada, [first]))
    database.write_now(lambda c: uses.add_uses(c, ada, [second]))
    database.write_now(lambda c: uses.add_uses(c, ada, []))

    assert database.read_now(lambda c: uses.list_uses(c, ada)) == [second, first]
    assert database.read_now(lambda c: uses.list_uses(c, ada, limit=1)) == [second]
    assert database.read_now(lambda c: uses.list_uses(c, ben)) == []


def test_readings_are_kept_whole(
    database: Database, ada: CustomerId, clock: SteppableClock, turn_key: TurnKey
) -> None:
    log = AccessLogRepository()
    access = Access(
        role=Role.ASSISTANT,
        purpose="answer_from_history",
        categories=frozenset({"orders", "returns"}),
        items=12,
        item_ids=("e1", "e2"),
        at=clock(),
        turn_key=turn_key,
    )

    database.write_now(lambda c: log.add_access(c, ada, access))

    assert database.read_now(lambda c: log.list_accesses(c, ada)) == [access]


def test_the_latest_feedback_on_a_turn_counts(
    database: Database, ada: CustomerId, clock: SteppableClock, turn_key: TurnKey
) -> None:
    feedback = FeedbackRepository()
    assert database.read_now(lambda c: feedback.find_feedback(c, ada, turn_key)) is None

    for helped in (True, False):
        database.write_now(
            lambda c, h=helped: feedback.save_feedback(c, ada, turn_key, helped=h, at=clock())
        )

    assert database.read_now(lambda c: feedback.find_feedback(c, ada, turn_key)) is False


def test_feedback_on_a_turn_that_is_not_the_customer_s_is_refused(
    database: Database, ben: CustomerId, clock: SteppableClock, turn_key: TurnKey
) -> None:
    feedback = FeedbackRepository()

    with pytest.raises(IntegrityError):
        database.write_now(
            lambda c: feedback.save_feedback(c, ben, turn_key, helped=True, at=clock())
        )


def test_a_gap_is_noted_once_a_turn(
    database: Database, ada: CustomerId, clock: SteppableClock, turn_key: TurnKey
) -> None:
    feedback = FeedbackRepository()
    gap = KnowledgeGap(ada, turn_key, PassageId("delivery#2"), 0.25, clock())

    for _ in range(2):
        database.write_now(lambda c: feedback.add_gap(c, gap))

    assert database.read_now(feedback.list_gaps) == [gap]


def test_a_person_is_asked_for_once_a_conversation(
    database: Database, ada: CustomerId, clock: SteppableClock, conversation: ConversationId
) -> None:
    handoffs = HandoffRepository()

    def ask(reason: str) -> bool:
        return database.write_now(
            lambda c: handoffs.request(c, ada, conversation, reason=reason, at=clock())
        )

    assert database.read_now(lambda c: handoffs.find_handoff(c, ada, conversation)) is None
    assert ask("asked")
    assert not ask("abstained")
    found = database.read_now(lambda c: handoffs.find_handoff(c, ada, conversation))
    assert found is not None
    assert (found.reason, found.requested_at) == ("asked", clock())


def test_refusals_add_up_by_day_category_and_code(
    database: Database, clock: SteppableClock
) -> None:
    intake = IntakeStateRepository()
    for count in (2, 3):
        database.write_now(
            lambda c, n=count: intake.count_refusals(
                c, category="driving", code="no_lawful_basis", count=n, at=clock()
            )
        )

    assert database.read_now(intake.list_refusals) == [
        RefusalCount("2026-03-02", "driving", "no_lawful_basis", 5)
    ]


def test_an_import_remembers_how_far_it_came(database: Database, clock: SteppableClock) -> None:
    intake = IntakeStateRepository()

    def find() -> int | None:
        return database.read_now(lambda c: intake.find_progress(c, "file"))

    assert find() is None
    for line in (500, 1000):
        database.write_now(lambda c, n=line: intake.save_progress(c, "file", line=n, at=clock()))
    assert find() == 1000
    database.write_now(lambda c: intake.remove_progress(c, "file"))
    assert find() is None
