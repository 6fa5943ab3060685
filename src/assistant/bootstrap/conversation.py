"""Joins what a turn writes and reads beside its answer: the log, facts, questions, requests."""

from dataclasses import dataclass

from assistant.bootstrap.stores import Stores
from assistant.dialogue.asking import Asking
from assistant.dialogue.conversation_log import ConversationLog
from assistant.dialogue.fact_access import FactAccess
from assistant.dialogue.history_access import HistoryAccess
from assistant.dialogue.phrases import load_phrases
from assistant.dialogue.profile_summary import ProfileReader, ProfileWords
from assistant.dialogue.profile_turns import ProfileTurns
from assistant.dialogue.responder import Responder, encode_examples
from assistant.dialogue.use_notes import UseNotes
from assistant.profile.consent.gate import ConsentGate
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.erasure.requests import Erasures
from assistant.profile.pack.loading import Pack
from assistant.profile.questions.facts import Facts
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.calibration import answer_features, packaged_calibration
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.history_reader import HistoryReader
from assistant.retrieval.knowledge_search import KnowledgeHits
from assistant.retrieval.knowledge_store import KnowledgeStore
from assistant.store.own_counts import OwnCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationParts:
    """What conversations need of profile and store."""

    stores: Stores
    pack: Pack
    gate: ConsentGate
    ledger: ConsentLedger
    facts: Facts
    questions: WhyQuestions
    erasures: Erasures

    def log(self, reader: HistoryReader) -> ConversationLog:
        """Return the turn's two meetings with the database."""
        stores, catalogue = self.stores, self.pack.questions
        return ConversationLog(
            conversations=stores.conversations,
            feedback=stores.feedback,
            handoffs=stores.handoffs,
            notes=UseNotes(uses=stores.uses, access_log=stores.access_log),
            history=HistoryAccess(pack=self.pack, gate=self.gate, reader=reader),
            facts=FactAccess(gate=self.gate, facts=self.facts, catalogue=catalogue),
            asking=Asking(catalogue=catalogue, questions=self.questions, handoffs=stores.handoffs),
        )

    def profile_turns(self) -> ProfileTurns:
        """Return what carries out requests about one's own data."""
        words = ProfileWords(phrases=load_phrases("profile.en", {}), pack=self.pack)
        return ProfileTurns(
            pack=self.pack,
            ledger=self.ledger,
            reader=ProfileReader(counts=OwnCounts()),
            words=words,
            questions=self.questions,
            erasures=self.erasures,
        )


def make_responder(
    *, pack: Pack, knowledge: KnowledgeStore, encoding: EncodingService
) -> Responder:
    """Return what finds, decides and composes, with the examples encoded."""
    contact = pack.contact
    names = {
        "assistant": pack.assistant_name,
        "shop": pack.name,
        "hours": contact.hours,
        "contact": contact.email,
    }
    return Responder(
        pack=pack,
        phrases=load_phrases("en", names),
        knowledge=knowledge,
        probability=_probability,
        threshold=packaged_calibration().threshold,
        examples=encode_examples(encoding.encode_now),
    )


def _probability(
    question: str, found: KnowledgeHits, sentences: tuple[AnswerSentence, ...]
) -> float:
    return packaged_calibration().probability(answer_features(question, found, sentences))
