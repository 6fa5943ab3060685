"""Work that runs on threads of its own beside a block of a test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

Work = Callable[[], object]


@contextmanager
def until_the_end(*works: Callable[[threading.Event], object]) -> Iterator[threading.Event]:
    """As ``beside``, for work that goes on until the event that it is given, and yielded, is set.

    It is set when the block ends, however it ends.
    """
    ended = threading.Event()
    with beside(*(partial(work, ended) for work in works)):
        try:
            yield ended
        finally:
            ended.set()


@contextmanager
def beside(*works: Work) -> Iterator[None]:
    """Start each of ``works`` on a thread; join them after the block, and raise what failed."""
    failures: list[BaseException] = []

    def run(work: Work) -> None:
        try:
            work()
        except BaseException as error:  # raised below, on the thread of the test
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
