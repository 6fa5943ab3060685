"""The files that databases in use lie in, searched by a program beside the service."""

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self, cast

from assistant.core.errors import AssistantError
from assistant.store import file_search
from assistant.store.dialects import dialect_of, parse_url

_SUFFIXES = ("-wal", "", "-journal")
"""The write-ahead log first: a checkpoint carries pages from it into the database meanwhile, and
what was moved between two readings would be seen in neither the other way round."""


class LiveFiles:
    """Knows every file of the SQLite databases among ``urls``; PostgreSQL keeps its own."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)

    @classmethod
    def of(cls, *urls: str) -> Self:
        """Return the files of these databases, each with its journals."""
        parsed = [url for url in map(parse_url, urls) if dialect_of(url) == "sqlite"]
        names = [cast("str", url.database) for url in parsed]
        return cls([Path(name + suffix) for name in names for suffix in _SUFFIXES])

    def find(self, pieces: Sequence[bytes]) -> frozenset[int]:
        """Return the places in ``pieces`` of those that occur in some file now.

        Raises:
            AssistantError: a file cannot be read, so nothing can be said.
        """
        if not pieces or not self._files:
            return frozenset()
        question = {
            "files": [str(path) for path in self._files],
            "pieces": [base64.b64encode(piece).decode() for piece in pieces],
        }
        done = subprocess.run(  # noqa: S603 - this interpreter and a file of ours
            [sys.executable, "-I", file_search.__file__],
            input=json.dumps(question).encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise AssistantError("the search of the live files failed")
        answer = json.loads(done.stdout)
        if answer["unread"]:
            raise AssistantError("a live file cannot be read, so nothing can be said about it")
        return frozenset(answer["found"])
