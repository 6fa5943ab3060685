"""Wraps keys under the key-encryption key, and follows it when an operator rotates it.

A rotation puts the new key into the key file before it touches the key database, so a running
service that meets an epoch it does not know reads the file again and finds it there.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable
from typing import Self

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from assistant.core.errors import KeyUnavailable
from assistant.vault.key_files import KeyEncryptionKey, KeyRing
from assistant.vault.key_store import EpochGone, KeyStore, WrappedKey


class KeyWrapping:
    """The key-encryption keys this process holds, and the epoch it wraps new keys under."""

    def __init__(
        self, *, keys: KeyStore, key: KeyEncryptionKey, reread: Callable[[], KeyRing]
    ) -> None:
        self._keys = keys
        self._key = key
        self._reread = reread
        self._following = threading.Lock()

    @classmethod
    def unlock(
        cls, keys: KeyStore, ring: KeyRing, reread: Callable[[], KeyRing] | None = None
    ) -> Self:
        """Return the wrapping after proving that ``ring`` holds the key of this key database.

        An empty key database takes the ring's newest key as its own. Without ``reread``, ``ring``
        is all there will be.

        Raises:
            KeyUnavailable: the key is another one than the database was written with.
        """
        if keys.latest_epoch() is None:
            keys.add_epoch(ring.newest.epoch, check_value(ring.newest))
        return cls(keys=keys, key=matching_key(keys, ring), reread=reread or (lambda: ring))

    @property
    def epoch(self) -> int:
        """The epoch that new keys are wrapped under."""
        return self._key.epoch

    def wrap(self, key: bytes) -> WrappedKey:
        """Return ``key`` wrapped under the epoch that this process knows as the latest."""
        current = self._key
        return WrappedKey(current.epoch, aes_key_wrap(current.secret, key))

    def unwrap(self, stored: WrappedKey) -> bytes:
        """Return the key inside ``stored``.

        Raises:
            EpochGone: ``stored`` was read before a rotation ended; read it again.
            KeyUnavailable: the key-encryption key of its epoch is not where the key file lies.
        """
        current = self._key
        if stored.epoch != current.epoch:
            self.follow(current.epoch)
            current = self._key
        if stored.epoch != current.epoch:
            raise EpochGone(f"a key was read that is of epoch {stored.epoch}, which is gone")
        try:
            return aes_key_unwrap(current.secret, stored.wrapped)
        except InvalidUnwrap as error:
            raise KeyUnavailable(
                f"a key of epoch {stored.epoch} does not unwrap under the key-encryption key of "
                "that epoch; put back the key file that belongs to this key database"
            ) from error

    def follow(self, known: int) -> None:
        """Move on from epoch ``known`` to the one of the database, unless a thread did already.

        Raises:
            KeyUnavailable: the key of the database's epoch is not there.
        """
        with self._following:
            if self._key.epoch != known:
                return
            try:
                self._key = matching_key(self._keys, self._reread())
            except KeyUnavailable:  # the rotation went on between reading the one and the other
                self._key = matching_key(self._keys, self._reread())


def matching_key(keys: KeyStore, ring: KeyRing) -> KeyEncryptionKey:
    """Return the key of ``ring`` that this key database is wrapped under.

    Raises:
        KeyUnavailable: the ring has another one.
    """
    epoch = keys.latest_epoch() or 0
    check = keys.find_check(epoch)
    secret = ring.keys.get(epoch)
    key = KeyEncryptionKey(epoch, secret or b"")
    if secret is None or check is None or not hmac.compare_digest(check, check_value(key)):
        raise KeyUnavailable(
            f"the key-encryption key from {ring.origin!r} is not the one (epoch {epoch}) that this "
            "key database was written with; put the right key file back, or point "
            "ASSISTANT_KEY_FILE and ASSISTANT_KEYS_URL at the pair that belongs together"
        )
    return key


def check_value(key: KeyEncryptionKey) -> bytes:
    """Return the value by which a key-encryption key is recognised without telling it."""
    return hmac.digest(key.secret, b"assistant key check %d" % key.epoch, hashlib.sha256)
