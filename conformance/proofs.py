"""Verifies signed documents with nothing but the public key that the server shows.

W3C Data Integrity, suite ``eddsa-jcs-2022``: Ed25519 over the SHA-256 of the canonical JSON
(RFC 8785) of the proof's settings, followed by that of the document without its proof.
"""

import base64
import hashlib
from collections.abc import Mapping

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conformance.service import Json, Service

KEYS = "/.well-known/assistant-keys.json"
SUITE = "eddsa-jcs-2022"
_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


async def fetch_keys(service: Service) -> list[bytes]:
    """Return the Ed25519 public keys of the server's key set."""
    answer = (await service.ask("GET", KEYS)).expect(200)
    return [
        base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4))
        for key in answer.member("keys")
        if key.get("crv") == "Ed25519"
    ]


def find_flaw(document: Json, keys: list[bytes]) -> str | None:
    """Return what is wrong with a signed document; None if one of ``keys`` signed it as it is."""
    proof = document.get("proof") if isinstance(document, Mapping) else None
    if not isinstance(proof, Mapping):
        return "it carries no proof"
    if proof.get("cryptosuite") != SUITE:
        return f"its proof is not of the suite {SUITE}"
    signature = _read_base58(str(proof.get("proofValue", "")))
    if signature is None:
        return "its signature is not in base58btc"
    content = _hash({name: value for name, value in proof.items() if name != "proofValue"}) + _hash(
        {name: value for name, value in document.items() if name != "proof"}
    )
    if any(_fits(key, signature, content) for key in keys):
        return None
    return "none of the published keys made its signature"


def _hash(document: Mapping[str, Json]) -> bytes:
    return hashlib.sha256(rfc8785.dumps(dict(document))).digest()


def _fits(key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read_base58(text: str) -> bytes | None:
    """Return what a multibase text in base58btc (``z…``) stands for; None if it is none."""
    digits = text.removeprefix("z")
    if not text.startswith("z") or any(digit not in _DIGITS for digit in digits):
        return None
    number = 0
    for digit in digits:
        number = number * 58 + _DIGITS.index(digit)
    zeros = len(digits) - len(digits.lstrip(_DIGITS[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
