"""The ports of the web layer over the real store, on SQLite and PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest
from tests.fakes.clock import SteppableClock
from tests.profile_parts import Parts

from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import to_rfc3339
from assistant.core.errors import NotAuthenticated, NotFound, Stale
from assistant.core.ids import CustomerId
from assistant.profile.consent.offers import PurposeOffer
from assistant.store.access_log import Access, AccessLogRepository
from assistant.store.engine import Database
from assistant.store.visitors import VisitorRepository
from assistant.vault.vault import Vault
from assistant.web.consents import StoreConsents
from assistant.web.event_sink import StoreEvents
from assistant.web.identity import StoreCustomers, StoreVisitors
from assistant.web.records import StoreRecords
from assistant.web.services import Decision

ADA, BEN = "ada@customers.example", "ben@customers.example"


@pytest.fixture
def parts(database: Database, vault: Vault, clock: SteppableClock) -> Parts:
    return Parts.of(database, vault, clock)


def store_customers(parts: Parts) -> StoreCustomers:
    return StoreCustomers(
        database=parts.database, customers=parts.customers, vault=parts.vault, clock=parts.clock
    )


def store_visitors(parts: Parts) -> StoreVisitors:
    return StoreVisitors(
        database=parts.database,
        customers=parts.customers,
        visitors=VisitorRepository(vault=parts.vault),
        clock=parts.clock,
    )


def store_consents(parts: Parts) -> StoreConsents:
    return StoreConsents(
        database=parts.database, ledger=parts.ledger, pack=parts.pack, clock=parts.clock
    )


async def actor_of(parts: Parts, subject: str) -> CustomerActor:
    customer_id = await store_customers(parts).find_or_create(subject)
    return CustomerActor(customer_id, Role.CUSTOMER, 2**53)


async def test_customer_is_made_once_however_many_ask_at_once(parts: Parts) -> None:
    processes = [store_customers(parts) for _ in range(4)]

    assert await processes[0].find(ADA) is None
    made = await asyncio.gather(*(each.find_or_create(ADA) for each in processes * 4))

    assert len(set(made)) == 1
    assert [await each.find(ADA) for each in processes] == [made[0]] * 4
    assert await processes[0].find(BEN) is None


async def test_visitor_comes_back_with_the_secret_until_it_ends(
    parts: Parts, clock: SteppableClock
) -> None:
    visitors = store_visitors(parts)

    renewal = await visitors.register()
    again = await visitors.recognise(renewal.secret)
    clock.advance(days=29)
    later = await visitors.recognise(renewal.secret)

    assert again == later == renewal
    assert renewal.expires_at - clock() <= timedelta(days=1)
    other_end = "9" + renewal.secret[1:]
    for secret in ("", "guess", other_end, renewal.secret + "x"):
        with pytest.raises(NotAuthenticated):
            await visitors.recognise(secret)
    clock.advance(days=2)
    with pytest.raises(NotAuthenticated):
        await visitors.recognise(renewal.secret)


def decision(offer: PurposeOffer, verdict: str, **changes: object) -> Decision:
    members = {
        "purpose": offer.id,
        "decision": verdict,
        "version": offer.version,
        "text_sha256": offer.text_sha256,
        "categories": None,
        "gpc": False,
        "lang": "en",
    }
    return Decision(**{**members, **changes})  # type: ignore[arg-type]


async def test_consent_is_given_by_echo_and_withdrawn_without(parts: Parts) -> None:
    consents, actor = store_consents(parts), await actor_of(parts, ADA)
    offer = (await consents.view(None, lang="en", gpc=False))[0]

    with pytest.raises(Stale):
        await consents.decide(actor, decision(offer, "given", text_sha256="0" * 64))
    with pytest.raises(NotFound):
        await consents.decide(actor, decision(offer, "given", purpose="nothing"))
    given = await consents.decide(actor, decision(offer, "given", categories=("orders",)))
    withdrawn = await consents.decide(
        actor, decision(offer, "withdrawn", version=None, text_sha256=None)
    )
    shown = (await consents.view(actor, lang="en", gpc=False))[0]

    assert standing(given)["orders"] == "given"
    assert set(standing(given).values()) == {"given", "undecided"}
    assert standing(withdrawn)["orders"] == "withdrawn"
    assert shown == withdrawn


def standing(offer: PurposeOffer) -> dict[str, str]:
    return {each.category: each.decision for each in offer.categories}


async def test_privacy_signal_refuses_aggregates_and_an_express_yes_beside_it_stands(
    parts: Parts,
) -> None:
    consents, actor = store_consents(parts), await actor_of(parts, ADA)
    aggregate = next(
        offer
        for offer in await consents.view(actor, lang="en", gpc=False)
        if offer.id == "improve_in_the_aggregate"
    )

    await consents.decide(actor, decision(aggregate, "given"))
    signalled = await aggregate_seen(consents, actor, gpc=True)
    unsignalled = await aggregate_seen(consents, actor, gpc=False)
    await consents.decide(actor, decision(aggregate, "given", gpc=True))

    assert signalled == unsignalled == {"refused"}
    assert await aggregate_seen(consents, actor, gpc=True) == {"given"}


async def test_privacy_signal_beside_any_decision_acts_at_once(parts: Parts) -> None:
    consents, actor = store_consents(parts), await actor_of(parts, ADA)
    offers = {offer.id: offer for offer in await consents.view(actor, lang="en", gpc=False)}
    await consents.decide(actor, decision(offers["improve_in_the_aggregate"], "given"))

    await consents.decide(actor, decision(offers["answer_from_history"], "given", gpc=True))

    assert await aggregate_seen(consents, actor, gpc=False) == {"refused"}


async def aggregate_seen(consents: StoreConsents, actor: CustomerActor, *, gpc: bool) -> set[str]:
    offers = await consents.view(actor, lang="en", gpc=gpc)
    return {
        state
        for offer in offers
        if offer.id == "improve_in_the_aggregate"
        for state in standing(offer).values()
    }


def order(parts: Parts, number: int, subject: str = ADA, **changes: object) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"o{number}",
        "source": "https://shop.example/orders",
        "type": "order.placed",
        "time": to_rfc3339(parts.clock() - timedelta(days=10 - number)),
        "subject": subject,
        "data": {"order_id": f"W{number}", "items": [{"item_id": "1", "name": "Alder kettle"}]},
        **changes,
    }


def store_events(parts: Parts, told: list[bool]) -> StoreEvents:
    return StoreEvents(
        database=parts.database,
        intake=parts.intake,
        parser=parts.parser,
        on_stored=lambda: told.append(True),
    )


async def test_events_are_stored_once_and_refused_without_a_basis(parts: Parts) -> None:
    told: list[bool] = []
    sink = store_events(parts, told)

    results = await sink.store_batch(
        [
            order(parts, 1),
            order(parts, 1),
            order(parts, 1, data={"order_id": "W1", "items": []}),
            order(parts, 2, type="page.viewed", data={"title": "Kettles"}),
            {"id": "no more"},
        ]
    )

    statuses = [result.status for result in results]
    assert statuses == ["stored", "duplicate", "invalid", "refused", "invalid"]
    assert results[2].reason == "conflict"
    assert results[3].code == "no_lawful_basis"
    assert told == [True]


async def test_history_is_the_actors_own_newest_first_and_paged(parts: Parts) -> None:
    sink = store_events(parts, [])
    for number in range(5):
        await sink.store_batch([order(parts, number), order(parts, number, BEN)])
    records = store_records(parts)
    actor = await actor_of(parts, ADA)

    first = await records.list_history(actor, category=None, after=None, limit=3)
    rest = await records.list_history(actor, category=None, after=first[-1].event_id, limit=3)
    orders = await records.list_history(actor, category="orders", after=first[-1].event_id, limit=3)
    nothing = await records.list_history(actor, category="returns", after=None, limit=3)

    assert [event.id for event in (*first, *rest)] == ["o4", "o3", "o2", "o1", "o0"]
    assert list(orders) == list(rest)
    assert list(nothing) == []


def store_records(parts: Parts) -> StoreRecords:
    return StoreRecords(
        database=parts.database, events=parts.events, access_log=AccessLogRepository()
    )


async def test_access_log_is_the_actors_own_and_paged(parts: Parts) -> None:
    actor, other = await actor_of(parts, ADA), await actor_of(parts, BEN)

    def log(customer_id: CustomerId, items: int) -> None:
        entry = Access(
            role=Role.ASSISTANT,
            purpose="answer_from_history",
            categories=frozenset({"orders"}),
            items=items,
            item_ids=(),
            at=parts.clock(),
        )
        parts.database.write_now(
            lambda connection: AccessLogRepository().add_access(connection, customer_id, entry)
        )

    for number in range(3):
        await asyncio.to_thread(log, actor.customer_id, number)
    await asyncio.to_thread(log, other.customer_id, 9)

    records = store_records(parts)
    first = await records.list_access(actor, before=None, limit=2)
    rest = await records.list_access(actor, before=first[-1].entry_id, limit=2)

    assert [entry.items for entry in (*first, *rest)] == [2, 1, 0]
