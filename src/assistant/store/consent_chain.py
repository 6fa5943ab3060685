"""The hash chain of a customer's decisions, and the keyed head that seals its end.

Each entry's hash covers every field of the decision and the hash of the entry before it, so that a
changed, moved or missing entry is found. Whoever can write to the database could still cut off the
newest entries or compute the whole chain anew; the head cannot be made without a key of the vault,
and it takes in every head before it, so that a cut which is written over stays visible.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass

_GENESIS = b"consent-chain/1\0"


@dataclass(frozen=True, slots=True)
class ChainedDecision:
    """One decision as it enters the hash; ``at`` in milliseconds since 1970.

    The evidence goes in by its keyed hash (None: there is none, or it is older than the chain).
    """

    seq: int
    decision_id: str
    purpose: str
    version: int
    category: str
    decision: str
    state: str
    lang: str | None
    at: int
    text_sha256: str | None
    channel: str
    evidence_hash: bytes | None


def first_link(customer_id: str) -> str:
    """Return what the first entry of a customer's chain takes for the hash before it."""
    return hashlib.sha256(_GENESIS + customer_id.encode()).hexdigest()


def canonical_fields(decision: ChainedDecision, previous: str) -> dict[str, str | int | None]:
    """Return the fields that are hashed, by the names under which receipts repeat them."""
    evidence = decision.evidence_hash
    return {
        "seq": decision.seq,
        "decision_id": decision.decision_id,
        "purpose": decision.purpose,
        "version": decision.version,
        "category": decision.category,
        "decision": decision.decision,
        "state": decision.state,
        "lang": decision.lang,
        "at": decision.at,
        "text_sha256": decision.text_sha256,
        "channel": decision.channel,
        "evidence_hash": None if evidence is None else evidence.hex(),
        "previous_hash": previous,
    }


def entry_hash(decision: ChainedDecision, previous: str) -> str:
    """Return the SHA-256 of the decision's canonical JSON (RFC 8785)."""
    return hash_fields(canonical_fields(decision, previous))


def hash_fields(fields: dict[str, str | int | None]) -> str:
    """Return the SHA-256 of flat fields; for these kinds of value this form is that of RFC 8785."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def next_head(key: bytes, head: bytes | None, customer_id: str, seq: int, hashed: str) -> bytes:
    """Return the head after one more entry; ``key`` is a service key of the vault."""
    parts = (head or b"", customer_id.encode(), str(seq).encode(), hashed.encode())
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.digest(key, message, hashlib.sha256)
