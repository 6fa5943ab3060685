"""The why-question protocol: the card first, the exact words last, and no without a price."""

from conformance.chat import Chat
from conformance.checks import Checks, require
from conformance.customer import Customer, shown_words, to_text
from conformance.questions import Question, new_reason
from conformance.service import Service

QUESTIONS = Checks("questions")

_PROTOCOL = "product.md: The why-question protocol"
_WRONG_ORDER = 409


async def _facts(customer: Customer) -> str:
    return to_text(await customer.entries("/v1/me/facts", "facts"))


@QUESTIONS.check(
    "card_first",
    promise="No question, answer or confirmation is taken before the card was shown.",
    source=_PROTOCOL,
)
async def _card_first(service: Service) -> None:
    ada = Customer(service)
    question = await Question.volunteered(ada)
    for name in ("answer", "confirm"):
        answer = await question.step(name, text=question.words)
        require(answer.status == _WRONG_ORDER, f"before the card {name} got {answer.status}")
    require(not (await question.view()).get("question"), "the question is told before the card")
    require(question.words not in await _facts(ada), "a fact was stored without a card")


@QUESTIONS.check(
    "card_complete",
    promise="The card says why, what for, who sees it, how long, that it is optional, how to undo.",
    source=_PROTOCOL,
)
async def _card_complete(service: Service) -> None:
    question = await Question.volunteered(Customer(service))
    card = (await question.view())["card"]
    lacking = [name for name in ("purpose", "version", "text", "text_sha256") if not card.get(name)]
    require(not lacking, f"a card has no {lacking}")
    require(len(card["text"]) > 100, "the text of a card is too short to say all this")


@QUESTIONS.check(
    "right_card",
    promise="An acknowledgement of another version or text counts for nothing.",
    source="product.md: text hash, version, language",
)
async def _right_card(service: Service) -> None:
    question = await Question.volunteered(Customer(service))
    for wrong in ({"text_sha256": "0" * 64}, {"version": 999}):
        answer = await question.show_card(**wrong)
        name = next(iter(wrong))
        require(answer.status == _WRONG_ORDER, f"a card with a wrong {name} got {answer.status}")
        after = await question.step("answer", text=question.words)
        require(after.status == _WRONG_ORDER, f"after a wrong {name} an answer was taken")


@QUESTIONS.check(
    "nothing_before_confirm",
    promise="Nothing is in the profile before the customer confirmed the exact words.",
    source="product.md: Nothing about me without me",
)
async def _nothing_before_confirm(service: Service) -> None:
    ada = Customer(service)
    question = await Question.volunteered(ada)
    require(question.words not in await _facts(ada), "a volunteered reason was stored silently")
    (await question.show_card()).expect(200)
    require(question.words not in await _facts(ada), "showing the card stored a fact")
    (await question.step("answer", text=question.words)).expect(200)
    require(question.words not in await _facts(ada), "an answer was stored unconfirmed")
    (await question.step("confirm", text=question.words)).expect(200, 201)
    require(question.words in await _facts(ada), "a confirmed fact is not among the facts")


@QUESTIONS.check(
    "exact_words",
    promise="What is kept is exactly what was confirmed, and no other word that was said.",
    source=_PROTOCOL,
)
async def _exact_words(service: Service) -> None:
    ada = Customer(service)
    question, words = await Question.volunteered(ada), new_reason()
    fact = await question.store(words)
    require(fact, "a confirmed fact is not among the facts")
    require(fact["text"] == words, "other words than confirmed are kept")
    require(question.words not in await _facts(ada), "words that were not confirmed are kept")


@QUESTIONS.check(
    "expires",
    promise="Every fact has an end, and names the purpose, version and card it came with.",
    source=_PROTOCOL,
)
async def _expires(service: Service) -> None:
    fact = await (await Question.volunteered(Customer(service))).store()
    require(fact.get("expires_at"), "a fact has no expiry")
    require(fact["expires_at"] > fact["valid_from"], "a fact expires before it begins")
    require(fact.get("purpose") and fact.get("version"), "a fact does not name its purpose")


