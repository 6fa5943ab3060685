"""Facts: the customer corrects, pauses and deletes them, and withdraws what let them be kept."""

from conformance.checks import Checks, require
from conformance.customer import Customer, to_text
from conformance.questions import Question, new_reason
from conformance.service import Json, Service

FACTS = Checks("facts")

_FACTS = "api.md: GET/POST /v1/me/facts, PATCH/DELETE /v1/me/facts/{id}"


async def _stored(customer: Customer) -> tuple[str, Json]:
    """Return the words of a fact that was stored by the protocol, and the fact."""
    question = await Question.volunteered(customer)
    fact = await question.store()
    require(fact, "a confirmed fact is not among the facts")
    return question.words, fact


def _id(fact: Json) -> str:
    return str(fact["id"])


async def _facts(customer: Customer) -> list[Json]:
    return await customer.entries("/v1/me/facts", "facts")


@FACTS.check(
    "shown",
    promise="A fact shows its words, where it is from, and what it was used for.",
    source="product.md: Vocabulary, Fact",
)
async def _shown(service: Service) -> None:
    ada = Customer(service)
    words, _ = await _stored(ada)
    require(words in await ada.everything(), "a fact is not in GET /v1/me/data")
    whole = b"\n".join((await ada.export()).values()).decode(errors="replace")
    require(words in whole, "a fact is not in the export")


@FACTS.check("corrected", promise="A corrected fact has the new words only.", source=_FACTS)
async def _corrected(service: Service) -> None:
    ada = Customer(service)
    old, fact = await _stored(ada)
    new = new_reason()
    (await ada.ask("PATCH", f"/v1/me/facts/{_id(fact)}", {"text": new})).expect(200)
    facts = to_text(await _facts(ada))
    require(new in facts, "the corrected words are not among the facts")
    require(old not in await ada.everything(), "the words that were corrected are still stored")


@FACTS.check("paused", promise="A fact can be paused, and used again.", source=_FACTS)
async def _paused(service: Service) -> None:
    ada = Customer(service)
    _, fact = await _stored(ada)
    for state in ("paused", "active"):
        (await ada.ask("PATCH", f"/v1/me/facts/{_id(fact)}", {"state": state})).expect(200)
        (found,) = await _facts(ada)
        require(found["state"] == state, f"a fact that was set to {state} reads {found['state']}")


@FACTS.check("deleted", promise="A deleted fact is gone with all its words.", source=_FACTS)
async def _deleted(service: Service) -> None:
    ada = Customer(service)
    words, fact = await _stored(ada)
    (await ada.ask("DELETE", f"/v1/me/facts/{_id(fact)}")).expect(200, 202, 204)
    require(words not in to_text(await _facts(ada)), "a deleted fact is still listed")
    require(words not in await ada.everything(), "a deleted fact is still stored")


@FACTS.check(
    "withdrawn",
    promise="Withdrawing the purpose ends the use of every fact that it let be kept.",
    source="issue 3: Withdrawing removes what was derived",
)
async def _withdrawn(service: Service) -> None:
    ada = Customer(service)
    words, fact = await _stored(ada)
    await ada.say_no(fact["purpose"])

    async def is_unused() -> bool:
        return all(each["state"] != "active" for each in await _facts(ada))

    require(await service.wait_until(is_unused), "a fact of a withdrawn purpose stays active")
    require(words not in to_text(await _facts(ada)), "a fact of a withdrawn purpose stays stored")


@FACTS.check(
    "others", promise="A fact opens to its own customer only.", source="issue 3: 0 rows of another"
)
async def _others(service: Service) -> None:
    ada, eve = Customer(service), Customer(service)
    words, fact = await _stored(ada)
    tries = (
        await eve.ask("PATCH", f"/v1/me/facts/{_id(fact)}", {"text": new_reason()}),
        await eve.ask("PATCH", f"/v1/me/facts/{_id(fact)}", {"state": "paused"}),
        await eve.ask("DELETE", f"/v1/me/facts/{_id(fact)}"),
    )
    for answer in tries:
        require(answer.status == 404, f"{answer.call} of another's fact got {answer.status}")
    (left,) = await _facts(ada)
    require(words in to_text(left), "another customer changed a fact")
