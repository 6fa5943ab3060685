"""Wake-ups between the parts of the service and between its processes.

A message says *that* something changed, never what: the database is the truth, and whoever waits
for a topic also looks every few seconds. So a lost message costs seconds and a doubled one nothing,
and no personal content ever leaves the database by this way.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

Wake = Callable[[], None]
"""Called when a topic was published; returns at once and takes nothing."""


class Topic(StrEnum):
    """What may have changed."""

    HISTORY = "history"
    """Events were stored: histories are behind."""

    KNOWLEDGE = "knowledge"
    """The knowledge index has a new generation."""

    ERASURE = "erasure"
    """Something was erased: what is held of erased customers in memory must go."""


class MessageBus(Protocol):
    """Carries wake-ups, best effort."""

    def publish(self, topic: Topic) -> None:
        """Wake whoever subscribed to ``topic``, in every process.

        Any thread may call it; it never raises and never waits. Several publications close together
        may come as one wake-up, and one as several. Nothing happens before ``start`` and after
        ``close``.
        """

    def subscribe(self, topic: Topic, wake: Wake) -> None:
        """Call ``wake`` on the event loop of ``start`` after each publication of ``topic``."""

    async def start(self) -> None:
        """Begin to carry messages, on the running event loop; what is away is waited for later."""

    async def close(self) -> None:
        """Stop; nobody is woken once this has returned. Closing twice is no error."""
