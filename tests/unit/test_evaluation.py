import io
import math
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from rich.console import Console
from tests.fakes.embedder import HashingEmbedder

from assistant.core.errors import ConfigurationError
from assistant.evaluation import run_evaluation
from assistant.evaluation.embedding_cache import CachedEmbedder
from assistant.evaluation.measures import auroc, ndcg_at, recall_at, reciprocal_rank
from assistant.evaluation.results import Measure
from assistant.retrieval.encoding import EncodingService


@pytest.fixture
def encoding() -> Iterator[EncodingService]:
    service = EncodingService(embedder=HashingEmbedder(dimensions=128))
    yield service
    service.close()


def _lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))


def _generic(folder: Path, *, gold: bool) -> Path:
    topics = ["kettle", "toaster", "delivery", "refund", "voucher", "parking"]
    documents = [{"id": t, "title": t, "text": f"All there is about the {t}."} for t in topics]
    _lines(folder / "documents.jsonl", documents)
    questions = [{"id": f"q-{t}", "question": f"tell me of the {t}"} for t in topics]
    questions += [{"id": "q-none", "question": "who won the race"}]
    for row in questions if gold else ():
        row["relevant"] = [row["id"][2:]] if row["id"] != "q-none" else []  # type: ignore[assignment]
    _lines(folder / "questions.jsonl", questions)  # type: ignore[arg-type]
    return folder


def _run(
    folder: Path, encoding: EncodingService
) -> tuple[dict[str, Measure], list[dict[str, object]]]:
    out = folder.parent / "rankings.jsonl"
    measures = run_evaluation(
        [folder], encoding=encoding, console=Console(file=io.StringIO()), rankings_path=out,
        json_path=folder.parent / "measures.json",
    )  # fmt: skip
    written = orjson.loads((folder.parent / "measures.json").read_bytes())
    assert [row["measure"] for row in written] == [measure.measure for measure in measures]
    rankings = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    return {measure.measure: measure for measure in measures}, rankings


def test_measures_are_what_they_are_called() -> None:
    assert recall_at(["a", "b", "c"], ["b", "x"], 2) == 0.5
    assert reciprocal_rank(["a", "b"], ["b"]) == 0.5
    assert reciprocal_rank(["a", "b"], ["b"], 1) == 0.0
    assert ndcg_at(["b", "a"], ["b"], 10) == 1.0
    assert ndcg_at(["a", "b"], ["b"], 10) == pytest.approx(1 / math.log2(3))
    assert auroc([0.9, 0.8], [0.1]) == 1.0
    assert auroc([0.5], [0.5]) == 0.5
    assert math.isnan(auroc([], [0.1]))


def test_generic_set_is_measured(tmp_path: Path, encoding: EncodingService) -> None:
    measures, rankings = _run(_generic(tmp_path / "shop", gold=True), encoding)

    assert measures["R@1"].value == 1.0
    assert measures["R@1"].n == 6
    assert measures["abstain AUROC"].n == 13
    assert {row["set"] for row in rankings} == {"shop"}


def test_rankings_do_not_depend_on_the_gold(tmp_path: Path, encoding: EncodingService) -> None:
    _, with_gold = _run(_generic(tmp_path / "a" / "shop", gold=True), encoding)
    measures, without = _run(_generic(tmp_path / "b" / "shop", gold=False), encoding)

    assert measures == {}
    assert without == with_gold
    assert len(without) == 7


def test_conversations_are_measured(tmp_path: Path, encoding: EncodingService) -> None:
    turns = ["I took up pottery", "How nice", "My boat sank", "Oh no", "Paint dries slowly", "So"]
    spoken = [
        {"id": f"D1:{i}", "speaker": ("Wren", "Alder")[i % 2], "text": text, "caption": None}
        for i, text in enumerate(turns)
    ]
    session = {"session": 1, "date_time": "1:56 pm on 8 May, 2023", "turns": spoken}
    question = {"question": "What sank of Wren?", "answer": "", "category": 1, "evidence": ["D1:2"]}
    content = {"id": "c1", "speakers": [], "sessions": [session], "questions": [question]}
    (tmp_path / "talks").mkdir()
    (tmp_path / "talks" / "c1.json").write_bytes(orjson.dumps(content))

    measures, rankings = _run(tmp_path / "talks", encoding)

    assert measures["R@5"].value == 1.0
    assert measures["MRR"].value == 1.0
    assert rankings[0]["question"] == "c1/0"
    assert rankings[0]["ranked"][0] == "D1:2"  # type: ignore[index]


