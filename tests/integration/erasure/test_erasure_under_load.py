"""Erasures of every scope while others write: no canary is left, with every key ever issued."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from tests.canary import Verdict, canary_text, judge_database, judge_folder
from tests.canary_keys import RecordingKeyStore
from tests.erasure_home import Home, settings_in
from tests.proving import ProofRun

from assistant.bootstrap.stores import read_ring
from assistant.core.clock import system_clock
from assistant.core.erasure import ErasureState, Scope
from assistant.core.errors import AssistantError
from assistant.core.ids import CustomerId
from assistant.profile.erasure.requests import Requested

SCOPES: tuple[Scope, ...] = ("everything", "all_data", "category", "conversation", "item")
AT_A_TIME = 25


@dataclass(frozen=True)
class Doomed:
    """A customer, what is erased of them, and the words that must go with it."""

    customer_id: CustomerId
    scope: Scope
    requested: Requested
    words: tuple[str, ...]


@pytest.fixture
def recorded(tmp_path: Path, database_url: str) -> Iterator[tuple[Home, RecordingKeyStore]]:
    """A home whose every data key is remembered."""
    settings = settings_in(tmp_path, database_url)
    home = Home(settings, system_clock)
    keys = RecordingKeyStore(home.stores.keys, read_ring(settings))
    home.stores.vault._keys = keys
    yield home, keys
    home.close()


@contextlib.contextmanager
def writing(home: Home, customers: list[CustomerId]) -> Iterator[None]:
    """Write turns of these customers all the time, whatever becomes of them."""
    stop = threading.Event()
    unexpected: list[BaseException] = []

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                home.say(customers[number % len(customers)], "Hello", answer="Good day.")
            except (AssistantError, IntegrityError):
                continue  # they are being erased, or are gone
            except BaseException as error:
                unexpected.append(error)
                raise

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not unexpected


@pytest.mark.proof(
    "Erasures of all scopes while turns are written leave no canary", small=5, full=1_000
)
def test_erasures_under_load_leave_no_canary(
    recorded: tuple[Home, RecordingKeyStore], proof_run: ProofRun, tmp_path: Path
) -> None:
    home, keys = recorded
    bystander = home.customer("ben@mail.example")
    kept = "Bystander's words stäy"
    home.say(bystander, kept, answer="Good day.")
    for begun in range(0, proof_run.count, AT_A_TIME):
        numbers = range(begun, min(begun + AT_A_TIME, proof_run.count))
        customers = {number: filled(home, number) for number in numbers}
        with writing(home, [bystander, *customers.values()]):
            doomed = [erase_some(home, customers[number], number) for number in numbers]
            wait(home, doomed)
        look(home, keys, doomed, tmp_path)
    seen = judge_folder(tmp_path, [canary_text(kept)], keys=keys.issued.only([bystander]),
                        every_key=False)  # fmt: skip
    found = seen.verdict is Verdict.FOUND
    assert found == (home.database.dialect == "sqlite"), "the scanner sees what is there"


def words(number: int) -> tuple[str, str, str, str]:
    """Words of an item, of another in its category, of a conversation, and of an answer."""
    return tuple(f"Wörd-{number}-{part}-kettle" for part in "abcd")  # type: ignore[return-value]


def filled(home: Home, number: int) -> CustomerId:
    subject = f"ada-{number}@mail.example"
    ada = home.customer(subject)
    home.give(ada)
    first, second, said, answered = words(number)
    home.send(subject, first, second)
    home.index(ada)
    home.say(ada, said, answer=f"{answered} {first}", using=home.event_ids(ada)[:1],
             conversation=conversation_of(number))  # fmt: skip
    return ada


def conversation_of(number: int) -> str:
    return f"0197a3f0-0000-7000-8000-{number:012d}"


def erase_some(home: Home, ada: CustomerId, number: int) -> Doomed:
    scope = SCOPES[number % len(SCOPES)]
    first, second, said, answered = words(number)
    target, gone = {
        "everything": (None, (first, second, said, answered, f"ada-{number}@mail.example")),
        "all_data": (None, (first, second, said, answered)),
        "category": ("browsing", (first, second, answered)),
        "conversation": (conversation_of(number), (said, answered)),
        "item": (home.event_ids(ada)[0], (first, answered)),
    }[scope]
    return Doomed(ada, scope, home.erase(ada, scope, target), gone)


def wait(home: Home, doomed: list[Doomed]) -> None:
    """Let the engine work until all are verified."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        home.engine.run_once()
        found = [home.find(each.customer_id, each.requested) for each in doomed]
        if all(one.state is ErasureState.PHYSICALLY_VERIFIED for one in found):
            return
    raise AssertionError([(one.scope, one.state, one.problem) for one in found])


def look(home: Home, keys: RecordingKeyStore, doomed: list[Doomed], folder: Path) -> None:
    """Look into every file and row with every key that these customers ever had."""
    canaries = [canary_text(word) for each in doomed for word in each.words]
    issued = keys.issued.only([each.customer_id for each in doomed])
    files = judge_folder(folder, canaries, keys=issued, every_key=False)
    rows = home.database.read_now(
        lambda c: judge_database(c, canaries, keys=issued, every_key=False)
    )
    assert (files.sightings, rows.sightings) == ([], [])
    assert rows.verdict is Verdict.REMOVED
