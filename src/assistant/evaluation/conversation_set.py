"""Long conversations over months: which turns hold what a question asks for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.files import read_json
from assistant.evaluation.measures import auroc, recall_at, reciprocal_rank
from assistant.evaluation.results import Ranking, SetResult
from assistant.retrieval.conversation_ranking import (
    IndexedTurns,
    SpokenTurn,
    index_turns,
    rank_turns,
    speaker_margin,
    turn_texts,
    window_texts,
)
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.fusion import ranked

_OTHER_PERSON = 5
"""The category of questions that ask one person about a fact of the other."""

_KEPT = 50


def measure_conversations(folder: Path, encoding: EncodingService) -> SetResult:
    """Measure every JSON file {id, speakers, sessions, questions} of a folder."""
    result = SetResult(folder.name)
    found: list[tuple[tuple[str, ...], list[str]]] = []
    margins: dict[bool, list[float]] = {True: [], False: []}
    for path in sorted(folder.glob("*.json")):
        conversation = read_json(path)
        indexed = _index(conversation, encoding)
        for number, question in enumerate(conversation["questions"]):
            vector = encoding.encode_now([question["question"]])[0]
            order, margin = _rank(indexed, question["question"], vector)
            id_ = f"{conversation['id']}/{number}"
            result.rankings.append(Ranking(folder.name, id_, order[:_KEPT], round(margin, 6)))
            category = question.get("category")
            gold = [turn for turn in question.get("evidence") or () if turn in order]
            if category is not None:
                margins[category != _OTHER_PERSON].append(margin)
            if gold and category in {1, 2, 3, 4}:
                found.append((order, gold))
    for k in (5, 10, 20):
        result.add(f"R@{k}", [recall_at(order, gold, k) for order, gold in found])
    result.add("MRR", [reciprocal_rank(order, gold) for order, gold in found])
    count = len(margins[True]) + len(margins[False])
    result.add_value("other person AUROC", auroc(margins[True], margins[False]), count)
    return result


def _rank(
    indexed: IndexedTurns, question: str, vector: NDArray[np.float32]
) -> tuple[tuple[str, ...], float]:
    now = max(turn.at for turn in indexed.turns)
    scores = rank_turns(indexed, question, vector, now)
    order = tuple(indexed.turns[row].turn_id for row in ranked(scores))
    return order, speaker_margin(indexed, question, vector)


def _index(conversation: Mapping[str, Any], encoding: EncodingService) -> IndexedTurns:
    turns = [
        SpokenTurn(
            turn_id=turn["id"],
            speaker=turn["speaker"],
            text=_text(turn),
            at=_moment(session["date_time"]),
            session=number,
        )
        for number, session in enumerate(conversation["sessions"])
        for turn in session["turns"]
    ]
    own = encoding.encode_now(turn_texts(turns))
    return index_turns(turns, own, encoding.encode_now(window_texts(turns)))


def _text(turn: Mapping[str, Any]) -> str:
    caption = turn.get("caption")
    return f"{turn['text']} [{caption}]" if caption else str(turn["text"])


def _moment(text: str) -> datetime:
    """Return the time of a session, written as "1:56 pm on 8 May, 2023" or as ISO 8601."""
    try:
        return datetime.strptime(text.strip().upper(), "%I:%M %p ON %d %B, %Y").replace(tzinfo=UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