def test_retail_customers_see_their_own_orders_only(
    tmp_path: Path, encoding: EncodingService
) -> None:
    folder = tmp_path / "retail"
    folder.mkdir()
    item = {"name": "Alder kettle", "product_id": "p", "item_id": "1", "price": 9.0, "options": {}}
    orders = {
        f"#W000{i}": {
            "order_id": f"#W000{i}", "items": [{**item, "item_id": str(i)}],
            "status": "pending" if i else "delivered", "payment_history": [],
        }
        for i in range(6)
    }  # fmt: skip
    users = {"wren": {"orders": ["#W0000", "#W0001"]}, "alder": {"orders": ["#W0002"]}}
    policy = "# Policy\n\n## Cancel pending order\n\nAsk why.\n\n## Return delivered order\n\nWait."
    action = {"name": "cancel_pending_order", "arguments": {"order_id": "#W0001"}}
    task = {"id": "t", "user_id": "wren", "instruction": "Cancel the kettle", "actions": [action]}
    (folder / "orders.json").write_bytes(orjson.dumps(orders))
    (folder / "users.json").write_bytes(orjson.dumps(users))
    (folder / "policy.md").write_text(policy)
    _lines(folder / "tasks.jsonl", [task])

    measures, rankings = _run(folder, encoding)

    assert measures["order hit@1"].value == 1.0
    assert measures["foreign rows"].value == 0
    found = {row["question"]: row["ranked"] for row in rankings}
    assert found["t/order"] == ["#W0001", "#W0000"]
    assert found["t/item"] == ["#W0001/1", "#W0000/0"]


def test_known_set_that_is_not_measured_yet_is_said(
    tmp_path: Path, encoding: EncodingService
) -> None:
    (tmp_path / "clinc150").mkdir()
    (tmp_path / "clinc150" / "train_val.json").write_text("{}")
    out = io.StringIO()

    measures = run_evaluation([tmp_path / "clinc150"], encoding=encoding, console=Console(file=out))

    assert measures == []
    assert "not measured" in out.getvalue()


def test_folder_of_no_known_layout_is_refused_before_anything_is_measured(
    tmp_path: Path, encoding: EncodingService
) -> None:
    with pytest.raises(ConfigurationError, match="layout"):
        run_evaluation([tmp_path], encoding=encoding, console=Console(file=io.StringIO()))
    with pytest.raises(ConfigurationError, match="no folder"):
        run_evaluation([tmp_path / "x"], encoding=encoding, console=Console(file=io.StringIO()))


def test_cached_embedder_embeds_a_text_once_across_runs(tmp_path: Path) -> None:
    first, second = HashingEmbedder(), HashingEmbedder()
    texts = ["a kettle", "a jug", "a kettle"]

    vectors = CachedEmbedder(embedder=first, folder=tmp_path).encode(texts)
    again = CachedEmbedder(embedder=second, folder=tmp_path).encode(texts)

    assert first.encoded == ["a kettle", "a jug"]
    assert second.encoded == []
    assert (vectors == again).all()


def test_cache_that_was_cut_off_begins_again_from_the_whole_part(tmp_path: Path) -> None:
    CachedEmbedder(embedder=HashingEmbedder(), folder=tmp_path).encode(["a kettle", "a jug"])
    (rows,) = tmp_path.glob("*.rows")
    rows.write_bytes(rows.read_bytes()[:-8])
    embedder = HashingEmbedder()

    vectors = CachedEmbedder(embedder=embedder, folder=tmp_path).encode(["a kettle", "a jug"])

    assert embedder.encoded == ["a jug"]
    assert (vectors == HashingEmbedder().encode(["a kettle", "a jug"])).all()
