"""Where the index's documents come from: the pack's articles, unless another folder was indexed.

What was indexed last is remembered beside the index, so that a rebuild after damage, or at the next
start, reads the same documents again.
"""

from pathlib import Path

_REMEMBERED = "source"


class KnowledgeSource:
    """Remembers and finds the folder (or file) that the index is built from."""

    def __init__(self, *, index_folder: Path, pack_folder: Path) -> None:
        self._file = index_folder / _REMEMBERED
        self._articles = pack_folder / "articles"

    def remember(self, source: Path) -> None:
        """Build from ``source`` from now on."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(str(source.resolve()), encoding="utf-8")

    def forget(self) -> None:
        """Build from the pack's articles again."""
        self._file.unlink(missing_ok=True)

    def current(self) -> Path:
        """Return what to build from; the pack's articles where nothing else is remembered."""
        try:
            remembered = Path(self._file.read_text(encoding="utf-8").strip())
        except OSError:
            return self._articles
        return remembered if remembered.exists() else self._articles
