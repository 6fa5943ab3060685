"""Base58 as Bitcoin writes it, with the multibase prefix ``z``: how Data Integrity spells bytes.

Ours because it is ten lines, and the packages that have it bring whole ledgers along.
"""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PREFIX = "z"


def encode_multibase(content: bytes) -> str:
    """Return ``content`` in base58btc behind its multibase prefix."""
    number, digits = int.from_bytes(content, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    zeros = len(content) - len(content.lstrip(b"\0"))
    return _PREFIX + _ALPHABET[0] * zeros + digits


def decode_multibase(text: str) -> bytes:
    """Return the bytes that ``text`` spells.

    Raises:
        ValueError: it has another prefix, or a character that base58 leaves out.
    """
    if not text.startswith(_PREFIX):
        raise ValueError("not base58btc: the prefix 'z' is missing")
    digits = text[1:]
    number = 0
    for digit in digits:
        number = number * 58 + _ALPHABET.index(digit)
    zeros = len(digits) - len(digits.lstrip(_ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
