"""The demo: its own keys, its own fresh data, invented customers, and a stand-in for a backend.

The demo may only ever write into a folder that it made itself; a marker file says so. Its customers
live relative to today, so a folder of another day, or of another version of the pack, is made anew.
"""

import hashlib
import secrets
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import SecretStr

from assistant.bootstrap.assembly import Assistant, build
from assistant.bootstrap.serving import run_server
from assistant.channels.demo_history import DemoHistory, load_demo_history
from assistant.core.clock import system_clock
from assistant.core.errors import ConfigurationError
from assistant.settings import Settings
from assistant.vault.key_files import create_key_file
from assistant.web.services import DemoCustomer

_MARKER = "made-by-assistant-demo"


Progress = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Opens a display for work that takes long; it is told how much of how much is done."""


def serve_demo(settings: Settings, announce: Callable[[str], None], progress: Progress) -> None:
    """Load the demo into its folder, serve it, and print what to open.

    Raises:
        ConfigurationError: the data folder is not the demo's, or a database URL is set.
    """
    settings = _of_its_own(settings)
    fresh = _prepare_folder(settings)
    with build(settings) as assistant:
        history = _history(assistant)
        if fresh:
            announce("Loading the demo's customers and reading the articles; this happens once.")
            assistant.intake.demo_loader.load(history)
            with progress("passages and sentences") as advance:
                assistant.build_index(on_progress=advance)
            assistant.index_histories()
            (settings.data_dir / _MARKER).write_text(_edition(settings), encoding="utf-8")
        customers = tuple(DemoCustomer(c.subject, c.name, c.story) for c in history.customers)
        _introduce(customers, announce)
        run_server(assistant, announce, demo_customers=customers)


def _of_its_own(settings: Settings) -> Settings:
    """Return the settings with keys and an identity secret that only the demo knows."""
    given = (settings.database_url, settings.keys_url, settings.ledger_url)
    if any(given) or settings.key_file or settings.key:
        raise ConfigurationError(
            "the demo makes its own databases and keys: unset ASSISTANT_DATABASE_URL, "
            "ASSISTANT_KEYS_URL, ASSISTANT_LEDGER_URL, ASSISTANT_KEY_FILE and ASSISTANT_KEY, or "
            "use `assistant serve`"
        )
    return settings.model_copy(
        update={
            "identity_secret": SecretStr(secrets.token_urlsafe(48)),
            "identity_public_key": None,
            "events_api_key": settings.events_api_key or SecretStr(secrets.token_urlsafe(32)),
            "log_format": "console",
        }
    )


def _prepare_folder(settings: Settings) -> bool:
    """Return whether the folder is (now) empty and must be loaded.

    Raises:
        ConfigurationError: it holds data that the demo did not make.
    """
    folder, keys = settings.data_dir, settings.key_folder
    marker = folder / _MARKER
    if _holds_something(folder) or _holds_something(keys):
        if not marker.exists():
            raise ConfigurationError(
                f"{str(folder)!r} holds data that the demo did not make, and is left alone: "
                "give the demo a folder of its own with --data-dir"
            )
        if marker.read_text(encoding="utf-8") == _edition(settings):
            return False
        _empty(folder)
        shutil.rmtree(keys, ignore_errors=True)
        shutil.rmtree(settings.ledger_folder, ignore_errors=True)
    elif _holds_something(settings.ledger_folder):
        raise ConfigurationError(
            f"{str(settings.ledger_folder)!r} holds the erasure ledger of a service that is gone: "
            "delete it, or give the demo a folder of its own with --data-dir"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    marker.write_text("unfinished", encoding="utf-8")
    create_key_file(settings.resolved_key_file())
    return True


def _empty(folder: Path) -> None:
    """Remove everything but the exported model, which is the same for every demo."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "models":
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def _holds_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _edition(settings: Settings) -> str:
    """Return what makes a loaded demo stale: the day, the pack, the model."""
    digest = hashlib.sha256(f"{settings.embedding_model} {settings.embedding_runtime}".encode())
    for path in sorted(settings.knowledge.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return f"{system_clock():%Y-%m-%d} {digest.hexdigest()}"


def _history(assistant: Assistant) -> DemoHistory:
    path = assistant.pack.folder / "demo" / "customers.yaml"
    if not path.exists():
        raise ConfigurationError(f"the pack has no demo customers: {str(path)!r} is missing")
    return load_demo_history(path, pack=assistant.pack, now=assistant.clock())


def _introduce(customers: tuple[DemoCustomer, ...], announce: Callable[[str], None]) -> None:
    width = max((len(customer.external_id) for customer in customers), default=0)
    announce("Demo customers, all invented (`assistant ask --customer ID`):")
    for customer in customers:
        announce(f"  {customer.external_id:{width}}  {customer.name}")
