"""Seal and open one piece of personal content with AES-256-GCM, bound to where it lies.

The place (tenant, customer, table, row) is authenticated with the content, so a sealed value that
is copied to another row, table or customer does not open there. Layout of a sealed value: one byte
of format, 12 bytes of random nonce, ciphertext with its 16-byte tag.
"""

import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assistant.core.errors import SealBroken

TENANT: Final = "the-company"
"""One deployment serves one company; the constant keeps room in the format, it is no feature."""

KEY_BYTES: Final = 32
OVERHEAD: Final = 1 + 12 + 16
"""Bytes a sealed value is longer than its content."""

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where sealed content lies; ``row`` names the row and, where a row has several, the column."""

    customer_id: str
    table: str
    row: str

    def associated(self) -> bytes:
        """Return the bytes to authenticate; lengths go in front, so no two places share them."""
        parts = (TENANT, self.customer_id, self.table, self.row)
        encoded = [part.encode() for part in parts]
        return _FORMAT + b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(key: bytes, plaintext: bytes, *, place: Place) -> bytes:
    """Return ``plaintext`` sealed under the 32-byte ``key`` for ``place``."""
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(key).encrypt(nonce, plaintext, place.associated())


def open_sealed(key: bytes, sealed: bytes, *, place: Place) -> bytes:
    """Return the content of ``sealed``.

    Raises:
        SealBroken: it was changed, moved from another place, or sealed under another key.
    """
    if len(sealed) < OVERHEAD or sealed[:1] != _FORMAT:
        raise SealBroken(f"sealed content of table {place.table!r} has an unknown form")
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, place.associated())
    except InvalidTag as error:
        raise SealBroken(f"sealed content of table {place.table!r} does not open") from error
