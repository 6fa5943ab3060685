"""What was shared, where it helped, and the customer's own verdict."""

from datetime import timedelta

import pytest
from tests.profile_parts import Parts
from tests.transparency_parts import open_transparency

from assistant.core.ids import CustomerId, TurnKey, new_id
from assistant.profile.transparency.reciprocity import Reciprocity
from assistant.store.conversations import ConversationRepository
from assistant.store.feedback import FeedbackRepository
from assistant.store.uses import Use, UseRepository

PURPOSE = "answer_from_history"


@pytest.fixture
def reciprocity(parts: Parts) -> Reciprocity:
    return open_transparency(parts.database, parts.vault).reciprocity


def stored(parts: Parts, type_: str, number: int, **data: object) -> str:
    """Store one event of Amara's and return its id."""
    at = (parts.clock() - timedelta(days=number)).isoformat()
    event = {
        "id": f"e{number}",
        "source": "https://shop.example",
        "type": type_,
        "time": at,
        "subject": "amara.example",
        "data": data,
    }
    assert parts.send(event)[0].status == "stored"
    amara = parts.customer("amara.example")
    return parts.database.read_now(lambda c: parts.events.list_event_ids(c, amara))[-1]


def asked(parts: Parts, customer: CustomerId, text: str) -> TurnKey:
    conversations = ConversationRepository(vault=parts.vault)
    return parts.database.write_now(
        lambda c: conversations.append_utterance(
            c, customer, new_id(), turn_id=new_id(), text=text, lang="en", at=parts.clock(),
            open_missing=True,
        )
    ).turn.turn_key  # fmt: skip


def used(parts: Parts, customer: CustomerId, event: str, turn: TurnKey | None) -> None:
    use = Use("event", event, "orders", PURPOSE, parts.clock(), turn)
    parts.database.write_now(lambda c: UseRepository().add_uses(c, customer, [use]))


def judged(parts: Parts, customer: CustomerId, turn: TurnKey, *, helped: bool) -> None:
    parts.database.write_now(
        lambda c: FeedbackRepository().save_feedback(
            c, customer, turn, helped=helped, at=parts.clock()
        )
    )


def test_each_use_tells_item_question_purpose_and_verdict(
    parts: Parts, reciprocity: Reciprocity
) -> None:
    amara = parts.customer("amara.example")
    event = stored(parts, "order.placed", 1, order_id="W1", items=[{"name": "Alder kettle"}])
    turns = [asked(parts, amara, f"question {number}") for number in range(3)]
    for turn in turns:
        used(parts, amara, event, turn)
    judged(parts, amara, turns[1], helped=True)
    judged(parts, amara, turns[2], helped=False)

    page = parts.database.read_now(
        lambda c: reciprocity.page(c, amara, lang="en", before=None, limit=9)
    )

    assert [entry.verdict for entry in page.entries] == ["did_not_help", "helped", "none"]
    newest = page.entries[0]
    assert newest.item.text is not None
    assert "Alder kettle" in newest.item.text
    assert (newest.item.id, newest.item.category) == (event, "orders")
    assert newest.turn is not None
    assert newest.turn.asked == "question 2"
    assert newest.purpose_title == parts.pack.purposes[PURPOSE].text("en").title


def test_pages_follow_one_another_without_a_gap(parts: Parts, reciprocity: Reciprocity) -> None:
    amara = parts.customer("amara.example")
    event = stored(parts, "order.placed", 1, order_id="W1", items=[])
    for _ in range(5):
        used(parts, amara, event, None)

    seen, before = [], None
    while True:
        page = parts.database.read_now(
            lambda c, at=before: reciprocity.page(c, amara, lang="en", before=at, limit=2)
        )
        seen += [entry.use_id for entry in page.entries]
        if (before := page.next) is None:
            break

    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


def test_totals_add_up_by_category_and_name_what_never_helped(
    parts: Parts, reciprocity: Reciprocity
) -> None:
    amara = parts.customer("amara.example")
    first = stored(parts, "order.placed", 2, order_id="W1", items=[])
    stored(parts, "order.placed", 1, order_id="W2", items=[])
    stored(parts, "return.requested", 0, order_id="W1", item_ids=[])
    turns = [asked(parts, amara, "where?") for _ in range(2)]
    for turn in turns:
        used(parts, amara, first, turn)
    judged(parts, amara, turns[0], helped=True)

    totals = {
        total.category: total
        for total in parts.database.read_now(lambda c: reciprocity.totals(c, amara, lang="de"))
    }

    orders, returns = totals["orders"], totals["returns"]
    assert (orders.items, orders.used, orders.times_used) == (2, 1, 2)
    assert (orders.helped, orders.did_not_help, orders.idle) == (1, 0, False)
    assert (returns.items, returns.times_used, returns.idle) == (1, 0, True)
    assert orders.label == parts.pack.categories["orders"].label("de")


def test_uses_and_verdicts_of_others_do_not_count(parts: Parts, reciprocity: Reciprocity) -> None:
    amara, ben = parts.customer("amara.example"), parts.customer("ben.example")
    event = stored(parts, "order.placed", 1, order_id="W1", items=[])
    used(parts, ben, event, asked(parts, ben, "whose?"))

    page = parts.database.read_now(
        lambda c: reciprocity.page(c, amara, lang="en", before=None, limit=9)
    )
    (told,) = parts.database.read_now(
        lambda c: reciprocity.page(c, ben, lang="en", before=None, limit=9)
    ).entries

    assert page.entries == ()
    assert told.item.text is None, "Ben is not told what Amara's order says"


def test_an_item_that_was_erased_since_is_told_without_its_content(
    parts: Parts, reciprocity: Reciprocity
) -> None:
    amara = parts.customer("amara.example")
    used(parts, amara, new_id(), None)

    (entry,) = parts.database.read_now(
        lambda c: reciprocity.page(c, amara, lang="en", before=None, limit=9)
    ).entries

    assert (entry.item.text, entry.item.shared_at, entry.turn) == (None, None, None)