@QUESTIONS.check(
    "confirm_gives_consent",
    promise="Confirming records the consent that the card asked for, and it can be seen.",
    source="product.md: card, then confirm; docs/api.md: Why-questions",
)
async def _confirm_gives_consent(service: Service) -> None:
    ada = Customer(service)
    question = await Question.volunteered(ada)
    card = (await question.view())["card"]
    await question.store()
    decisions = await ada.decisions(card["purpose"])
    found = decisions.get("stated_reasons")
    require(found == "given", f"after a confirmation stated_reasons reads {found}")
    other = sorted(name for name, decision in decisions.items() if decision == "given")
    require(other == ["stated_reasons"], f"a confirmation gave {other}")


@QUESTIONS.check(
    "decline",
    promise="After a no the question is over, and nothing of it is kept in the profile.",
    source=_PROTOCOL,
)
async def _decline(service: Service) -> None:
    ada = Customer(service)
    question = await Question.volunteered(ada)
    (await question.show_card()).expect(200)
    (await question.step("decline")).expect(200)
    for name in ("answer", "confirm"):
        answer = await question.step(name, text=question.words)
        require(answer.status == _WRONG_ORDER, f"after a no {name} got {answer.status}")
    require(question.words not in await _facts(ada), "a declined reason is a fact")
    view = to_text(await question.view())
    require("declined" in view.lower(), "a question that was declined is not shown as such")


@QUESTIONS.check(
    "repeat",
    promise="Repeating a step changes nothing; once words are confirmed, others are refused.",
    source="api.md: unsafe requests honour Idempotency-Key",
)
async def _repeat(service: Service) -> None:
    ada = Customer(service)
    question = await Question.volunteered(ada)
    for _ in range(2):
        (await question.show_card()).expect(200)
    for name in ("answer", "confirm", "confirm"):
        (await question.step(name, text=question.words)).expect(200, 201)
    facts = await ada.entries("/v1/me/facts", "facts")
    require(len(facts) == 1, f"one confirmation sent twice gave {len(facts)} facts")
    other = await question.step("confirm", text=new_reason())
    require(other.status == _WRONG_ORDER, f"a second confirmation got {other.status}")


@QUESTIONS.check(
    "others",
    promise="A question answers its own customer only.",
    source="issue 3: 0 rows of another customer",
)
async def _others(service: Service) -> None:
    ada, eve = Customer(service), Customer(service)
    own = await Question.volunteered(ada)
    stolen = Question(eve, own.id, own.words)
    card = (await own.view())["card"]
    echoed = {"version": card["version"], "text_sha256": card["text_sha256"], "lang": "en"}
    for name, body in (
        ("shown", echoed),
        ("answer", {"text": own.words}),
        ("confirm", {"text": own.words}),
        ("decline", {}),
    ):
        answer = await stolen.step(name, **body)
        require(answer.status == 404, f"{name} of another's question got {answer.status}")
        require(not shown_words(answer.text, [own.words]), f"{name} shows another's words")


@QUESTIONS.check(
    "socket",
    promise="The same steps, in the same order, over the chat socket.",
    source="api.md: GET /v1/chat, card.shown, answer, confirm, decline",
)
async def _socket(service: Service) -> None:
    ada = Customer(service)
    question = await Question.volunteered(ada)
    card = (await question.view())["card"]
    echoed = {"version": card["version"], "text_sha256": card["text_sha256"], "lang": "en"}
    step = {"question_id": question.id, "text": question.words}
    async with await Chat.open(service, ada.token) as chat:
        await chat.send("answer", **step)
        early = await chat.next("problem", "fact", "question")
        require(early["type"] == "problem", "an answer before the card was taken on the socket")
        await chat.send("card.shown", question_id=question.id, **echoed)
        await chat.next("question", "fact")
        await chat.send("answer", **step)
        proposed = await chat.next("fact")
        require(proposed["state"] == "proposed", "an answer was stored before it was confirmed")
        require(question.words not in await _facts(ada), "an answer was stored unconfirmed")
        await chat.send("confirm", **step)
        stored = await chat.next("fact")
        require(stored["state"] == "stored", f"a confirmed fact is {stored['state']}")
    require(question.words in await _facts(ada), "a confirmed fact is not among the facts")


@QUESTIONS.check(
    "never",
    promise="Who says never is asked no more, and can take that back.",
    source="product.md: never ask me why silences all",
)
async def _never(service: Service) -> None:
    ada = Customer(service)
    for wish in ("never", "ask"):
        body = {"why_questions": wish}
        answer = (await ada.ask("PUT", "/v1/me/preferences", body)).expect(200)
        require(answer.member("why_questions") == wish, f"the wish {wish!r} was not taken")
