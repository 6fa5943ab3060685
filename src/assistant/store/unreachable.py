"""Says what a database refused, for whoever has to mend it: no statement and no values."""

from typing import Final

from sqlalchemy.exc import OperationalError

_HINTS: Final = {
    "readonly database": "run this as the account of the service, which may write there",
    "unable to open": "look at the path and at the rights of this account",
    "locked": "another process is writing; try again",
    "disk is full": "make room",
}
_ELSE: Final = "see that the server runs, and that the URL is right"


def find_refusal(error: BaseException) -> str | None:
    """Return in one line why a database could not be used, None where that is not the error."""
    if not isinstance(error, OperationalError):
        return None
    reason = str(error.orig).strip().partition("\n")[0]
    hint = next((told for word, told in _HINTS.items() if word in reason), _ELSE)
    return f"the database cannot be used: {reason}: {hint}"
