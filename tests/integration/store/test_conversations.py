"""Turns are stored once, numbered in order, and opened for their own customer."""

import asyncio

import pytest
from sqlalchemy import text
from tests.fakes.clock import SteppableClock

from assistant.core.errors import NotFound, SealBroken
from assistant.core.ids import ConversationId, CustomerId
from assistant.store.conversations import Appended, ConversationRepository
from assistant.store.engine import Connection, Database


class Talk:
    """One customer's conversation, said in short."""

    def __init__(
        self,
        database: Database,
        repository: ConversationRepository,
        customer: CustomerId,
        conversation: ConversationId,
        clock: SteppableClock,
    ) -> None:
        self.database = database
        self.repository = repository
        self.customer = customer
        self.conversation = conversation
        self.clock = clock

    def append(self, connection: Connection, turn_id: str, said: str = "hello") -> Appended:
        return self.repository.append_utterance(
            connection,
            self.customer,
            self.conversation,
            turn_id=turn_id,
            text=said,
            lang="en",
            at=self.clock(),
        )

    def say(self, turn_id: str, said: str = "hello") -> Appended:
        return self.database.write_now(lambda c: self.append(c, turn_id, said))

    def reply(self, turn_key: str, reply: bytes) -> bool:
        return self.database.write_now(
            lambda c: self.repository.write_reply(
                c, self.customer, turn_key, reply=reply, state="answered", at=self.clock()
            )
        )


@pytest.fixture
def talk(
    database: Database,
    conversations: ConversationRepository,
    ada: CustomerId,
    conversation: ConversationId,
    clock: SteppableClock,
) -> Talk:
    return Talk(database, conversations, ada, conversation, clock)


def test_an_utterance_is_stored_and_found_by_its_turn_id(talk: Talk) -> None:
    talk.clock.advance(microseconds=1_234_567)

    appended = talk.say("t-1", "where is my kettle?")

    found = talk.database.read_now(lambda c: talk.repository.find_turn(c, talk.customer, "t-1"))
    assert appended.is_new
    assert found == appended.turn
    assert (found.text, found.seq, found.state, found.reply) == (
        "where is my kettle?",
        1,
        "accepted",
        None,
    )


def test_a_known_turn_id_returns_what_was_stored_first(talk: Talk) -> None:
    first = talk.say("t-1", "where is my kettle?")

    again = talk.say("t-1", "something else")

    assert not again.is_new
    assert again.turn == first.turn
    assert talk.say("t-2").turn.seq == 2


async def test_the_same_turn_sent_many_times_at_once_is_stored_once(talk: Talk) -> None:
    appended = await asyncio.gather(
        *(talk.database.write(lambda c: talk.append(c, "t-1")) for _ in range(16))
    )

    assert sum(one.is_new for one in appended) == 1
    assert len({one.turn.turn_key for one in appended}) == 1


async def test_turns_sent_at_once_get_different_numbers(talk: Talk) -> None:
    appended = await asyncio.gather(
        *(talk.database.write(lambda c, n=n: talk.append(c, f"t-{n}")) for n in range(16))
    )

    assert sorted(one.turn.seq for one in appended) == list(range(1, 17))


def test_a_reply_is_written_once(talk: Talk) -> None:
    key = talk.say("t-1").turn.turn_key

    assert talk.reply(key, b'{"text":"it is on its way"}')
    assert not talk.reply(key, b"another")

    (turn,) = talk.database.read_now(
        lambda c: talk.repository.list_turns(c, talk.customer, talk.conversation)
    )
    assert turn.reply == b'{"text":"it is on its way"}'
    assert (turn.state, turn.replied_at) == ("answered", talk.clock())


def test_turns_are_listed_after_a_number_and_from_the_end(talk: Talk) -> None:
    for number in range(1, 6):
        talk.say(f"t-{number}")

    def listed(connection: Connection) -> tuple[list[int], list[int], list[int]]:
        where = (connection, talk.customer, talk.conversation)
        return (
            [turn.seq for turn in talk.repository.list_turns(*where, after_seq=2, limit=2)],
            [turn.seq for turn in talk.repository.list_recent_turns(*where, limit=2)],
            [turn.seq for turn in talk.repository.list_recent_turns(*where, limit=2, before_seq=3)],
        )

    assert talk.database.read_now(listed) == ([4, 5], [4, 5], [1, 2])


def test_another_customer_s_conversation_is_not_found(talk: Talk, ben: CustomerId) -> None:
    talk.say("t-1")
    intruder = Talk(talk.database, talk.repository, ben, talk.conversation, talk.clock)

    with pytest.raises(NotFound):
        intruder.say("t-9")
    has, turn, turns = talk.database.read_now(
        lambda c: (
            talk.repository.has_conversation(c, ben, talk.conversation),
            talk.repository.find_turn(c, ben, "t-1"),
            talk.repository.list_turns(c, ben, talk.conversation),
        )
    )
    assert (has, turn, turns) == (False, None, [])


def test_the_latest_conversation_is_the_one_spoken_in_last(talk: Talk) -> None:
    def find(connection: Connection) -> str | None:
        return talk.repository.find_latest_conversation(connection, talk.customer)

    talk.clock.advance(minutes=1)
    talk.database.write_now(
        lambda c: talk.repository.open_conversation(
            c, talk.customer, "second", lang=None, at=talk.clock()
        )
    )
    assert talk.database.read_now(find) == "second"

    talk.clock.advance(minutes=1)
    talk.say("t-1")
    assert talk.database.read_now(find) == talk.conversation


def test_opening_a_conversation_again_changes_nothing(talk: Talk) -> None:
    talk.say("t-1")
    talk.database.write_now(
        lambda c: talk.repository.open_conversation(
            c, talk.customer, talk.conversation, lang="de", at=talk.clock()
        )
    )
    assert talk.say("t-2").turn.seq == 2


def test_an_utterance_put_in_the_place_of_a_reply_does_not_open(talk: Talk) -> None:
    talk.reply(talk.say("t-1").turn.turn_key, b"a reply")
    talk.database.write_now(
        lambda c: c.execute(text("UPDATE turns SET reply_sealed = utterance_sealed"))
    )

    with pytest.raises(SealBroken):
        talk.database.read_now(lambda c: talk.repository.find_turn(c, talk.customer, "t-1"))
