"""Signs JSON-LD documents so that anybody can verify them offline.

The proof is a W3C Data Integrity proof of the suite ``eddsa-jcs-2022``: Ed25519 over the canonical
JSON (RFC 8785) of the document and of the proof's own settings. The key is named by ``did:key``,
which spells the public key itself, so that a document tells which key to look for without naming
any host; whether that key is the service's, ``/.well-known/assistant-keys.json`` says.
"""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Final

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from assistant.core.events import JsonObject
from assistant.profile.receipts.multibase import encode_multibase

SEED_NAME: Final = "receipt-signing"
"""The service key of the vault that is the seed of the signing key."""

SUITE: Final = "eddsa-jcs-2022"
ED25519_PREFIX: Final = b"\xed\x01"
"""Stands before an Ed25519 public key in a Multikey."""


class DocumentSigner:
    """Signs with one Ed25519 key; ``seed`` is 32 secret bytes. Safe to use from several threads."""

    def __init__(self, *, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()
        self.multikey = encode_multibase(ED25519_PREFIX + self._public)
        """The public key as a Multikey (``z6Mk…``)."""

    @property
    def verification_method(self) -> str:
        """How a proof names the key."""
        return f"did:key:{self.multikey}#{self.multikey}"

    def sign(self, document: JsonObject, *, created: datetime) -> JsonObject:
        """Return ``document`` with its proof; the same document and time give the same bytes.

        ``document`` holds strings, whole numbers, lists and objects, has an ``@context`` and no
        proof. ``created`` is kept to the second, as the suite's examples have it.
        """
        settings: JsonObject = {
            "@context": document["@context"],
            "type": "DataIntegrityProof",
            "cryptosuite": SUITE,
            "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "verificationMethod": self.verification_method,
            "proofPurpose": "assertionMethod",
        }
        signature = self._key.sign(signed_bytes(document, settings))
        return {**document, "proof": {**settings, "proofValue": encode_multibase(signature)}}

    def key_document(self) -> JsonObject:
        """Return the public key as a key set (JWKS) and as a controlled identifier document."""
        encoded = base64.urlsafe_b64encode(self._public).rstrip(b"=").decode()
        controller, method = f"did:key:{self.multikey}", self.verification_method
        return {
            "@context": ["https://www.w3.org/ns/cid/v1"],
            "id": controller,
            "verificationMethod": [
                {
                    "id": method,
                    "type": "Multikey",
                    "controller": controller,
                    "publicKeyMultibase": self.multikey,
                }
            ],
            "assertionMethod": [method],
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "x": encoded,
                    "kid": method,
                    "alg": "EdDSA",
                    "use": "sig",
                }
            ],
        }


def signed_bytes(document: JsonObject, settings: JsonObject) -> bytes:
    """Return what the suite signs: the hash of the proof's settings, then of the document.

    Raises:
        rfc8785.CanonicalizationError: a value has no canonical form.
    """
    return (
        hashlib.sha256(rfc8785.dumps(settings)).digest()
        + hashlib.sha256(rfc8785.dumps(document)).digest()
    )
