"""Seal and open one piece of personal content with AES-256-GCM, bound to where it lies.

The place (tenant, customer, table, row) is authenticated with the content, so a sealed value that
is copied to another row, table or customer does not open there. Layout of a sealed value: header,
12 bytes of random nonce, ciphertext with its 16-byte tag. The header names the data key: ``01`` is
number 1; ``02`` and four bytes, big-endian, is any later one. So headers compare, byte by byte, as
their numbers do.
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
"""Bytes a value sealed under data key 1 is longer than its content."""

SHUT: Final = b"\xff"
"""A header above every real one: where a customer's row asks for it, nothing sealed is written."""

_TENANT_PART: Final = len(TENANT).to_bytes(4, "big") + TENANT.encode()
_FIRST: Final = b"\x01"
_LATER: Final = b"\x02"
_LATER_BYTES: Final = 5
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where sealed content lies; ``row`` names the row and, where a row has several, the column."""

    customer_id: str
    table: str
    row: str

    def associated(self, header: bytes = _FIRST) -> bytes:
        """Return the bytes to authenticate; lengths go in front, so no two places share them."""
        customer, table, row = self.customer_id.encode(), self.table.encode(), self.row.encode()
        return b"".join(
            (
                header,
                _TENANT_PART,
                len(customer).to_bytes(4, "big"),
                customer,
                len(table).to_bytes(4, "big"),
                table,
                len(row).to_bytes(4, "big"),
                row,
            )
        )


def header_of(number: int) -> bytes:
    """Return what values sealed under data key ``number`` (1 or above) begin with."""
    return _FIRST if number == 1 else _LATER + number.to_bytes(4, "big")


def number_of(sealed: bytes) -> int:
    """Return the number of the data key that a sealed value, or a header alone, names.

    Raises:
        SealBroken: it begins like nothing that was ever sealed here.
    """
    if sealed[:1] == _FIRST:
        return 1
    number = int.from_bytes(sealed[1:_LATER_BYTES], "big")
    if sealed[:1] != _LATER or len(sealed) < _LATER_BYTES or number < 2:
        raise SealBroken("sealed content has an unknown form")
    return number


def seal(key: bytes | AESGCM, plaintext: bytes, *, place: Place, number: int = 1) -> bytes:
    """Return ``plaintext`` sealed under data key ``number`` for ``place``.

    ``key`` is its 32 bytes, or the cipher made of them, which saves making it each time.
    """
    nonce, header = os.urandom(_NONCE_BYTES), header_of(number)
    cipher = AESGCM(key) if isinstance(key, bytes) else key
    return header + nonce + cipher.encrypt(nonce, plaintext, place.associated(header))


def open_sealed(key: bytes | AESGCM, sealed: bytes, *, place: Place) -> bytes:
    """Return the content of ``sealed``; ``key`` as for ``seal``.

    Raises:
        SealBroken: it was changed, moved from another place, or sealed under another key.
    """
    start = 1 if sealed[:1] == _FIRST else _LATER_BYTES
    if len(sealed) < start + OVERHEAD - 1 or sealed[:1] not in (_FIRST, _LATER):
        raise SealBroken(f"sealed content of table {place.table!r} has an unknown form")
    nonce, body = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
    cipher = AESGCM(key) if isinstance(key, bytes) else key
    try:
        return cipher.decrypt(nonce, body, place.associated(sealed[:start]))
    except InvalidTag as error:
        raise SealBroken(f"sealed content of table {place.table!r} does not open") from error
