"""The cases that the calibration is fitted on: features, and whether an answer was there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.core.errors import ConfigurationError
from assistant.evaluation.knowledge_asking import KnowledgeAsking, KnowledgeQuestion
from assistant.evaluation.knowledge_sets import read_generic, read_pack
from assistant.evaluation.multi_turn_set import MultiTurnQuestion, read_multi_turn
from assistant.retrieval.calibration import AnswerFeatures
from assistant.retrieval.documents.document import Document
from assistant.retrieval.encoding import EncodingService


@dataclass(frozen=True, slots=True)
class CalibrationCase:
    """One question as it was searched.

    ``removed`` marks a question whose answer was there and was hidden: harder than what people ask
    that nothing answers, because everything near the answer is still there.
    """

    features: AnswerFeatures
    answerable: bool
    removed: bool = False


def calibration_cases(folder: Path, encoding: EncodingService) -> list[CalibrationCase]:
    """Return the cases of a set whose licence permits training.

    Raises:
        ConfigurationError: the folder is not of such a layout.
    """
    if (folder / "turns.jsonl").exists():
        documents, turns = read_multi_turn(folder)
        asking = KnowledgeAsking(documents, encoding=encoding)
        return list(_labelled(asking, turns))
    if (folder / "pack.yaml").exists():
        return list(_with_and_without(*read_pack(folder), encoding=encoding))
    if (folder / "questions.jsonl").exists():
        return list(_with_and_without(*read_generic(folder), encoding=encoding))
    raise ConfigurationError(f"nothing can be learned from {str(folder)!r}")


def _labelled(asking: KnowledgeAsking, turns: list[MultiTurnQuestion]) -> Iterator[CalibrationCase]:
    for turn in turns:
        if turn.answerable is not None:
            yield CalibrationCase(asking.ask(turn.question).features, turn.answerable)


def _with_and_without(
    documents: list[Document], questions: list[KnowledgeQuestion], *, encoding: EncodingService
) -> Iterator[CalibrationCase]:
    """Yield each question with its gold and with the gold removed, and those without any."""
    asking = KnowledgeAsking(documents, encoding=encoding)
    for question in questions:
        yield CalibrationCase(asking.ask(question).features, bool(question.relevant))
        if question.relevant:
            hidden = frozenset(question.relevant)
            yield CalibrationCase(
                asking.ask(question, hidden=hidden).features, answerable=False, removed=True
            )
