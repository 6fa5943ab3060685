"""Joins the parts into one ``Assistant``, each made once, when it is first needed."""

import asyncio
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.bootstrap.catching_up import CatchingUp
from assistant.bootstrap.consent_effects import DerivedHistory, erase_unlawful
from assistant.bootstrap.conversation import ConversationParts, make_responder
from assistant.bootstrap.embedding import open_embedder
from assistant.bootstrap.erasing import Erasing
from assistant.bootstrap.intake import IntakeParts
from assistant.bootstrap.knowledge_source import KnowledgeSource
from assistant.bootstrap.operator_log import note_asking
from assistant.bootstrap.questions import QuestionParts, erase_fact
from assistant.bootstrap.stores import Stores
from assistant.channels.import_outcome import ImportOutcome
from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import Clock, system_clock, to_epoch_ms
from assistant.core.ids import CustomerId, new_id
from assistant.dialogue.responder import Responder
from assistant.dialogue.turn_handler import ObserveStage, TurnHandler
from assistant.dialogue.turns import Reply, Utterance
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.consent.published_purposes import publish_pack
from assistant.profile.consent.usable_history import UsableHistory
from assistant.profile.erasure.requests import Erasures
from assistant.profile.pack.loading import Pack, load_pack
from assistant.profile.receipts.issuing import Receipts
from assistant.profile.receipts.signing import SEED_NAME, DocumentSigner
from assistant.retrieval.embedder import Embedder
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_indexing import HistoryIndexer
from assistant.retrieval.history_reader import HistoryReader
from assistant.retrieval.indexing import IndexBuilder, IndexReport
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
        self._questions = QuestionParts.over(
            stores, on_erase=lambda *gone: erase_fact(self.erasures, stores.recorder, *gone)
        )
        self.facts = self._questions.facts
        self.ledger = ConsentLedger(
            pack=pack,
            consents=stores.consents,
            customers=stores.customers,
            on_no=self._questions.heeding(stores.recorder.record_no),
            on_category_unlawful=lambda c, unlawful: erase_unlawful(self.erasing, c, unlawful),
            on_use_changed=DerivedHistory.over(stores, pack).follow,
        )
        self.why_questions = self._questions.why_questions(
            stores, pack=pack, ledger=self.ledger, region=settings.region
        )
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
    def signer(self) -> DocumentSigner:
        """Signs receipts, with the one key that is published for it."""
        return DocumentSigner(seed=self.stores.vault.service_key(SEED_NAME))

    @cached_property
    def receipts(self) -> Receipts:
        """Makes customers' consent receipts."""
        stores = self.stores
        return Receipts(
            consents=stores.consents,
            published=stores.published,
            signer=self.signer,
            vault=stores.vault,
        )

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
            usable=UsableHistory(ledger=self.ledger, customers=self.stores.customers),
            clock=self.clock,
        )

    @cached_property
    def gate(self) -> ConsentGate:
        """The one place where grants are made."""
        return ConsentGate(
            pack=self.pack,
            ledger=self.ledger,
            customers=self.stores.customers,
            region=self.settings.region,
        )

    @cached_property
    def erasing(self) -> Erasing:
        """What asks for erasures and carries them out."""
        return Erasing.over(self.stores, pack=self.pack, settings=self.settings, clock=self.clock)

    @property
    def erasures(self) -> Erasures:
        """The requests for erasures."""
        return self.erasing.erasures

    @cached_property
    def responder(self) -> Responder:
        """What finds, decides and composes."""
        return make_responder(pack=self.pack, knowledge=self.knowledge, encoding=self.encoding)

    def turn_handler(self, observe_stage: ObserveStage = lambda _s, _t: None) -> TurnHandler:
        """Return the handler of turns, telling ``observe_stage`` what each stage took."""
        parts = ConversationParts(
            stores=self.stores,
            pack=self.pack,
            gate=self.gate,
            ledger=self.ledger,
            facts=self.facts,
            questions=self.why_questions,
            erasures=self.erasures,
        )
        return TurnHandler(
            database=self.stores.database,
            log=parts.log(self.history_reader),
            profile=parts.profile_turns(),
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
        reply = asyncio.run(self.turn_handler().handle(utterance))
        return note_asking(self.stores, actor, reply, at=self.clock())

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
    accept_lost_ledger: bool = False,
) -> Assistant:
    """Open pack and stores and return the assembled assistant.

    A database that was restored does first what the erasure ledger says.

    Raises:
        ConfigurationError: a setting, a file of the pack, a key, a database or the erasure ledger
            is not usable.
    """
    pack = load_pack(settings.knowledge)
    stores = Stores.open(settings)
    try:
        publish_pack(stores.database, pack, stores.published, at=clock())
        catching_up = CatchingUp.over(stores, pack=pack, settings=settings, clock=clock)
        catching_up.run(accept_lost_ledger=accept_lost_ledger)
    except BaseException:
        stores.close()
        raise
    return Assistant(
        settings=settings, pack=pack, stores=stores, clock=clock, open_model=open_model
    )
