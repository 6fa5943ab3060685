"""``assistant restore``: bring the service back, without bringing back whoever was erased."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AcceptOption, DatabaseOption, DataDirOption, KnowledgeOption
from assistant.cli.read_settings import read_settings
from assistant.cli.tables import print_table
from assistant.cli.terminal import Advance, progress
from assistant.core.errors import InvalidInput

if TYPE_CHECKING:
    from assistant.bootstrap.restore import Restored


def restore(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A backup of the database.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="FILE", help="A backup of the keys, put back first."),
    ] = None,
    replace: Annotated[  # noqa: FBT002 - typer's way to say a flag
        bool, typer.Option("--replace", help="Take away what the database holds now.")
    ] = False,
    accept_lost_ledger: AcceptOption = False,  # noqa: FBT002 - as above
    knowledge: KnowledgeOption = None,
    database: DatabaseOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Restore a backup into an empty database, and replay the erasure ledger.

    Stop the service first. The backup is compared with its checksums before anything is touched;
    whatever goes wrong leaves the database as it was. Content whose key was destroyed is left out
    and counted. When the command returns, everything that was erased or withdrawn since the backup
    was made is erased and withdrawn again.

    Example: `assistant restore /backups/today.data --replace`
    """
    settings = read_settings(knowledge=knowledge, database_url=database, data_dir=data_dir)
    if file is None and keys is None:
        raise InvalidInput("nothing to restore: name a FILE, or --keys FILE")
    from assistant.bootstrap import restore as restoring  # noqa: PLC0415 - loads the database

    with _Steps() as steps:
        restored = restoring.restore(
            settings,
            file,
            keys,
            options=restoring.RestoreOptions(
                replace=replace, accept_lost_ledger=accept_lost_ledger
            ),
            progress=steps,
        )
    _report(restored)


class _Steps:
    """Shows one step after the other, each with a bar of its own."""

    def __init__(self) -> None:
        self._shown = ExitStack()
        self._step: str | None = None
        self._advance: Advance | None = None

    def __enter__(self) -> "_Steps":
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.close()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are done of ``step``."""
        if step != self._step or self._advance is None:
            self._shown.close()
            self._step, self._advance = step, self._shown.enter_context(progress(step))
        self._advance(done, total)


def _report(restored: "Restored") -> None:
    """Say in one table what is back, what is not, and what the ledger had done again."""
    loaded, keys, replayed = restored.loaded, restored.keys, restored.replayed
    rows: list[tuple[str, int, str]] = []
    if keys is not None:
        rows.append(("keys back, customers", keys.customers, ""))
        rows.append(("keys that stay destroyed, customers", keys.erased, "erased since"))
    if restored.made_at is not None:
        made_at = restored.made_at[:16].replace("T", " ")
        rows.append(("rows back", loaded.stored.total(), f"of {made_at} UTC"))
        rows.append(_counted("rows left out: their key is destroyed", loaded.left_out))
        rows.append(_counted("rows back without what a destroyed key sealed", loaded.emptied))
    done = {str(kind): count for kind, count in replayed.done.items()}
    rows.append(_counted(f"carried out again, of {replayed.entries:,} entries of the ledger", done))
    print_table(("what", "count", "of these"), rows)


def _counted(what: str, counts: Mapping[str, int]) -> tuple[str, int, str]:
    listed = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
    return what, sum(counts.values()), listed
