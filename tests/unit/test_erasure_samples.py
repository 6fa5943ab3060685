"""Samples of what was erased: packed so that nobody reads them, lost without stopping anything."""

from tests.fakes.key_store import InMemoryKeyStore

from assistant.profile.erasure.samples import SampleSeal
from assistant.vault.key_files import new_key, ring_of
from assistant.vault.vault import Vault

PIECES = (b"\x00one piece of a sealed value", b"another")


def test_pieces_come_back_for_their_own_erasure_only(vault: Vault) -> None:
    samples = SampleSeal(vault)
    packed = samples.pack("ada", "erasure-1", PIECES)

    assert packed is not None
    assert "piece" not in packed
    assert samples.unpack("ada", "erasure-1", packed) == list(PIECES)
    assert samples.unpack("ada", "erasure-2", packed) == ()
    assert samples.pack("ada", "erasure-1", ()) is None
    assert samples.unpack("ada", "erasure-1", None) == ()


def test_samples_of_a_key_that_is_lost_are_no_pieces(vault: Vault) -> None:
    packed = SampleSeal(vault).pack("ada", "erasure-1", PIECES)
    older = Vault.unlock(InMemoryKeyStore(), ring_of(new_key()))

    assert SampleSeal(older).unpack("ada", "erasure-1", packed) == ()
