from datetime import UTC, datetime, timedelta

import numpy as np
from tests.fakes.embedder import HashingEmbedder

from assistant.retrieval.conversation_ranking import (
    IndexedTurns,
    SpokenTurn,
    index_turns,
    rank_turns,
    speaker_margin,
    turn_texts,
    window_texts,
)

EMBEDDER = HashingEmbedder()
START = datetime(2024, 3, 1, 15, 5, tzinfo=UTC)
SAID = [
    (0, "Wren", "I took up pottery"),
    (0, "Alder", "How nice"),
    (1, "Alder", "I painted the boat"),
    (1, "Wren", "It was the green one, yes"),
    (2, "Wren", "The weather is fine"),
]
TURNS = [
    SpokenTurn(f"t{i}", speaker, text, START + timedelta(days=30 * session), session)
    for i, (session, speaker, text) in enumerate(SAID)
]


def _indexed() -> IndexedTurns:
    own = EMBEDDER.encode(turn_texts(TURNS))
    return index_turns(TURNS, own, EMBEDDER.encode(window_texts(TURNS)))


def _best(question: str) -> str:
    vector = EMBEDDER.encode([question])[0]
    scores = rank_turns(_indexed(), question, vector, TURNS[-1].at)
    return TURNS[int(np.argmax(scores))].turn_id


def test_turn_text_names_date_and_speaker() -> None:
    assert turn_texts(TURNS)[0] == "3:05 pm on 1 March, 2024 Wren: I took up pottery"


def test_window_ends_with_its_session() -> None:
    windows = window_texts(TURNS)

    assert windows[1] == "Wren: I took up pottery\nAlder: How nice"
    assert windows[4] == "Wren: The weather is fine"


def test_turn_with_the_words_is_found() -> None:
    assert _best("who painted the boat?") == "t2"


def test_named_speaker_gains() -> None:
    assert _best("What did Wren say of the boat?") == "t3"


def test_margin_is_negative_when_the_other_said_it() -> None:
    def margin(question: str) -> float:
        return speaker_margin(_indexed(), question, EMBEDDER.encode([question])[0])

    assert margin("When did Wren paint the boat?") < 0 < margin("When did Alder paint the boat?")
    assert margin("When was the boat painted?") == 0.0
