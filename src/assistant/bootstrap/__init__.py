"""The composition root: the only place that picks implementations and joins them.

``build`` opens everything a command needs; ``serve`` and ``serve_demo`` run the service on it. What
is heavy (the model, the index, the web layer) is loaded when it is first asked for.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from assistant.bootstrap.assembly import Assistant, build
from assistant.bootstrap.embedding import open_encoding
from assistant.settings import Settings

__all__ = ["Assistant", "build", "open_encoding", "serve", "serve_demo"]


def serve(
    settings: Settings, announce: Callable[[str], None], *, accept_lost_ledger: bool = False
) -> None:
    """Run the service until it is told to stop; ``announce`` gets the lines to print.

    ``accept_lost_ledger`` starts it although the erasure ledger lacks entries.
    """
    from assistant.bootstrap import serving  # noqa: PLC0415 - loads the web layer

    serving.serve(settings, announce, accept_lost_ledger=accept_lost_ledger)


def serve_demo(
    settings: Settings,
    announce: Callable[[str], None],
    progress: Callable[[str], AbstractContextManager[Callable[[int, int], None]]],
) -> None:
    """Run the demo until it is told to stop.

    ``announce`` gets the lines to print, ``progress`` opens a display for work that takes long.
    """
    from assistant.bootstrap import demo  # noqa: PLC0415 - loads the web layer

    demo.serve_demo(settings, announce, progress)
