"""Joins the parts into one ``Assistant``, each made once, when it is first needed."""

import asyncio
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.bootstrap.embedding import open_embedder
from assistant.bootstrap.intake import IntakeParts
from assistant.bootstrap.knowledge_source import KnowledgeSource
from assistant.bootstrap.stores import Stores
from assistant.channels.import_outcome import ImportOutcome
from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import Clock, system_clock, to_epoch_ms
from assistant.core.ids import CustomerId, new_id
from assistant.dialogue.conversation_log import ConversationLog
from assistant.dialogue.history_access import HistoryAccess
from assistant.dialogue.phrases import load_phrases
from assistant.dialogue.responder import Responder
from assistant.dialogue.small_talk import SmallTalkExamples, example_texts
from assistant.dialogue.turn_handler import ObserveStage, TurnHandler
from assistant.dialogue.turns import Reply, Utterance
from assistant.profile.consent import ConsentLedger
from assistant.profile.consent_gate import ConsentGate
from assistant.profile.pack import Pack, load_pack
from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.calibration import answer_features, packaged_calibration
from assistant.retrieval.embedder import Embedder
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_indexing import HistoryIndexer
from assistant.retrieval.history_reader import HistoryReader
from assistant.retrieval.indexing import IndexBuilder, IndexReport
from assistant.retrieval.knowledge_search import KnowledgeHits
from assistant.retrieval.knowledge_store import KnowledgeStore
from assistant.settings import Settings
from assistant.store.engine import Connection

_TOKEN_LIFE_MS = 600_000


