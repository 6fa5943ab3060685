"""``questions.yaml``: what it must hold, with the line of what is wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.profile_parts import MARKET

from assistant.core.errors import PackInvalid
from assistant.profile.pack.loading import load_pack
from assistant.profile.pack.question_catalogue import GUESSED, VOLUNTEERED, render
from assistant.profile.questions.statements import MAX_WORDS


@pytest.fixture
def spoil(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a copy of the market pack with one passage of its questions replaced."""

    def spoil(old: str, new: str) -> Path:
        for name in ("pack.yaml", "purposes.yaml", "questions.yaml"):
            shutil.copyfile(MARKET / name, tmp_path / name)
        path = tmp_path / "questions.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return spoil


def test_market_asks_at_least_twelve_questions_in_english_and_german() -> None:
    pack = load_pack(MARKET)
    months = pack.categories["stated_reasons"].retention_months

    assert len(pack.questions.questions) >= 12
    for question in pack.questions:
        assert set(question.texts) == set(question.words) == {"en", "de"}
        assert question.purpose == "learn_why"
        assert 1 <= question.keep_months <= months
        for lang in ("en", "de"):
            words = question.texts[lang]
            assert words.question.endswith("?")
            assert words.example
            assert words.improves
            kept = [words.example, *(choice.keep for choice in words.choices)]
            assert all(len(sentence) <= MAX_WORDS for sentence in kept)


def test_a_pack_without_the_file_has_no_questions_and_still_loads(tmp_path: Path) -> None:
    for name in ("pack.yaml", "purposes.yaml"):
        shutil.copyfile(MARKET / name, tmp_path / name)

    assert list(load_pack(tmp_path).questions) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("id: why_returned", "id: noise_at_home", "'noise_at_home' is declared twice"),
        ("purpose: learn_why", "purpose: learn_all", "there is no purpose 'learn_all'"),
        ("purpose: learn_why", "purpose: finish_the_job", "does not ask for 'stated_reasons'"),
        ("keep_months: 18", "keep_months: 19", "kept for 18 months at most"),
        ("keep_months: 18", "keep_months: 0", "keep_months"),
        ("gain: 5", "gain: 6", "gain"),
        ("gain: 5", "gain: much", "gain"),
        ("helps: [advice, returns]", "helps: []", "helps"),
        ("events: [return.requested,", "events: [return.wished,", "no event type 'return.wished'"),
        ("      de:\n        question:", "      fr:\n        question:", "no text in 'de'"),
        ("example: Quiet", "exmaple: Quiet", "unknown key"),
        ("          - {say: Leise ist mir wichtig, keep: Leise Geräte sind mir wichtig.}\n", "",
         "not the same in number as in English"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line(
    spoil: Callable[[str, str], Path], old: str, new: str, problem: str
) -> None:
    with pytest.raises(PackInvalid, match=problem) as error:
        load_pack(spoil(old, new))

    assert "questions.yaml:" in error.value.message


def test_the_line_is_that_of_the_question(spoil: Callable[[str, str], Path]) -> None:
    folder = spoil("keep_months: 12", "keep_months: 120")
    lines = (folder / "questions.yaml").read_text(encoding="utf-8").splitlines()
    number = 1 + next(i for i, line in enumerate(lines) if "keep_months: 120" in line)

    with pytest.raises(PackInvalid) as error:
        load_pack(folder)

    assert f"questions.yaml:{number}:" in error.value.message


def test_the_hash_covers_everything_that_is_shown_and_nothing_else() -> None:
    question = next(iter(load_pack(MARKET).questions))

    english, again = question.text("en"), question.text("en")
    german, french = question.text("de"), question.text("fr")

    assert english == again == french
    assert english.text_sha256 != german.text_sha256
    assert len(english.text_sha256) == 64
    assert render(VOLUNTEERED, "de").lang == "de"
    assert render(VOLUNTEERED, "en").text_sha256 != render(GUESSED, "en").text_sha256
