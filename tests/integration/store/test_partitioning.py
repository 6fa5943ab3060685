"""Every personal table can be partitioned by customer, whenever a deployment grows to need it."""

import pytest
from sqlalchemy import MetaData, Table, inspect, text
from sqlalchemy.schema import CreateIndex, CreateTable, UniqueConstraint
from tests.databases import PostgresTemplate

from assistant.store.engine import Connection, Database
from assistant.store.tables import CATALOGUE, METADATA

PARTITIONS = 32


@pytest.fixture
def partitioned_twin() -> MetaData:
    """The personal tables again, each partitioned by the customer's id."""
    twin = MetaData(schema="partitioned")
    for table in METADATA.sorted_tables:
        if CATALOGUE[table.name].personal:
            copy = table.to_metadata(twin, schema="partitioned")
            copy.dialect_options["postgresql"]["partition_by"] = "HASH (customer_id)"
    return twin


def test_postgresql_accepts_every_personal_table_in_32_partitions(
    postgres_template: PostgresTemplate, partitioned_twin: MetaData
) -> None:
    name = postgres_template.create_empty()
    database = Database.open(postgres_template.url(name), pool_size=1)

    database.write_now(lambda c: c.execute(text("CREATE SCHEMA partitioned")))
    for table in partitioned_twin.sorted_tables:
        database.write_now(lambda c, t=table: _create(c, t))
    leaves = database.read_now(
        lambda c: inspect(c).get_table_names(schema="partitioned"),
    )

    personal = [name for name, rule in CATALOGUE.items() if rule.personal]
    assert len(leaves) == len(personal) * (PARTITIONS + 1)
    database.close_now()
    postgres_template.drop(name)


def test_the_customer_comes_first_in_every_key_of_a_personal_table() -> None:
    wrong = {
        f"{table.name}: {sorted(columns)}"
        for table in METADATA.sorted_tables
        if CATALOGUE[table.name].personal
        for columns in _keys(table)
        if columns[0] != "customer_id"
    }
    assert wrong == set()


def _keys(table: Table) -> list[list[str]]:
    keys = [list(table.primary_key.columns.keys())]
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys += [list(constraint.columns.keys()) for constraint in unique]
    keys += [list(constraint.column_keys) for constraint in table.foreign_key_constraints]
    keys += [index.columns.keys() for index in table.indexes if index.unique]
    return keys


def _create(connection: Connection, table: Table) -> None:
    """Make one table with its partitions: a transaction can lock so many at a time only."""
    connection.execute(CreateTable(table))
    for number in range(PARTITIONS):
        connection.execute(
            text(
                f"CREATE TABLE {table.fullname}_{number} PARTITION OF {table.fullname} "
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
            )
        )
    for index in table.indexes:
        connection.execute(CreateIndex(index))
