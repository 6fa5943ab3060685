"""Joins what erases: requests, the engine that carries them out, and the proof."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from assistant.bootstrap.stores import Stores
from assistant.core.clock import Clock
from assistant.core.erasure import ErasureNotices
from assistant.dialogue.erased_replies import ReplyEraser
from assistant.profile.erasure.engine import ErasureEngine
from assistant.profile.erasure.parts import ErasureParts
from assistant.profile.erasure.proof import ErasureProof
from assistant.profile.erasure.receipts import ErasureReceipts
from assistant.profile.erasure.rekeying import Rekeying
from assistant.profile.erasure.requests import Erasures
from assistant.profile.erasure.retention import Retention
from assistant.profile.erasure.samples import SampleSeal
from assistant.profile.pack.loading import Pack
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.profile.receipts.signing import DocumentSigner
from assistant.retrieval.history_trimming import HistoryTrimmer
from assistant.settings import Settings
from assistant.store.customer_blocks import CustomerBlocks
from assistant.store.dialects import dialect_of, parse_url
from assistant.store.erasing import RowEraser
from assistant.store.erasures import ErasureRepository
from assistant.store.expired_rows import ExpiredRows
from assistant.store.live_files import LiveFiles
from assistant.store.reseal import CustomerReseal
from assistant.store.stored_replies import StoredReplies


@dataclass(frozen=True, slots=True)
class Erasing:
    """Asking for erasures, and what they need to be carried out."""

    erasures: Erasures
    parts: ErasureParts
    stores: Stores
    settings: Settings
    clock: Clock
    notices: ErasureNotices = field(default_factory=ErasureNotices)
    """Tells the parts of this process whose memory must go."""

    @classmethod
    def over(cls, stores: Stores, *, pack: Pack, settings: Settings, clock: Clock) -> Self:
        """Join the parts over opened stores."""
        rows = RowEraser(clock=clock)
        parts = ErasureParts(
            erasures=ErasureRepository(),
            customers=stores.customers,
            rows=rows,
            blocks=CustomerBlocks(),
            samples=SampleSeal(stores.vault),
            histories=HistoryTrimmer(blocks=stores.blocks, rows=rows),
            replies=ReplyEraser(replies=StoredReplies(vault=stores.vault)),
        )
        erasures = Erasures(
            parts=parts, categories=pack.categories, recorder=stores.recorder, vault=stores.vault
        )
        return cls(erasures, parts, stores, settings, clock)

    @property
    def key_backups(self) -> timedelta:
        """How long copies of the key database are kept."""
        return timedelta(hours=self.settings.key_backup_hours)

    def receipts(self, signer: DocumentSigner) -> ErasureReceipts:
        """Return what writes the receipts of erasures."""
        return ErasureReceipts(
            signer=signer,
            key_backups=self.key_backups,
            backups=timedelta(days=self.settings.backup_days),
        )

    def retention(self, pack: Pack, questions: WhyQuestions) -> Retention:
        """Return what lets go of what was kept for as long as was said."""
        return Retention(
            categories=pack.categories,
            erasures=self.erasures,
            erasure_rows=self.parts.erasures,
            expired=ExpiredRows(),
            questions=questions,
            access_log=self.stores.access_log,
            backups=timedelta(days=self.settings.backup_days),
        )

    def engine(self, on_destroyed: Callable[[], None] = lambda: None) -> ErasureEngine:
        """Return what carries erasures out; ``on_destroyed`` is told when keys went."""
        stores, clock = self.stores, self.clock
        rekeying = Rekeying(
            database=stores.database,
            parts=self.parts,
            vault=stores.vault,
            reseal=CustomerReseal(vault=stores.vault),
            access_log=stores.access_log,
            clock=clock,
        )
        return ErasureEngine(
            database=stores.database,
            parts=self.parts,
            keys=stores.keys,
            vault=stores.vault,
            rekeying=rekeying,
            proof=self._proof(),
            clock=clock,
            on_destroyed=on_destroyed,
        )

    def _proof(self) -> ErasureProof:
        keys_url = self.settings.resolved_keys_url()
        return ErasureProof(
            database=self.stores.database,
            samples=self.parts.samples,
            vault=self.stores.vault,
            files=LiveFiles.of(self.settings.resolved_database_url(), keys_url),
            clock=self.clock,
            key_backups=self.key_backups,
            keys_in_files=dialect_of(parse_url(keys_url)) == "sqlite",
        )