class Assistant:
    """An assembled assistant over opened stores; a context manager that closes them."""

    def __init__(
        self,
        *,
        settings: Settings,
        pack: Pack,
        stores: Stores,
        clock: Clock,
        open_model: Callable[[Settings], Embedder],
    ) -> None:
        """Join what is cheap; ``encoding`` and what needs it follow when they are asked for."""
        self.settings = settings
        self.pack = pack
        self.stores = stores
        self.clock = clock
        self._open_model = open_model
        self.ledger = ConsentLedger(pack=pack, consents=stores.consents, customers=stores.customers)
        self.intake = IntakeParts.over(stores, pack=pack, ledger=self.ledger, clock=clock)
        self.index_folder = settings.data_dir / "index"
        self.knowledge_source = KnowledgeSource(
            index_folder=self.index_folder, pack_folder=pack.folder
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def encoding(self) -> EncodingService:
        """The encoder of all texts; loads the model."""
        return EncodingService(embedder=self._open_model(self.settings))

    @cached_property
    def index_builder(self) -> IndexBuilder:
        """The builder of the knowledge index."""
        return IndexBuilder(folder=self.index_folder, encoding=self.encoding)

    @cached_property
    def knowledge(self) -> KnowledgeStore:
        """The knowledge index that is served."""
        store = KnowledgeStore(folder=self.index_folder, embedder=self.encoding.identity)
        store.refresh()
        return store

    @cached_property
    def history_reader(self) -> HistoryReader:
        """The one reader of histories."""
        return HistoryReader(
            events=self.stores.events,
            blocks=self.stores.blocks,
            embedder=self.encoding.identity,
        )

    @cached_property
    def history_indexer(self) -> HistoryIndexer:
        """Brings histories' vectors up to date."""
        return HistoryIndexer(
            database=self.stores.database,
            events=self.stores.events,
            blocks=self.stores.blocks,
            encoding=self.encoding,
        )

    @cached_property
    def responder(self) -> Responder:
        """What finds, decides and composes."""
        contact = self.pack.contact
        names = {
            "assistant": self.pack.assistant_name,
            "shop": self.pack.name,
            "hours": contact.hours,
            "contact": contact.email,
        }
        kinds, texts = example_texts()
        return Responder(
            pack=self.pack,
            phrases=load_phrases("en", names),
            knowledge=self.knowledge,
            probability=_probability,
            threshold=packaged_calibration().threshold,
            examples=SmallTalkExamples(kinds, self.encoding.encode_now(texts)),
        )

    def turn_handler(self, observe_stage: ObserveStage = lambda _s, _t: None) -> TurnHandler:
        """Return the handler of turns, telling ``observe_stage`` what each stage took."""
        stores = self.stores
        gate = ConsentGate(
            pack=self.pack,
            ledger=self.ledger,
            customers=stores.customers,
            region=self.settings.region,
        )
        log = ConversationLog(
            conversations=stores.conversations,
            feedback=stores.feedback,
            handoffs=stores.handoffs,
            uses=stores.uses,
            access_log=stores.access_log,
            history=HistoryAccess(pack=self.pack, gate=gate, reader=self.history_reader),
        )
        return TurnHandler(
            database=stores.database,
            log=log,
            responder=self.responder,
            encoding=self.encoding,
            clock=self.clock,
            observe_stage=observe_stage,
        )

    def build_index(
        self, folder: Path | None = None, *, on_progress: Callable[[int, int], None] | None = None
    ) -> IndexReport:
        """Build the knowledge index from ``folder``, or from the pack's articles."""
        if folder is None:
            self.knowledge_source.forget()
        report = self.index_builder.build(
            folder or self.knowledge_source.current(), on_progress=on_progress
        )
        if folder is not None:
            self.knowledge_source.remember(folder)
        return report

    def import_events(
        self,
        path: Path,
        *,
        mapping: Path | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> ImportOutcome:
        """Import a file of events."""
        return self.intake.event_import.run(path, mapping=mapping, on_progress=on_progress)

    def import_consents(
        self, path: Path, *, on_progress: Callable[[int], None] | None = None
    ) -> ImportOutcome:
        """Import a file of consent decisions."""
        return self.intake.consent_import.run(path, on_progress=on_progress)

    def index_histories(self) -> int:
        """Bring every waiting history up to date and return how many customers' that were."""
        done = 0
        while waiting := self.stores.database.read_now(
            lambda c: self.stores.blocks.list_waiting(c, limit=100)
        ):
            for customer in waiting:
                self.history_indexer.index_now(customer)
            done += len(waiting)
        return done

    def ask(self, question: str, *, subject: str | None = None) -> Reply:
        """Take one turn as the customer ``subject``, or as a visitor."""
        if self.knowledge.current() is None:
            self.build_index()
            self.knowledge.refresh()
        actor = self._actor(subject)
        behind = self.stores.database.read_now(
            lambda c: self.stores.blocks.find_waiting(c, actor.customer_id)
        )
        if behind:
            self.history_indexer.index_now(behind)
        utterance = Utterance(actor=actor, turn_id=new_id(), text=question)
        return asyncio.run(self.turn_handler().handle(utterance))

    def _actor(self, subject: str | None) -> CustomerActor:
        now, customers = self.clock(), self.stores.customers

        def work(connection: Connection) -> CustomerId:
            if subject is None:
                return customers.create_visitor(connection, at=now).customer_id
            return customers.get_or_create_customer(connection, subject, at=now).customer_id

        customer_id = self.stores.database.write_now(work)
        role = Role.VISITOR if subject is None else Role.CUSTOMER
        return CustomerActor(customer_id, role, to_epoch_ms(now) + _TOKEN_LIFE_MS)

    def close(self) -> None:
        """Stop threads and close the databases."""
        opened = self.__dict__
        if "responder" in opened:
            self.responder.close()
        if "encoding" in opened:
            self.encoding.close()
        self.stores.close()


def build(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    open_model: Callable[[Settings], Embedder] = open_embedder,
) -> Assistant:
    """Open pack and stores and return the assembled assistant.

    Raises:
        ConfigurationError: a setting, a file of the pack, a key or a database is not usable.
    """
    pack = load_pack(settings.knowledge)
    stores = Stores.open(settings)
    return Assistant(
        settings=settings, pack=pack, stores=stores, clock=clock, open_model=open_model
    )


def _probability(
    question: str, found: KnowledgeHits, sentences: tuple[AnswerSentence, ...]
) -> float:
    return packaged_calibration().probability(answer_features(question, found, sentences))
