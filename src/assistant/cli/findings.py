"""What a look at one part of a deployment yields: findings, one line each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from assistant.settings import Settings

Level = Literal["ok", "warning", "error"]
"""``warning``: it runs, but look at it; ``error``: it does not run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how grave, about what, and what to do."""

    level: Level
    subject: str
    text: str


Look = Callable[["Settings"], Iterator[Finding]]
"""Looks at one part and yields what it finds; an error of ours that it raises is a finding too."""
