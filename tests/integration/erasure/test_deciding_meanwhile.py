"""A no is recorded at once, however much of the customer is just being erased.

A large category waits for a worker; until that has come by, its customer decides, asks for more to
be erased, takes turns and keeps facts as ever, and what they decided is carried out in its turn.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.integration.erasure.meanwhile import (
    HISTORY,
    PAGES,
    actor,
    confirm,
    consents_of,
    decline,
    erase_over_http,
    full,
    listed,
    over_http,
    propose,
    said,
    say,
    state,
)
from tests.integration.test_consent_effects import indexed, stored
from tests.integration.test_facts_taken_back import finish_erasures, keep, statements, states

from assistant.bootstrap.assembly import Assistant, build
from assistant.core.ids import CustomerId
from assistant.profile.consent.ledger import ConsentDecision
from assistant.profile.erasure import rekeying, requests
from assistant.profile.erasure.requests import ErasureScope
from assistant.profile.pack.purposes import AGGREGATE_PURPOSE
from assistant.profile.questions.states import QuestionState
from assistant.store.consent_audit import ChainAudit
from assistant.store.engine import Connection, Database
from assistant.web.services import Decision


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one article."""
    folder = tmp_path_factory.mktemp("articles")
    (folder / "hours.md").write_text("# Opening hours\n\nThe stores open at 08:00.", "utf-8")
    return folder


@pytest.fixture
def assistant(
    tmp_path: Path, database_url: str, clock: SteppableClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Assistant]:
    """A whole service to which three rows are many."""
    monkeypatch.setattr(requests, "AT_ONCE", 2)
    settings = settings_in(tmp_path, database_url)
    with build(settings, clock=clock, open_model=lambda _: HashingEmbedder()) as assistant:
        yield assistant


@pytest.fixture
def ada(assistant: Assistant) -> CustomerId:
    return full(assistant, "ada@customers.example")


def assert_nothing_is_left(assistant: Assistant, customer_id: CustomerId) -> None:
    """See that what was withdrawn is gone with its key, and the proof of the no is whole."""
    finish_erasures(assistant)
    assert stored(assistant, customer_id, "browsing", "calls") == 0
    assert stored(assistant, customer_id, "orders") == 1
    assert len(assistant.stores.vault.data_key_numbers(customer_id)) == 1
    audit = ChainAudit(assistant.stores.vault)
    assert list(audit.find_broken(assistant.stores.database.read_now)) == []


@pytest.mark.parametrize("gpc", [False, True])
@pytest.mark.parametrize("category", ["calls", "browsing", "orders"])
def test_a_second_withdrawal_is_recorded_while_the_first_waits_to_be_carried_out(
    assistant: Assistant, ada: CustomerId, category: str, *, gpc: bool
) -> None:
    over_http(assistant, ada, "withdrawn", "browsing")
    before = state(assistant, ada)

    over_http(assistant, ada, "withdrawn", category, gpc=gpc)

    after = state(assistant, ada)
    assert stored(assistant, ada, "browsing") == PAGES, "the first is under way"
    assert after.given(HISTORY) == {"orders", "calls"} - {category}
    assert after.epoch > before.epoch
    over_http(assistant, ada, "withdrawn", "calls")
    assert_nothing_is_left(assistant, ada)


def test_the_signal_takes_back_what_was_given_while_an_erasure_waits(
    assistant: Assistant, ada: CustomerId
) -> None:
    """What is recorded of the signal is sealed, which the fence may not refuse."""
    shown = assistant.pack.disclose(AGGREGATE_PURPOSE)
    yes = Decision(
        AGGREGATE_PURPOSE, "given", shown.version, shown.text_sha256, None, gpc=False, lang="en"
    )
    asyncio.run(consents_of(assistant).decide(actor(ada), yes))
    erase_over_http(assistant, ada, ErasureScope("category", "browsing"))
    assert state(assistant, ada).given(AGGREGATE_PURPOSE)

    asyncio.run(consents_of(assistant).heed(actor(ada)))

    assert not state(assistant, ada).given(AGGREGATE_PURPOSE)


def test_all_of_a_purpose_is_withdrawn_in_one_step_however_much_it_let_be_stored(
    assistant: Assistant, ada: CustomerId
) -> None:
    over_http(assistant, ada, "withdrawn")

    assert not state(assistant, ada).given(HISTORY)
    assert set(listed(assistant, ada)) == {"browsing", "calls"}
    assert_nothing_is_left(assistant, ada)


@pytest.mark.parametrize("words", ["Stop using my browsing.", "Stop using my calls."])
def test_a_no_in_chat_is_answered_and_done_while_an_erasure_waits(
    assistant: Assistant, ada: CustomerId, index: Path, words: str
) -> None:
    over_http(assistant, ada, "withdrawn", "browsing")

    reply = say(assistant, ada, index, words)

    category = words.rsplit(maxsplit=1)[-1].strip(".")
    assert category not in state(assistant, ada).given(HISTORY)
    assert reply.state == "chatting", reply.text
    over_http(assistant, ada, "withdrawn", "calls")
    assert_nothing_is_left(assistant, ada)


