"""The hash of an entry is that of its canonical JSON, and it is the same for ever."""

import hashlib

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from assistant.store.consent_chain import (
    ChainedDecision,
    canonical_fields,
    entry_hash,
    first_link,
    hash_fields,
    next_head,
)

CUSTOMER = "01890a5d-ac96-774b-bcce-b302099a8057"
DECISION = ChainedDecision(
    seq=1,
    decision_id="01890a5d-ac96-774b-bcce-b302099a8058",
    purpose="learn_why",
    version=2,
    category="orders",
    decision="given",
    state="renewed",
    lang="de",
    at=1_772_443_800_000,
    text_sha256="ab" * 32,
    channel="api+gpc",
    evidence_hash=b"\x01" * 32,
)

flat = st.dictionaries(
    st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
    st.none() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
)


@given(flat)
def test_entries_are_hashed_in_the_canonical_form_of_rfc_8785(fields: dict[str, object]) -> None:
    canonical = rfc8785.dumps(fields)  # type: ignore[arg-type]  # any flat JSON
    assert hash_fields(fields) == hashlib.sha256(canonical).hexdigest()  # type: ignore[arg-type]


def test_an_entry_hashes_today_as_it_did_when_the_first_ones_were_written() -> None:
    hashed = entry_hash(DECISION, first_link(CUSTOMER))

    assert (
        first_link(CUSTOMER) == "affe574f23f4114c9de04f7f724905284c46fca4ffe7b31165ff58525efe8325"
    )
    assert hashed == "07e69b6234d8a42e823618eb7165d2ba509968d357be51f95a90517dd3ac3c76"
    assert (
        next_head(b"k" * 32, None, CUSTOMER, 1, hashed).hex()
        == "88f2ab6e60ffcb961552a78ea088fcbe26bd893374329842845e4841bc8a7b0c"
    )


def test_every_field_enters_the_hash() -> None:
    whole = canonical_fields(DECISION, first_link(CUSTOMER))
    hashed = hash_fields(whole)

    for name in whole:
        assert hash_fields({**whole, name: "other"}) != hashed, name
    assert len(whole) == len(ChainedDecision.__slots__) + 1


def test_a_head_takes_in_every_head_before_it() -> None:
    first = next_head(b"k" * 32, None, CUSTOMER, 1, "a" * 64)
    second = next_head(b"k" * 32, first, CUSTOMER, 2, "b" * 64)

    assert second != next_head(b"k" * 32, None, CUSTOMER, 2, "b" * 64)
    assert second != next_head(b"j" * 32, first, CUSTOMER, 2, "b" * 64)
    assert second != next_head(b"k" * 32, first, CUSTOMER[:-1] + "0", 2, "b" * 64)
