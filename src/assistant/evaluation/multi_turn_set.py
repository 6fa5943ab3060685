"""Questions of several turns over passages, some of which nothing answers (MTRAG)."""

from dataclasses import dataclass
from pathlib import Path

from assistant.evaluation.files import gold_of, read_lines
from assistant.evaluation.knowledge_asking import KnowledgeAsking, KnowledgeQuestion
from assistant.evaluation.measures import auroc, ndcg_at, recall_at
from assistant.evaluation.results import Ranking, SetResult
from assistant.retrieval.documents.document import Document, Section
from assistant.retrieval.encoding import EncodingService


@dataclass(frozen=True, slots=True)
class MultiTurnQuestion:
    """A question with the turn before it; ``answerable`` is None where that cannot be said."""

    question: KnowledgeQuestion
    label: str | None

    @property
    def answerable(self) -> bool | None:
        """Whether the passages answer it, at least in part; None if unlabelled or unclear."""
        return {"ANSWERABLE": True, "PARTIAL": True, "UNANSWERABLE": False}.get(self.label or "")


def read_multi_turn(folder: Path) -> tuple[list[Document], list[MultiTurnQuestion]]:
    """Read ``passages.jsonl`` and ``turns.jsonl``; a question is the last two user turns."""
    documents = [
        Document(row["id"], row.get("title") or "", (Section((), row["text"]),))
        for row in read_lines(folder / "passages.jsonl")
    ]
    turns = []
    for row in read_lines(folder / "turns.jsonl"):
        said = [turn["text"] for turn in row["input"] if turn["speaker"] == "user"]
        previous = said[-2] if len(said) > 1 else None
        question = KnowledgeQuestion(row["id"], said[-1], gold_of(row, "relevant"), previous)
        turns.append(MultiTurnQuestion(question, row.get("answerability")))
    return documents, turns


def measure_mtrag(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure questions of several turns over passages.

    Passages are scored for questions that can be answered at least in part, as MTRAG does; those
    over all questions with passages (an underspecified one wants a question back) stand beside.
    """
    documents, turns = read_multi_turn(folder)
    asking = KnowledgeAsking(documents, encoding=encoding)
    result = SetResult(folder.name)
    asked = [(turn, asking.ask(turn.question)) for turn in turns]
    result.rankings = [
        Ranking(folder.name, turn.question.id, found.documents, round(found.probability, 6))
        for turn, found in asked
    ]
    every = [(t, f.documents, t.question.relevant) for t, f in asked if t.question.relevant]
    clear = [(ranked, gold) for t, ranked, gold in every if t.label != "UNDERSPECIFIED"]
    result.add("R@5", [recall_at(ranked, gold, 5) for ranked, gold in clear])
    result.add("nDCG@10", [ndcg_at(ranked, gold, 10) for ranked, gold in clear])
    result.add("R@5 with underspecified", [recall_at(r, gold, 5) for _, r, gold in every])
    yes = [found.probability for turn, found in asked if turn.answerable is True]
    no = [found.probability for turn, found in asked if turn.answerable is False]
    result.add_value("answerable AUROC", auroc(yes, no), len(yes) + len(no))
    return result
