"""Samples of what is erased, kept sealed under a key of the service until none is found any more.

In the clear they would be found where they are kept. They are pieces of values that were sealed
themselves, so nobody reads anything in them even before they are dropped.
"""

import base64
from collections.abc import Sequence
from typing import Final

import orjson
import structlog

from assistant.core.errors import SealBroken
from assistant.vault.envelope import Place, open_sealed, seal
from assistant.vault.vault import Vault

_log = structlog.get_logger("assistant.erasures")

_KEY: Final = "erasure-samples"
_TABLE: Final = "erasures"


class SampleSeal:
    """Packs and unpacks the samples of one erasure."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def pack(self, customer_id: str, erasure_id: str, pieces: Sequence[bytes]) -> str | None:
        """Return ``pieces`` as text that shows none of them; None for no piece."""
        if not pieces:
            return None
        content = orjson.dumps([base64.b64encode(piece).decode() for piece in pieces])
        place = Place(customer_id, _TABLE, erasure_id)
        return base64.b64encode(seal(self._key, content, place=place)).decode()

    def unpack(self, customer_id: str, erasure_id: str, packed: str | None) -> Sequence[bytes]:
        """Return the pieces that ``pack`` was given.

        None where the service's key is another: a copy of the key database was put back that is
        older than the samples. The erasure then rests on the customer's keys being gone, which is
        verified without them, and the search is told to have had nothing to look for.
        """
        if packed is None:
            return ()
        place = Place(customer_id, _TABLE, erasure_id)
        try:
            content = open_sealed(self._key, base64.b64decode(packed), place=place)
        except SealBroken:
            _log.warning("erasure_samples_lost", erasure_id=erasure_id)
            return ()
        return [base64.b64decode(piece) for piece in orjson.loads(content)]

    @property
    def _key(self) -> bytes:
        return self._vault.service_key(_KEY)
