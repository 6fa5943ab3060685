"""One why-question of a customer, taken through its steps over HTTP."""

from dataclasses import dataclass

from conformance.checks import require
from conformance.customer import Customer
from conformance.service import Answer, Json
from conformance.stories import new_word

LANG = "en"


def new_reason() -> str:
    """Return a reason that nobody ever gave before, in the words of somebody who gives one."""
    return f"I need a quiet kettle because {new_word()} sleeps next door"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and whose it is."""

    customer: Customer
    id: str
    words: str

    @classmethod
    async def volunteered(cls, customer: Customer, words: str | None = None) -> "Question":
        """Offer a reason unasked: it becomes a proposed question, and nothing more.

        Raises:
            Unexpected: the offer was not taken.
        """
        words = words or new_reason()
        answer = await customer.ask("POST", "/v1/me/facts", {"text": words, "lang": LANG})
        return cls(customer, answer.expect(200, 201, 202).member("id"), words)

    async def view(self) -> Json:
        """Return the question as its customer sees it."""
        listed = await self.customer.entries("/v1/me/questions", "questions")
        found = next((each for each in listed if each["id"] == self.id), None)
        require(found, "a question that was proposed is not among the customer's questions")
        return found

    async def show_card(self, **wrong: object) -> Answer:
        """Acknowledge that the card was on the screen; ``wrong`` replaces what is echoed."""
        card = (await self.view())["card"]
        echoed = {"version": card["version"], "text_sha256": card["text_sha256"], "lang": LANG}
        return await self.step("shown", **{**echoed, **wrong})

    async def step(self, name: str, **members: object) -> Answer:
        """Take one step."""
        return await self.customer.ask("POST", f"/v1/me/questions/{self.id}/{name}", members)

    async def store(self, words: str | None = None) -> Json:
        """Take every step and return the fact.

        Raises:
            Unexpected: a step was refused.
        """
        (await self.show_card()).expect(200)
        (await self.step("answer", text=self.words)).expect(200)
        (await self.step("confirm", text=words or self.words)).expect(200, 201)
        facts = await self.customer.entries("/v1/me/facts", "facts")
        return next((each for each in facts if each["question"] == self.id), None)
