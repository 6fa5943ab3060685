"""Asking an index of a set's documents exactly as a turn does."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.evaluation.measures import auroc, hit_at, ndcg_at, recall_at, reciprocal_rank
from assistant.evaluation.results import Ranking, SetResult
from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.calibration import AnswerFeatures, answer_features, packaged_calibration
from assistant.retrieval.clauses import split_clauses
from assistant.retrieval.documents.document import Document
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.indexing import index_documents
from assistant.retrieval.knowledge_search import (
    KnowledgeHits,
    KnowledgeQuery,
    KnowledgeSearch,
    documents_of,
)

DEPTH = 100
"""Passages asked for, so that enough documents are among them."""


@dataclass(frozen=True, slots=True)
class KnowledgeQuestion:
    """A question of a set; ``relevant`` is None where the gold is absent, empty for "abstain"."""

    id: str
    text: str
    relevant: tuple[str, ...] | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a turn would have to answer with."""

    documents: tuple[str, ...]
    features: AnswerFeatures
    probability: float
    sentences: tuple[AnswerSentence, ...]
    hits: KnowledgeHits


class KnowledgeAsking:
    """An index in memory of a set's documents."""

    def __init__(self, documents: Sequence[Document], *, encoding: EncodingService) -> None:
        """Index ``documents``."""
        self._encoding = encoding
        self._search = KnowledgeSearch(index=index_documents(documents, encoding=encoding))

    def ask(self, question: KnowledgeQuestion, *, hidden: frozenset[str] = frozenset()) -> Asked:
        """Search for ``question`` as if the documents ``hidden`` did not exist."""
        previous = question.previous
        clauses = split_clauses(question.text)
        query = KnowledgeQuery(
            text=question.text,
            vector=self._encoding.encode_now([question.text])[0],
            previous_text=previous,
            previous_vector=self._encoding.encode_now([previous])[0] if previous else None,
            clause_vectors=self._encoding.encode_now(clauses) if clauses else None,
            hidden=hidden,
        )
        found = self._search.search(query, k=DEPTH)
        sentences = self._search.answer_sentences(found)
        features = answer_features(question.text, found, sentences)
        probability = packaged_calibration().probability(features)
        return Asked(tuple(documents_of(found.hits)), features, probability, sentences, found)


_RECALLS = (1, 3, 5, 10, 20)


def measure_knowledge(
    name: str,
    documents: Sequence[Document],
    questions: Sequence[KnowledgeQuestion],
    *,
    encoding: EncodingService,
) -> SetResult:
    """Measure a set of documents and questions: finding them, and abstaining without them."""
    asking = KnowledgeAsking(documents, encoding=encoding)
    result = SetResult(name)
    found = [(question, asking.ask(question)) for question in questions]
    result.rankings = [
        Ranking(name, question.id, asked.documents[:DEPTH], round(asked.probability, 6))
        for question, asked in found
    ]
    known = [(asked.documents, q.relevant) for q, asked in found if q.relevant]
    for k in _RECALLS:
        result.add(f"R@{k}", [recall_at(ranked, gold, k) for ranked, gold in known])
    result.add("hit@10", [hit_at(ranked, gold, 10) for ranked, gold in known])
    result.add("MRR@10", [reciprocal_rank(ranked, gold, 10) for ranked, gold in known])
    result.add("nDCG@10", [ndcg_at(ranked, gold, 10) for ranked, gold in known])
    answerable = [asked.probability for q, asked in found if q.relevant]
    without = [
        asking.ask(q, hidden=frozenset(q.relevant)).probability if q.relevant else asked.probability
        for q, asked in found
        if q.relevant is not None
    ]
    result.add_value("abstain AUROC", auroc(answerable, without), len(answerable) + len(without))
    return result
