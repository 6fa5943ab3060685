"""One log line per thing that happened, as JSON, without personal content.

What is safe is decided here once: exceptions are written as their class and the places they passed,
never their message (a database error quotes parameters, a parser quotes its input), and library
loggers go through the same door. Route templates stand in for paths, and there is no query.
"""

import logging
import sys
import traceback
from typing import Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_QUIET = ("aiohttp.access", "asyncio")


def configure_logs(
    log_format: Literal["json", "console"] = "json", *, stream: TextIO | None = None
) -> None:
    """Send structlog and the standard library's loggers to one safe handler (default stderr)."""
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=_BOUND_LOGGER,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(log_format),
            ],
            pass_foreign_args=True,
            foreign_pre_chain=[hide_foreign_message, *_SHARED],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("assistant").setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def _renderer(log_format: Literal["json", "console"]) -> Processor:
    if log_format == "console":
        return structlog.dev.ConsoleRenderer(colors=False)
    return structlog.processors.JSONRenderer()


def hide_foreign_message(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Keep of a library's log line only its unformatted template: arguments may quote input."""
    del logger, name
    record = event.get("_record")
    if record is not None:
        event["logger"] = record.name
        has_arguments = bool(event.pop("positional_args", ()))
        event["event"] = str(record.msg) if has_arguments else f"message of {record.name}"
        event["place"] = f"{record.module}:{record.lineno}"
    return event


def keep_only_where_it_failed(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Replace an exception by its class and the code places it passed, without its message."""
    del logger, name
    error = _exception_of(event.pop("exc_info", None))
    if error is not None:
        event["error"] = type(error).__qualname__
        event["where"] = [
            f"{frame.filename.rsplit('/site-packages/', 1)[-1]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-8:]
        ]
    record = event.get("_record")
    if record is not None:
        record.exc_info = record.exc_text = None
    return event


def _exception_of(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None


_SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    keep_only_where_it_failed,
]
_PROCESSORS: Final = [*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
_BOUND_LOGGER: Final = structlog.make_filtering_bound_logger(logging.INFO)


def get_log(name: str) -> "structlog.typing.FilteringBoundLogger":
    """Return a logger under ``assistant``; extra fields are internal ids, counts and timings.

    It carries its processors with it: unconfigured structlog would print an exception with the
    local variables of every frame, which are customers' words.
    """
    log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        logging.getLogger(f"assistant.{name}"), processors=_PROCESSORS, wrapper_class=_BOUND_LOGGER
    )
    return log
