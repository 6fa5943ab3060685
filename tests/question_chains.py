"""The rows of one why-question from its proposal to its fact, each as the database accepts it."""

import random
from dataclasses import dataclass
from typing import Any

from tests.question_invariant import DAY, RETENTION_MONTHS

Value = Any
Row = dict[str, Value]

STEPS = ("why_questions", "card_showings", "askings", "answers", "confirmations", "facts")


@dataclass(frozen=True, slots=True)
class Published:
    """A published purpose that chains are made for."""

    purpose: str
    version: int
    lang: str
    text_sha256: str


@dataclass(slots=True)
class Chain:
    """The number-th question of a customer, for one published purpose."""

    chance: random.Random
    number: int
    customer_id: str
    card: Published

    def rows(self) -> dict[str, list[Row]]:
        """Return the rows of every step, in the order of the steps."""
        start = 1_700_000_000_000 + self.chance.randint(0, 5) * DAY
        times = [start + step * 1000 for step in range(8)]
        tags = [self._bytes(32) for _ in range(4)]
        confirmations = self.chance.choice((1, 1, 2, 3))
        return {
            "why_questions": [self._question(times[0])],
            "card_showings": [self._showing(times[1])],
            "askings": [self._asking(times[2])],
            "answers": [self._answer(tags[0], times[3])],
            "confirmations": [
                self._confirmation(seq, tags[0], tags[seq], times[3 + seq])
                for seq in range(1, confirmations + 1)
            ],
            "facts": [self._fact(confirmations, tags[confirmations], times[7])],
        }

    @property
    def _ids(self) -> Row:
        return {"customer_id": self.customer_id, "question_id": f"question-{self.number}"}

    @property
    def _purpose(self) -> Row:
        return {"purpose": self.card.purpose, "version": self.card.version}

    def _question(self, at: int) -> Row:
        proposed = self.chance.random() < 0.5
        return {
            **self._ids,
            **self._purpose,
            "origin": "volunteered" if proposed else "catalogue",
            "catalogue_question": None if proposed else "noise_at_home",
            "conversation_id": self.chance.choice((None, f"conversation-{self.number}")),
            "proposal_sealed": self._sealed() if proposed else None,
            "proposed_at": at,
            "expires_at": at + 7 * DAY,
            "ending": None,
            "ended_at": None,
        }

    def _showing(self, at: int) -> Row:
        return {
            **self._ids,
            **self._purpose,
            "lang": self.card.lang,
            "text_sha256": self.card.text_sha256,
            "channel": "chat",
            "shown_at": at,
        }

    def _asking(self, at: int) -> Row:
        return {
            **self._ids,
            "text_sha256": self.card.text_sha256,
            "question_sha256": "c" * 64,
            "lang": self.card.lang,
            "asked_at": at,
        }

    def _answer(self, tag: bytes, at: int) -> Row:
        return {**self._ids, "answer_sealed": self._sealed(), "tag": tag, "answered_at": at}

    def _confirmation(self, seq: int, answer_tag: bytes, tag: bytes, at: int) -> Row:
        return {
            **self._ids,
            "seq": seq,
            "kind": "confirmed" if seq == 1 else "corrected",
            "answer_tag": answer_tag,
            "tag": tag,
            "channel": "chat",
            "confirmed_at": at,
        }

    def _fact(self, confirmation: int, tag: bytes, at: int) -> Row:
        return {
            "customer_id": self.customer_id,
            "fact_id": f"fact-{self.number}",
            "question_id": f"question-{self.number}",
            "confirmation": confirmation,
            **self._purpose,
            "text_sha256": self.card.text_sha256,
            "category": "stated_reasons",
            "statement_sealed": self._sealed(),
            "tag": tag,
            "valid_from": at,
            "expires_at": at + RETENTION_MONTHS * 30 * DAY,
            "state": "active",
        }

    def _sealed(self) -> bytes:
        return b"\x01" + self._bytes(60)

    def _bytes(self, count: int) -> bytes:
        return self.chance.getrandbits(8 * count).to_bytes(count, "big")
