"""What follows from a decision in a service as it is assembled: rows, vectors, receipts, keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.erasure_home import settings_in
from tests.fakes.clock import SteppableClock
from tests.fakes.embedder import HashingEmbedder
from tests.profile_parts import MARKET

from assistant.bootstrap.assembly import Assistant, build
from assistant.core.actor import Role
from assistant.core.clock import to_rfc3339
from assistant.core.errors import ConfigurationError
from assistant.core.ids import CustomerId, new_id
from assistant.profile.consent.grants import Grant
from assistant.profile.consent.ledger import ConsentDecision
from assistant.retrieval.history_block import unpack_history
from assistant.store.consent_audit import ChainAudit
from assistant.store.consents import Decision

HISTORY = "answer_from_history"
ADA = "ada@customers.example"


@pytest.fixture
def assistant(tmp_path: Path, database_url: str, clock: SteppableClock) -> Iterator[Assistant]:
    """A whole service with a cheap embedder."""
    settings = settings_in(tmp_path, database_url)
    with build(settings, clock=clock, open_model=lambda _: HashingEmbedder()) as assistant:
        yield assistant


@pytest.fixture
def ada(assistant: Assistant) -> CustomerId:
    customers = assistant.stores.customers
    return assistant.stores.database.write_now(
        lambda c: customers.get_or_create_customer(c, ADA, at=assistant.clock())
    ).customer_id


def decide(assistant: Assistant, customer_id: str, decision: Decision, *categories: str) -> None:
    shown = assistant.pack.disclose(HISTORY)
    made = ConsentDecision(
        customer_id,
        HISTORY,
        decision,
        "api",
        assistant.clock(),
        shown.version,
        shown.text_sha256,
        frozenset(categories) or None,
    )
    assistant.stores.database.write_now(lambda c: assistant.ledger.decide(c, made))


def send(assistant: Assistant, type_: str, name: str) -> str:
    """Hand over one event; return what became of it."""
    data = (
        {"order_id": name, "items": [{"item_id": "1", "name": name}]}
        if type_.startswith("order.")
        else {"title": name}
    )
    document = {
        "specversion": "1.0",
        "id": new_id(),
        "source": "https://shop.example/web",
        "type": type_,
        "time": to_rfc3339(assistant.clock()),
        "subject": ADA,
        "data": data,
    }
    parsed = [assistant.intake.parser.parse(document)]
    (result,) = assistant.stores.database.write_now(
        lambda c: assistant.intake.intake.store_batch(c, parsed)
    )
    return result.status


def indexed(assistant: Assistant, customer_id: str) -> list[str]:
    """The categories whose events have a vector."""
    block = assistant.stores.database.read_now(
        lambda c: assistant.stores.blocks.find_block(c, customer_id)
    )
    if block is None:
        return []
    unpacked = unpack_history(block.packed)
    return sorted(unpacked.event(row).category for row in range(len(unpacked)))


def stored(assistant: Assistant, customer_id: str, *categories: str) -> int:
    return len(
        assistant.stores.database.read_now(
            lambda c: assistant.stores.events.list_event_ids(c, customer_id, categories=categories)
        )
    )


def open_categories(assistant: Assistant, customer_id: CustomerId) -> list[str]:
    """The categories that the assistant sees of the customer's history."""

    def work(connection: object) -> list[str]:
        grant = assistant.gate.authorize(
            connection,  # type: ignore[arg-type]  # a Connection, which tests do not import
            customer_id=customer_id,
            purpose=HISTORY,
            categories=assistant.pack.purposes[HISTORY].categories,
            role=Role.ASSISTANT,
        )
        if not isinstance(grant, Grant):
            return []
        opened = assistant.history_reader.open(connection, grant)  # type: ignore[arg-type]  # as above
        return sorted(event.category for event in opened.events)

    return assistant.stores.database.read_now(work)


def test_vectors_exist_only_for_what_some_purpose_may_use(
    assistant: Assistant, ada: CustomerId
) -> None:
    assert send(assistant, "order.placed", "Kettle") == "stored"
    assistant.index_histories()
    assert indexed(assistant, ada) == []

    decide(assistant, ada, "given", "orders")
    assistant.index_histories()

    assert indexed(assistant, ada) == ["orders"]


