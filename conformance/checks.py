"""What a check is: an id, a promise in words, where it is written, and the steps that try it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from conformance.service import Service

Steps: TypeAlias = Callable[[Service], Awaitable[None]]


class Broken(Exception):
    """The server did otherwise than it promises; the message says what was seen."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise and how to try it."""

    id: str
    promise: str
    source: str
    """Where the promise is written, such as ``api.md: Identities``."""
    steps: Steps


class Checks:
    """The checks of one group, in the order they were written."""

    def __init__(self, group: str) -> None:
        """Begin an empty group; its name begins the id of each of its checks."""
        self.group = group
        self.found: list[Check] = []

    def check(self, name: str, *, promise: str, source: str) -> Callable[[Steps], Steps]:
        """Return a decorator that adds steps under ``<group>.<name>``."""

        def add(steps: Steps) -> Steps:
            self.found.append(Check(f"{self.group}.{name}", promise, source, steps))
            return steps

        return add


def require(condition: object, otherwise: str) -> None:
    """Raise ``Broken`` with what was seen unless ``condition`` is true."""
    if not condition:
        raise Broken(otherwise)
