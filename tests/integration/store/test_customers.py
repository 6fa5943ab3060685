"""Customers: one for each external id, however many ask at once."""

import asyncio

import pytest
from tests.fakes.clock import SteppableClock
from tests.proving import ProofRun

from assistant.core.errors import NotFound
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.visitors import VisitorRepository
from assistant.vault.vault import Vault


@pytest.fixture
def customers(vault: Vault) -> CustomerRepository:
    return CustomerRepository(vault=vault)


def test_an_unknown_external_id_has_no_customer(
    database: Database, customers: CustomerRepository
) -> None:
    assert database.read_now(lambda c: customers.find_customer(c, "ada@mail.example")) is None


def test_a_customer_is_found_again_by_either_id(
    database: Database, customers: CustomerRepository, clock: SteppableClock
) -> None:
    made = database.write_now(
        lambda c: customers.get_or_create_customer(c, "ada@mail.example", at=clock())
    )

    assert made.kind == "customer"
    assert (made.created_at, made.consent_epoch, made.blocked_at) == (clock(), 0, None)
    assert database.read_now(lambda c: customers.find_customer(c, "ada@mail.example")) == made
    assert database.read_now(lambda c: customers.get_customer(c, made.customer_id)) == made
    external = database.read_now(lambda c: customers.get_external_id(c, made.customer_id))
    assert external == "ada@mail.example"


def test_a_batch_finds_the_known_and_makes_the_new(
    database: Database, customers: CustomerRepository, clock: SteppableClock
) -> None:
    ada = database.write_now(lambda c: customers.get_or_create_customer(c, "ada", at=clock()))

    both = database.write_now(
        lambda c: customers.get_or_create_customers(c, ["ben", "ada", "ben"], at=clock())
    )

    assert set(both) == {"ada", "ben"}
    assert both["ada"] == ada
    assert both["ben"].customer_id != ada.customer_id


@pytest.mark.proof("16 creations at once give one customer", small=5, full=1_000)
async def test_sixteen_creations_at_once_give_one_customer(
    database_url: str, vault: Vault, clock: SteppableClock, proof_run: ProofRun
) -> None:
    database = Database.open(database_url, pool_size=16)
    customers = CustomerRepository(vault=vault)
    for _ in range(proof_run.count):
        subject = f"{proof_run.random.randbytes(8).hex()}@mail.example"

        made = await asyncio.gather(
            *(
                database.write(
                    lambda c, s=subject: customers.get_or_create_customer(c, s, at=clock())
                )
                for _ in range(16)
            )
        )

        assert len({customer.customer_id for customer in made}) == 1
    await database.close()


async def test_creations_by_two_processes_give_one_customer(
    database_url: str, vault: Vault, clock: SteppableClock
) -> None:
    customers = CustomerRepository(vault=vault)
    databases = [Database.open(database_url, pool_size=4) for _ in range(2)]

    made = await asyncio.gather(
        *(
            database.write(
                lambda c, n=number: customers.get_or_create_customer(c, f"subject-{n}", at=clock())
            )
            for number in range(20)
            for database in databases
        )
    )

    assert len({customer.customer_id for customer in made}) == 20
    for database in databases:
        await database.close()


def test_the_consent_epoch_moves_one_on_for_that_customer_only(
    database: Database, customers: CustomerRepository, clock: SteppableClock
) -> None:
    ada, ben = database.write_now(
        lambda c: [customers.get_or_create_customer(c, n, at=clock()) for n in ("ada", "ben")]
    )

    assert database.write_now(lambda c: customers.bump_epoch(c, ada.customer_id)) == 1
    assert database.write_now(lambda c: customers.bump_epoch(c, ada.customer_id)) == 2
    assert database.read_now(lambda c: customers.consent_epoch(c, ada.customer_id)) == 2
    assert database.read_now(lambda c: customers.consent_epoch(c, ben.customer_id)) == 0


def test_an_unknown_customer_is_not_found(
    database: Database, customers: CustomerRepository
) -> None:
    for ask in (customers.get_customer, customers.consent_epoch):
        with pytest.raises(NotFound):
            database.read_now(lambda c, ask=ask: ask(c, "nobody"))
    with pytest.raises(NotFound):
        database.write_now(lambda c: customers.bump_epoch(c, "nobody"))


def test_a_visitor_has_no_external_id_and_comes_back_by_renewal(
    database: Database, customers: CustomerRepository, vault: Vault, clock: SteppableClock
) -> None:
    visitors = VisitorRepository(vault=vault)
    visitor = database.write_now(lambda c: customers.create_visitor(c, at=clock()))
    expires_at = clock.advance(days=30)

    def save(renewal: str) -> None:
        database.write_now(
            lambda c: visitors.save_renewal(
                c, visitor.customer_id, renewal=renewal, expires_at=expires_at
            )
        )

    def find(renewal: str) -> str | None:
        return database.read_now(lambda c: visitors.find_visitor(c, renewal, now=clock()))

    clock.advance(days=-1)
    save("first")
    save("second")

    external = database.read_now(lambda c: customers.get_external_id(c, visitor.customer_id))
    assert (visitor.kind, external) == ("visitor", None)
    assert find("first") is None
    assert find("second") == visitor.customer_id
    clock.advance(days=1)
    assert find("second") is None
    clock.advance(days=-1)
    database.write_now(lambda c: visitors.remove_renewal(c, visitor.customer_id))
    assert find("second") is None
