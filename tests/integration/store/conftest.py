"""A customer to hang things on."""

import pytest
from tests.fakes.clock import SteppableClock

from assistant.core.ids import ConversationId, CustomerId, new_id
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.vault.vault import Vault


@pytest.fixture
def ada(database: Database, vault: Vault, clock: SteppableClock) -> CustomerId:
    """A customer."""
    return _customer(database, vault, clock, "ada@mail.example")


@pytest.fixture
def ben(database: Database, vault: Vault, clock: SteppableClock) -> CustomerId:
    """Another customer."""
    return _customer(database, vault, clock, "ben@mail.example")


@pytest.fixture
def conversations(vault: Vault) -> ConversationRepository:
    return ConversationRepository(vault=vault)


@pytest.fixture
def conversation(
    database: Database,
    conversations: ConversationRepository,
    ada: CustomerId,
    clock: SteppableClock,
) -> ConversationId:
    """An open conversation of Ada's."""
    conversation_id = ConversationId(new_id())
    database.write_now(
        lambda c: conversations.open_conversation(c, ada, conversation_id, lang="en", at=clock())
    )
    return conversation_id


def _customer(
    database: Database, vault: Vault, clock: SteppableClock, external_id: str
) -> CustomerId:
    customers = CustomerRepository(vault=vault)
    return database.write_now(
        lambda c: customers.get_or_create_customer(c, external_id, at=clock())
    ).customer_id
