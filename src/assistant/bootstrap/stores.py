"""Opens what keeps: database, key database, vault, and the repositories over them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.errors import ConfigurationError
from assistant.settings import Settings
from assistant.store.access_log import AccessLogRepository
from assistant.store.consents import ConsentRepository
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.events import EventRepository
from assistant.store.feedback import FeedbackRepository
from assistant.store.handoffs import HandoffRepository
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.store.intake_state import IntakeStateRepository
from assistant.store.uses import UseRepository
from assistant.store.visitors import VisitorRepository
from assistant.vault.key_files import KeyRing, parse_keys, read_key_file
from assistant.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Stores:
    """The opened databases and every repository."""

    database: Database
    keys: SqlKeyStore
    vault: Vault
    customers: CustomerRepository
    visitors: VisitorRepository
    conversations: ConversationRepository
    events: EventRepository
    blocks: HistoryBlockRepository
    consents: ConsentRepository
    uses: UseRepository
    access_log: AccessLogRepository
    feedback: FeedbackRepository
    handoffs: HandoffRepository
    intake_state: IntakeStateRepository

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open and migrate; nothing stays open when any part fails.

        Raises:
            KeyUnavailable: the key-encryption key is missing or is another one.
            ConfigurationError: a URL or a folder cannot be used.
        """
        ring = read_ring(settings)
        make_folder(settings.data_dir)
        keys = SqlKeyStore.open(settings.resolved_keys_url())
        try:
            vault = Vault.unlock(keys, ring)
            database = Database.open(settings.resolved_database_url())
        except BaseException:
            keys.close()
            raise
        try:
            database.migrate()
        except BaseException:
            database.close_now()
            keys.close()
            raise
        return cls._over(database, keys, vault)

    @classmethod
    def _over(cls, database: Database, keys: SqlKeyStore, vault: Vault) -> Self:
        return cls(
            database=database,
            keys=keys,
            vault=vault,
            customers=CustomerRepository(vault=vault),
            visitors=VisitorRepository(vault=vault),
            conversations=ConversationRepository(vault=vault),
            events=EventRepository(vault=vault),
            blocks=HistoryBlockRepository(vault=vault),
            consents=ConsentRepository(vault=vault),
            uses=UseRepository(),
            access_log=AccessLogRepository(),
            feedback=FeedbackRepository(),
            handoffs=HandoffRepository(),
            intake_state=IntakeStateRepository(),
        )

    def close(self) -> None:
        """Finish what is queued and close both databases."""
        self.database.close_now()
        self.keys.close()


def read_ring(settings: Settings) -> KeyRing:
    """Return the key-encryption keys that the settings name.

    Raises:
        KeyUnavailable: there is none, or its file may be read by others.
        ConfigurationError: the key file lies in the data folder.
    """
    if settings.key is not None:
        return parse_keys(settings.key.get_secret_value(), origin="ASSISTANT_KEY")
    path = settings.resolved_key_file()
    if path.resolve().is_relative_to(settings.data_dir.resolve()):
        raise ConfigurationError(
            f"the key file {str(path)!r} lies in the data folder, whose backups would then hold "
            "lock and key; move it outside and name it in ASSISTANT_KEY_FILE"
        )
    return read_key_file(path)


def make_folder(folder: Path) -> None:
    """Make a folder of ours, readable by its owner only.

    Raises:
        ConfigurationError: the machine refuses.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"the folder {str(folder)!r} cannot be made ({error.strerror}): "
            "choose another with ASSISTANT_DATA_DIR or --data-dir"
        ) from error
