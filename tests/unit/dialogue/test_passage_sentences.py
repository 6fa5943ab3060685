from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.dialogue_parts import passage

from assistant.core.ids import PassageId
from assistant.dialogue.evidence import KnowledgeEvidence
from assistant.dialogue.passage_sentences import choose_sentences
from assistant.retrieval.answer_sentences import AnswerSentence, QuestionTerms
from assistant.retrieval.knowledge_search import KnowledgeHits, PassageHit
from assistant.retrieval.passages import Passage

STEPS = ("Do this:", "1. Open it.", "2. Pack it.", "3. Send it.", "That is all.", "It is free.")


def evidence(
    passages: list[Passage], scores: list[list[float]], *, asks_way: bool = False
) -> KnowledgeEvidence:
    """Passages with a score for each of their sentences, best sentence first.

    The passage with the number 1 opens its document.
    """
    hits = tuple(
        PassageHit(p, row, 1.0 - row / 10, 0.5, 1.0, opens=p.passage_id.endswith("#1"))
        for row, p in enumerate(passages)
    )
    sentences = [
        AnswerSentence(hit, hit, number, passages[hit].sentence_texts[number], score, score, 0.5)
        for hit, row in enumerate(scores)
        for number, score in enumerate(row)
    ]
    sentences.sort(key=lambda sentence: sentence.score, reverse=True)
    question = QuestionTerms({}, asks_way=asks_way)
    found = KnowledgeHits(hits, question, np.zeros(2, np.float32))
    return KnowledgeEvidence(found, tuple(sentences), 0.9)


def texts(found: KnowledgeEvidence) -> list[str]:
    return [text for _, text in choose_sentences(found)]


def test_nothing_found_says_nothing() -> None:
    assert choose_sentences(evidence([], [])) == []


def test_best_sentence_is_said() -> None:
    found = evidence([passage("One.", "Two.", "Three.")], [[0.1, 0.9, 0.2]])

    assert texts(found) == ["Two."]


def test_sentences_that_fit_nearly_as_well_are_said_in_the_order_of_the_text() -> None:
    found = evidence([passage("One.", "Two.", "Three.")], [[0.8, 0.1, 0.9]])

    assert texts(found) == ["One.", "Three."]


def test_no_more_than_a_few_sentences_are_said() -> None:
    found = evidence([passage(*(f"Sentence {n}." for n in range(9)))], [[0.9] * 9])

    assert len(texts(found)) <= 4


def test_one_passage_is_told_at_a_time() -> None:
    found = evidence([passage("One."), passage("Two.", number=2, title="Other")], [[0.9], [0.89]])

    assert {p.passage_id for p, _ in choose_sentences(found)} == {"returns#1"}


def test_a_list_is_said_whole_with_the_line_that_opens_it() -> None:
    item = evidence([passage(*STEPS)], [[0.1, 0.1, 0.9, 0.1, 0.1, 0.1]])
    opening = evidence([passage(*STEPS)], [[0.9, 0.1, 0.1, 0.1, 0.1, 0.1]])

    assert texts(item) == list(STEPS[:4])
    assert texts(opening) == list(STEPS[:4])


def test_sentence_beside_a_list_does_not_draw_it_in() -> None:
    found = evidence([passage(*STEPS)], [[0.1, 0.1, 0.1, 0.1, 0.9, 0.1]])

    assert texts(found) == ["That is all."]


def test_main_fact_is_said_before_a_detail_that_fits_a_little_better() -> None:
    main, detail = passage("Main fact.", "More."), passage("Detail.", "Other.", number=3)

    near = evidence([detail, main], [[1.0, 0.1], [0.75, 0.1]])
    far = evidence([detail, main], [[1.0, 0.1], [0.5, 0.1]])

    assert texts(near) == ["Main fact.", "Detail."]
    assert texts(far) == ["Detail."]


def test_main_fact_stands_alone_where_no_detail_stands_out() -> None:
    found = evidence([passage("Detail.", number=3), passage("Main fact.")], [[0.9], [0.8]])

    assert texts(found) == ["Main fact."]


def test_how_to_is_answered_with_the_main_fact_and_the_steps() -> None:
    passages = [passage("Main fact."), passage("Detail.", number=2), passage(*STEPS, number=3)]
    scores = [[0.9], [0.5], [0.2] * len(STEPS)]

    assert texts(evidence(passages, scores, asks_way=True)) == ["Main fact.", *STEPS[:4]]
    assert texts(evidence(passages, scores)) == ["Main fact."]


def test_document_whose_best_passage_fits_better_decides_between_like_sentences() -> None:
    other = replace(passage("Other."), document_id="fees", passage_id=PassageId("fees#2"))
    found = evidence([passage("One.", number=2), other], [[0.9], [0.92]])

    assert texts(found) == ["One."]


@given(
    lines=st.lists(
        st.one_of(
            st.from_regex(r"[A-Z][a-z ]{1,20}[.:]", fullmatch=True),
            st.from_regex(r"- [a-z ]{1,20}", fullmatch=True),
            st.from_regex(r"[1-9]\. [a-z ]{1,20}", fullmatch=True),
        ),
        min_size=1,
        max_size=12,
        unique=True,
    ),
    data=st.data(),
)
def test_every_sentence_is_a_verbatim_span_and_every_list_is_complete(
    lines: list[str], data: st.DataObject
) -> None:
    scores = data.draw(st.lists(st.floats(0.01, 1.0), min_size=len(lines), max_size=len(lines)))
    only = passage(*lines)

    chosen = choose_sentences(evidence([only], [scores]))

    assert chosen
    numbers = _numbers(only, [text for _, text in chosen])
    assert all(text in only.sentence_texts for _, text in chosen)
    for number in numbers:
        for beside in (number - 1, number + 1):
            if _is_item(lines[number]) and 0 <= beside < len(lines) and _is_item(lines[beside]):
                assert beside in numbers or _length_of_list(lines, number) > 10


def _numbers(only: Passage, said: list[str]) -> list[int]:
    """Where the sentences stand; they come in the order of the text."""
    numbers: list[int] = []
    for text in said:
        start = numbers[-1] + 1 if numbers else 0
        numbers.append(next(n for n in range(start, len(only.sentences)) if _at(only, n) == text))
    return numbers


def _at(only: Passage, number: int) -> str:
    return only.sentence_texts[number]


def _is_item(line: str) -> bool:
    return line.startswith("- ") or line[1:3] == ". "


def _length_of_list(lines: list[str], number: int) -> int:
    first = last = number
    while first > 0 and _is_item(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and _is_item(lines[last + 1]):
        last += 1
    return last - first + 1
