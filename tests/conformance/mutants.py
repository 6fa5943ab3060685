"""Ways to break a promise: each spoils one thing of our own server, inside a test process only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pytest

Value: TypeAlias = Any
"""What a method that is spoiled was given, or gives: a mutant only passes it on."""

Spoil = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A server that breaks a promise, and the checks that must notice."""

    name: str
    caught_by: tuple[str, ...]
    spoil: Spoil


class Mutants:
    """The mutants of one field, in the order they were written."""

    def __init__(self) -> None:
        self.found: Final[list[Mutant]] = []

    def add(self, name: str, *caught_by: str) -> Callable[[Spoil], Spoil]:
        """Return a decorator that adds a way to spoil the server."""

        def keep(spoil: Spoil) -> Spoil:
            self.found.append(Mutant(name, caught_by, spoil))
            return spoil

        return keep


def around(
    patch: pytest.MonkeyPatch, owner: type, method: str, wrapper: Callable[..., Value]
) -> None:
    """Replace a method by ``wrapper``, which is given the original before its arguments."""
    original = getattr(owner, method)

    def replaced(*arguments: object, **named: object) -> object:
        return wrapper(original, *arguments, **named)

    patch.setattr(owner, method, replaced)


def nothing(*arguments: object, **named: object) -> None:
    """Do nothing, whatever is asked."""
