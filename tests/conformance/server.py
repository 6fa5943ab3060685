"""A whole server of ours inside a test: real stores, real pack, a cheap embedder, a local port.

Migrating and indexing take longest and give the same each time, so a session does them once and
every server starts from a copy.
"""

import base64
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from aiohttp import web
from conformance.target import Target
from tests.fakes.embedder import HashingEmbedder

from assistant.bootstrap import serving
from assistant.bootstrap.assembly import Assistant, build
from assistant.settings import Settings
from assistant.web.app import build_app
from assistant.web.services import WebLimits

PACK: Final = Path(__file__).parents[2] / "knowledge" / "market"
SECRET: Final = "a secret of thirty-two bytes or more"
EVENTS_KEY: Final = "events-key-of-the-shop"
UNLIMITED: Final = WebLimits(
    turns_per_minute=10**9, visitors_per_minute=10**9, requests_per_minute=10**9
)
"""A suite asks more in a minute than a person would."""

Mutate = Callable[[Assistant], None]
"""Spoils an assembled assistant before it serves."""


def leave_whole(assistant: Assistant) -> None:
    """Change nothing."""
    del assistant


@dataclass(frozen=True, slots=True)
class Template:
    """A data folder that was migrated and indexed once, to copy."""

    folder: Path
    key: str

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Migrate and index into ``folder``."""
        template = cls(folder, base64.b64encode(os.urandom(32)).decode())
        with template.open(folder) as assistant:
            assistant.build_index()
        return template

    def copy(self, folder: Path, *, database_url: str | None = None) -> Assistant:
        """Return an assistant over a copy of this one's files, or over another database."""
        for source in self.folder.parent.glob(f"{self.folder.name}*"):
            shutil.copytree(
                source, folder.with_name(source.name.replace(self.folder.name, folder.name))
            )
        return self.open(folder, database_url=database_url)

    def open(self, folder: Path, *, database_url: str | None = None) -> Assistant:
        """Return an assistant over ``folder``: another process of the same service."""
        settings = Settings(
            data_dir=folder,
            database_url=database_url,
            key=self.key,
            knowledge=PACK,
            identity_secret=SECRET,
            events_api_key=EVENTS_KEY,
        )
        return build(settings, open_model=lambda _: HashingEmbedder())


@asynccontextmanager
async def served(
    assistant: Assistant, *, mutate: Mutate = leave_whole, patience: float = 20.0
) -> AsyncIterator[Target]:
    """Serve ``assistant`` with its workers until the block ends; yield where it is."""
    mutate(assistant)
    bus = serving.open_bus(assistant.settings)
    workers = serving.join_workers(assistant, bus)
    services = serving.join_services(assistant, bus, workers, ())
    app = build_app(replace(services, limits=UNLIMITED))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await bus.start()
        workers.start()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        yield Target((f"http://127.0.0.1:{port}",), SECRET, EVENTS_KEY, patience=patience)
    finally:
        await runner.cleanup()
        assistant.close()
