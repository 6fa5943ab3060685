"""A restore waits for sessions that are ending, and refuses while one stays."""

import threading

import pytest
from tests.databases import PostgresTemplate

from assistant.core.errors import ConfigurationError
from assistant.store.emptying import refuse_postgresql_in_use
from assistant.store.engine import Database


@pytest.fixture
def url(postgres_template: PostgresTemplate) -> str:
    return postgres_template.url(postgres_template.create_empty())


def test_a_session_that_is_ending_is_waited_for(url: str) -> None:
    other, ours = Database.open(url), Database.open(url)
    other.read_now(lambda c: c.exec_driver_sql("SELECT 1"))
    ending = threading.Timer(0.3, other.close_now)
    ending.start()

    ours.write_now(refuse_postgresql_in_use)

    ending.join()
    ours.close_now()


def test_a_session_that_stays_is_refused(url: str) -> None:
    other, ours = Database.open(url), Database.open(url)
    other.read_now(lambda c: c.exec_driver_sql("SELECT 1"))

    with pytest.raises(ConfigurationError, match="stop the service"):
        ours.write_now(refuse_postgresql_in_use)

    ours.close_now()
    other.close_now()
