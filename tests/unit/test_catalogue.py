"""The catalogue of tables: nothing is stored that nobody classified."""

from importlib.resources import files

import pytest
import yaml
from sqlalchemy import LargeBinary

from assistant.profile.transparency.words import load_transparency_words
from assistant.store.tables import CATALOGUE, METADATA, ColumnKind, ErasureRule
from assistant.store.tables.labels import LANGUAGES, list_sections

LABELS = yaml.safe_load(
    files("assistant.store.tables").joinpath("labels.yaml").read_text(encoding="utf-8")
)
PERSONAL = sorted(name for name, rule in CATALOGUE.items() if rule.personal)


def test_every_table_has_a_category_and_an_erasure_rule() -> None:
    assert set(CATALOGUE) == set(METADATA.tables)
    assert all(rule.category for rule in CATALOGUE.values())


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_every_column_is_classified(name: str) -> None:
    assert set(METADATA.tables[name].columns.keys()) == set(CATALOGUE[name].columns)


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_sealed_and_hashed_columns_are_bytes_and_no_others(name: str) -> None:
    secret = {ColumnKind.SEALED, ColumnKind.KEYED_HASH, ColumnKind.KEY_NUMBER}
    for column in METADATA.tables[name].columns:
        is_bytes = isinstance(column.type, LargeBinary)
        assert is_bytes == (CATALOGUE[name].columns[column.name] in secret), column


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_a_table_is_personal_exactly_when_it_names_a_customer(name: str) -> None:
    assert ("customer_id" in METADATA.tables[name].columns) == CATALOGUE[name].personal


def test_tables_that_are_not_personal_seal_nothing() -> None:
    for rule in CATALOGUE.values():
        if rule.erasure is ErasureRule.NOT_PERSONAL:
            assert set(rule.columns.values()) == {ColumnKind.OPERATIONAL}


@pytest.mark.parametrize("name", PERSONAL)
def test_every_personal_column_has_a_plain_label_in_every_language(name: str) -> None:
    """A column without one cannot be shown to its customer, so it must not be added."""
    written = LABELS.get(name)
    assert written, f"{name} has no entry in store/tables/labels.yaml"
    assert set(written["columns"]) == set(CATALOGUE[name].columns)
    texts = [written["label"], written["source"], written["kept"], *written["columns"].values()]
    texts += [column["note"] for column in written["columns"].values() if "note" in column]
    for text in texts:
        assert set(text) - {"note", "form", "shown"} == set(LANGUAGES)
        assert all(isinstance(text[lang], str) and text[lang].strip() for lang in LANGUAGES)


def test_labels_name_no_table_that_is_not_there() -> None:
    assert set(LABELS) == set(PERSONAL)


@pytest.mark.parametrize("name", PERSONAL)
def test_every_section_says_where_it_comes_from_and_on_what_ground(name: str) -> None:
    (section,) = [one for one in list_sections() if one.name == name]

    assert section.origin in {"given", "observed", "derived", "inferred"}
    assert section.basis == "category" or load_transparency_words().basis(section.basis)
    assert section.since is None or section.since in CATALOGUE[name].columns
    for column in section.columns:
        assert column.shown in {"value", "time", "hex", "opened", "hash", "counted"}
        assert column.form in {"json", "text", "words"}
        if column.shown in {"hash", "counted"}:
            assert column.note, f"{name}.{column.name} is not shown, and nothing says why"


def test_what_is_personal_is_shown_unless_it_is_a_hash_or_named_here() -> None:
    """Content may be counted instead of shown only where the same content is shown elsewhere."""
    counted = {
        f"{section.name}.{column.name}"
        for section in list_sections()
        for column in section.columns
        if column.shown == "counted"
    }
    assert counted == {"history_blocks.sealed", "erasures.samples"}


@pytest.mark.parametrize("name", PERSONAL)
def test_every_sealed_column_says_for_which_place_it_is_sealed(name: str) -> None:
    rule = CATALOGUE[name]
    sealed = {column for column, kind in rule.columns.items() if kind is ColumnKind.SEALED}

    assert set(rule.places) == sealed
    row = dict.fromkeys(rule.columns, "x")
    assert all(place.format(**row) for place in rule.places.values())


def test_every_category_of_a_table_has_a_name() -> None:
    words = load_transparency_words()
    categories = {rule.category for rule in CATALOGUE.values() if rule.personal}

    assert {category for category in categories if words.category(category) is None} == set()
