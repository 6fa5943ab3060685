"""Which sentences of the passages found are said, and in which order.

The document comes first: the best sentence is one of a document whose best passage fits. What
stands beside it and fits nearly as well is said with it, in the order of the text; a list of steps
is said whole, for half a procedure helps nobody. Articles open with their main fact: where that
fits nearly as well as the best sentence, it is said before it.
"""

import re
from collections.abc import Sequence

from assistant.dialogue.evidence import KnowledgeEvidence
from assistant.retrieval.answer_sentences import AnswerSentence
from assistant.retrieval.passages import Passage

_MOST_SENTENCES = 3
_MOST_ITEMS = 10
_NEARLY = 0.7
"""Share of the best sentence's score from which another sentence of its passage is said too."""
_DOCUMENT_WEIGHT = 0.6
"""What the fused score of a document's best passage adds to each of its sentences."""
_OPENING_WEIGHT = 0.2
_OPENING_SENTENCES = 2
"""What is added to the first sentences of a document, which say what it is there for."""
_PASSAGES_FOR_STEPS = 2
"""Further passages of a document in which the steps of "how do I" are looked for."""
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s")
_STEP = re.compile(r"\s*\d{1,2}[.)]\s")


def choose_sentences(evidence: KnowledgeEvidence) -> list[tuple[Passage, str]]:
    """Return the spans to say, each with its passage; empty when nothing was found."""
    if not evidence.sentences:
        return []
    hits = evidence.found.hits
    best = _best(evidence)
    beside = [sentence for sentence in evidence.sentences if sentence.hit == best.hit]
    numbers = _with_lists(_chosen(best, beside), hits[best.hit].passage.sentence_texts)
    spans = [(best.hit, number) for number in sorted(numbers)]
    if hits[best.hit].opens:
        spans += _steps(evidence, best) if evidence.found.question.asks_way else []
    else:
        spans = _opening(evidence, best) + spans
    said = [(hits[hit].passage, number) for hit, number in spans]
    texts = [(passage, passage.sentence_texts[number]) for passage, number in said]
    return [(passage, text) for passage, text in texts if text.strip()]


def _best(evidence: KnowledgeEvidence) -> AnswerSentence:
    """Return the sentence that fits best, from a document that fits too."""
    hits = evidence.found.hits
    documents: dict[str, float] = {}
    for hit in hits:
        name = hit.passage.document_id
        documents[name] = max(documents.get(name, hit.score), hit.score)

    def worth(sentence: AnswerSentence) -> float:
        hit = hits[sentence.hit]
        opens = hit.opens and sentence.number < _OPENING_SENTENCES
        document = _DOCUMENT_WEIGHT * documents[hit.passage.document_id]
        return sentence.score + document + _OPENING_WEIGHT * opens

    return max(evidence.sentences, key=worth)


def _opening(evidence: KnowledgeEvidence, best: AnswerSentence) -> list[tuple[int, int]]:
    """Return the sentence with which the document of ``best`` opens, if it fits nearly as well."""
    for sentence in evidence.sentences:
        if evidence.found.hits[sentence.hit].opens and _same_document(evidence, sentence, best):
            fits = sentence.score >= _NEARLY * best.score
            return [(sentence.hit, sentence.number)] if fits else []
    return []


def _steps(evidence: KnowledgeEvidence, best: AnswerSentence) -> list[tuple[int, int]]:
    """Return the steps in one of the next passages of the document that ``best`` opens."""
    others = {
        sentence.hit
        for sentence in evidence.sentences
        if sentence.hit != best.hit and _same_document(evidence, sentence, best)
    }
    for hit in sorted(others)[:_PASSAGES_FOR_STEPS]:
        texts = evidence.found.hits[hit].passage.sentence_texts
        steps = [number for number, text in enumerate(texts) if _STEP.match(text)]
        if steps:
            return [(hit, number) for number in sorted(_with_lists({steps[0]}, texts))]
    return []


def _same_document(
    evidence: KnowledgeEvidence, sentence: AnswerSentence, other: AnswerSentence
) -> bool:
    passages = [evidence.found.hits[s.hit].passage for s in (sentence, other)]
    return passages[0].document_id == passages[1].document_id


def _chosen(best: AnswerSentence, rest: Sequence[AnswerSentence]) -> set[int]:
    """Return the numbers of the best sentence and of up to two that fit nearly as well."""
    fitting = [sentence.number for sentence in rest if sentence.score >= _NEARLY * best.score]
    return {best.number, *fitting[:_MOST_SENTENCES]}


def _with_lists(numbers: set[int], texts: Sequence[str]) -> set[int]:
    """Complete the list that a chosen item, or the sentence that opens it, belongs to."""
    found = set(numbers)
    for number in numbers:
        start = number if _is_item(texts[number]) else number + 1
        if start >= len(texts) or not _is_item(texts[start]):
            continue
        if start > number and not texts[number].rstrip().endswith(":"):
            continue
        first = _edge(texts, start, step=-1)
        last = min(_edge(texts, start, step=1), first + _MOST_ITEMS - 1)
        found |= set(range(first, last + 1))
        if first > 0 and texts[first - 1].rstrip().endswith(":"):
            found.add(first - 1)
    return found


def _edge(texts: Sequence[str], number: int, *, step: int) -> int:
    while 0 <= number + step < len(texts) and _is_item(texts[number + step]):
        number += step
    return number


def _is_item(text: str) -> bool:
    return _ITEM.match(text) is not None
