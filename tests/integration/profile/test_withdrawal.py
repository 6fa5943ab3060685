"""A withdrawal counts from the moment it is acknowledged, and takes along what hung on it."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier

import pytest
from tests.profile_parts import Parts
from tests.proving import ProofRun

from assistant.core.ids import CustomerId
from assistant.profile.consent.grants import Grant
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger, Unlawful, UseChange
from assistant.store.consents import ConsentEntry
from assistant.store.engine import Connection

HISTORY = "answer_from_history"
READERS = 2
READS = 2
"""Reads that each reader tries, one after the other."""
CUSTOMER_EVERY = 20
"""Interleavings after which another customer is taken, so that chains stay short."""
READER_SPREAD = 0.004
"""Within how many seconds the readers begin."""
LONGEST_HEAD_START = 0.5
"""Seconds a withdrawal waits for the readers at most."""


@dataclass
class Race:
    """One withdrawal beside readers; times are ``time.monotonic`` in seconds."""

    parts: Parts
    customer_id: CustomerId
    chance: random.Random
    barrier: Barrier = field(default_factory=lambda: Barrier(READERS + 1))

    def read(self, delay: float) -> list[float]:
        """Authorise, read, and commit what was read; return when each such commit ended."""
        ended: list[float] = []
        self.barrier.wait()
        time.sleep(delay)
        for _ in range(READS):
            grant = self.parts.authorize(self.customer_id, HISTORY, "orders")
            if isinstance(grant, Grant):
                ended += self.parts.database.write_now(lambda c, g=grant: self._commit(c, g))
        return ended

    def _commit(self, connection: Connection, grant: Grant) -> list[float]:
        held = self.parts.gate.still_holds(connection, grant)
        return [time.monotonic()] if held else []

    def withdraw(self, delay: float) -> float:
        """Withdraw; return when it was acknowledged."""
        self.barrier.wait()
        time.sleep(delay)
        self.parts.decide(self.customer_id, HISTORY, "withdrawn", {"orders"})
        return time.monotonic()

    def run(self, pool: ThreadPoolExecutor, head_start: float) -> tuple[float, list[float]]:
        """Return when the withdrawal was acknowledged, and the ends of all commits."""
        delays = [self.chance.uniform(0, READER_SPREAD) for _ in range(READERS)]
        withdrawal = pool.submit(self.withdraw, self.chance.uniform(0, head_start))
        readers = [pool.submit(self.read, delay) for delay in delays]
        acknowledged = withdrawal.result()
        return acknowledged, [end for reader in readers for end in reader.result()]


@dataclass
class HeadStart:
    """How long a withdrawal may wait, kept where reads end on both sides of it.

    What a read and a withdrawal take differs tenfold between machines; a fixed wait would
    have every read on one side of the withdrawal on some of them, which races nothing.
    """

    seconds: float = READER_SPREAD

    def learn(self, commits: int) -> None:
        """Take longer after an interleaving without a commit, shorter after one with only those."""
        if commits == 0:
            self.seconds = min(self.seconds * 1.5, LONGEST_HEAD_START)
        elif commits == READERS * READS:
            self.seconds = max(self.seconds / 1.5, READER_SPREAD / 4)


@pytest.mark.timeout(3_600)
@pytest.mark.proof("No read commits after a withdrawal was acknowledged", small=60, full=10_000)
def test_no_read_commits_after_a_withdrawal_was_acknowledged(
    parts: Parts, proof_run: ProofRun
) -> None:
    late, before, customer, head_start = 0, 0, parts.customer(), HeadStart()
    with ThreadPoolExecutor(READERS + 1) as pool:
        for number in range(proof_run.count):
            if number % CUSTOMER_EVERY == 0:
                customer = parts.customer(f"customer-{number}.example")
            parts.decide(customer, HISTORY, "given", {"orders"})

            acknowledged, commits = Race(parts, customer, proof_run.random).run(
                pool, head_start.seconds
            )

            late += sum(end > acknowledged for end in commits)
            before += len(commits)
            head_start.learn(len(commits))
            assert not isinstance(parts.authorize(customer, HISTORY, "orders"), Grant)
    assert late == 0
    assert before > proof_run.count // 10, "too few reads came before: the race was none"


def test_a_no_to_an_unknown_category_counts_for_those_that_are_known(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders", "returns"})

    state = parts.decide(amara, HISTORY, "withdrawn", {"orders", "horoscopes"})

    assert state.given(HISTORY) == {"returns"}


@pytest.mark.parametrize("categories", [{"horoscopes"}, set[str]()])
def test_a_no_to_nothing_that_is_known_changes_nothing(parts: Parts, categories: set[str]) -> None:
    amara = parts.customer()
    before = parts.decide(amara, HISTORY, "given", {"orders"})

    after = parts.decide(amara, HISTORY, "withdrawn", categories)

    assert after == before
    events = parts.database.read_now(lambda c: parts.consents.list_events(c, amara))
    assert len(events) == 1


def test_a_yes_to_what_stands_renews_it(parts: Parts) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders"})
    parts.decide(amara, HISTORY, "given", {"orders", "returns"})
    parts.decide(amara, HISTORY, "withdrawn", {"orders"})
    parts.decide(amara, HISTORY, "given", {"orders"})

    events = parts.database.read_now(lambda c: parts.consents.list_events(c, amara))

    assert [(event.category, event.status) for event in events] == [
        ("orders", "given"),
        ("orders", "renewed"),
        ("returns", "given"),
        ("orders", "withdrawn"),
        ("orders", "given"),
    ]
    assert parts.state(amara).permits(HISTORY, "returns")


@dataclass
class Told:
    """What the ledger told of its decisions."""

    noes: list[tuple[str, list[str]]] = field(default_factory=list)
    unlawful: list[frozenset[str]] = field(default_factory=list)
    changes: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)

    def no(self, connection: Connection, customer_id: str, entries: Sequence[ConsentEntry]) -> None:
        del connection, customer_id
        self.noes.append((entries[0].decision, [entry.category for entry in entries]))

    def gone(self, connection: Connection, unlawful: Unlawful) -> None:
        del connection
        self.unlawful.append(unlawful.categories)

    def changed(self, connection: Connection, change: UseChange) -> None:
        del connection
        self.changes.append((change.added, change.removed))


@pytest.fixture
def told(parts: Parts) -> Told:
    """A ledger that tells what follows, in place of the silent one."""
    told = Told()
    parts.__dict__["ledger"] = ConsentLedger(
        pack=parts.pack,
        consents=parts.consents,
        customers=parts.customers,
        on_no=told.no,
        on_category_unlawful=told.gone,
        on_use_changed=told.changed,
    )
    return told


def test_what_only_consent_let_be_stored_is_named_when_its_last_purpose_goes(
    parts: Parts, told: Told
) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders", "browsing", "chat"})
    parts.decide(amara, "personal_suggestions", "given", {"browsing"})

    parts.decide(amara, HISTORY, "withdrawn")
    assert told.unlawful == []
    parts.decide(amara, "personal_suggestions", "refused")

    assert told.unlawful == [frozenset({"browsing"})]
    parts.decide(amara, "personal_suggestions", "withdrawn")
    assert told.unlawful == [frozenset({"browsing"})], "once is enough"


def test_each_no_is_told_before_it_is_acknowledged_and_no_yes_is(parts: Parts, told: Told) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders"})
    parts.decide(amara, HISTORY, "refused", {"calls"})
    parts.decide(amara, HISTORY, "withdrawn", {"orders", "calls"})

    assert told.noes == [("refused", ["calls"]), ("withdrawn", ["calls", "orders"])]


def test_a_no_that_cannot_be_recorded_elsewhere_is_not_acknowledged(
    parts: Parts, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders"})
    monkeypatch.setattr(parts.ledger, "_on_no", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        parts.decide(amara, HISTORY, "withdrawn")

    assert parts.state(amara).given(HISTORY) == {"orders"}


def test_what_may_be_used_is_told_when_it_changes_and_only_then(parts: Parts, told: Told) -> None:
    amara = parts.customer()
    parts.decide(amara, HISTORY, "given", {"orders", "returns"})
    parts.decide(amara, "finish_the_job", "given", {"orders"})
    parts.decide(amara, HISTORY, "withdrawn")

    nothing = frozenset[str]()
    assert told.changes == [
        (frozenset({"orders", "returns"}), nothing),
        (nothing, frozenset({"returns"})),
    ]


def test_the_language_of_a_yes_is_that_of_the_text_it_echoes(parts: Parts) -> None:
    amara = parts.customer()
    german = parts.pack.disclose(HISTORY, "de")
    yes = ConsentDecision(
        amara,
        HISTORY,
        "given",
        "api",
        parts.clock(),
        german.version,
        german.text_sha256,
        frozenset({"orders"}),
        lang="en",
    )
    parts.database.write_now(lambda c: parts.ledger.decide(c, yes))

    (event,) = parts.database.read_now(lambda c: parts.consents.list_events(c, amara))

    assert event.lang == "de"
