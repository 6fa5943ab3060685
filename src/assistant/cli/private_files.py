"""Files that commands write for the account that runs them, and for nobody else."""

import os
from pathlib import Path

from assistant.core.errors import InvalidInput


def refuse_target(path: Path) -> None:
    """See, before anything is done, that ``path`` can be written and holds nothing yet.

    Raises:
        InvalidInput: there is a file already, no folder for one, or no right to write there.
    """
    if path.exists():
        raise InvalidInput(f"{str(path)!r} is there already; choose another name")
    if not path.parent.is_dir():
        raise InvalidInput(f"there is no folder {str(path.parent)!r} for {path.name!r}; make it")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InvalidInput(
            f"this account may not write into {str(path.parent)!r}; choose another folder"
        )


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to a new file of mode 0600.

    Raises:
        OSError: there is a file by now, or the machine refuses.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
