"""Turns texts into vectors for everybody at once: one thread, batches of what waits.

Encoding on the event loop would stall every customer, and one call each would waste the processor:
the thread takes what is waiting, whoever asked, as one batch. It never waits for more to come, so a
single customer pays nothing for the batching. Whoever indexes goes through the same thread in small
portions and after the customers.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from assistant.core.errors import Overloaded
from assistant.retrieval.embedder import Embedder, Vectors
from assistant.retrieval.length_batches import batches_by_length
from assistant.retrieval.vector_cache import VectorCache


@dataclass(eq=False, slots=True)
class _Request:
    """One caller's texts; ``rows`` fills up from cache and batches until none is missing."""

    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Vectors]"
    rows: list[Vectors | None]
    missing: int
    error: Exception | None = None

    def resolve(self) -> None:
        """Hand over the rows or the error; runs on the caller's loop."""
        if self.future.done():
            return
        if self.error:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(np.stack([row for row in self.rows if row is not None]))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """One text of a request, waiting for its batch."""

    request: _Request
    position: int
    text: str


@dataclass(frozen=True, slots=True)
class _Portion:
    """A few texts of a bulk encode; its caller blocks on ``done``."""

    texts: Sequence[str]
    done: "Future[Vectors]" = field(default_factory=Future)


class EncodingService:
    """A bounded queue before one ``Embedder``, its one thread, and a cache of recent texts.

    The cache is keyed by a digest, so that no customer's words outlive their turn here.
    """

    def __init__(
        self,
        *,
        embedder: Embedder,
        queue_limit: int = 1024,
        batch_limit: int = 32,
        cache_size: int = 8192,
    ) -> None:
        """Start the thread.

        Args:
            embedder: called from that thread only.
            queue_limit: texts that may wait; more are refused with ``Overloaded``.
            batch_limit: texts that are encoded together.
            cache_size: vectors kept; 1.5 kB each at 384 dimensions.
        """
        self.identity = embedder.identity
        self.dimensions = embedder.dimensions
        self._embedder = embedder
        self._queue_limit = queue_limit
        self._batch_limit = batch_limit
        self._cache = VectorCache(size=cache_size)
        self._waiting: deque[_Waiting] = deque()
        self._portions: deque[_Portion] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="encoding", daemon=True)
        self._thread.start()

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, shape (len(texts), dimensions).

        Raises:
            Overloaded: too many texts are waiting, or the service is closing.
        """
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        rows = self._cache.find(texts)
        missing = [position for position, row in enumerate(rows) if row is None]
        if not missing:
            return np.stack([row for row in rows if row is not None])
        loop = asyncio.get_running_loop()
        request = _Request(loop, loop.create_future(), rows, len(missing))
        self._enqueue([_Waiting(request, position, texts[position]) for position in missing])
        return await request.future

    def encode_now(
        self, texts: Sequence[str], *, on_progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return one unit vector per text, blocking; for indexing, never on an event loop.

        ``on_progress`` receives how many texts are done. Waiting customers go first between any two
        portions. The cache is neither asked nor filled.
        """
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        done = 0
        for batch in batches_by_length(texts, texts_limit=self._batch_limit):
            portion = _Portion([texts[position] for position in batch])
            with self._changed:
                self._refuse_if_closed()
                self._portions.append(portion)
                self._changed.notify()
            vectors[batch] = portion.done.result()
            done += len(batch)
            if on_progress:
                on_progress(done)
        return vectors

    @property
    def queued(self) -> int:
        """How many texts are waiting for their batch."""
        return len(self._waiting)

    def forget(self) -> None:
        """Drop every cached vector, as an erasure asks for."""
        self._cache.clear()

    def close(self) -> None:
        """Stop after the batch at hand; whoever still waits is refused with ``Overloaded``."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _enqueue(self, items: Sequence[_Waiting]) -> None:
        with self._changed:
            self._refuse_if_closed()
            if len(self._waiting) + len(items) > self._queue_limit:
                raise Overloaded("too many texts are waiting to be encoded", retry_after=1)
            self._waiting.extend(items)
            self._changed.notify()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise _closing()

    def _work(self) -> None:
        """Encode batches, customers before portions, until closed."""
        while not self._closed:
            batch, portion = self._take()
            if batch:
                self._encode_batch(batch)
            elif portion:
                self._encode_portion(portion)
        for item in self._waiting:
            item.request.error = _closing()
        _hand_over(item.request for item in self._waiting)
        for portion in self._portions:
            portion.done.set_exception(_closing())

    def _take(self) -> tuple[list[_Waiting], _Portion | None]:
        """Wait for work and take one batch or one portion of it; neither when closed."""
        with self._changed:
            while not (self._closed or self._waiting or self._portions):
                self._changed.wait()
            batch: list[_Waiting] = []
            while self._waiting and len(batch) < self._batch_limit and not self._closed:
                item = self._waiting.popleft()
                if not item.request.future.cancelled():
                    batch.append(item)
            if batch or self._closed or not self._portions:
                return batch, None
            return [], self._portions.popleft()

    def _encode_batch(self, batch: Sequence[_Waiting]) -> None:
        """Encode what was taken, and wake each caller whose last text was among it."""
        found = self._vectors_of(list(dict.fromkeys(item.text for item in batch)))
        finished: list[_Request] = []
        for item in batch:
            result = found[item.text]
            if isinstance(result, Exception):
                item.request.error = result
            else:
                item.request.rows[item.position] = result
            item.request.missing -= 1
            if not item.request.missing:
                finished.append(item.request)
        _hand_over(finished)

    def _vectors_of(self, texts: list[str]) -> dict[str, Vectors | Exception]:
        """Encode together; if that fails one by one, so that one text fails its caller only."""
        try:
            rows = self._embedder.encode(texts)
        except Exception as error:  # whatever it is belongs to the caller
            if len(texts) == 1:
                return {texts[0]: error}
            return {text: self._vectors_of([text])[text] for text in texts}
        found: dict[str, Vectors | Exception] = {}
        for text, row in zip(texts, rows, strict=True):
            self._cache.keep(text, row)
            found[text] = row
        return found

    def _encode_portion(self, portion: _Portion) -> None:
        try:
            portion.done.set_result(self._embedder.encode(portion.texts))
        except Exception as error:  # whatever it is belongs to the caller
            portion.done.set_exception(error)


def _hand_over(requests: Iterable[_Request]) -> None:
    """Resolve the futures of each loop in one call to it."""
    of_loop: dict[asyncio.AbstractEventLoop, list[_Request]] = {}
    for request in requests:
        of_loop.setdefault(request.loop, []).append(request)
    for loop, ready in of_loop.items():
        # A loop that has been closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve_all, ready)


def _resolve_all(requests: Sequence[_Request]) -> None:
    for request in requests:
        request.resolve()


def _closing() -> Overloaded:
    return Overloaded("the service is closing", retry_after=1)
