"""What a customer says in chat about their own data is understood, shown, confirmed and done."""

import hashlib
import uuid

from conformance.chat import Chat
from conformance.checks import Checks, require
from conformance.customer import HISTORY, Customer, to_text
from conformance.service import Json, Service

CHAT = Checks("chat")

_REQUESTS = "product.md: Answers, questions about the profile itself"
_NO_ORDERS = (
    "Don't stop using my orders",
    "Please never stop using my browsing",
    "Why did you stop using my orders?",
    "I don't mind you using my data",
    "Are you sure you are not using my data?",
    "Without looking at my orders, what is the return period?",
    "You don't look at my orders properly, where is my kettle?",
    "Please don't delete my browsing",
    "yes",
)
"""What has the words of an order to stop or delete, and is none."""
_REASON = "It is too loud for my flat."
_CARD_COMES = 1.0
"""Seconds in which a purpose card follows a reply, where one does."""


@CHAT.check(
    "says_it_is_ai",
    promise="The assistant says that it is one, at the first turn and in the welcome.",
    source="product.md: Says it is an AI at the first turn",
)
async def _says_it_is_ai(service: Service) -> None:
    ada = Customer(service)
    first = await ada.say("Good morning", conversation=str(uuid.uuid4()))
    require("AI" in first["text"], "the first reply does not say that an AI speaks")
    async with await Chat.open(service, ada.token) as chat:
        require(chat.welcome["assistant"] == "ai", "the welcome does not say that an AI speaks")


@CHAT.check(
    "answers_about_data",
    promise="Questions about one's own data are answered, not abstained from.",
    source=_REQUESTS,
)
async def _answers_about_data(service: Service) -> None:
    ada = Customer(service)
    await ada.order()
    for question in ("What do you know about me?", "Who has seen my data?"):
        reply = await ada.say(question)
        require(not reply["abstained"], f"{question!r} was not answered")


