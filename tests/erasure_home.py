"""A service's stores as bootstrap opens them, and customers with something to lose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.profile_parts import MARKET

from assistant.bootstrap.erasing import Erasing
from assistant.bootstrap.intake import IntakeParts
from assistant.bootstrap.stores import Stores
from assistant.core.clock import to_rfc3339
from assistant.core.erasure import ErasureState, Scope
from assistant.core.ids import ConversationId, CustomerId, TurnKey, new_id
from assistant.dialogue.reply_codec import decode_reply, encode_reply
from assistant.dialogue.turns import Citation, Reply, Sentence, UsedItem
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.erasure.engine import ErasureEngine
from assistant.profile.erasure.requests import ErasureScope, Requested
from assistant.profile.pack.loading import Pack, load_pack
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_block import unpack_history
from assistant.retrieval.history_indexing import HistoryIndexer
from assistant.settings import Settings
from assistant.store.engine import Connection
from assistant.store.erasures import Erasure
from assistant.store.uses import Use
from assistant.vault.key_files import create_key_file


def settings_in(folder: Path, database_url: str) -> Settings:
    """Settings of a service whose files lie in ``folder``, with a key made when it is missing."""
    settings = Settings(data_dir=folder / "data", knowledge=MARKET, database_url=database_url)
    if not settings.resolved_key_file().exists():
        create_key_file(settings.resolved_key_file())
    return settings


@dataclass
class Home:
    """Opened stores, the use cases of erasure over them, and a clock that is moved by hand."""

    settings: Settings
    clock: Callable[[], datetime] = field(default_factory=SteppableClock)

    def __post_init__(self) -> None:
        self.stores = Stores.open(self.settings)
        self.pack: Pack = load_pack(MARKET)
        self.erasing = Erasing.over(
            self.stores, pack=self.pack, settings=self.settings, clock=self.clock
        )
        self.erasures = self.erasing.erasures
        self.database = self.stores.database

    @cached_property
    def engine(self) -> ErasureEngine:
        return self.erasing.engine()

    @cached_property
    def ledger(self) -> ConsentLedger:
        return ConsentLedger(
            pack=self.pack, consents=self.stores.consents, customers=self.stores.customers
        )

    @cached_property
    def intake(self) -> IntakeParts:
        return IntakeParts.over(self.stores, pack=self.pack, ledger=self.ledger, clock=self.clock)

    @cached_property
    def encoding(self) -> EncodingService:
        return EncodingService(embedder=HashingEmbedder())

    @cached_property
    def indexer(self) -> HistoryIndexer:
        return HistoryIndexer(
            database=self.database,
            events=self.stores.events,
            blocks=self.stores.blocks,
            encoding=self.encoding,
        )

    def close(self) -> None:
        if "encoding" in self.__dict__:
            self.encoding.close()
        self.stores.close()

    def customer(self, subject: str) -> CustomerId:
        return self.database.write_now(
            lambda c: self.stores.customers.get_or_create_customer(c, subject, at=self.clock())
        ).customer_id

    def give(self, customer_id: str, purpose: str = "answer_from_history") -> None:
        shown = self.pack.disclose(purpose)
        decision = ConsentDecision(
            customer_id=customer_id,
            purpose=purpose,
            decision="given",
            channel="api",
            at=self.clock(),
            version=shown.version,
            text_sha256=shown.text_sha256,
            evidence={"page": "the evidence of a decision"},
        )
        self.database.write_now(lambda c: self.ledger.decide(c, decision))

    def send(self, subject: str, *texts: str, type_: str = "page.viewed") -> list[str]:
        """Hand over one event for each text; return what became of them."""
        documents = [
            {
                "specversion": "1.0",
                "id": new_id(),
                "source": "https://shop.example/web",
                "type": type_,
                "time": to_rfc3339(self.clock()),
                "subject": subject,
                "data": _data(type_, text),
            }
            for text in texts
        ]
        parsed = [self.intake.parser.parse(document) for document in documents]
        results = self.database.write_now(lambda c: self.intake.intake.store_batch(c, parsed))
        return [result.code or result.reason or result.status for result in results]

    def event_ids(self, customer_id: str) -> list[str]:
        return list(
            self.database.read_now(lambda c: self.stores.events.list_event_ids(c, customer_id))
        )

    def index(self, customer_id: str) -> None:
        """Bring the customer's block up to date."""
        waiting = self.database.read_now(lambda c: self.stores.blocks.find_waiting(c, customer_id))
        if waiting is not None:
            assert self.indexer.index_now(waiting)

    def indexed(self, customer_id: str) -> list[str]:
        """What the customer's block tells."""
        block = self.database.read_now(lambda c: self.stores.blocks.find_block(c, customer_id))
        if block is None:
            return []
        unpacked = unpack_history(block.packed)
        return [unpacked.event(row).rendering for row in range(len(unpacked))]

    def say(
        self,
        customer_id: str,
        text: str,
        *,
        answer: str = "Here you are.",
        using: Sequence[str] = (),
        conversation: str | None = None,
    ) -> tuple[ConversationId, TurnKey]:
        """Store a turn with its reply, which uses the named events."""
        conversation_id = ConversationId(conversation or new_id())
        return conversation_id, self.database.write_now(
            lambda c: self._say(c, customer_id, conversation_id, text, answer, using)
        )

    def _say(
        self,
        connection: Connection,
        customer_id: str,
        conversation_id: ConversationId,
        text: str,
        answer: str,
        using: Sequence[str],
    ) -> TurnKey:
        turn = self.stores.conversations.append_utterance(
            connection,
            customer_id,
            conversation_id,
            turn_id=new_id(),
            text=text,
            lang="en",
            at=self.clock(),
            open_missing=True,
        ).turn
        reply = Reply(
            turn_id=turn.turn_id,
            conversation=conversation_id,
            sentences=(Sentence(answer, tuple(using)),),
            state="answered",
            citations=tuple(Citation(each, "event", answer, answer) for each in using),
            used=tuple(UsedItem(each, "browsing", "answer_from_history") for each in using),
            seq=turn.seq,
        )
        self.stores.conversations.write_reply(
            connection, customer_id, turn.turn_key,
            reply=encode_reply(reply), state="answered", at=self.clock(),
        )  # fmt: skip
        uses = [
            Use("event", each, "browsing", "answer_from_history", self.clock(), turn.turn_key)
            for each in using
        ]
        self.stores.uses.add_uses(connection, customer_id, uses)
        return turn.turn_key

    def said(self, customer_id: str, conversation: str) -> list[tuple[str, str]]:
        """What was said and answered in a conversation."""
        turns = self.database.read_now(
            lambda c: self.stores.conversations.list_turns(c, customer_id, conversation)
        )
        return [(t.text, decode_reply(t.reply).text if t.reply else "") for t in turns]

    def erase(
        self, customer_id: str, kind: Scope, target: str | None = None, **options: object
    ) -> Requested:
        scope = ErasureScope(kind, target)
        return self.database.write_now(
            lambda c: self.erasures.request(
                c,
                customer_id,
                scope,
                at=self.clock(),
                **options,  # type: ignore[arg-type]
            )
        )

    def find(self, customer_id: str, requested: Requested) -> Erasure:
        found = self.database.read_now(
            lambda c: self.erasures.find_erasure(c, customer_id, requested.erasure_id)
        )
        assert found is not None
        return found

    def work(self, *, until: ErasureState = ErasureState.PHYSICALLY_VERIFIED) -> None:
        """Let the engine run until every erasure has reached a state."""
        order = list(ErasureState)
        for _ in range(20):
            self.engine.run_once()
            open_ = self.database.read_now(self.erasing.parts.erasures.list_open)
            if all(order.index(one.state) >= order.index(until) for one in open_):
                return
        raise AssertionError([(one.scope, one.state, one.problem) for one in open_])


def _data(type_: str, text: str) -> dict[str, object]:
    if type_.startswith("order."):
        return {"order_id": text, "items": [{"item_id": "1", "name": text}]}
    return {"title": text}
