from collections.abc import Callable
from datetime import datetime

import pytest
from tests.profile_parts import Parts

from assistant.store.engine import Database
from assistant.vault.vault import Vault


@pytest.fixture
def parts(database: Database, vault: Vault, clock: Callable[[], datetime]) -> Parts:
    """Profile and channels over a fresh database; each test runs on both kinds."""
    return Parts.of(database, vault, clock)