@CHAT.check(
    "forget",
    promise="Forgetting a category in chat is asked back first, and done after the yes.",
    source=_REQUESTS,
)
async def _forget(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    order, visit = await ada.order(), await ada.visit()
    conversation = str(uuid.uuid4())
    await ada.say("Forget my browsing", conversation=conversation)
    before = to_text(await ada.entries("/v1/me/history", "items"))
    require(visit.title in before, "browsing was erased before the customer confirmed it")
    await ada.say("yes", conversation=conversation)

    async def is_gone() -> bool:
        return visit.title not in await ada.everything()

    require(await service.wait_until(is_gone), "browsing stays stored after the confirmation")
    after = to_text(await ada.entries("/v1/me/history", "items"))
    require(order.number in after, "orders went with the browsing")


@CHAT.check(
    "yes_to_nothing",
    promise="A yes where nothing was asked, or elsewhere than it was asked, erases nothing.",
    source="issue 3: in chat, understood, shown, confirmed and done",
)
async def _yes_to_nothing(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    visit, asked = await ada.visit(), str(uuid.uuid4())
    await ada.say("Forget my browsing", conversation=asked)
    await ada.say("yes", conversation=str(uuid.uuid4()))
    await ada.say("no", conversation=asked)
    await ada.say("yes", conversation=asked)
    stored = to_text(await ada.entries("/v1/me/history", "items"))
    require(visit.title in stored, "a yes that answered another question erased something")


@CHAT.check(
    "stop_using",
    promise="Stopping the use of a category in chat takes one turn and withdraws it.",
    source="product.md: withdrawing; issue 3: stop using my calls",
)
async def _stop_using(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    order = await ada.order()
    await ada.learn_of(order)
    await ada.say("Stop using my orders")
    decisions = await ada.decisions(HISTORY)
    found = (decisions["orders"], decisions["returns"])
    require(found == ("withdrawn", "given"), f"orders and returns read {found}")
    reply = await ada.say(order.question)
    require(reply["used"] == [], "orders are used after the customer stopped it")


@CHAT.check(
    "stop_all",
    promise="Stopping the use of everything in chat is asked back first, and done after the yes.",
    source="issue 3: in chat, understood, shown, confirmed and done",
)
async def _stop_all(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    visit, conversation = await ada.visit(), str(uuid.uuid4())
    await ada.say("Stop using all my data", conversation=conversation)
    before = set((await ada.decisions(HISTORY)).values())
    require(before == {"given"}, f"before the customer confirmed it, decisions read {before}")
    await ada.say("yes", conversation=conversation)
    after = set((await ada.decisions(HISTORY)).values())
    require(after == {"withdrawn"}, f"after the confirmation, decisions read {after}")

    async def is_gone() -> bool:
        return visit.title not in await ada.everything()

    require(await service.wait_until(is_gone), "what only consent let be kept stays stored")


@CHAT.check(
    "only_orders",
    promise="A question, a double no or a complaint about the use of data changes nothing.",
    source="issue 3: in chat, understood, shown, confirmed and done",
)
async def _only_orders(service: Service) -> None:
    ada = Customer(service)
    await ada.give(HISTORY)
    visit, conversation = await ada.visit(), str(uuid.uuid4())
    before = await ada.decisions(HISTORY)
    for sentence in _NO_ORDERS:
        await ada.say(sentence, conversation=conversation)
        require(await ada.decisions(HISTORY) == before, f"{sentence!r} changed decisions")
    stored = to_text(await ada.entries("/v1/me/history", "items"))
    require(visit.title in stored, "something was erased though nobody told to")


@CHAT.check(
    "reasons",
    promise="A reason volunteered in chat is never kept silently: at most a purpose card comes.",
    source="product.md: The why-question protocol",
)
async def _reasons(service: Service) -> None:
    ada = Customer(service)
    card = await _say_reason(ada)
    facts = await ada.entries("/v1/me/facts", "facts")
    require(not facts, "a reason that was only mentioned became a fact")
    if card is not None:
        text = hashlib.sha256(card["text"].encode()).hexdigest()
        require(card["text_sha256"] == text, "the hash of a card is not its text's")
        echo = {"version": card["version"], "text_sha256": "0" * 64, "lang": card["lang"]}
        path = f"/v1/me/questions/{card['question_id']}"
        wrong = await ada.ask("POST", f"{path}/shown", echo)
        require(wrong.status == 409, f"another card's acknowledgement got {wrong.status}")


@CHAT.check(
    "no_is_silence",
    promise="After a no the same question does not come again, in other conversations neither.",
    source="product.md: silences that question for 90 days",
)
async def _no_is_silence(service: Service) -> None:
    ada = Customer(service)
    card = await _say_reason(ada)
    if card is None:
        return
    path = f"/v1/me/questions/{card['question_id']}"
    echo = {name: card[name] for name in ("version", "text_sha256", "lang")}
    (await ada.ask("POST", f"{path}/shown", echo)).expect(200)
    (await ada.ask("POST", f"{path}/decline", {})).expect(200)
    require(await _say_reason(ada) is None, "a card came again after a no")


@CHAT.check(
    "never_is_never",
    promise="After “never ask me why” no card comes at all.",
    source="product.md: never ask me why silences all",
)
async def _never_is_never(service: Service) -> None:
    ada = Customer(service)
    await ada.say("Never ask me why")
    require(await _say_reason(ada) is None, "a card came to who wants none")


async def _say_reason(customer: Customer) -> Json | None:
    """Mention a reason in a new conversation and return the card that follows, if one does."""
    opening = {"conversation": str(uuid.uuid4())}
    async with await Chat.open(customer.service, customer.token, **opening) as chat:
        await chat.send("turn", turn_id=uuid.uuid4().hex, text=_REASON)
        await chat.next("reply")
        asked = [frame for frame in chat.seen if frame["type"] == "question"]
        require(not asked, "a question came before its card was shown")
        return await chat.find("purpose_card", within=_CARD_COMES)
