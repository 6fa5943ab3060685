"""Once an hour: lets go of what was kept for as long as was said, customer by customer.

Any number of processes may run it: an erasure of what has expired happens once an hour for each
customer, whoever asks for it. Who has nothing due is not looked at.
"""

from collections.abc import Callable, Sequence
from functools import partial

import structlog

from assistant.core.clock import Clock
from assistant.core.faults import place_of
from assistant.profile.erasure.retention import Expiry, Page, Retention
from assistant.store.engine import Connection, Database

_log = structlog.get_logger("assistant.workers")


class RetentionWorker:
    """Walks the customers with something due; one that fails does not keep the others."""

    def __init__(
        self,
        *,
        database: Database,
        retention: Retention,
        clock: Clock,
        on_requested: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_requested`` wakes whoever carries erasures out."""
        self._database = database
        self._retention = retention
        self._clock = clock
        self._on_requested = on_requested

    async def work(self) -> bool:
        """Do all there is; never leaves more."""
        now = self._clock()
        done = await self._expire_rows()
        visitors = await self._database.read(partial(self._retention.list_gone_visitors, now=now))
        done += await self._each(visitors, partial(self._retention.forget_visitor, now=now))
        due = await self._database.read(partial(self._retention.list_questions_due, now=now))
        done += await self._each(due, partial(self._retention.expire_questions, now=now))
        await self._database.write(partial(self._retention.drop_records, now=now))
        if done:
            _log.info("retention_done", customers=done)
            self._on_requested()
        return False

    async def _expire_rows(self) -> int:
        now, done = self._clock(), 0
        after: str | None = ""
        while after is not None:
            page: Page = await self._database.read(
                partial(self._retention.list_page, after=after, now=now)
            )
            done += await self._each(page.customers, partial(self._retention.expire, now=now))
            after = page.after
        return done

    async def _each(self, customers: Sequence[str], expire: Expiry) -> int:
        """Do ``expire`` for each customer, each in a write of its own; return for how many."""
        done = 0
        for customer_id in customers:
            try:
                done += await self._database.write(partial(_expire, expire, customer_id))
            except Exception as error:  # this customer's, and not the others'
                _log.warning(
                    "retention_failed",
                    customer_id=customer_id,
                    error=type(error).__qualname__,
                    where=place_of(error),
                )
        return done


def _expire(expire: Expiry, customer_id: str, connection: Connection) -> bool:
    return expire(connection, customer_id)
