"""Paragraphs, questions and answer spans (XQuAD): is the answer's sentence the one given?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.evaluation.files import read_json
from assistant.evaluation.knowledge_asking import KnowledgeAsking, KnowledgeQuestion
from assistant.evaluation.measures import auroc
from assistant.evaluation.results import Ranking, SetResult
from assistant.retrieval.documents.document import Document, Section
from assistant.retrieval.encoding import EncodingService


def measure_xquad(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure answer sentences: the one given must hold the answer's span."""
    paragraphs = list(_paragraphs(read_json(folder / "en.json")))
    documents = [Document(id_, title, (Section((), p["context"]),)) for id_, title, p in paragraphs]
    asking = KnowledgeAsking(documents, encoding=encoding)
    result = SetResult(folder.name)
    firsts, thirds, with_gold, without = _lists(4)
    for id_, paragraph, qa in ((i, p, qa) for i, _, p in paragraphs for qa in p["qas"]):
        question = KnowledgeQuestion(qa["id"], qa["question"])
        asked = asking.ask(question)
        answer = asked.sentences[0].text if asked.sentences else ""
        score = round(asked.probability, 6)
        result.rankings.append(Ranking(folder.name, qa["id"], asked.documents[:20], score, answer))
        if not qa.get("answers"):
            continue
        right = [
            asked.hits.hits[sentence.hit].passage.document_id == id_
            and _holds(sentence.text, qa["answers"], paragraph["context"])
            for sentence in asked.sentences[:3]
        ]
        firsts.append(float(any(right[:1])))
        thirds.append(float(any(right)))
        with_gold.append(asked.probability)
        without.append(asking.ask(question, hidden=frozenset((id_,))).probability)
    result.add("sentence hit@1", firsts)
    result.add("sentence hit@3", thirds)
    result.add_value("abstain AUROC", auroc(with_gold, without), len(with_gold) + len(without))
    return result


def _holds(sentence: str, answers: Sequence[Mapping[str, Any]], context: str) -> bool:
    """Return whether a sentence of ``context`` covers the beginning of an answer's span."""
    at = context.find(sentence)
    return any(at <= answer["answer_start"] < at + len(sentence) for answer in answers)


def _paragraphs(content: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for number, article in enumerate(content["data"]):
        title = re.sub(r"[_\s]+", " ", article.get("title") or "")
        for place, paragraph in enumerate(article["paragraphs"]):
            yield f"{number}-{place}", title, paragraph


def _lists(count: int) -> list[list[float]]:
    return [[] for _ in range(count)]
