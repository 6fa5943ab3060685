"""Where a fault happened, said without anything that a customer wrote."""

import traceback
from pathlib import Path


def place_of(error: BaseException) -> str:
    """Return the file, line and function an error comes from, which hold no personal text."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{Path(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}" if frames else ""
    )
