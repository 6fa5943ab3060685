"""Signed documents verify offline, with the standard's own vector, and no changed one does."""

import copy
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import InvalidInput
from assistant.profile.receipts.multibase import decode_multibase, encode_multibase
from assistant.profile.receipts.signing import DocumentSigner
from assistant.profile.receipts.verifying import read_keys, verify_document

AT = datetime(2026, 3, 2, 9, 30, 0, 123_000, tzinfo=UTC)
SIGNER = DocumentSigner(seed=bytes(range(32)))
DOCUMENT: dict[str, Any] = {
    "@context": ["https://w3id.org/security/data-integrity/v2", {"dpv": "https://w3id.org/dpv#"}],
    "@id": "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
    "words": "„Ja“, said Ada: 5 €",
    "count": 3,
    "list": [None, True, {"deep": ["er"]}],
}

W3C_VECTOR: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/examples/v2",
    ],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": (
            "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
            "#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
        ),
        "proofPurpose": "assertionMethod",
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://www.w3.org/ns/credentials/examples/v2",
        ],
        "proofValue": (
            "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
        ),
    },
}
"""The test vector of the W3C Recommendation "Data Integrity EdDSA Cryptosuites", eddsa-jcs-2022."""


def signed() -> dict[str, Any]:
    """A signed document as a reader gets it."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(SIGNER.sign(DOCUMENT, created=AT)))
    return document


def test_the_vector_of_the_standard_verifies() -> None:
    assert verify_document(W3C_VECTOR, trusted=None).valid
    changed = {**W3C_VECTOR, "name": "Another Credential"}
    assert not verify_document(changed, trusted=None).valid


def test_a_signed_document_verifies_under_the_published_key() -> None:
    verdict = verify_document(signed(), trusted=read_keys(dict(SIGNER.key_document())))

    assert verdict.valid
    assert verdict.signer == SIGNER.multikey


def test_signing_the_same_gives_the_same_bytes() -> None:
    assert SIGNER.sign(DOCUMENT, created=AT) == SIGNER.sign(copy.deepcopy(DOCUMENT), created=AT)


def test_the_key_set_and_the_multikeys_name_the_same_key() -> None:
    document = SIGNER.key_document()

    assert read_keys({"keys": document["keys"]}) == {SIGNER.multikey}
    assert read_keys({"verificationMethod": document["verificationMethod"]}) == {SIGNER.multikey}


def test_a_document_signed_by_somebody_else_is_not_the_services() -> None:
    stranger = DocumentSigner(seed=b"s" * 32)
    forged = dict(stranger.sign(DOCUMENT, created=AT))

    verdict = verify_document(forged, trusted={SIGNER.multikey})

    assert not verdict.valid
    assert verdict.signer == stranger.multikey
    assert verify_document(forged, trusted=None).valid  # for the key it names, and no other


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    found: list[tuple[str | int, ...]] = [path] if path else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    )
    for name, inner in items:
        found += places(inner, (*path, name))
    return found


@pytest.mark.parametrize("place", places(signed()), ids=str)
def test_no_part_of_a_signed_document_can_be_changed_or_left_out(
    place: tuple[str | int, ...],
) -> None:
    changed, shortened = signed(), signed()
    for document, act in ((changed, "change"), (shortened, "remove")):
        inner: Any = document
        for step in place[:-1]:
            inner = inner[step]
        if act == "remove":
            del inner[place[-1]]
        else:
            inner[place[-1]] = "something else"

    assert not verify_document(changed, trusted=None).valid
    assert not verify_document(shortened, trusted=None).valid


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(document=json_values, proof=json_values)
def test_nothing_that_is_read_makes_verifying_fail(document: object, proof: object) -> None:
    assert not verify_document(document, trusted=None).valid
    for part in ("@context", "proofValue", "verificationMethod", "type", "proofPurpose"):
        hostile = signed()
        hostile["proof"][part] = proof
        assert not verify_document(hostile, trusted=None).valid
    assert not verify_document({**DOCUMENT, "proof": proof}, trusted=None).valid


def test_a_file_without_a_key_is_no_file_of_keys() -> None:
    for nothing in ({}, [], {"keys": [{"kty": "RSA"}]}, {"keys": [{"crv": "Ed25519", "x": "!"}]}):
        with pytest.raises(InvalidInput):
            read_keys(nothing)


@given(st.binary(max_size=80))
def test_multibase_spells_bytes_there_and_back(content: bytes) -> None:
    assert decode_multibase(encode_multibase(content)) == content


def test_multibase_leaves_out_what_looks_alike() -> None:
    assert encode_multibase(b"Hello World!") == "z2NEpo7TZRRrLZSi2U"
    for wrong in ("zIl0O", "mSGVsbG8", ""):
        with pytest.raises(ValueError, match=r"substring|prefix"):
            decode_multibase(wrong)
