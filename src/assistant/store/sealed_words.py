"""A customer's words as a why-question keeps them: sealed, with a tag that binds them together.

The tag of an answer binds its question and words; the tag of a confirmed statement binds its
question, the answer's tag and the exact words. Both are HMACs under the customer's key over a
random nonce that lies inside the sealed value: nobody can guess a short sentence from its tag, and
once the sealed value cannot be opened any more, not even the key says what the tag stood for.
"""

import hmac
import os
from dataclasses import dataclass, field

from assistant.core.errors import SealBroken
from assistant.vault.vault import Vault

_NONCE_BYTES = 16
_ANSWER = "why-answer"
_STATEMENT = "why-statement"


@dataclass(frozen=True, slots=True)
class TaggedWords:
    """Words sealed for their place, and the tag that stands for them elsewhere."""

    sealed: bytes = field(repr=False)
    tag: bytes


class SealedWords:
    """Seals, opens and tags words of one customer at a time."""

    def __init__(self, *, vault: Vault) -> None:
        self._vault = vault

    def seal(self, customer_id: str, table: str, row: str, words: str) -> bytes:
        """Return ``words`` sealed with a nonce of their own."""
        content = os.urandom(_NONCE_BYTES) + words.encode()
        return self._vault.seal(customer_id, table, row, content)

    def blank(self, customer_id: str, table: str, row: str) -> bytes:
        """Return what takes the place of words that are not kept any longer."""
        return self.seal(customer_id, table, row, "")

    def open(self, customer_id: str, table: str, row: str, sealed: bytes) -> str | None:
        """Return the words, None where they were taken out.

        Raises:
            SealBroken: the value was changed or comes from another place.
        """
        _, words = self._open(customer_id, table, row, sealed)
        return words or None

    def seal_answer(
        self, customer_id: str, table: str, question_id: str, words: str
    ) -> TaggedWords:
        """Seal an answer and tag it for its question."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._vault.seal(customer_id, table, question_id, nonce + words.encode())
        bound = nonce + _framed(question_id.encode()) + words.encode()
        return TaggedWords(sealed, self._vault.keyed_hash(customer_id, _ANSWER, bound))

    def seal_statement(
        self,
        customer_id: str,
        table: str,
        fact_id: str,
        words: str,
        *,
        question_id: str,
        answer_tag: bytes,
    ) -> TaggedWords:
        """Seal a confirmed statement and tag it for its question and answer."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._vault.seal(customer_id, table, fact_id, nonce + words.encode())
        tag = self._statement_tag(customer_id, nonce, question_id, answer_tag, words)
        return TaggedWords(sealed, tag)

    def open_statement(
        self,
        customer_id: str,
        table: str,
        fact_id: str,
        tagged: TaggedWords,
        *,
        question_id: str,
        answer_tag: bytes,
    ) -> str:
        """Return a statement that its tag proves to be the one that was confirmed.

        Raises:
            SealBroken: it is not: it was changed, or belongs to another question or answer.
        """
        nonce, words = self._open(customer_id, table, fact_id, tagged.sealed)
        tag = self._statement_tag(customer_id, nonce, question_id, answer_tag, words)
        if not words or not hmac.compare_digest(tag, tagged.tag):
            raise SealBroken("a fact does not fit the words that were confirmed")
        return words

    def fits_statement(
        self,
        customer_id: str,
        table: str,
        fact_id: str,
        tagged: TaggedWords,
        *,
        question_id: str,
        answer_tag: bytes,
    ) -> bool:
        """Whether a statement is the one that was confirmed; its words go nowhere."""
        try:
            self.open_statement(
                customer_id,
                table,
                fact_id,
                tagged,
                question_id=question_id,
                answer_tag=answer_tag,
            )
        except SealBroken:
            return False
        return True

    def _statement_tag(
        self, customer_id: str, nonce: bytes, question_id: str, answer_tag: bytes, words: str
    ) -> bytes:
        bound = nonce + _framed(question_id.encode()) + _framed(answer_tag) + words.encode()
        return self._vault.keyed_hash(customer_id, _STATEMENT, bound)

    def _open(self, customer_id: str, table: str, row: str, sealed: bytes) -> tuple[bytes, str]:
        content = self._vault.open(customer_id, table, row, sealed)
        if len(content) < _NONCE_BYTES:
            raise SealBroken(f"sealed content of table {table!r} has an unknown form")
        return content[:_NONCE_BYTES], content[_NONCE_BYTES:].decode()


def _framed(part: bytes) -> bytes:
    """Return ``part`` with its length in front, so that no two lists of parts look alike."""
    return len(part).to_bytes(4, "big") + part
