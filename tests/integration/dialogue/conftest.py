from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.fakes.embedder import HashingEmbedder
from tests.profile_parts import Parts
from tests.turn_parts import Desk, build_index

from assistant.retrieval.knowledge_store import KnowledgeStore
from assistant.store.engine import Database
from assistant.vault.vault import Vault


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small index, built once."""
    return build_index(tmp_path_factory.mktemp("knowledge"))


@pytest.fixture
def knowledge(index_folder: Path) -> KnowledgeStore:
    """The small index, served."""
    store = KnowledgeStore(folder=index_folder, embedder=HashingEmbedder().identity)
    store.refresh()
    return store


@pytest.fixture
def desk(
    database: Database, vault: Vault, clock: Callable[[], datetime], knowledge: KnowledgeStore
) -> Iterator[Desk]:
    """A whole dialogue over a fresh database; each test runs on both kinds."""
    desk = Desk(Parts.of(database, vault, clock), knowledge)
    yield desk
    desk.close()
