"""The signed receipt of an erasure: what went, when, what is kept and why, what is not promised.

It is made from the erasure's row alone, so that the same state gives the same bytes, also when
nothing of the customer is left.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from assistant.core.clock import to_rfc3339
from assistant.core.erasure import ErasureState
from assistant.core.events import JsonObject, JsonValue
from assistant.profile.erasure.ledger import KEPT_BEYOND_BACKUPS
from assistant.profile.erasure.states import due, reached_at
from assistant.profile.receipts.json_ld import CONTEXT
from assistant.profile.receipts.signing import DocumentSigner
from assistant.store.erasures import Erasure

FIRST_STATE: Final = ErasureState.ROWS_PURGED
"""From this state on there is a receipt; it grows with the states that follow."""

_NOT_PROMISED: Final = (
    "Storage hardware may keep remnants of overwritten blocks, and snapshots of disks or virtual "
    "machines made by others are not reached. What they hold is sealed under keys that were "
    "destroyed."
)
_DEAD_ROWS: Final = (
    "Write-ahead logs, replicas and rows that the database has marked as deleted may hold sealed "
    "bytes until they are overwritten; nothing opens them without the destroyed key."
)


class ErasureReceipts:
    """Writes and signs receipts; ``key_backups`` and ``backups`` are how long copies are kept."""

    def __init__(
        self, *, signer: DocumentSigner, key_backups: timedelta, backups: timedelta
    ) -> None:
        self._signer = signer
        self._key_backups = key_backups
        self._backups = backups

    def find_receipt(self, erasure: Erasure) -> JsonObject | None:
        """Return the signed receipt as of the state that was reached; None before rows are gone."""
        if reached_at(erasure, FIRST_STATE) is None:
            return None
        return self._signer.sign(self._document(erasure), created=_latest(erasure))

    def _document(self, erasure: Erasure) -> JsonObject:
        return {
            "@context": CONTEXT,
            "@type": ["assistant:ErasureReceipt", "dpv:Record"],
            "@id": f"urn:uuid:{erasure.erasure_id}",
            "dct:type": "dpv:Erase",
            "eu-gdpr:right": "eu-gdpr:A17",
            "assistant:scope": erasure.scope,
            **({"assistant:target": erasure.target} if erasure.target else {}),
            "assistant:requestedBy": erasure.cause,
            "assistant:state": erasure.state.value,
            "assistant:states": _states(erasure),
            "assistant:erased": _counts(erasure),
            "assistant:rowsErased": sum(erasure.counts.values()),
            "assistant:kept": [*self._kept(erasure)],
            "assistant:exceptions": [*self._exceptions(erasure)],
        }

    def _kept(self, erasure: Erasure) -> Sequence[JsonValue]:
        """Return what stays, in which form, on which ground, how long."""
        until = to_rfc3339(erasure.requested_at + self._backups + KEPT_BEYOND_BACKUPS)
        kept: list[JsonValue] = [
            _entry("Entry in the erasure ledger: keyed hashes, no name and no id", _LEDGER, until),
            _entry("This record of the erasure: scope, states, counts", _ACCOUNTABILITY, until),
        ]
        if erasure.scope == "everything":
            kept.append(_entry("Keyed head of the consent chain, in the ledger", _CONSENT, until))
        elif erasure.scope == "all_data":
            kept.append(_entry("The account, its decisions on consent and preferences", _ACCOUNT))
        else:
            kept.append(_entry("Everything outside the scope, sealed under a new key", _ACCOUNT))
        return kept

    def _exceptions(self, erasure: Erasure) -> Sequence[JsonValue]:
        ends = due(erasure, ErasureState.BACKUP_FINAL, key_backups=self._key_backups)
        return [
            {
                "assistant:what": "Copies of the key database made before the erasure: with them "
                "and the key-encryption key, older backups could still be opened",
                "assistant:until": to_rfc3339(erasure.backup_final_at or ends),
            },
            {"assistant:what": _DEAD_ROWS},
            {"assistant:what": _NOT_PROMISED},
        ]


_LEDGER: Final = "So that no restored backup and no late message brings back what was erased"
_ACCOUNTABILITY: Final = "To answer for the erasure (GDPR Art. 5(2))"
_CONSENT: Final = "To show that what was processed before was consented to (GDPR Art. 7(1))"
_ACCOUNT: Final = "It was not asked to be erased"


def _entry(what: str, ground: str, until: str | None = None) -> JsonValue:
    entry: dict[str, JsonValue] = {"assistant:what": what, "assistant:ground": ground}
    return {**entry, "assistant:until": until} if until else entry


def _states(erasure: Erasure) -> list[JsonValue]:
    reached = ((state, reached_at(erasure, state)) for state in ErasureState)
    return [
        {"assistant:state": state.value, "dct:date": to_rfc3339(at)}
        for state, at in reached
        if at is not None
    ]


def _counts(erasure: Erasure) -> list[JsonValue]:
    return [
        {"assistant:table": table, "assistant:rows": rows}
        for table, rows in sorted(erasure.counts.items())
    ]


def _latest(erasure: Erasure) -> datetime:
    times = [reached_at(erasure, state) for state in ErasureState]
    return max(at for at in times if at is not None)
