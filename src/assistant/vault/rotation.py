"""Replaces the key-encryption key: whoever had a copy of wrapped keys can no longer use it.

After a customer is erased their wrapped key still lies in older copies of the key database. It is
worthless once the key-encryption key of its epoch is destroyed. Each step below leaves a state from
which a service starts, and from which the next run goes on, whenever the process dies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from assistant.vault.key_files import (
    KeyEncryptionKey,
    KeyRing,
    new_key,
    read_key_file,
    replace_key_file,
    ring_of,
)
from assistant.vault.key_store import KeyStore
from assistant.vault.wrapping import check_value, matching_key

Step: TypeAlias = Literal["added", "wrapped", "emptied", "dropped", "noted"]
"""The new key lies beside the old one; every key is wrapped anew; the journal of the key database
is cut; the old key is dropped from the file; that it was is noted in the key database."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was done; ``emptied`` is False where readers kept old pages of the key database."""

    old: int
    new: int
    rewrapped: int
    emptied: bool


def rotate_keys(keys: KeyStore, *, old: KeyEncryptionKey, new: KeyEncryptionKey) -> int:
    """Wrap every key anew under ``new`` in one step and forget the epoch of ``old``.

    Returns the number of customers' keys. Whoever calls keeps both keys in the key file until this
    has returned.
    """
    return keys.rewrap(
        old=old.epoch,
        new=new.epoch,
        check=check_value(new),
        convert=lambda wrapped: aes_key_wrap(new.secret, aes_key_unwrap(old.secret, wrapped)),
    )


def rotate_key_file(
    keys: KeyStore, path: Path, *, on_step: Callable[[Step], None] = lambda _step: None
) -> Rotation:
    """Make a new key in ``path``, wrap everything under it, and drop the old one.

    Goes on where an earlier run was interrupted. ``on_step`` hears of each step once it is durable.

    Raises:
        KeyUnavailable: the file does not belong to this key database.
        OSError: the file cannot be written.
    """
    ring = read_key_file(path)
    old = matching_key(keys, ring)
    earlier = [epoch for epoch in ring.keys if epoch < old.epoch]
    if earlier:  # the run before came as far as wrapping everything anew
        return _finish(keys, path, Rotation(max(earlier), old.epoch, 0, emptied=False), on_step)
    new = ring.newest if ring.newest.epoch > old.epoch else new_key(old.epoch + 1)
    both = {old.epoch: old.secret, new.epoch: new.secret}
    if ring.keys != both:
        replace_key_file(path, KeyRing(both, ring.origin))
    on_step("added")
    rewrapped = rotate_keys(keys, old=old, new=new)
    on_step("wrapped")
    return _finish(keys, path, Rotation(old.epoch, new.epoch, rewrapped, emptied=False), on_step)


def _finish(
    keys: KeyStore, path: Path, done: Rotation, on_step: Callable[[Step], None]
) -> Rotation:
    """Empty the journal, then drop the old key from the file, then say so in the key database."""
    emptied = keys.checkpoint()
    on_step("emptied")
    ring = read_key_file(path)
    replace_key_file(path, ring_of(KeyEncryptionKey(done.new, ring.keys[done.new]), ring.origin))
    on_step("dropped")
    keys.mark_alone(done.new)
    on_step("noted")
    return Rotation(done.old, done.new, done.rewrapped, emptied)


def rotate_given_keys(
    keys: KeyStore, ring: KeyRing, *, on_step: Callable[[Step], None] = lambda _step: None
) -> Rotation | None:
    """Wrap everything under the newest key of ``ring``, which the operator keeps and gives.

    Returns None where the ring holds no newer key than the key database is wrapped under.

    Raises:
        KeyUnavailable: the ring does not belong to this key database.
    """
    old, new = matching_key(keys, ring), ring.newest
    if old.epoch == new.epoch:
        return None
    rewrapped = rotate_keys(keys, old=old, new=new)
    on_step("wrapped")
    emptied = keys.checkpoint()
    on_step("emptied")
    return Rotation(old.epoch, new.epoch, rewrapped, emptied)


def note_alone(keys: KeyStore, ring: KeyRing) -> bool:
    """Note in the key database that ``ring`` holds its epoch's key and no other, where it does.

    Returns whether that is news and an earlier epoch was dropped.
    """
    (epoch, *others) = ring.keys
    if others or epoch != keys.latest_epoch() or keys.is_alone(epoch):
        return False
    keys.mark_alone(epoch)
    return epoch > 1
