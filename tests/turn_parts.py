"""A whole dialogue over a test's database: real stores, a small real index, a cheap embedder."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tests.fakes.embedder import HashingEmbedder
from tests.profile_parts import Parts
from tests.question_parts import QuestionDesk

from assistant.channels.intake import ItemResult
from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import to_epoch_ms, to_rfc3339
from assistant.core.ids import ConversationId, CustomerId, new_id
from assistant.dialogue.answering import Draft
from assistant.dialogue.conversation_log import ConversationLog
from assistant.dialogue.history_access import HistoryAccess, Opened
from assistant.dialogue.phrases import load_phrases
from assistant.dialogue.responder import Heard, Responder, encode_examples
from assistant.dialogue.turn_handler import TurnHandler
from assistant.dialogue.turns import Reply, Utterance
from assistant.dialogue.use_notes import UseNotes
from assistant.profile.consent.grants import Grant
from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_reader import HistoryReader, OpenedHistory
from assistant.retrieval.indexing import IndexBuilder
from assistant.retrieval.knowledge_search import KnowledgeHits
from assistant.retrieval.knowledge_store import KnowledgeStore
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.conversations import ConversationRepository
from assistant.store.engine import Connection
from assistant.store.feedback import FeedbackRepository, KnowledgeGap
from assistant.store.handoffs import Handoff, HandoffRepository
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.store.uses import Use, UseRepository

ARTICLES = {
    "opening-hours.md": "# Opening hours\n\n"
    "The stores open Monday to Saturday from 08:00 to 21:00.",
    "returns.md": "# How long you can return things\n\n"
    "Unused home goods can be returned within 30 days of delivery.",
    "gift-cards.md": "# Gift cards\n\nA gift card is valid for three years.",
}
THRESHOLD = 0.6


def build_index(folder: Path) -> Path:
    """Write the articles into ``folder``, index them, and return the folder of the index."""
    articles = folder / "articles"
    articles.mkdir(parents=True)
    for name, text in ARTICLES.items():
        (articles / name).write_text(text, encoding="utf-8")
    encoding = EncodingService(embedder=HashingEmbedder())
    IndexBuilder(folder=folder / "index", encoding=encoding).build(articles)
    encoding.close()
    return folder / "index"


T = TypeVar("T")


def coverage(question: str, found: KnowledgeHits, sentences: tuple[AnswerSentence, ...]) -> float:
    """How much of the question's words the best sentence holds, in place of a calibration."""
    del question, found
    return max((sentence.coverage for sentence in sentences), default=0.0)


class CountingReader(HistoryReader):
    """Remembers the grants it was opened with."""

    grants: list[Grant]

    def open(self, connection: Connection, grant: Grant) -> OpenedHistory:
        self.grants.append(grant)
        return super().open(connection, grant)


class InterruptedResponder(Responder):
    """Lets a test do something between what was read and what is committed."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def respond(
        self, heard: Heard, opened: Opened, then: Callable[[Draft], T]
    ) -> tuple[Draft, T]:
        if self.meanwhile is not None:
            happening, self.meanwhile = self.meanwhile, None
            await happening()
        return await super().respond(heard, opened, then)


@dataclass
class Desk:
    """Somebody to talk to, and everything that was written down about it."""

    parts: Parts
    knowledge: KnowledgeStore
    embedder: HashingEmbedder = field(default_factory=HashingEmbedder)

    def __post_init__(self) -> None:
        self.encoding = EncodingService(embedder=self.embedder)
        self.reader = CountingReader(
            events=self.parts.events,
            blocks=HistoryBlockRepository(vault=self.parts.vault),
            embedder=self.encoding.identity,
        )
        self.reader.grants = []
        self.asked = QuestionDesk(self.parts)
        self.responder = self._responder()
        self.conversations = ConversationRepository(vault=self.parts.vault)
        self.feedback = FeedbackRepository()
        self.handler = TurnHandler(
            database=self.parts.database,
            log=self._log(),
            profile=self.asked.profile_turns(),
            responder=self.responder,
            encoding=self.encoding,
            clock=self.parts.clock,
        )

    def _responder(self) -> InterruptedResponder:
        names = {"assistant": "Robin", "shop": "Shop", "hours": "always", "contact": "h@s.example"}
        return InterruptedResponder(
            pack=self.parts.pack,
            phrases=load_phrases("en", names),
            knowledge=self.knowledge,
            probability=coverage,
            threshold=THRESHOLD,
            examples=encode_examples(self.encoding.encode_now),
        )

    def _log(self) -> ConversationLog:
        history = HistoryAccess(pack=self.parts.pack, gate=self.parts.gate, reader=self.reader)
        return ConversationLog(
            conversations=self.conversations,
            feedback=self.feedback,
            handoffs=HandoffRepository(),
            notes=UseNotes(uses=UseRepository(), access_log=AccessLogRepository()),
            history=history,
            facts=self.asked.fact_access(),
            asking=self.asked.asking(),
        )

    def close(self) -> None:
        self.responder.close()
        self.encoding.close()

    async def say(
        self,
        customer_id: CustomerId,
        text: str,
        *,
        turn_id: str | None = None,
        conversation: ConversationId | None = None,
        role: Role = Role.CUSTOMER,
    ) -> Reply:
        actor = self.actor(customer_id, role)
        turn_id = turn_id or new_id()
        return await self.handler.handle(Utterance(actor, turn_id, text, conversation))

    def actor(self, customer_id: CustomerId, role: Role = Role.CUSTOMER) -> CustomerActor:
        return CustomerActor(customer_id, role, to_epoch_ms(self.parts.clock()) + 600_000)

    def visitor(self) -> CustomerId:
        write = self.parts.database.write_now
        return write(
            lambda c: self.parts.customers.create_visitor(c, at=self.parts.clock())
        ).customer_id

    def send(self, subject: str, type_: str, at: datetime, **data: object) -> ItemResult:
        """Hand over one event; its id begins with the subject, so that its owner can be told."""
        event = {
            "id": f"{subject}/{new_id()}",
            "source": "https://shop.example",
            "type": type_,
            "time": to_rfc3339(at),
            "subject": subject,
            "data": data,
        }
        (result,) = self.parts.send(event)
        return result

    def accesses(self, customer_id: CustomerId) -> list[Access]:
        log = AccessLogRepository()
        return list(
            self.parts.database.read_now(lambda c: log.list_accesses(c, customer_id, limit=100))
        )

    def uses(self, customer_id: CustomerId) -> list[Use]:
        uses = UseRepository()
        return list(
            self.parts.database.read_now(lambda c: uses.list_uses(c, customer_id, limit=100))
        )

    def gaps(self) -> list[KnowledgeGap]:
        return list(self.parts.database.read_now(lambda c: self.feedback.list_gaps(c, limit=100)))

    def handoff(self, reply: Reply, customer_id: CustomerId) -> Handoff | None:
        handoffs = HandoffRepository()
        return self.parts.database.read_now(
            lambda c: handoffs.find_handoff(c, customer_id, reply.conversation)
        )

    async def withdraw(self, customer_id: CustomerId) -> None:
        """Take back everything, in a thread, as another request would."""
        await asyncio.to_thread(self.parts.decide, customer_id, "answer_from_history", "withdrawn")
