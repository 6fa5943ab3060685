"""Reads every chain of decisions from end to end and names each one that does not hold.

Rows are read a page at a time in the order of customer and number, so that neither the number of
customers nor the length of a chain decides how much is held in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, Row, bindparam, exists, select, tuple_, update

from assistant.store.consent_chain import entry_hash, first_link, next_head
from assistant.store.consents import EVENT_COLUMNS, HEAD_KEY, ConsentEvent, to_event
from assistant.store.tables.catalogue import table_of
from assistant.store.tables.consents import ConsentEventRow
from assistant.store.tables.customers import CustomerRow
from assistant.vault.vault import Vault

T = TypeVar("T")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class Read(Protocol):
    """Runs a unit of work on one snapshot, as ``Database.read_now`` does."""

    def __call__(self, work: Callable[[Connection], T], /) -> T:
        """Return what ``work`` returns."""
        ...


PAGE = 2_000

_E = table_of(ConsentEventRow)
_C = table_of(CustomerRow)
_WITH_HEADS = select(
    *EVENT_COLUMNS,
    _E.c.customer_id,
    _E.c.evidence_sealed.is_not(None).label("has_evidence"),
    _C.c.customer_id.label("owner"),
    _C.c.consent_head,
).join_from(_E, _C, _C.c.customer_id == _E.c.customer_id, isouter=True)
_AFTER = (
    _WITH_HEADS.where(
        tuple_(_E.c.customer_id, _E.c.seq) > tuple_(bindparam("last_customer"), bindparam("last"))
    )
    .order_by(_E.c.customer_id, _E.c.seq)
    .limit(PAGE)
)
_OF_ONE = _WITH_HEADS.where(_E.c.customer_id == bindparam("of_customer")).order_by(_E.c.seq)
_EMPTIED = (
    select(_C.c.customer_id)
    .where(
        _C.c.consent_head.is_not(None),
        _C.c.customer_id > bindparam("last_customer"),
        ~exists().where(_E.c.customer_id == _C.c.customer_id),
    )
    .order_by(_C.c.customer_id)
    .limit(PAGE)
)
_SAVE_HEAD = (
    update(_C)
    .where(_C.c.customer_id == bindparam("of_customer"))
    .values(consent_head=bindparam("head"))
)


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """A chain that does not hold: whose, at which entry, and what is wrong there."""

    customer_id: str
    seq: int
    problem: str


@dataclass(slots=True)
class ChainAudit:
    """One pass over all chains; ``customers`` and ``entries`` count what was read."""

    vault: Vault
    customers: int = 0
    entries: int = 0

    def find_broken(self, read: Read) -> Iterator[BrokenChain]:
        """Yield every chain that does not hold, in the order of customers.

        A chain that looks broken is read once more on its own before it is named: it may have
        been erased between two pages.
        """
        for customer_id, rows in groupby(_all_rows(read), key=lambda row: str(row.customer_id)):
            self.customers += 1
            key = self.vault.service_key(HEAD_KEY)
            if _find_break(key, customer_id, self._counted(rows)) is None:
                continue
            gone = self._evidence_may_be_gone(customer_id)
            alone = partial(_find_break_alone, key=key, customer_id=customer_id, gone=gone)
            found = read(alone)
            if found is not None:
                yield found
        for customer_id in _emptied(read):
            yield BrokenChain(customer_id, 0, "every entry is missing, but the head is there")

    def _evidence_may_be_gone(self, customer_id: str) -> bool:
        """Whether a data key of the customer was destroyed, with what a backup had sealed under it.

        A restore then leaves out the evidence of decisions that were made before that.
        """
        return 1 not in self.vault.data_key_numbers(customer_id)

    def _counted(self, rows: Iterator[AnyRow]) -> Iterator[AnyRow]:
        for row in rows:
            self.entries += 1
            yield row


def seal_heads(connection: Connection, vault: Vault) -> None:
    """Make the heads of chains that a migration has just built, from their rows."""
    key = vault.service_key(HEAD_KEY)
    rows = _all_rows(partial(_on, connection))
    for customer_id, chain in groupby(rows, key=lambda row: str(row.customer_id)):
        head: bytes | None = None
        for row in chain:
            head = next_head(key, head, customer_id, row.seq, row.entry_hash)
        connection.execute(_SAVE_HEAD, {"of_customer": customer_id, "head": head})


def _all_rows(read: Read) -> Iterator[AnyRow]:
    """Yield every entry, a page a snapshot; what is appended meanwhile comes later in the order."""
    position = {"last_customer": "", "last": 0}
    while rows := read(partial(_page, position=position)):
        yield from rows
        position = {"last_customer": rows[-1].customer_id, "last": rows[-1].seq}


def _on(connection: Connection, work: Callable[[Connection], T]) -> T:
    return work(connection)


def _page(connection: Connection, position: dict[str, Any]) -> Sequence[AnyRow]:
    return connection.execute(_AFTER, position).all()


def _find_break_alone(
    connection: Connection, *, key: bytes, customer_id: str, gone: bool
) -> BrokenChain | None:
    rows = connection.execute(_OF_ONE, {"of_customer": customer_id})
    return _find_break(key, customer_id, iter(rows), evidence_may_be_gone=gone)


def _emptied_page(connection: Connection, *, last: str) -> Sequence[str]:
    return connection.execute(_EMPTIED, {"last_customer": last}).scalars().all()


def _emptied(read: Read) -> Iterator[str]:
    last = ""
    while found := read(partial(_emptied_page, last=last)):
        yield from found
        last = found[-1]


def _find_break(
    key: bytes,
    customer_id: str,
    rows: Iterator[AnyRow],
    *,
    evidence_may_be_gone: bool = False,
) -> BrokenChain | None:
    """Return the first place at which a chain does not hold; reads its rows to the end."""
    broken: BrokenChain | None = None
    head, previous, seq = None, first_link(customer_id), 0
    kept: AnyRow | None = None
    for row in rows:
        event = to_event(row[: len(EVENT_COLUMNS)])
        problem = _problem(event, expected_seq=seq + 1, previous=previous)
        if event.evidence_hash and not (row.has_evidence or evidence_may_be_gone):
            problem = problem or "its evidence is missing"
        if problem and broken is None:
            broken = BrokenChain(customer_id, event.seq, problem)
        head = next_head(key, head, customer_id, event.seq, event.entry_hash)
        previous, seq, kept = event.entry_hash, event.seq, row
    if broken or kept is None:
        return broken
    if kept.owner is None:
        return BrokenChain(customer_id, seq, "the customer of this chain is missing")
    if kept.consent_head is None or bytes(kept.consent_head) != head:
        return BrokenChain(customer_id, seq, "the head does not fit: entries after it were removed "
                           "or the chain was written anew")  # fmt: skip
    return None


def _problem(event: ConsentEvent, *, expected_seq: int, previous: str) -> str | None:
    if event.seq != expected_seq:
        return f"entry {expected_seq} is missing"
    if event.previous_hash != previous:
        return "it does not continue the entry before it"
    if event.entry_hash != entry_hash(event.chained(), event.previous_hash):
        return "its content is not what was recorded"
    return None
