"""Joins the watch over bulk reading with its limits."""

from collections.abc import Callable
from datetime import timedelta

from assistant.bootstrap.assembly import Assistant
from assistant.profile.transparency.access_watch import AccessWatch, ReadingLimits, tell
from assistant.settings import Settings
from assistant.store.access_alarms import AccessAlarmRepository
from assistant.workers.access_worker import AccessWorker


def open_access_watch(settings: Settings) -> AccessWatch:
    """Return the watch with the limits of the settings."""
    return AccessWatch(
        alarms=AccessAlarmRepository(),
        limits=ReadingLimits(
            customers=settings.alarm_customers,
            items=settings.alarm_items,
            service_customers=settings.alarm_service_customers,
            service_items=settings.alarm_service_items,
            window=timedelta(minutes=settings.alarm_minutes),
        ),
    )


def open_access_worker(assistant: Assistant, on_alarm: Callable[[], None]) -> AccessWorker:
    """Return the worker that looks every minute while the service runs."""
    return AccessWorker(
        database=assistant.stores.database,
        watch=open_access_watch(assistant.settings),
        clock=assistant.clock,
        on_alarm=on_alarm,
    )


def look_now(assistant: Assistant) -> None:
    """Look once, after a command that reads: no service need be running to raise an alarm."""
    now = assistant.clock()
    watch = open_access_watch(assistant.settings)
    for alarm in assistant.stores.database.write_now(lambda c: watch.look(c, now=now)):
        tell(alarm)
