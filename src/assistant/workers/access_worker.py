"""Looks every minute whether somebody reads customers' data in bulk."""

from collections.abc import Callable

from assistant.core.clock import Clock
from assistant.profile.transparency.access_watch import AccessWatch, tell
from assistant.store.engine import Database

PERIOD = 60.0
"""Seconds between two looks."""


class AccessWorker:
    """Raises alarms; several processes may run it, an alarm is one row."""

    def __init__(
        self,
        *,
        database: Database,
        watch: AccessWatch,
        clock: Clock,
        on_alarm: Callable[[], None] = lambda: None,
    ) -> None:
        """Tell ``on_alarm`` of each new alarm, beside the log."""
        self._database = database
        self._watch = watch
        self._clock = clock
        self._on_alarm = on_alarm

    async def work(self) -> bool:
        """Look once; there is never more to do at once."""
        now = self._clock()
        for alarm in await self._database.write(lambda c: self._watch.look(c, now=now)):
            tell(alarm)
            self._on_alarm()
        return False
