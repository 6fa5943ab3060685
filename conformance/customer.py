"""A customer of the suite: who they are, and what a customer can do through the interface."""

import io
import uuid
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence

import orjson

from conformance.checks import require
from conformance.service import Answer, Json, Service
from conformance.stories import Order, Visit
from conformance.tokens import sign_token

HISTORY = "answer_from_history"


class Customer:
    """Somebody new to the server, with an id that nobody had before."""

    def __init__(self, service: Service, *, subject: str | None = None) -> None:
        """Invent a company's customer id; nothing is sent yet."""
        self.service = service
        self.subject = subject or f"c-{uuid.uuid4().hex}@people.example"

    @property
    def token(self) -> str:
        """A token issued at this second."""
        return sign_token(self.service.target, self.subject)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request as this customer."""
        return await self.service.ask(method, path, token=self.token, body=body, headers=headers)

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Get something that must be there."""
        return (await self.ask("GET", path, headers=headers)).expect(200)

    # Consent

    async def purposes(self, *, headers: Mapping[str, str] | None = None) -> Mapping[str, Json]:
        """Return what is asked for and why, by id of the purpose."""
        answer = await self.get("/v1/me/purposes", headers=headers)
        return {purpose["id"]: purpose for purpose in answer.member("purposes")}

    async def decisions(
        self, purpose: str, *, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        """Return where this customer stands on a purpose, by category."""
        offer = (await self.purposes(headers=headers))[purpose]
        return {each["category"]: each["decision"] for each in offer["categories"]}

    async def give(
        self, purpose: str, *categories: str, headers: Mapping[str, str] | None = None
    ) -> Json:
        """Give consent to all of a purpose, or to ``categories`` of it; return what was shown."""
        offer = (await self.purposes())[purpose]
        body = {
            "decision": "given",
            "version": offer["version"],
            "text_sha256": offer["text_sha256"],
            **({"categories": list(categories)} if categories else {}),
        }
        answer = await self.ask("PUT", f"/v1/me/consents/{purpose}", body, headers=headers)
        answer.expect(200)
        return offer

    async def say_no(self, purpose: str, *categories: str, decision: str = "withdrawn") -> Answer:
        """Withdraw or refuse, with nothing but the word."""
        body = {"decision": decision, **({"categories": list(categories)} if categories else {})}
        return (await self.ask("PUT", f"/v1/me/consents/{purpose}", body)).expect(200)

    # History and conversation

    async def store(self, *events: Json) -> Sequence[Json]:
        """Let the shop's system hand over events; return the result of each."""
        answer = await self.service.ask(
            "POST",
            "/v1/events",
            token=self.service.target.events_key,
            body=list(events),
            headers={"Content-Type": "application/cloudevents-batch+json"},
        )
        results: Sequence[Json] = answer.expect(200).member("results")
        return results

    async def order(self) -> Order:
        """Order something; it is stored without consent."""
        order = Order(self.subject)
        results = await self.store(*order.events())
        stored = [each["status"] for each in results]
        require(stored == ["stored", "stored"], f"orders were not stored but {stored}")
        return order

    async def visit(self) -> Visit:
        """Look at a page; stored only where a purpose that asks for ``browsing`` is given."""
        visit = Visit(self.subject)
        (result,) = await self.store(visit.event())
        require(result["status"] == "stored", f"a permitted event was {result['status']}")
        return visit

    async def say(self, text: str, **members: object) -> Json:
        """Say something and return the reply."""
        turn = {"turn_id": uuid.uuid4().hex, "text": text, **members}
        return (await self.ask("POST", "/v1/chat/turns", turn)).expect(200).json

    async def learn_of(self, order: Order) -> Json:
        """Ask where an order is until the answer uses it; return that reply.

        Raises:
            Broken: it never does, though it may.
        """

        async def ask() -> Json | None:
            reply = await self.say(order.question)
            return reply if reply["used"] else None

        reply = await self.service.wait_until(ask, every=0.2)
        require(reply, "an order that may be used was never used to answer where it is")
        return reply

    # Lists and everything

    async def pages(self, path: str, *members: str, limit: int = 100) -> AsyncIterator[Json]:
        """Yield every entry of a list, page by page."""
        cursor: str | None = None
        joint = "&" if "?" in path else "?"
        while True:
            following = f"&cursor={cursor}" if cursor is not None else ""
            answer = await self.get(f"{path}{joint}limit={limit}{following}")
            for entry in answer.member(*members):
                yield entry
            cursor = answer.member("cursor")
            if cursor is None:
                return

    async def entries(self, path: str, *members: str, limit: int = 100) -> list[Json]:
        """Return every entry of a list."""
        return [entry async for entry in self.pages(path, *members, limit=limit)]

    async def everything(self) -> str:
        """Return all that ``GET /v1/me/data`` tells, as text without escapes."""
        return to_text(await self.entries("/v1/me/data", "items"))

    async def export(self) -> Mapping[str, bytes]:
        """Return the files of the export by name."""
        answer = await self.get("/v1/me/export")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def to_text(document: object) -> str:
    """Return a document as text in which every word stands as it was written."""
    return orjson.dumps(document).decode()


def missing_words(text: str, words: Sequence[str]) -> list[str]:
    """Return those of ``words`` that ``text`` lacks."""
    return [word for word in words if word not in text]


def shown_words(text: str, words: Sequence[str]) -> list[str]:
    """Return those of ``words`` that ``text`` shows."""
    return [word for word in words if word in text]
