"""Checks who read: alarms for bulk reading that somebody should look at."""

from collections.abc import Iterator
from datetime import timedelta

from assistant.bootstrap.stores import is_missing_file
from assistant.cli.findings import Finding
from assistant.core.clock import system_clock, to_rfc3339
from assistant.settings import Settings
from assistant.store.access_alarms import AccessAlarmRepository
from assistant.store.engine import Database

DAYS = 30
"""How far back alarms are shown."""

_SHOWN = 20


def check_access(settings: Settings) -> Iterator[Finding]:
    """Show the alarms for bulk reading of the last days."""
    url = settings.resolved_database_url()
    if is_missing_file(url):
        return
    now = system_clock()
    database = Database.open(url, pool_size=1)
    try:
        if database.pending_migrations():
            return
        alarms = database.read_now(
            lambda c: AccessAlarmRepository().list_alarms(
                c, since=now - timedelta(days=DAYS), until=now + timedelta(days=1)
            )
        )
    finally:
        database.close_now()
    for alarm in alarms[:_SHOWN]:
        yield Finding(
            "warning",
            "access",
            f"{alarm.actor} read {alarm.items:,} items of {alarm.customers:,} customers "
            f"({to_rfc3339(alarm.raised_at)}); `assistant breach-report` tells whose",
        )
    if len(alarms) > _SHOWN:
        yield Finding("warning", "access", f"and {len(alarms) - _SHOWN} more alarms")
    if not alarms:
        yield Finding("ok", "access", f"no alarm for bulk reading in {DAYS} days")