def test_what_was_stored_before_is_found_as_soon_as_it_may_be_used(
    assistant: Assistant, ada: CustomerId
) -> None:
    """Also where a block exists that leaves it out, and the worker has not come by yet."""
    send(assistant, "order.placed", "Kettle")
    decide(assistant, ada, "given", "browsing")
    send(assistant, "page.viewed", "Toasters")
    assistant.index_histories()
    assert open_categories(assistant, ada) == ["browsing"]

    decide(assistant, ada, "given", "orders")

    assert open_categories(assistant, ada) == ["browsing", "orders"]
    assistant.index_histories()
    assert open_categories(assistant, ada) == ["browsing", "orders"]


def test_a_withdrawal_takes_vectors_along_at_once_and_keeps_what_a_contract_needs(
    assistant: Assistant, ada: CustomerId
) -> None:
    decide(assistant, ada, "given", "orders", "browsing")
    send(assistant, "order.placed", "Kettle")
    send(assistant, "page.viewed", "Toasters")
    assistant.index_histories()
    assert indexed(assistant, ada) == ["browsing", "orders"]

    decide(assistant, ada, "withdrawn", "orders")

    assert indexed(assistant, ada) == ["browsing"]
    assert stored(assistant, ada, "orders") == 1


def test_a_withdrawal_erases_what_only_consent_let_be_stored(
    assistant: Assistant, ada: CustomerId
) -> None:
    decide(assistant, ada, "given", "orders", "browsing")
    send(assistant, "order.placed", "Kettle")
    send(assistant, "page.viewed", "Toasters")
    assistant.index_histories()

    decide(assistant, ada, "withdrawn", "browsing")

    assert stored(assistant, ada, "browsing") == 0
    assert indexed(assistant, ada) == ["orders"]
    (erasure,) = assistant.stores.database.read_now(
        lambda c: assistant.erasing.erasures.list_erasures(c, ada)
    )
    assert (erasure.scope, erasure.target, erasure.cause) == ("category", "browsing", "withdrawal")


def test_a_withdrawal_of_what_holds_nothing_starts_no_erasure(
    assistant: Assistant, ada: CustomerId
) -> None:
    decide(assistant, ada, "given")
    decide(assistant, ada, "withdrawn")

    assert (
        assistant.stores.database.read_now(
            lambda c: assistant.erasing.erasures.list_erasures(c, ada)
        )
        == []
    )


def test_an_index_that_was_begun_before_a_withdrawal_is_not_written_after_it(
    assistant: Assistant, ada: CustomerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(assistant, ada, "given", "orders", "returns")
    send(assistant, "order.placed", "Kettle")
    indexer, pack = assistant.history_indexer, assistant.history_indexer._pack

    def withdraw_meanwhile(*args: object) -> object:
        monkeypatch.setattr(indexer, "_pack", pack)
        decide(assistant, ada, "withdrawn", "orders")
        return pack(*args)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(indexer, "_pack", withdraw_meanwhile)
    waiting = assistant.stores.database.read_now(
        lambda c: assistant.stores.blocks.find_waiting(c, ada)
    )
    assert waiting is not None

    assert not indexer.index_now(waiting)
    assert indexed(assistant, ada) == []


def test_every_decision_of_a_service_has_a_receipt_and_a_whole_chain(
    assistant: Assistant, ada: CustomerId
) -> None:
    decide(assistant, ada, "given")
    decide(assistant, ada, "withdrawn", "orders")

    receipts = assistant.stores.database.read_now(
        lambda c: assistant.receipts.list_receipts(c, ada, after=None, limit=10)
    )

    assert [receipt.purpose for receipt in receipts] == [HISTORY, HISTORY]
    audit = ChainAudit(assistant.stores.vault)
    assert list(audit.find_broken(assistant.stores.database.read_now)) == []


def test_a_service_does_not_start_with_a_purpose_that_changed_under_its_version(
    assistant: Assistant, tmp_path: Path
) -> None:
    pack = tmp_path / "changed"
    pack.mkdir()
    for path in MARKET.glob("*.yaml"):
        content = path.read_text(encoding="utf-8")
        changed = content.replace("Answer me from my own history", "Know everything about me")
        (pack / path.name).write_text(changed, encoding="utf-8")
    settings = assistant.settings.model_copy(update={"knowledge": pack})

    with pytest.raises(ConfigurationError, match="raise the version"):
        build(settings, clock=assistant.clock, open_model=lambda _: HashingEmbedder())
