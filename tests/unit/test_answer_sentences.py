import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.embedder import HashingEmbedder

from assistant.retrieval.answer_sentences import (
    Candidate,
    QuestionTerms,
    rank_sentences,
    wants_number,
)
from assistant.retrieval.clauses import split_clauses
from assistant.retrieval.embedder import Vectors
from assistant.retrieval.terms import terms

EMBEDDER = HashingEmbedder()
TEXTS = (
    "Descaling keeps the kettle fast.",
    "Fill it with one litre of vinegar and wait.",
    "Rinse it twice.",
    "We are open on Sundays.",
)


def _candidate(
    texts: tuple[str, ...] = TEXTS, score: float = 0.0, row: int = 0, hit: int = 0
) -> Candidate:
    return Candidate(hit=hit, row=row, score=score, texts=texts, vectors=EMBEDDER.encode(texts))


def _best(question: str, *candidates: Candidate) -> str:
    weights = dict.fromkeys(terms(question), 1.0)
    asked = QuestionTerms(weights, wants_number(question))
    return rank_sentences(candidates, asked, EMBEDDER.encode([question])[0])[0].text


def test_sentence_that_says_what_is_asked_comes_first() -> None:
    assert _best("which vinegar do I fill it with?", _candidate()) == TEXTS[1]


def test_every_sentence_of_every_passage_competes() -> None:
    other = _candidate(("The vinegar is white.",), row=7, hit=1)
    found = rank_sentences(
        [_candidate(), other], QuestionTerms({"vinegar": 1.0}), EMBEDDER.encode(["vinegar"])[0]
    )

    assert len(found) == 5
    assert {(sentence.hit, sentence.row) for sentence in found} == {(0, 0), (1, 7)}
    assert all(found[i].score >= found[i + 1].score for i in range(4))


def test_better_passage_decides_between_equal_sentences() -> None:
    low, high = _candidate(("Wait an hour.",), 0.1, 1), _candidate(("Wait an hour.",), 2.0, 2)
    asked = QuestionTerms({"wait": 1.0})

    found = rank_sentences([low, high], asked, EMBEDDER.encode(["wait"])[0])

    assert found[0].row == 2


def _random_candidates(seed: int) -> list[Candidate]:
    random = np.random.default_rng(seed)
    words = ("kettle", "vinegar", "filter", "three", "7", "open", "rinse")
    return [
        _candidate(
            tuple(" ".join(random.choice(words, 3)) for _ in range(random.integers(0, 5))),
            float(random.normal()),
            row,
            row,
        )
        for row in range(random.integers(1, 6))
    ]


def _expected_score(
    candidate: Candidate, number: int, asked: QuestionTerms, vector: Vectors
) -> float:
    held = [asked.coverage(frozenset(terms(text))) for text in candidate.texts]
    beside = held[max(number - 1, 0) : number] + held[number + 1 : number + 2]
    counts = any(word in candidate.texts[number] for word in ("three", "7"))
    return (
        float(candidate.vectors[number] @ vector)
        + held[number]
        + 0.1 * sum(beside) / 2
        + 0.1 * candidate.score
        + 0.02 * (number == 0)
        + 0.1 * (asked.asks_number and counts)
    )


@given(seed=st.integers(0, 10_000))
def test_passages_scored_together_score_as_each_sentence_does_alone(seed: int) -> None:
    candidates = _random_candidates(seed)
    asked = QuestionTerms({"kettl": 2.0, "vinegar": 0.7, "rins": 0.4}, asks_number=seed % 2 == 0)
    vector = EMBEDDER.encode(["kettle filter"])[0]

    found = rank_sentences(candidates, asked, vector)

    assert len(found) == sum(len(candidate.texts) for candidate in candidates)
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
    for sentence in found:
        candidate = candidates[sentence.hit]
        expected = _expected_score(candidate, sentence.number, asked, vector)
        assert sentence.score == pytest.approx(expected, abs=1e-5)
        assert sentence.text == candidate.texts[sentence.number]


def test_number_is_preferred_where_one_is_asked_for() -> None:
    texts = ("The tank holds plenty of water.", "The tank holds 3 l of water.")

    assert _best("how much water does the tank hold?", _candidate(texts)) == texts[1]


def test_coverage_is_the_weighted_part_of_the_question() -> None:
    asked = QuestionTerms({"vinegar": 3.0, "kettl": 1.0})

    assert asked.coverage(frozenset(["vinegar"])) == 0.75
    assert QuestionTerms({}).coverage(frozenset(["vinegar"])) == 0.0


def test_passage_without_sentences_is_passed_over() -> None:
    empty = Candidate(hit=0, row=1, score=0, texts=(), vectors=np.zeros((0, 64), np.float32))

    assert rank_sentences([empty], QuestionTerms({}), EMBEDDER.encode(["x"])[0]) == ()


@pytest.mark.parametrize(
    ("question", "expected"),
    [("How much is it?", True), ("When do you open?", True), ("Can I return it?", False)],
)
def test_questions_for_numbers_are_known(question: str, expected: bool) -> None:  # noqa: FBT001
    assert wants_number(question) is expected


def test_short_question_stays_whole_and_long_request_is_cut() -> None:
    long = "I bought a kettle last month and it leaks from the spout. Please refund me. " * 3

    assert split_clauses("Where is my order? It is late.") == []
    assert split_clauses(long)[:2] == [
        "I bought a kettle last month and it leaks from the spout.",
        "Please refund me.",
    ]
