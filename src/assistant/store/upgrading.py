"""An upgrade of the tables with what only the vault can add to it, in one transaction."""

from sqlalchemy import Connection

from assistant.store import schema
from assistant.store.consent_audit import seal_heads
from assistant.vault.vault import Vault

_CHAIN_REVISION = "0002"
"""The migration that chained the decisions made before there was a chain."""


def upgrade_with(connection: Connection, vault: Vault) -> None:
    """Migrate; right after decisions were chained, and never again, seal the heads of the chains.

    At any other time a chain without its head is a finding, not something to mend.
    """
    if _CHAIN_REVISION in schema.upgrade(connection):
        seal_heads(connection, vault)
