from dataclasses import replace

import numpy as np
import pytest
from tests.fakes.embedder import HashingEmbedder

from assistant.retrieval.calibration import (
    AnswerFeatures,
    Calibration,
    answer_features,
    packaged_calibration,
)
from assistant.retrieval.documents.document import Document, Section
from assistant.retrieval.encoding import EncodingService
from assistant.retrieval.indexing import index_documents
from assistant.retrieval.knowledge_search import KnowledgeQuery, KnowledgeSearch, documents_of

EMBEDDER = HashingEmbedder(dimensions=256)
ARTICLES = {
    "kettle": "The Alder kettle is descaled with vinegar. Its warranty lasts three years.",
    "toaster": "The Ember toaster has a crumb tray. Its warranty lasts two years.",
    "delivery": "We deliver on Sundays. Delivery costs 4 euros below 40 euros.",
    "returns": "Send things back within 30 days. The refund takes a week.",
}

WORDS = ("alder", "brio", "cedar", "dune", "ember")


@pytest.fixture(scope="module")
def search() -> KnowledgeSearch:
    encoding = EncodingService(embedder=EMBEDDER)
    documents = [Document(id_, id_.title(), (Section((), text),)) for id_, text in ARTICLES.items()]
    index = index_documents(documents, encoding=encoding)
    encoding.close()
    return KnowledgeSearch(index=index)


def _query(text: str, previous: str | None = None, **options: object) -> KnowledgeQuery:
    return KnowledgeQuery(
        text=text,
        vector=EMBEDDER.encode([text])[0],
        previous_text=previous,
        previous_vector=EMBEDDER.encode([previous])[0] if previous else None,
        **options,  # type: ignore[arg-type]  # named as the fields
    )


def _first(search: KnowledgeSearch, query: KnowledgeQuery) -> str:
    return documents_of(search.search(query).hits)[0]


def test_passage_that_answers_comes_first(search: KnowledgeSearch) -> None:
    assert _first(search, _query("how do I descale the kettle?")) == "kettle"


def test_follow_up_is_understood_with_the_turn_before(search: KnowledgeSearch) -> None:
    assert _first(search, _query("and its warranty?", "the crumb tray of the toaster")) == "toaster"
    assert _first(search, _query("and its warranty?", "descaling the kettle")) == "kettle"


def test_own_words_weigh_more_than_the_turn_before(search: KnowledgeSearch) -> None:
    assert _first(search, _query("what does delivery cost?", "descaling the kettle")) == "delivery"


def test_hidden_documents_are_not_found(search: KnowledgeSearch) -> None:
    query = _query("how do I descale the kettle?", hidden=frozenset(["kettle"]))

    assert "kettle" not in documents_of(search.search(query).hits)
    everything = _query("kettle", hidden=frozenset(ARTICLES))
    assert search.search(everything).hits == ()


def test_clauses_of_a_long_request_are_searched_as_well(search: KnowledgeSearch) -> None:
    text = "the refund of what I sent back"
    clauses = EMBEDDER.encode([ARTICLES["toaster"], "the crumb tray"])

    def score(query: KnowledgeQuery) -> float:
        hits = search.search(query).hits
        return next(hit.score for hit in hits if hit.passage.document_id == "toaster")

    assert score(_query(text, clause_vectors=clauses)) > score(_query(text)) + 0.5


def test_answer_sentence_is_a_sentence_of_its_hit(search: KnowledgeSearch) -> None:
    found = search.search(_query("how many years does its warranty last?", "the alder kettle"))

    best = search.answer_sentences(found)[0]

    hit = found.hits[best.hit]
    assert best.text == hit.passage.sentence_texts[best.number]
    assert "warranty lasts" in best.text
    assert best.row == hit.row


def test_fewer_hits_are_the_first_of_more(search: KnowledgeSearch) -> None:
    query = _query("warranty")

    assert search.search(query, k=1).hits == search.search(query, k=4).hits[:1]


def test_probability_rises_with_what_was_found(search: KnowledgeSearch) -> None:
    def probability(text: str) -> float:
        found = search.search(_query(text))
        features = answer_features(text, found, search.answer_sentences(found))
        return packaged_calibration().probability(features)

    assert probability("alder kettle descaled with vinegar") > probability("moon landing 1969")


def test_nothing_found_is_never_answered(search: KnowledgeSearch) -> None:
    found = search.search(_query("kettle", hidden=frozenset(ARTICLES)))

    features = answer_features("kettle", found, search.answer_sentences(found))

    assert features == AnswerFeatures(0, 0, 0, 0)
    assert not packaged_calibration().answers(features)


def test_threshold_divides_answers_from_abstaining() -> None:
    calibration = Calibration(intercept=0.0, coefficients=(1.0, 0.0, 0.0, 0.0), threshold=0.5)

    assert calibration.answers(AnswerFeatures(0.1, 0, 0, 0))
    assert not calibration.answers(AnswerFeatures(-0.1, 0, 0, 0))


def test_joint_vector_has_length_one() -> None:
    query = _query("and its warranty?", "the toaster")

    assert np.isclose(np.linalg.norm(query.joint_vector), 1.0)
    assert query.joint_vector is not query.vector
    assert _query("x").joint_vector is not None


def test_opening_of_the_best_document_is_found_and_read_with_it() -> None:
    sections = [Section((), "Parcels are slow."), *(Section((w,), f"About {w}.") for w in WORDS)]
    encoding = EncodingService(embedder=EMBEDDER)
    index = index_documents([Document("d", "Doc", tuple(sections))], encoding=encoding)
    encoding.close()
    search = KnowledgeSearch(index=index)

    found = search.search(_query("about cedar"), k=2)

    assert [hit.opens for hit in found.hits] == [False, False, True]
    assert {s.hit for s in search.answer_sentences(found, passages=1)} == {0, 2}


def test_words_that_only_ask_do_not_draw_a_passage(search: KnowledgeSearch) -> None:
    plain = search.search(_query("delivery")).hits[0]
    asking = search.search(_query("delivery")).question

    assert search.search(_query("can I still get some delivery please")).question == asking
    assert plain.passage.document_id == "delivery"


def test_how_to_is_told_from_other_questions(search: KnowledgeSearch) -> None:
    assert search.search(_query("how do I descale it?")).question.asks_way
    assert not search.search(_query("how much is it?")).question.asks_way


@pytest.mark.parametrize("previous", [None, "descaling the kettle"])
def test_words_weighed_beforehand_change_nothing(
    search: KnowledgeSearch, previous: str | None
) -> None:
    query = _query("and its warranty?", previous) if previous else _query("kettle warranty")

    weighed = search.search(replace(query, words=search.weigh(query.text)))

    plain = search.search(query)
    assert (weighed.hits, weighed.question) == (plain.hits, plain.question)


def test_words_weighed_for_another_text_are_not_used(search: KnowledgeSearch) -> None:
    query = _query("what does delivery cost?")

    found = search.search(replace(query, words=search.weigh("descale the kettle")))

    assert found.hits == search.search(query).hits
