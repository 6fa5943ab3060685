"""Who an erased customer is afterwards: nobody, until a token from later begins somebody new."""

from datetime import timedelta

import pytest
from tests.erasure_home import Home

from assistant.core.clock import to_epoch_ms
from assistant.core.errors import CustomerErased
from assistant.core.ids import CustomerId
from assistant.web.identity import StoreCustomers, StoreVisitors
from assistant.workers.erasure_worker import ErasureWatch

ADA = "ada@customers.example"


def customers_of(home: Home) -> StoreCustomers:
    return StoreCustomers(
        database=home.database,
        customers=home.stores.customers,
        vault=home.stores.vault,
        clock=home.clock,
    )


def visitors_of(home: Home) -> StoreVisitors:
    return StoreVisitors(
        database=home.database,
        customers=home.stores.customers,
        visitors=home.stores.visitors,
        clock=home.clock,
    )


def watch_of(home: Home, *, told: list[set[CustomerId]]) -> ErasureWatch:
    home.erasing.notices.listen(lambda customers: told.append(set(customers)))
    return ErasureWatch(
        database=home.database,
        erasures=home.erasing.parts.erasures,
        notices=home.erasing.notices,
        clock=home.clock,
    )


def now(home: Home, **later: float) -> int:
    return to_epoch_ms(home.clock() + timedelta(**later))


async def test_tokens_up_to_the_erasure_belong_to_nobody_and_later_ones_to_somebody_new(
    home: Home,
) -> None:
    ada = home.customer(ADA)
    home.erase(ada, "everything")
    customers = customers_of(home)

    for early in (now(home, minutes=-9), now(home)):
        with pytest.raises(CustomerErased):
            await customers.find(ADA, issued_at=early)
        with pytest.raises(CustomerErased):
            await customers.find_or_create(ADA, issued_at=early)
    assert await customers.find(ADA, issued_at=now(home, seconds=1)) is None
    new = await customers.find_or_create(ADA, issued_at=now(home, seconds=1))

    assert new != ada
    assert home.event_ids(new) == []
    with pytest.raises(CustomerErased):
        await customers.find(ADA, issued_at=now(home))
    with pytest.raises(CustomerErased):
        await customers_of(home).find(ADA, issued_at=now(home))
    home.work()
    with pytest.raises(CustomerErased):
        await customers_of(home).find(ADA, issued_at=now(home))


async def test_a_token_of_a_company_clock_that_runs_ahead_is_from_before_all_the_same(
    home: Home,
) -> None:
    ada = home.customer(ADA)
    issued = home.clock() + timedelta(seconds=20)

    home.erase(ada, "everything", not_before=issued)

    with pytest.raises(CustomerErased):
        await customers_of(home).find(ADA, issued_at=to_epoch_ms(issued))
    assert await customers_of(home).find(ADA, issued_at=to_epoch_ms(issued) + 1) is None


async def test_another_process_learns_of_an_erasure_by_looking(home: Home) -> None:
    ada = home.customer(ADA)
    there = customers_of(home)
    home.erasing.notices.listen(there.forget_erased)
    told: list[set[CustomerId]] = []
    watch = watch_of(home, told=told)
    assert await there.find(ADA, issued_at=now(home)) == ada
    await watch.work()
    assert told == []

    home.erase(ada, "everything")
    await watch.work()

    assert told == [{ada}]
    with pytest.raises(CustomerErased):
        await there.find(ADA, issued_at=now(home))
    await watch.work()
    assert len(told) == 1
    home.work()
    await watch.work()
    assert told == [{ada}, {ada}], "and again when the keys are gone"


async def test_visitors_are_nobody_after_their_erasure(home: Home) -> None:
    visitors = visitors_of(home)
    visitor = (await visitors.register()).customer_id
    await visitors.require(visitor)

    home.erase(visitor, "everything")
    visitors.forget_erased([visitor])

    with pytest.raises(CustomerErased):
        await visitors.require(visitor)
    home.work()
    with pytest.raises(CustomerErased):
        await visitors_of(home).require(visitor)


async def test_all_data_leaves_the_token_good(home: Home) -> None:
    ada = home.customer(ADA)
    home.erase(ada, "all_data")

    assert await customers_of(home).find(ADA, issued_at=now(home)) == ada
