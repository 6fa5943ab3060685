"""Properties of sealing, over many generated places and contents."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.proving import scaled

from assistant.core.errors import SealBroken
from assistant.vault.envelope import Place, open_sealed, seal

KEY = bytes(range(32))
KEYS = st.binary(min_size=32, max_size=32)
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
PLACES = st.builds(Place, customer_id=NAMES, table=NAMES, row=NAMES)
EXAMPLES = scaled(100, 20_000)


@pytest.mark.proof("Sealed content opens in its own place", small=100, full=20_000)
@settings(max_examples=EXAMPLES)
@given(KEYS, st.binary(max_size=300), PLACES)
def test_sealed_content_opens_in_its_own_place(key: bytes, content: bytes, place: Place) -> None:
    assert open_sealed(key, seal(key, content, place=place), place=place) == content


@pytest.mark.proof("Moved sealed content never opens", small=100, full=20_000)
@settings(max_examples=EXAMPLES)
@given(KEYS, st.binary(max_size=100), PLACES, PLACES)
def test_moved_sealed_content_never_opens(
    key: bytes, content: bytes, place: Place, elsewhere: Place
) -> None:
    assume(place != elsewhere)

    with pytest.raises(SealBroken):
        open_sealed(key, seal(key, content, place=place), place=elsewhere)


@pytest.mark.parametrize("part", ["customer_id", "table", "row"])
def test_sealed_content_that_moved_in_one_part_of_its_place_never_opens(part: str) -> None:
    place = Place(customer_id="ada", table="events", row="1")

    with pytest.raises(SealBroken):
        open_sealed(KEY, seal(KEY, b"words", place=place), place=replace(place, **{part: "other"}))


@pytest.mark.proof("No two places share their authenticated bytes", small=100, full=20_000)
@settings(max_examples=EXAMPLES)
@given(st.lists(NAMES, min_size=3, max_size=3), st.integers(0, 24))
def test_moving_the_border_between_names_changes_the_place(parts: list[str], cut: int) -> None:
    joined = parts[0] + parts[1]
    other = Place(joined[:cut], joined[cut:], parts[2])
    place = Place(*parts)
    assume(place != other)

    assert place.associated() != other.associated()


@pytest.mark.proof("Any changed byte is noticed", small=100, full=20_000)
@settings(max_examples=EXAMPLES)
@given(KEYS, st.binary(max_size=100), PLACES, st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_noticed(
    key: bytes, content: bytes, place: Place, position: int, change: int
) -> None:
    sealed = bytearray(seal(key, content, place=place))
    sealed[position % len(sealed)] ^= change

    with pytest.raises(SealBroken):
        open_sealed(key, bytes(sealed), place=place)


@pytest.mark.proof("Cut or lengthened sealed content never opens", small=100, full=20_000)
@settings(max_examples=EXAMPLES)
@given(KEYS, st.binary(max_size=100), PLACES, st.integers(0, 10_000), st.binary(max_size=8))
def test_cut_or_lengthened_content_never_opens(
    key: bytes, content: bytes, place: Place, cut: int, tail: bytes
) -> None:
    sealed = seal(key, content, place=place)
    changed = sealed[: cut % len(sealed)] + tail
    assume(changed != sealed)

    with pytest.raises(SealBroken):
        open_sealed(key, changed, place=place)
