import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.profile_parts import MARKET

from assistant.channels.event_forms import EVENT_FORMS
from assistant.core.errors import PackInvalid
from assistant.profile.pack.files import MAX_NODES, read_pack_file
from assistant.profile.pack.loading import load_pack
from assistant.profile.pack.purposes import REQUIRED_PURPOSES

Edit = Callable[[str], str]


@pytest.fixture
def spoilt_pack(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Return a copy of the market pack in which one passage of one file was replaced."""

    def spoil(file: str, old: str, new: str) -> Path:
        for name in ("pack.yaml", "purposes.yaml"):
            shutil.copyfile(MARKET / name, tmp_path / name)
        text = (tmp_path / file).read_text()
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new, 1))
        return tmp_path

    return spoil


def line_of(path: Path, text: str) -> int:
    lines = path.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_market_pack_has_every_required_purpose_in_full_in_english_and_german() -> None:
    pack = load_pack(MARKET)

    assert {purpose.id for purpose in pack.purposes} >= set(REQUIRED_PURPOSES)
    for purpose in pack.purposes:
        assert set(purpose.texts) == {"en", "de"}
        assert purpose.dpv.startswith("https://w3id.org/dpv#")


def test_market_pack_stores_only_orders_returns_and_cases_without_consent() -> None:
    catalogue = load_pack(MARKET).categories

    free = {category.id for category in catalogue if category.stored_on == "contract"}

    assert free == {"orders", "returns", "support_cases"}
    assert not catalogue.storable_without_consent("no_such_category")


def test_every_event_type_has_a_category_of_the_market_pack() -> None:
    pack = load_pack(MARKET)

    assert set(pack.event_types) == set(EVENT_FORMS)
    assert set(pack.event_types.values()) <= pack.categories.ids


def test_every_category_that_needs_consent_is_asked_for_by_a_purpose_except_driving() -> None:
    pack = load_pack(MARKET)

    unasked = {c.id for c in pack.categories if not pack.purposes.purposes_of(c.id)}

    assert unasked == {"driving"}


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("purposes.yaml", "version: 1", "version: one", "version"),
        ("purposes.yaml", "version: 1", "version: 0", "version"),
        ("purposes.yaml", "categories: [orders,", "categories: [ordr,", "no data category 'ordr'"),
        ("purposes.yaml", "categories: [orders,", "categories: [returns,", "named twice"),
        ("purposes.yaml", "id: language_model", "id: learn_why", "declared twice"),
        ("purposes.yaml", "id: language_model", "id: other", "'language_model' is missing"),
        ("purposes.yaml", "lawful_basis: consent", "lawful_basis: hope", "lawful_basis"),
        ("purposes.yaml", "lawful_basis: consent", "colour: blue", "colour"),
        ("pack.yaml", "completed: driving", "completed: flying", "no data category 'flying'"),
        ("pack.yaml", "{categories}", "", "placeholder {categories} is missing"),
        ("pack.yaml", "{categories}", "{categories} {0}", "placeholder is not known"),
        ("pack.yaml", "\n    stored_on: contract", "\n    stored_on: whim", "stored_on"),
        ("pack.yaml", "  en:\n    disclosure", "  fr:\n    disclosure", "English (en) is needed"),
        ("pack.yaml", "id: market", "id: [market", "expected"),
    ],
)  # fmt: skip
def test_a_wrong_pack_is_refused_with_its_file_and_line(
    spoilt_pack: Callable[[str, str, str], Path], file: str, old: str, new: str, problem: str
) -> None:
    folder = spoilt_pack(file, old, new)

    with pytest.raises(PackInvalid) as refusal:
        load_pack(folder)

    assert problem in refusal.value.message
    assert refusal.value.message.startswith(f"{folder / file}:")


def test_the_line_named_is_the_line_of_the_mistake(
    spoilt_pack: Callable[[str, str, str], Path],
) -> None:
    folder = spoilt_pack("purposes.yaml", "necessity: optional", "necessity: vital")

    with pytest.raises(PackInvalid) as refusal:
        load_pack(folder)

    line = line_of(folder / "purposes.yaml", "necessity: vital")
    assert f"purposes.yaml:{line}: " in refusal.value.message


def test_a_key_given_twice_is_refused(spoilt_pack: Callable[[str, str, str], Path]) -> None:
    folder = spoilt_pack("pack.yaml", "id: market", "id: market\nid: bazaar")

    with pytest.raises(PackInvalid, match="'id' is given twice"):
        load_pack(folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: finish_the_job", "id: sell_customer_data"),
        ("id: finish_the_job", "id: targeted_ads"),
        ("dpv#RequestedServiceProvision", "dpv#PersonalisedAdvertising"),
        ("dpv#RequestedServiceProvision", "dpv#SellDataToThirdParties"),
        ("title: Help me finish what I started", "title: Dynamic pricing"),
        ("title: Help me finish what I started", "title: Training a shared model"),
    ],
)
def test_a_prohibited_purpose_does_not_load(
    spoilt_pack: Callable[[str, str, str], Path], old: str, new: str
) -> None:
    folder = spoilt_pack("purposes.yaml", old, new)

    with pytest.raises(PackInvalid, match="which no pack may have as a purpose"):
        load_pack(folder)


def test_a_purpose_without_english_is_refused_but_one_without_german_falls_back(
    spoilt_pack: Callable[[str, str, str], Path],
) -> None:
    pack = load_pack(spoilt_pack("purposes.yaml", "      de:\n", "      fr:\n"))

    assert pack.disclose("answer_from_history", "de").lang == "en"
    assert pack.disclose("finish_the_job", "de").lang == "de"
    with pytest.raises(PackInvalid, match=r"no text in English"):
        load_pack(spoilt_pack("purposes.yaml", "      en:\n", "      fr:\n"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackInvalid, match=r"pack\.yaml: the file is missing"):
        load_pack(tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: \x00", b"", b"[]", b"? [a]\n: b"])
def test_what_is_no_pack_file_is_refused_and_never_crashes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pack.yaml").write_bytes(content)

    with pytest.raises(PackInvalid):
        load_pack(tmp_path)


def test_aliases_that_unfold_without_end_are_refused(tmp_path: Path) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9))
    (tmp_path / "bomb.yaml").write_text(f"l0: &l0 [x]\n{levels}\n")

    with pytest.raises(PackInvalid, match=str(MAX_NODES)):
        read_pack_file(tmp_path / "bomb.yaml")
