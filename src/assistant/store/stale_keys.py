"""What happens when the fence refuses a write because it was sealed under an outdated data key.

Another process gave the customer a new key meanwhile. Whoever keeps unwrapped keys is told to drop
them, and the unit of work runs again, sealing under the new one. See ``store.migrations.fences``.
"""

from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from assistant.core.errors import StaleDataKey

_MESSAGE = "stale data key"
_SHUT = "stale data key: shut"

RUNS = 3
"""Times one unit of work runs in all: between two, the key may change once more."""


class StaleKeys:
    """Those who keep unwrapped keys, to be told that some of them are outdated."""

    def __init__(self) -> None:
        self._keepers: list[Callable[[], None]] = []

    def tell(self, forget: Callable[[], None]) -> None:
        """Call ``forget`` whenever a write was refused; it must be quick and write nothing."""
        self._keepers.append(forget)

    def forget(self) -> None:
        """Tell everybody."""
        for forget in self._keepers:
            forget()


def is_stale(error: BaseException) -> bool:
    """Whether the fence refused a write, for whichever reason."""
    return isinstance(error, DBAPIError) and _MESSAGE in str(error.orig)


def is_shut(error: BaseException) -> bool:
    """Whether it refused it because nothing may be sealed for the customer: no key would do."""
    return isinstance(error, DBAPIError) and _SHUT in str(error.orig)


def stale_error(refused: BaseException) -> StaleDataKey:
    """Return what callers see of a write that the fence went on refusing."""
    error = StaleDataKey("a customer's data key changes just now; repeat", retry_after=1)
    error.__cause__ = refused
    return error
