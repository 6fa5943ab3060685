"""Opens what keeps: database, key database, vault, and the repositories over them."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from assistant.adapters.sql_erasure_ledger import SqlErasureLedger
from assistant.adapters.sql_key_store import SqlKeyStore
from assistant.core.errors import ConfigurationError
from assistant.profile.erasure.ledger import LedgerHashes
from assistant.profile.erasure.ledger_recorder import LedgerRecorder
from assistant.settings import Settings
from assistant.store.access_log import AccessLogRepository
from assistant.store.consents import ConsentRepository
from assistant.store.conversations import ConversationRepository
from assistant.store.customers import CustomerRepository
from assistant.store.emptying import holds_customers
from assistant.store.engine import Database
from assistant.store.erased_events import LastingHashes
from assistant.store.events import EventRepository
from assistant.store.feedback import FeedbackRepository
from assistant.store.handoffs import HandoffRepository
from assistant.store.history_blocks import HistoryBlockRepository
from assistant.store.intake_state import IntakeStateRepository
from assistant.store.ledger_customers import LedgerCustomers
from assistant.store.ledger_marks import LedgerMarkRepository
from assistant.store.published_purposes import PublishedPurposeRepository
from assistant.store.upgrading import upgrade_with
from assistant.store.uses import UseRepository
from assistant.store.visitors import VisitorRepository
from assistant.vault.key_files import KeyRing, parse_keys, read_key_file
from assistant.vault.vault import Vault

_SQLITE = "sqlite:///"
LOST_KEYS = (
    "the key database is missing or empty, and without it nobody opens what the database holds: "
    "put it back where it was (ASSISTANT_KEYS_URL), or run `assistant restore --keys FILE` with a "
    "backup of the keys"
)


@dataclass(frozen=True, slots=True)
class Stores:
    """The opened databases and every repository."""

    database: Database
    keys: SqlKeyStore
    vault: Vault
    ledger: SqlErasureLedger
    recorder: LedgerRecorder
    marks: LedgerMarkRepository
    customers: CustomerRepository
    visitors: VisitorRepository
    conversations: ConversationRepository
    events: EventRepository
    blocks: HistoryBlockRepository
    consents: ConsentRepository
    published: PublishedPurposeRepository
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
            ConfigurationError: a URL or a folder cannot be used, or the key database was lost.
        """
        ring = read_ring(settings)
        make_folder(settings.data_dir)
        with ExitStack() as opened:
            refuse_lost_keys(settings)
            keys = SqlKeyStore.open(settings.resolved_keys_url())
            opened.callback(keys.close)
            vault = Vault.unlock(keys, ring, reread=lambda: read_ring(settings))
            ledger = open_ledger(settings, vault)
            opened.callback(ledger.close)
            database = Database.open(settings.resolved_database_url())
            opened.callback(database.close_now)
            database.when_key_stale(vault.forget_all)
            database.write_now(lambda connection: upgrade_with(connection, vault))
            stores = cls._over(database, keys, vault, _Recording.of(settings, ledger, vault))
            opened.pop_all()
        return stores

    @classmethod
    def _over(
        cls, database: Database, keys: SqlKeyStore, vault: Vault, recording: "_Recording"
    ) -> Self:
        return cls(
            database=database,
            keys=keys,
            vault=vault,
            ledger=recording.ledger,
            marks=recording.marks,
            recorder=recording.recorder,
            customers=CustomerRepository(
                vault=vault,
                erased_since=recording.recorder.erased_since,
                on_made=recording.recorder.keep_away,
            ),
            visitors=VisitorRepository(vault=vault),
            conversations=ConversationRepository(vault=vault),
            events=EventRepository(vault=vault),
            blocks=HistoryBlockRepository(vault=vault),
            consents=ConsentRepository(vault=vault),
            published=PublishedPurposeRepository(),
            uses=UseRepository(),
            access_log=AccessLogRepository(),
            feedback=FeedbackRepository(),
            handoffs=HandoffRepository(),
            intake_state=IntakeStateRepository(),
        )

    def close(self) -> None:
        """Finish what is queued and close the databases."""
        self.database.close_now()
        self.ledger.close()
        self.keys.close()


@dataclass(frozen=True, slots=True)
class _Recording:
    """The erasure ledger and what writes to it."""

    ledger: SqlErasureLedger
    marks: LedgerMarkRepository
    recorder: LedgerRecorder

    @classmethod
    def of(cls, settings: Settings, ledger: SqlErasureLedger, vault: Vault) -> Self:
        marks = LedgerMarkRepository()
        recorder = LedgerRecorder(
            ledger=ledger,
            hashes=LedgerHashes(vault),
            marks=marks,
            customers=LedgerCustomers(),
            backup_life=timedelta(days=settings.backup_days),
            events=LastingHashes(vault=vault),
        )
        return cls(ledger=ledger, marks=marks, recorder=recorder)


def open_ledger(settings: Settings, vault: Vault) -> SqlErasureLedger:
    """Open the erasure ledger, made when it is missing.

    Raises:
        ConfigurationError: it lies in the data folder, or was written with other keys.
    """
    url = settings.resolved_ledger_url()
    folder = settings.data_dir.resolve()
    if url.startswith(_SQLITE) and Path(url.removeprefix(_SQLITE)).resolve().is_relative_to(folder):
        raise ConfigurationError(
            f"the erasure ledger {url!r} lies in the data folder: a restored copy of the folder "
            "would bring back an older ledger with the data; name a place outside with "
            "ASSISTANT_LEDGER_URL"
        )
    return SqlErasureLedger.open(url, key_check=LedgerHashes(vault).check())


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


def refuse_lost_keys(settings: Settings) -> None:
    """See that a key database that is missing or empty is a new service's.

    A new one would be made otherwise, and stand in the way of the right one's return.

    Raises:
        ConfigurationError: the database holds customers, so they had keys.
    """
    url = settings.resolved_database_url()
    if is_missing_file(url) or holds_keys(settings):
        return
    database = Database.open(url, pool_size=1)
    try:
        orphaned = database.read_now(holds_customers)
    finally:
        database.close_now()
    if orphaned:
        raise ConfigurationError(LOST_KEYS)


def holds_keys(settings: Settings) -> bool:
    """Whether there is a key database that was ever used; none is made by looking."""
    url = settings.resolved_keys_url()
    if is_missing_file(url):
        return False
    keys = SqlKeyStore.open(url)
    try:
        return keys.latest_epoch() is not None
    finally:
        keys.close()


def is_missing_file(url: str) -> bool:
    """Whether ``url`` names a SQLite file that is not there."""
    return url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists()


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
