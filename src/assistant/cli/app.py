"""All commands under one name, and one way for each of them to fail.

An error that the service knows is one line on stderr that says what to do, and exit code 1; wrong
usage is exit code 2, as everywhere; Ctrl-C is 130. Only a mistake of ours shows a traceback.
"""

import errno
import sys
from collections.abc import Sequence

import typer

from assistant.cli import (
    ask,
    backup,
    breach_report,
    check,
    demo,
    erase,
    evaluate,
    export,
    import_history,
    index,
    init_keys,
    restore,
    rotate_keys,
    serve,
    verify_receipt,
)
from assistant.cli.terminal import print_error
from assistant.core.errors import AssistantError

EXPLANATION = """
A customer assistant that asks before it remembers.

Start with `assistant demo`: it makes its own keys and data, and prints the pages to open. For a
service of your own: `assistant init-keys`, `assistant index`, `assistant import`, then
`assistant serve`; `assistant check` says what is missing at any time. Every setting can also be
given as an environment variable ASSISTANT_…; docs/settings.md lists them.
"""

app = typer.Typer(
    name="assistant",
    help=EXPLANATION,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("ask")(ask.ask)
app.command("index")(index.index)
app.command("import")(import_history.import_history)
app.command("check")(check.check)
app.command("evaluate")(evaluate.evaluate)
app.command("init-keys")(init_keys.init_keys)
app.command("rotate-keys")(rotate_keys.rotate_keys)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("export")(export.export)
app.command("erase")(erase.erase)
app.command("breach-report")(breach_report.breach_report)
app.command("verify-receipt")(verify_receipt.verify_receipt)


_HINTS = {
    errno.EADDRINUSE: ": choose another port with --port",
    errno.EACCES: ": run this as the account of the service, or choose another place",
    errno.EPERM: ": run this as the account of the service, or choose another place",
    errno.EROFS: ": choose another place",
    errno.ENOSPC: ": make room, or choose another place",
}


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command that ``arguments`` (default: the process's own) name, and exit."""
    try:
        app(arguments)
    except AssistantError as error:
        print_error(error.message)
        sys.exit(1)
    except OSError as error:
        print_error(_explain_os_error(error))
        sys.exit(1)
    except Exception as error:
        from assistant.store.unreachable import find_refusal  # noqa: PLC0415 - loads SQLAlchemy

        reason = find_refusal(error)
        if reason is None:
            raise
        print_error(reason)
        sys.exit(1)


def _explain_os_error(error: OSError) -> str:
    """Say what the machine refused and on which file, without a traceback."""
    place = f"{error.filename}: " if error.filename else ""
    hint = _HINTS.get(error.errno or 0, "")
    return f"{place}{error.strerror or type(error).__name__}{hint}"
