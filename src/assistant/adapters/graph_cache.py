"""Exported models, kept in a folder and found again; a damaged one is exported anew.

The name of a kept file carries the fingerprint of the model, the variant, and the SHA-256 of the
file itself, so that damage is noticed instead of answered with wrong vectors, and a process that
exports at the same time replaces it by the same file.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.adapters.model_files import ModelFiles, weights_sha256


@dataclass(frozen=True, slots=True)
class GraphCache:
    """The exports of one ``variant`` in ``folder``, as files that end in ``suffix`` (".onnx")."""

    folder: Path
    variant: str
    suffix: str

    def find(self, files: ModelFiles) -> Path | None:
        """Return the sound export of this model, or None; damaged copies are removed."""
        for path in sorted(self.folder.glob(f"{self._stem(files)}-*{self.suffix}")):
            if path.stem.rpartition("-")[2] == weights_sha256(path):
                return path
            path.unlink(missing_ok=True)
        return None

    def find_or_make(self, files: ModelFiles, export: Callable[[ModelFiles, Path], None]) -> Path:
        """Return the sound export; made by ``export``, which is given where to write, if missing.

        The file appears under its name only when it is complete and on disk.
        """
        found = self.find(files)
        if found is not None:
            return found
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".export-") as folder:
            made = Path(folder) / f"model{self.suffix}"
            export(files, made)
            with made.open("rb") as file:
                os.fsync(file.fileno())
            target = self.folder / f"{self._stem(files)}-{weights_sha256(made)}{self.suffix}"
            made.replace(target)
        return target

    def _stem(self, files: ModelFiles) -> str:
        return f"{files.fingerprint[:16]}-{self.variant}"
