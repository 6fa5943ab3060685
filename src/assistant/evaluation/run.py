"""Recognises each folder's layout, measures it, prints the table and writes the files."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from assistant.core.errors import ConfigurationError
from assistant.evaluation.conversation_set import measure_conversations
from assistant.evaluation.files import read_json
from assistant.evaluation.knowledge_sets import (
    measure_banking,
    measure_generic,
    measure_markdown_faq,
    measure_pack,
)
from assistant.evaluation.multi_turn_set import measure_mtrag
from assistant.evaluation.results import Measure, SetResult
from assistant.evaluation.retail_set import measure_retail
from assistant.evaluation.span_set import measure_xquad
from assistant.retrieval.encoding import EncodingService

MeasureSet = Callable[[Path, EncodingService], SetResult]


def run_evaluation(
    folders: Sequence[Path],
    *,
    encoding: EncodingService,
    console: Console,
    json_path: Path | None = None,
    rankings_path: Path | None = None,
) -> list[Measure]:
    """Measure ``folders``, print each set when it is done, write what paths are given for.

    Raises:
        ConfigurationError: a folder has no layout that is known; nothing was measured then.
    """
    recognised = [(folder, recognise(folder)) for folder in folders]
    results = []
    for folder, measure in recognised:
        with console.status(f"measuring {folder.name}"):
            result = measure(folder, encoding)
        results.append(result)
        _print(console, result)
    measures = [measure for result in results for measure in result.measures]
    if json_path is not None:
        content = [asdict(measure) for measure in measures]
        json_path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    if rankings_path is not None:
        with rankings_path.open("wb") as lines:
            for ranking in (ranking for result in results for ranking in result.rankings):
                lines.write(orjson.dumps(ranking.as_json()) + b"\n")
    return measures


def recognise(folder: Path) -> MeasureSet:
    """Return what measures a folder of this layout.

    Raises:
        ConfigurationError: it is no folder, or nothing in it is known.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"there is no folder {str(folder)!r}")
    for needed, measure in _LAYOUTS:
        if all(any(folder.glob(pattern)) for pattern in needed):
            return measure
    if _is_conversations(folder):
        return measure_conversations
    raise ConfigurationError(
        f"{str(folder)!r} has no known layout: a set of questions has documents.jsonl and "
        "questions.jsonl, conversations are JSON files with sessions and questions"
    )


def _not_yet(folder: Path, encoding: EncodingService) -> SetResult:
    del encoding
    return SetResult(folder.name, note="recognised, not measured by this version yet")


_LAYOUTS: tuple[tuple[tuple[str, ...], MeasureSet], ...] = (
    (("documents.jsonl", "questions.jsonl"), measure_generic),
    (("users.json", "orders.json", "policy.md", "tasks.jsonl"), measure_retail),
    (("documents.jsonl", "tasks.jsonl"), measure_banking),
    (("passages.jsonl", "turns.jsonl"), measure_mtrag),
    (("en.json",), measure_xquad),
    (("pack.yaml", "tests/questions_*.yaml"), measure_pack),
    (("FAQ/*.md",), measure_markdown_faq),
    (("dialogues.jsonl.gz", "jobs"), _not_yet),
    (("train_val.json",), _not_yet),
    (("v1_train_*",), _not_yet),
    (("train.csv",), _not_yet),
)
"""Names that a layout needs, the more telling first."""


def _is_conversations(folder: Path) -> bool:
    first = next(iter(sorted(folder.glob("*.json"))), None)
    content = read_json(first) if first else None
    return isinstance(content, dict) and {"sessions", "questions"} <= content.keys()


def _print(console: Console, result: SetResult) -> None:
    if result.note:
        console.print(f"[bold]{result.name}[/bold]: {result.note}")
        return
    if not result.measures:
        console.print(
            f"[bold]{result.name}[/bold]: {len(result.rankings)} questions ranked; nothing to "
            "measure, the expected answers are absent"
        )
        return
    table = Table(title=result.name, title_justify="left")
    table.add_column("measure")
    table.add_column("value", justify="right")
    table.add_column("questions", justify="right")
    for measure in result.measures:
        value = (
            str(int(measure.value)) if measure.measure == "foreign rows" else f"{measure.value:.3f}"
        )
        table.add_row(measure.measure, value, str(measure.n))
    console.print(table)
