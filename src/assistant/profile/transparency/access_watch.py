"""The watch over bulk reading: who reads far more than their work asks for raises an alarm.

People (agents, operators) have narrow limits. The service's own parts read in proportion to what
arrives, a whole import at once for example, so theirs are wide. What a customer's own turn asked
for counts for nobody, nor does the operator's check of all seals (``reading`` is ``check``): it
tells the operator verdicts and no content, and each customer has it in their log. What the operator
reads beside it counts as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from assistant.core.actor import Role
from assistant.core.clock import from_epoch_ms, to_epoch_ms
from assistant.store.access_alarms import AccessAlarm, AccessAlarmRepository, ReadVolume
from assistant.store.engine import Connection

_log = structlog.get_logger("assistant.access")

_PEOPLE = frozenset({Role.AGENT, Role.OPERATOR, Role.BUSINESS_SYSTEM})
_OF_SERVICE = frozenset({Role.ASSISTANT, Role.WORKER})


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """How many customers, and items, one actor may read within ``window``; more is an alarm."""

    customers: int
    items: int
    service_customers: int
    service_items: int
    window: timedelta

    def exceeded_by(self, volume: ReadVolume) -> bool:
        """Whether somebody read more than they may; customers read their own data freely."""
        if volume.role in _PEOPLE:
            return volume.customers > self.customers or volume.items > self.items
        if volume.role in _OF_SERVICE:
            return volume.customers > self.service_customers or volume.items > self.service_items
        return False


class AccessWatch:
    """Compares what was read with the limits."""

    def __init__(self, *, alarms: AccessAlarmRepository, limits: ReadingLimits) -> None:
        self._alarms = alarms
        self._limits = limits

    def look(self, connection: Connection, *, now: datetime) -> Sequence[AccessAlarm]:
        """Raise (in a write) an alarm for whoever exceeds the limits; return the new ones.

        One alarm an actor and window: it is told once, and its counts go on growing.
        """
        window = self._limits.window
        volumes = self._alarms.volumes(connection, since=now - window)
        raised = []
        for volume in filter(self._limits.exceeded_by, volumes):
            alarm = AccessAlarm(
                actor=volume.actor,
                role=volume.role,
                window_from=_begin(now, window),
                customers=volume.customers,
                items=volume.items,
                raised_at=now,
            )
            if self._alarms.raise_alarm(connection, alarm):
                raised.append(alarm)
        return raised


def tell(alarm: AccessAlarm) -> None:
    """Write an alarm to the log: who and how much, never whose or what."""
    _log.warning(
        "bulk_reading",
        actor=alarm.actor,
        role=alarm.role.value,
        customers=alarm.customers,
        items=alarm.items,
    )


def _begin(now: datetime, window: timedelta) -> datetime:
    length = window // timedelta(milliseconds=1)
    return from_epoch_ms(to_epoch_ms(now) // length * length)
