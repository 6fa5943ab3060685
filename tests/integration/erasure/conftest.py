"""Opened stores of a service on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.erasure_home import Home, settings_in


@pytest.fixture
def home(tmp_path: Path, database_url: str) -> Iterator[Home]:
    home = Home(settings_in(tmp_path, database_url))
    yield home
    home.close()
