"""A service whose customer has much to be erased, and the ways in which they speak to it."""

import asyncio
from pathlib import Path

from tests.integration.test_consent_effects import decide

from assistant.bootstrap.assembly import Assistant
from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import to_rfc3339
from assistant.core.ids import CustomerId, new_id
from assistant.dialogue.turns import Reply, Utterance
from assistant.profile.consent.state import ConsentState
from assistant.profile.erasure.requests import ErasureScope
from assistant.profile.questions.cards import CardShown
from assistant.profile.questions.views import Confirming, Proposal, QuestionView
from assistant.store.consents import Decision as Word
from assistant.store.engine import Connection
from assistant.store.erasures import Erasure
from assistant.web.consents import StoreConsents
from assistant.web.own_erasures import StoreErasures
from assistant.web.services import Decision

HISTORY = "answer_from_history"
PAGES = 4


def full(assistant: Assistant, subject: str) -> CustomerId:
    """Somebody with much that only consent lets be stored, all of it indexed."""
    customer = assistant.stores.database.write_now(
        lambda c: assistant.stores.customers.get_or_create_customer(
            c, subject, at=assistant.clock()
        )
    ).customer_id
    decide(assistant, customer, "given", "orders", "browsing", "calls")
    send(assistant, subject, "order.placed", order_id="W1", items=[{"item_id": "1", "name": "Jug"}])
    for number in range(PAGES):
        send(assistant, subject, "page.viewed", title=f"Page {number}")
        send(assistant, subject, "call.completed", summary=f"Call {number}")
    assistant.index_histories()
    return customer


def send(assistant: Assistant, subject: str, type_: str, **data: object) -> None:
    """Hand over one event, which is stored."""
    document = {
        "specversion": "1.0", "id": new_id(), "source": "https://shop.example/web",
        "type": type_, "time": to_rfc3339(assistant.clock()), "subject": subject, "data": data,
    }  # fmt: skip
    parsed = [assistant.intake.parser.parse(document)]
    (result,) = assistant.stores.database.write_now(
        lambda c: assistant.intake.intake.store_batch(c, parsed)
    )
    assert result.status == "stored", result


def actor(customer_id: CustomerId) -> CustomerActor:
    return CustomerActor(customer_id, Role.CUSTOMER, expires_at=2**52)


def over_http(
    assistant: Assistant, customer_id: CustomerId, word: Word, *categories: str, gpc: bool = False
) -> None:
    """Decide as ``PUT /v1/me/consents/{purpose}`` does."""
    made = Decision(HISTORY, word, None, None, categories or None, gpc=gpc, lang="en")
    asyncio.run(consents_of(assistant).decide(actor(customer_id), made))


def consents_of(assistant: Assistant) -> StoreConsents:
    """What the API of consents calls."""
    return StoreConsents(
        database=assistant.stores.database,
        ledger=assistant.ledger,
        pack=assistant.pack,
        clock=assistant.clock,
    )


def erase_over_http(assistant: Assistant, customer_id: CustomerId, scope: ErasureScope) -> str:
    """Ask as ``POST /v1/me/erasures`` does; return the id of the erasure."""
    own = StoreErasures(
        database=assistant.stores.database,
        erasures=assistant.erasures,
        receipts=assistant.erasing.receipts(assistant.signer),
        key_backups=assistant.erasing.key_backups,
        clock=assistant.clock,
    )
    asked = own.request(actor(customer_id), scope, repeat_key=None, issued_at=0)
    return asyncio.run(asked).erasure_id


def say(assistant: Assistant, customer_id: CustomerId, index: Path, text: str) -> Reply:
    """Take a turn in chat, as the socket and ``POST /v1/chat/turns`` do."""
    if assistant.knowledge.current() is None:
        assistant.build_index(index)
        assistant.knowledge.refresh()
    said = Utterance(actor=actor(customer_id), turn_id=new_id(), text=text)
    return asyncio.run(assistant.turn_handler().handle(said))


def said(assistant: Assistant, customer_id: CustomerId, reply: Reply) -> list[str]:
    """What the customer's side of the reply's conversation is still known to have said."""
    turns = assistant.stores.database.read_now(
        lambda c: assistant.stores.conversations.list_turns(c, customer_id, reply.conversation)
    )
    return [turn.text for turn in turns if turn.reply is not None]


def state(assistant: Assistant, customer_id: CustomerId) -> ConsentState:
    return assistant.stores.database.read_now(lambda c: assistant.ledger.state(c, customer_id))


def listed(assistant: Assistant, customer_id: CustomerId) -> dict[str, Erasure]:
    """The customer's erasures by what they are about."""
    found = assistant.stores.database.read_now(
        lambda c: assistant.erasures.list_erasures(c, customer_id)
    )
    return {one.target or one.scope: one for one in found}


def decline(assistant: Assistant, customer_id: CustomerId, words: str) -> str:
    """Say no thanks to keeping a reason, as the socket's ``decline`` does; return its question."""
    question, at = propose(assistant, customer_id, words).question_id, assistant.clock()
    assistant.stores.database.write_now(
        lambda c: assistant.why_questions.decline(c, customer_id, question, at=at)
    )
    return question


def propose(assistant: Assistant, customer_id: CustomerId, words: str) -> QuestionView:
    """Propose to keep a reason that was told in passing."""
    proposal = Proposal("volunteered", assistant.clock(), "en", words=words)
    view = assistant.stores.database.write_now(
        lambda c: assistant.why_questions.propose(c, customer_id, proposal)
    )
    assert view is not None
    return view


def confirm(assistant: Assistant, customer_id: CustomerId, view: QuestionView, words: str) -> None:
    """Keep a proposed reason by way of every step, as the frames of the socket do."""
    why, at, question = assistant.why_questions, assistant.clock(), view.question_id
    shown = CardShown(view.version, view.card.text_sha256, "en", "chat")

    def work(connection: Connection) -> None:
        why.disclose(connection, customer_id, question, shown, at=at)
        why.ask(connection, customer_id, question, lang="en", at=at)
        why.confirm(connection, customer_id, question, words, Confirming(at, "chat"))

    assistant.stores.database.write_now(work)
