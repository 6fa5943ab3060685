"""Verifies a signed document without the service: the other half of ``signing``.

Nothing here trusts what it reads. A verdict says what holds and what does not in plain words; only
a key that the reader got from the service makes a signature the service's.
"""

import base64
import binascii
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assistant.core.errors import InvalidInput
from assistant.core.events import JsonObject
from assistant.profile.receipts.multibase import decode_multibase, encode_multibase
from assistant.profile.receipts.signing import ED25519_PREFIX, SUITE, signed_bytes
from assistant.store.consent_chain import hash_fields

ENTRIES = "assistant:entries"
"""Where a consent receipt repeats the entries of the chain that it is about."""

_DID = "did:key:"
_LONGEST_MULTIBASE = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a document (None: nothing), and which key it says it was signed with."""

    flaw: str | None
    signer: str | None = None
    """The Multikey the proof names, where it names one."""

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.flaw is None


def verify_document(document: object, *, trusted: Collection[str] | None) -> Verdict:
    """Return whether ``document`` is whole and signed by one of the Multikeys ``trusted``.

    With None any key will do: the verdict then says only that the document is as the holder of the
    key it names signed it.
    """
    if not isinstance(document, Mapping):
        return Verdict("it is no JSON object")
    proof = document.get("proof")
    if not isinstance(proof, Mapping):
        return Verdict("it carries no proof")
    signer = _signer(proof.get("verificationMethod"))
    if signer is None:
        return Verdict("its proof names no Ed25519 key")
    try:
        return Verdict(_find_flaw(document, proof, signer, trusted), signer)
    except (rfc8785.CanonicalizationError, RecursionError):
        return Verdict("a value in it has no canonical form", signer)


def read_keys(document: object) -> frozenset[str]:
    """Return the Multikeys of a key document, from its Multikeys and its key set alike.

    Raises:
        InvalidInput: it holds none.
    """
    found = frozenset(_multikeys(document)) if isinstance(document, Mapping) else frozenset()
    if not found:
        raise InvalidInput("the file of keys holds no Ed25519 key (publicKeyMultibase or JWK)")
    return found


def _find_flaw(
    document: JsonObject, proof: JsonObject, signer: str, trusted: Collection[str] | None
) -> str | None:
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != SUITE:
        return f"its proof is not of the suite {SUITE}"
    if proof.get("proofPurpose") != "assertionMethod":
        return "its proof was made for another purpose"
    if not _is_signed(document, proof, signer):
        return "the signature does not fit: something was changed"
    if trusted is not None and signer not in trusted:
        return "it was signed by a key that is not among the given ones"
    wrong = _find_wrong_entry(document.get(ENTRIES, ()))
    return None if wrong is None else f"entry {wrong} of the consent chain does not add up"


def _is_signed(document: JsonObject, proof: JsonObject, signer: str) -> bool:
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    settings = {name: value for name, value in proof.items() if name != "proofValue"}
    if unsigned.get("@context") != settings.get("@context"):
        return False
    signature = _decoded(proof.get("proofValue"))
    public = _decoded(signer)
    if signature is None or public is None:
        return False
    key = Ed25519PublicKey.from_public_bytes(public.removeprefix(ED25519_PREFIX))
    try:
        key.verify(signature, signed_bytes(unsigned, settings))
    except InvalidSignature:
        return False
    return True


def _signer(method: object) -> str | None:
    """Return the Multikey of a ``did:key`` method that names the same key twice, as it must."""
    if not isinstance(method, str):
        return None
    named, _, fragment = method.removeprefix(_DID).partition("#")
    return named if method.startswith(_DID) and named == fragment and _is_key(named) else None


def _is_key(multikey: object) -> bool:
    public = _decoded(multikey)
    return (
        public is not None
        and public.startswith(ED25519_PREFIX)
        and len(public) == len(ED25519_PREFIX) + 32
    )


def _decoded(multibase: object) -> bytes | None:
    if not isinstance(multibase, str) or len(multibase) > _LONGEST_MULTIBASE:
        return None
    try:
        return decode_multibase(multibase)
    except ValueError:
        return None


def _multikeys(document: JsonObject) -> Iterator[str]:
    for method in _objects(document.get("verificationMethod")):
        if _is_key(method.get("publicKeyMultibase")):
            yield cast("str", method["publicKeyMultibase"])
    for key in _objects(document.get("keys")):
        encoded = key.get("x")
        if key.get("crv") == "Ed25519" and isinstance(encoded, str):
            try:
                public = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            except (ValueError, binascii.Error):
                continue
            if len(public) == 32:
                yield encode_multibase(ED25519_PREFIX + public)


def _objects(value: object) -> Iterator[JsonObject]:
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    yield from (item for item in items if isinstance(item, Mapping))


def _find_wrong_entry(entries: object) -> int | None:
    """Return the place (from 1) of the first entry whose hash or link is wrong."""
    previous: object = None
    for place, entry in enumerate(_objects(entries), 1):
        fields = {
            name: value
            for name, value in entry.items()
            if name != "entry_hash" and (value is None or isinstance(value, str | int))
        }
        linked = previous is None or fields.get("previous_hash") == previous
        if not linked or hash_fields(fields) != entry.get("entry_hash"):
            return place
        previous = entry.get("entry_hash")
    return None
