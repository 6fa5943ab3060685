"""The catalogue of tables: nothing is stored that nobody classified."""

import pytest
from sqlalchemy import LargeBinary

from assistant.store.tables import CATALOGUE, METADATA, ColumnKind, ErasureRule


def test_every_table_has_a_category_and_an_erasure_rule() -> None:
    assert set(CATALOGUE) == set(METADATA.tables)
    assert all(rule.category for rule in CATALOGUE.values())


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_every_column_is_classified(name: str) -> None:
    assert set(METADATA.tables[name].columns.keys()) == set(CATALOGUE[name].columns)


@pytest.mark.parametrize("name", sorted(METADATA.tables))
def test_sealed_and_hashed_columns_are_bytes_and_no_others(name: str) -> None:
    secret = {ColumnKind.SEALED, ColumnKind.KEYED_HASH}
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
