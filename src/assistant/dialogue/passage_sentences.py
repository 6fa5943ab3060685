"""Which sentences of the passages found are said, and in which order.

The best sentence decides the passage. What stands beside it and fits nearly as well is said with
it, in the order of the text; a list of steps is said whole, for half a procedure helps nobody.
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
_PASSAGE_WEIGHT = 0.3
_DOCUMENT_WEIGHT = 0.2
"""How much the fused score of a sentence's passage, and those of other passages of its document,
add to its own; chosen on the questions of the market pack (right article .55 without, .61 with)."""
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s")


def choose_sentences(evidence: KnowledgeEvidence) -> list[tuple[Passage, str]]:
    """Return the spans to say, each with its passage; empty when nothing was found."""
    if not evidence.sentences:
        return []
    best = _best(evidence)
    passage = evidence.found.hits[best.hit].passage
    texts = passage.sentence_texts
    rest = [sentence for sentence in evidence.sentences if sentence.hit == best.hit]
    numbers = _with_lists(_chosen(best, rest), texts)
    return [(passage, texts[number]) for number in sorted(numbers) if texts[number].strip()]


def _best(evidence: KnowledgeEvidence) -> AnswerSentence:
    """Return the sentence that fits best, from a passage and a document that fit too."""
    hits = evidence.found.hits
    documents: dict[str, float] = {}
    for hit in hits:
        name = hit.passage.document_id
        documents[name] = documents.get(name, 0.0) + max(hit.score, 0.0)

    def worth(sentence: AnswerSentence) -> float:
        hit = hits[sentence.hit]
        around = _DOCUMENT_WEIGHT * documents[hit.passage.document_id]
        return sentence.score + _PASSAGE_WEIGHT * (hit.score + around)

    return max(evidence.sentences, key=worth)


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
