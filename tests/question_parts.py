"""Why-questions, facts and erasures over a test's database, wired as bootstrap wires them."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from tests.fakes.erasure_ledger import InMemoryErasureLedger
from tests.profile_parts import Parts

from assistant.core.ids import ConversationId, CustomerId, new_id
from assistant.dialogue.asking import Asking
from assistant.dialogue.erased_replies import ReplyEraser
from assistant.dialogue.fact_access import FactAccess
from assistant.dialogue.phrases import load_phrases
from assistant.dialogue.profile_summary import ProfileReader, ProfileWords
from assistant.dialogue.profile_turns import ProfileTurns
from assistant.profile.consent.published_purposes import publish_pack
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.profile.erasure.ledger_recorder import LedgerRecorder
from assistant.profile.erasure.parts import ErasureParts
from assistant.profile.erasure.requests import Erasures
from assistant.profile.erasure.samples import SampleSeal
from assistant.profile.questions.cards import CardShown
from assistant.profile.questions.fact_views import FactView
from assistant.profile.questions.facts import Facts
from assistant.profile.questions.views import Confirming, Proposal, QuestionView
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.retrieval.history_trimming import HistoryTrimmer
from assistant.store.customer_blocks import CustomerBlocks
from assistant.store.engine import Connection
from assistant.store.erasing import RowEraser
from assistant.store.erasures import Erasure, ErasureRepository
from assistant.store.facts import FactRepository
from assistant.store.handoffs import HandoffRepository
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.store.ledger_customers import LedgerCustomers
from assistant.store.ledger_marks import LedgerMarkRepository
from assistant.store.own_counts import OwnCounts
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.store.stored_replies import StoredReplies
from assistant.store.uses import UseRepository
from assistant.store.why_questions import QuestionRepository


@dataclass
class QuestionDesk:
    """Everything about questions and one's own data that a conversation needs."""

    parts: Parts
    ledger: InMemoryErasureLedger = field(default_factory=InMemoryErasureLedger)

    def __post_init__(self) -> None:
        """Publish the pack, without which no card may be shown."""
        publish_pack(
            self.parts.database,
            self.parts.pack,
            PublishedPurposeRepository(),
            at=self.parts.clock(),
        )

    @cached_property
    def facts(self) -> Facts:
        return Facts(
            facts=FactRepository(vault=self.parts.vault),
            questions=QuestionRepository(vault=self.parts.vault),
            customers=self.parts.customers,
            uses=UseRepository(),
        )

    @cached_property
    def questions(self) -> WhyQuestions:
        return WhyQuestions(
            pack=self.parts.pack,
            questions=QuestionRepository(vault=self.parts.vault),
            facts=self.facts,
            ledger=self.parts.ledger,
            customers=self.parts.customers,
            uses=UseRepository(),
            region="EU",
        )

    @cached_property
    def erasures(self) -> Erasures:
        vault, rows = self.parts.vault, RowEraser()
        recorder = LedgerRecorder(
            ledger=self.ledger,
            hashes=LedgerHashes(vault),
            marks=LedgerMarkRepository(),
            customers=LedgerCustomers(),
            backup_life=timedelta(days=35),
        )
        parts = ErasureParts(
            erasures=ErasureRepository(),
            customers=self.parts.customers,
            rows=rows,
            blocks=CustomerBlocks(),
            samples=SampleSeal(vault),
            histories=HistoryTrimmer(blocks=HistoryBlockRepository(vault=vault), rows=rows),
            replies=ReplyEraser(replies=StoredReplies(vault=vault)),
        )
        return Erasures(
            parts=parts, categories=self.parts.pack.categories, recorder=recorder, vault=vault
        )

    def asking(self) -> Asking:
        return Asking(
            catalogue=self.parts.pack.questions,
            questions=self.questions,
            handoffs=HandoffRepository(),
        )

    def fact_access(self) -> FactAccess:
        return FactAccess(
            gate=self.parts.gate, facts=self.facts, catalogue=self.parts.pack.questions
        )

    def profile_turns(self) -> ProfileTurns:
        return ProfileTurns(
            pack=self.parts.pack,
            ledger=self.parts.ledger,
            reader=ProfileReader(counts=OwnCounts()),
            words=ProfileWords(phrases=load_phrases("profile.en", {}), pack=self.parts.pack),
            questions=self.questions,
            erasures=self.erasures,
        )

    def open_question(
        self, customer_id: CustomerId, conversation: ConversationId
    ) -> QuestionView | None:
        """What is open in a conversation."""
        return self.parts.database.read_now(
            lambda c: self.questions.find_open(
                c, customer_id, conversation, lang="en", now=self.parts.clock()
            )
        )

    def all_questions(self, customer_id: CustomerId) -> list[QuestionView]:
        return list(
            self.parts.database.read_now(
                lambda c: self.questions.list_questions(
                    c, customer_id, lang="en", now=self.parts.clock()
                )
            )
        )

    def list_erasures(self, customer_id: CustomerId) -> list[Erasure]:
        return list(
            self.parts.database.read_now(lambda c: self.erasures.list_erasures(c, customer_id))
        )

    def store_fact(self, customer_id: CustomerId, words: str) -> FactView:
        """Take a volunteered reason through every step of the protocol."""
        at = self.parts.clock()

        def work(c: Connection) -> FactView:
            asked = self.questions
            view = asked.propose(c, customer_id, Proposal("volunteered", at, "en", words=words))
            assert view is not None
            card = view.card
            shown = CardShown(card.version, card.text_sha256, card.lang, "chat")
            asked.disclose(c, customer_id, view.question_id, shown, at=at)
            asked.ask(c, customer_id, view.question_id, lang="en", at=at)
            return asked.confirm(c, customer_id, view.question_id, words, Confirming(at, "chat"))

        return self.parts.database.write_now(work)

    def decline(self, customer_id: CustomerId, question_id: str) -> None:
        at = self.parts.clock()
        self.parts.database.write_now(
            lambda c: self.questions.decline(c, customer_id, question_id, at=at)
        )

    @staticmethod
    def new_conversation() -> ConversationId:
        return ConversationId(new_id())
