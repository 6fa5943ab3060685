"""The server that every test of this folder copies."""

import pytest
from tests.conformance.server import Template


@pytest.fixture(scope="session")
def server_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A data folder that is migrated and indexed."""
    return Template.make(tmp_path_factory.mktemp("server") / "template")
