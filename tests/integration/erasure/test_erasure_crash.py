"""kill -9 at every step: the next process goes on, and nothing is left or lost."""

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from tests.erasure_home import Home, settings_in
from tests.proving import ProofRun

from assistant.core.clock import system_clock
from assistant.core.erasure import ErasureState
from assistant.core.ids import CustomerId
from assistant.dialogue.erased_replies import SAYS_SO
from assistant.profile.erasure import engine, requests
from assistant.profile.erasure.requests import Requested
from assistant.settings import Settings
from assistant.store.engine import Database
from assistant.store.live_files import LiveFiles

P = ParamSpec("P")
T = TypeVar("T")


def die(settings: Settings, fatal: int, *, after: bool) -> bool:
    """Let a process work until it kills itself at its ``fatal``-th call; False if it survived.

    Calls that change something are counted: writes, checkpoints, searches. It is a fork, because
    starting an interpreter costs seconds; no database may be open here meanwhile.
    """
    child = os.fork()
    if child == 0:
        try:
            _work_until(settings, fatal, after=after)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in {0, -signal.SIGKILL}
    return os.WIFSIGNALED(status)


def _work_until(settings: Settings, fatal: int, *, after: bool) -> None:
    home = Home(settings, system_clock)
    calls = 0

    def dying(work: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            nonlocal calls
            calls += 1
            if calls == fatal and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = work(*args, **kwargs)
            if calls == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    for owner, name in (
        (Database, "write_now"),
        (Database, "checkpoint_now"),
        (LiveFiles, "find"),
    ):
        setattr(owner, name, dying(getattr(owner, name)))
    home.work()


@pytest.mark.proof(
    "Erasures go on after kill -9 at any step, and nothing is left or lost", small=2, full=120
)
def test_erasures_go_on_after_a_kill_at_any_step(
    tmp_path: Path,
    database_url: str,
    proof_run: ProofRun,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requests, "AT_ONCE", 3)
    monkeypatch.setattr(engine, "LEASE", engine.LEASE * 0)
    settings = settings_in(tmp_path, database_url)
    for number in range(proof_run.count):
        try_one(settings, number, proof_run)


@dataclass(frozen=True)
class Asked:
    """Three customers, what they asked for, and a conversation that quotes what one erases."""

    whole: tuple[CustomerId, Requested]
    part: tuple[CustomerId, Requested]
    all_data: tuple[CustomerId, Requested]
    quoting: str


def ask(home: Home, number: int) -> Asked:
    whole, part, all_data = (home.customer(f"{name}-{number}@mail.example") for name in "abc")
    for customer, name in ((whole, "a"), (part, "b"), (all_data, "c")):
        home.give(customer)
        home.send(f"{name}-{number}@mail.example", *(f"Kettle {place}" for place in range(5)))
        home.index(customer)
    quoting, _ = home.say(part, "Which?", answer="Kettle 1.", using=home.event_ids(part)[:1])
    return Asked(
        (whole, home.erase(whole, "everything")),
        (part, home.erase(part, "category", "browsing")),
        (all_data, home.erase(all_data, "all_data")),
        quoting,
    )


def try_one(settings: Settings, number: int, run: ProofRun) -> None:
    home = Home(settings, system_clock)
    asked = ask(home, number)
    home.close()

    die(settings, run.random.randint(2, 40), after=run.random.random() < 0.5)

    home = Home(settings, system_clock)
    try:
        release_leases(home)
        home.work()
        check(home, asked)
    finally:
        home.close()


def check(home: Home, asked: Asked) -> None:
    for customer, requested in (asked.whole, asked.part, asked.all_data):
        done = home.find(customer, requested)
        assert done.state is ErasureState.PHYSICALLY_VERIFIED
        assert done.counts["events"] == 5, "counted once, whoever counted"
        assert home.event_ids(customer) == []
    keys = home.stores.vault.data_key_numbers
    assert keys(asked.whole[0]) == ()
    assert len(keys(asked.part[0])) == 1
    assert len(keys(asked.all_data[0])) == 1
    assert home.said(asked.part[0], asked.quoting) == [("Which?", SAYS_SO)]
    back = asked.all_data[0]
    again, _ = home.say(back, "Back again", answer="Good day.")
    assert home.said(back, again) == [("Back again", "Good day.")]


def release_leases(home: Home) -> None:
    """Stand for the time after which a dead worker's lease is over."""
    home.database.write_now(lambda c: c.exec_driver_sql("UPDATE erasures SET lease_until = NULL"))
