"""Services over each kind of database, closed at the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.backup_parts import Service
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock

from assistant.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a service over a fresh database of each kind."""
    return settings_in(tmp_path, database_url)


@pytest.fixture
def start(settings: Settings, clock: SteppableClock) -> Iterator[Callable[[], Service]]:
    """Starts the service, again after it was closed; whatever is open at the end is closed."""
    started: list[Service] = []

    def begin() -> Service:
        service = Service(settings, clock)
        started.append(service)
        return service

    yield begin
    for service in started:
        service.close()


@pytest.fixture
def service(start: Callable[[], Service]) -> Service:
    """A service that was started once."""
    return start()