def test_a_no_in_chat_that_begins_a_large_erasure_is_answered(
    assistant: Assistant, ada: CustomerId, index: Path
) -> None:
    reply = say(assistant, ada, index, "Stop using my browsing.")

    assert state(assistant, ada).given(HISTORY) == {"orders", "calls"}
    assert reply.state == "chatting", reply.text
    assert set(listed(assistant, ada)) == {"browsing"}


@pytest.mark.parametrize(
    "scope",
    [
        ErasureScope("category", "calls"),
        ErasureScope("category", "browsing"),
        ErasureScope("all_data"),
        ErasureScope("everything"),
    ],
    ids=lambda scope: str(scope.target or scope.kind),
)
def test_a_second_erasure_is_taken_and_both_are_carried_out(
    assistant: Assistant, ada: CustomerId, scope: ErasureScope
) -> None:
    over_http(assistant, ada, "withdrawn", "browsing")
    before = state(assistant, ada)

    asked = erase_over_http(assistant, ada, scope)

    assert state(assistant, ada).epoch > before.epoch
    finish_erasures(assistant)
    assert stored(assistant, ada, scope.target or "orders", "browsing") == 0
    done = assistant.stores.database.read_now(
        lambda c: assistant.erasures.find_erasure(c, ada, asked)
    )
    assert done is not None
    assert done.verified_at is not None


def test_a_little_that_is_asked_for_meanwhile_goes_at_once(
    assistant: Assistant, ada: CustomerId
) -> None:
    over_http(assistant, ada, "withdrawn", "browsing")
    (order,) = assistant.stores.database.read_now(
        lambda c: assistant.stores.events.list_event_ids(c, ada, categories=["orders"])
    )

    erase_over_http(assistant, ada, ErasureScope("item", order))

    assert stored(assistant, ada, "orders") == 0
    assert "orders" not in indexed(assistant, ada)


def test_a_no_gets_in_between_any_two_steps_of_an_erasure(
    assistant: Assistant, ada: CustomerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time the erasure is let run one step further before its customer says the next no."""
    monkeypatch.setattr(rekeying, "PORTION", 2)
    del ada
    write, steps, left = Database.write_now, 0, 0

    def in_between(database: Database, work: Callable[[Connection], object]) -> object:
        nonlocal left
        if database is assistant.stores.database:
            left -= 1
            if left == 0:
                write(database, withdraw)
        return write(database, work)

    def withdraw(connection: Connection) -> None:
        calls = frozenset({"calls"})
        no = ConsentDecision(
            customer, HISTORY, "withdrawn", "api", assistant.clock(), categories=calls
        )
        assistant.ledger.decide(connection, no)

    while left <= 0:
        steps += 1
        customer = full(assistant, f"ada-{steps}@customers.example")
        over_http(assistant, customer, "withdrawn", "browsing")
        left = steps
        with monkeypatch.context() as patched:
            patched.setattr(Database, "write_now", in_between)
            finish_erasures(assistant)
        if left <= 0:
            assert_nothing_is_left(assistant, customer)
    assert steps > 15, "the steps of an erasure"


def test_turns_and_facts_come_in_while_an_erasure_waits_and_outlive_it(
    assistant: Assistant, ada: CustomerId, index: Path
) -> None:
    over_http(assistant, ada, "withdrawn", "browsing")

    reply = say(assistant, ada, index, "When do you open?")
    keep(assistant, ada, "I cook for two.")
    declined = decline(assistant, ada, "I like it quiet.")

    finish_erasures(assistant)
    assert statements(assistant, ada) == ["I cook for two."]
    assert states(assistant, ada)[declined] is QuestionState.DECLINED
    assert said(assistant, ada, reply) == ["When do you open?"]


@pytest.mark.parametrize(
    "scope", [ErasureScope("category", "chat"), ErasureScope("all_data")], ids=lambda s: s.kind
)
def test_what_is_said_after_a_request_is_not_taken_along_by_it(
    assistant: Assistant,
    ada: CustomerId,
    index: Path,
    clock: SteppableClock,
    scope: ErasureScope,
) -> None:
    earlier = [say(assistant, ada, index, "When do you open?") for _ in range(4)]
    erase_over_http(assistant, ada, scope)
    clock.advance(seconds=1)

    later = say(assistant, ada, index, "Are you open at 08:00?")

    finish_erasures(assistant)
    assert [said(assistant, ada, reply) for reply in earlier] == [[], [], [], []]
    assert said(assistant, ada, later) == ["Are you open at 08:00?"]


def test_what_is_confirmed_after_a_request_is_kept_and_what_was_before_goes(
    assistant: Assistant, ada: CustomerId, clock: SteppableClock
) -> None:
    """Also where the question is from before."""
    keep(assistant, ada, "I cook for two.")
    view = propose(assistant, ada, "I like it quiet.")
    erase_over_http(assistant, ada, ErasureScope("all_data"))
    clock.advance(seconds=1)

    confirm(assistant, ada, view, "I like it quiet.")

    finish_erasures(assistant)
    assert statements(assistant, ada) == ["I like it quiet."]
