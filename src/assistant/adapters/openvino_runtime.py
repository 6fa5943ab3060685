"""OpenVINO as it is imported here: without the part of it that reports its use over the network."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant.core.errors import ConfigurationError

if TYPE_CHECKING:
    from openvino import Core

_REPORTING = ("openvino_telemetry", "openvino.tools.ovc")
"""The package that reports, and the tools that report when they are imported."""


def open_core() -> "Core":
    """Return OpenVINO's core.

    Raises:
        ConfigurationError: it is not installed, or this processor has no bfloat16.
    """
    core: Core = import_quietly("openvino").Core()
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ConfigurationError("OpenVINO is of use on processors with bfloat16; this has none")
    return core


def import_quietly(name: str) -> Any:  # noqa: ANN401  # the package has no types that mypy follows
    """Import ``openvino`` or a module of it with nothing that reports.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        with _without(_REPORTING):
            return importlib.import_module(name)
    except ImportError as error:
        raise ConfigurationError(
            "ASSISTANT_EMBEDDING_RUNTIME=openvino needs the package of the extra `openvino`: "
            "pip install 'reciprocal-assistant[openvino]'"
        ) from error


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Let imports of ``names`` fail; OpenVINO does without them."""
    hidden: dict[str, Any] = {name: None for name in names if name not in sys.modules}
    sys.modules.update(hidden)
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
