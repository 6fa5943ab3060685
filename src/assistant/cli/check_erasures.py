"""Check of erasures: whether one is later than was promised, and why."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from assistant.bootstrap.stores import is_missing_file
from assistant.cli.findings import Finding
from assistant.core.clock import system_clock
from assistant.core.errors import ConfigurationError
from assistant.profile.erasure.states import is_overdue
from assistant.settings import Settings
from assistant.store.engine import Database
from assistant.store.erasures import ErasureRepository


def check_erasures(settings: Settings) -> Iterator[Finding]:
    """Count the erasures that are under way, and name those that are overdue."""
    url = settings.resolved_database_url()
    if is_missing_file(url):
        return
    database = Database.open(url, pool_size=1)
    try:
        if database.pending_migrations():
            raise ConfigurationError("cannot be looked at before the tables are current")
        found = database.read_now(ErasureRepository().list_open)
    finally:
        database.close_now()
    now, key_backups = system_clock(), timedelta(hours=settings.key_backup_hours)
    late = [one for one in found if is_overdue(one, now=now, key_backups=key_backups)]
    reasons = Counter(f"{one.state}, {one.problem or 'not begun'}" for one in late)
    for reason, count in sorted(reasons.items()):
        yield Finding("warning", "erasures", f"{count} overdue in the state {reason}")
    if not late:
        yield Finding("ok", "erasures", f"{len(found)} under way, none is overdue")
