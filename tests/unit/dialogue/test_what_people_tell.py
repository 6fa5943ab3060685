"""What people ask of their own data, and the reasons they mention, are told from shop talk.

The cases are wordings that are no examples of the code. Forms and thresholds were chosen on the
part ``chosen_on``; the part ``held_out`` is measured here and changes nothing.
"""

from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
import yaml
from tests.profile_parts import MARKET

from assistant.dialogue.example_vectors import ExampleVectors, read_examples
from assistant.dialogue.profile_requests import _possible_kinds, match_request, plain_text
from assistant.dialogue.volunteered_reasons import find_reason, gives_reason, sentences_of
from assistant.retrieval.embedder import Embedder

pytestmark = pytest.mark.model
CASES = Path(__file__).with_name("cases")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    from assistant.adapters.model_files import find_model  # noqa: PLC0415  # only where asked for
    from assistant.adapters.sentence_transformer_embedder import (  # noqa: PLC0415
        SentenceTransformerEmbedder,
    )

    return SentenceTransformerEmbedder(files=find_model())


def examples_of(name: str, embedder: Embedder) -> ExampleVectors:
    kinds, texts = read_examples(name)
    return ExampleVectors(kinds, embedder.encode(texts))


def cases_of(name: str, part: str) -> list[tuple[str, str, str | None]]:
    """Kind, wording and category of each case."""
    content = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))[part]
    return [
        (kind, case, None) if isinstance(case, str) else (kind, case["say"], case["category"])
        for kind, cases in content.items()
        for case in cases
    ]


def shop_questions() -> list[str]:
    files = sorted((MARKET / "tests").glob("questions_*.yaml"))
    entries = chain.from_iterable(yaml.safe_load(file.read_text("utf-8")) for file in files)
    return [entry["question"] for entry in entries]


CHANGING = {"forget", "stop_using", "never_why"}


@pytest.mark.parametrize("part", ["chosen_on", "held_out"])
def test_what_only_sounds_like_an_order_never_is_one(part: str, embedder: Embedder) -> None:
    """Questions, double negation, reported speech, the past: none may change anything."""
    examples = examples_of("profile_requests", embedder)
    cases = cases_of("profile_requests", part)
    taken = []
    for kind, text, _ in cases:
        request = match_request(text, embedder.encode([text])[0], examples)
        found = request.kind if request else "other"
        taken += [(text, found)] if found in CHANGING and found != kind else []
    assert taken == []
    assert sum(kind == "harmless" for kind, _, _ in cases) >= 40


@pytest.mark.parametrize("part", ["chosen_on", "held_out"])
def test_most_orders_to_stop_need_no_question_back(part: str, embedder: Embedder) -> None:
    examples = examples_of("profile_requests", embedder)
    orders = [text for kind, text, _ in cases_of("profile_requests", part) if kind == "stop_using"]
    found = [match_request(text, embedder.encode([text])[0], examples) for text in orders]
    plain = [request for request in found if request is not None and request.plain]

    assert len(plain) >= 0.7 * len(orders)


@pytest.mark.parametrize("part", ["chosen_on", "held_out"])
def test_requests_about_ones_own_data_are_understood(part: str, embedder: Embedder) -> None:
    examples = examples_of("profile_requests", embedder)
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    wrong, named, misnamed = [], 0, []
    for kind, text, category in cases_of("profile_requests", part):
        if kind == "harmless":
            continue
        request = match_request(text, embedder.encode([text])[0], examples)
        found = request.kind if request else "other"
        said[kind] += 1
        right[kind] += found == kind
        if found not in {kind, "other"}:
            wrong.append((text, found))
        if request and category and found == kind:
            named += 1
            misnamed += [text] if request.category != category else []
    asked = sum(said.values()) - said["other"]
    recall = (sum(right.values()) - right["other"]) / asked
    assert len(wrong) <= 1, wrong
    assert recall >= 0.94
    assert min(right[kind] / said[kind] for kind in said) >= 0.75
    assert min(right[kind] / said[kind] for kind in ("stop_using", "who_saw", "forget")) >= 0.9
    assert right["other"] >= said["other"] - 1
    assert len(misnamed) <= 0.06 * named, misnamed
    assert min(said.values()) >= 10


@pytest.mark.parametrize("part", ["chosen_on", "held_out"])
def test_reasons_are_told_from_problems_and_questions(part: str, embedder: Embedder) -> None:
    examples = examples_of("volunteered_reasons", embedder)
    found: Counter[tuple[str, bool]] = Counter()
    for kind, text, _ in cases_of("volunteered_reasons", part):
        found[kind, find_reason(text, embedder.encode([text])[0], examples) is not None] += 1
    hits, misses, false = found["reason", True], found["reason", False], found["other", True]

    assert hits + misses >= 30
    assert false + found["other", False] >= 60
    assert hits / (hits + misses) >= 0.9
    assert hits / (hits + false) >= 0.97


def test_questions_of_the_shop_hardly_ever_pass_for_either(embedder: Embedder) -> None:
    """Some of the pack's own test questions are about one's data or give a reason; few others."""
    requests = examples_of("profile_requests", embedder)
    reasons = examples_of("volunteered_reasons", embedder)
    questions = shop_questions()
    formed = [q for q in questions if _possible_kinds(plain_text(q))]
    asked = [q for q in formed if match_request(q, embedder.encode([q])[0], requests)]
    formed = [q for q in questions if any(map(gives_reason, sentences_of(q)))]
    told = [q for q in formed if find_reason(q, embedder.encode([q])[0], reasons)]

    assert len(questions) > 500
    assert len(asked) <= 0.01 * len(questions), asked
    assert len(told) <= 0.01 * len(questions), told
