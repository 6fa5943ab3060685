"""How commands speak: lines for results, progress bars on a terminal and plain lines elsewhere.

Results go to stdout, so that they can be piped; progress and errors go to stderr.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Tells a progress bar how far a task is."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show that ``done`` items are done in all, of ``total`` where that is known."""
        ...


_PLAIN_STEPS = 10
"""Lines of progress that a log shows for a task of known length."""

_STEP_OF_UNKNOWN = 10_000
"""Items between two lines of progress where the length is not known."""


def print_line(text: str = "") -> None:
    """Write one line to stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_error(text: str) -> None:
    """Write one line to stderr, marked as coming from this program."""
    sys.stderr.write(f"assistant: {text}\n")


def send_logs_to_stderr() -> None:
    """Let what the service logs while a command runs stand beside errors, not among results."""
    import structlog  # noqa: PLC0415 - only commands that work load it

    from assistant.web.logs import keep_only_where_it_failed  # noqa: PLC0415 - as above

    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            keep_only_where_it_failed,
            structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
        ],
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
    )


@contextmanager
def progress(label: str) -> Iterator[Advance]:
    """Show how far a task is while it runs, and nothing of it afterwards."""
    if not sys.stderr.isatty():
        yield _PlainProgress(label)
        return
    # Loaded only where it is seen.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn  # noqa: PLC0415

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def advance(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


class _PlainProgress:
    """A line for each tenth of the way, so that a log shows life and stays short."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._next = 0

    def __call__(self, done: int, total: int | None = None) -> None:
        """Print a line when another step is complete."""
        if done < self._next or not done:
            return
        step = max(1, total // _PLAIN_STEPS) if total else _STEP_OF_UNKNOWN
        self._next = done - done % step + step
        of_all = f" of {total:,}" if total else ""
        sys.stderr.write(f"{self._label}: {done:,}{of_all}\n")
