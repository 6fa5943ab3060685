"""What must be true of each step of a why-question, for the triggers that hold it.

Each rule is said once for both databases: what must be there already, what must not, which columns
may ever change, and that a step stays while another one follows it. ``question_triggers`` makes the
triggers of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """``condition`` must be true of the row, else the statement fails with ``refusal``."""

    condition: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What holds for one table.

    ``columns`` gives each column its kind: ``text``, ``text?`` (may be NULL), ``integer``,
    ``integer?``, ``moment``, ``moment?``, ``sealed``, ``sealed?``, ``tag`` or ``sha256``. ``keys``
    are its unique keys. ``mutable`` may change by UPDATE, under the rules of ``change``.
    """

    columns: Mapping[str, str]
    keys: Sequence[Sequence[str]]
    insert: Sequence[Rule]
    mutable: Sequence[str] = ()
    change: Sequence[Rule] = ()
    delete: Sequence[Rule] = ()


_IDS = {"customer_id": "text", "question_id": "text"}
_QUESTION = ("customer_id", "question_id")


def _there(table: str, *conditions: str) -> str:
    """Return that a row of ``table`` for the new row's question exists."""
    own = ("s.customer_id = NEW.customer_id", "s.question_id = NEW.question_id")
    return f"EXISTS (SELECT 1 FROM {table} s WHERE {' AND '.join((*own, *conditions))})"  # noqa: S608 - made of constants


def _followed(table: str, *conditions: str) -> Rule:
    """Return that no row of ``table`` follows the old row."""
    own = ("s.customer_id = OLD.customer_id", "s.question_id = OLD.question_id")
    where = " AND ".join((*own, *conditions))
    absent = f"NOT EXISTS (SELECT 1 FROM {table} s WHERE {where})"  # noqa: S608 - made of constants
    return Rule(absent, f"what follows is in {table}")


_OPEN = Rule(_there("why_questions", "s.ending IS NULL"), "the question has ended")
_LATEST = (
    "(SELECT COALESCE(MAX(s.seq), 0) FROM confirmations s "
    "WHERE s.customer_id = NEW.customer_id AND s.question_id = NEW.question_id)"
)
_PUBLISHED = (
    "EXISTS (SELECT 1 FROM published_purposes p WHERE p.purpose = NEW.purpose "
    "AND p.version = NEW.version{more})"
)
MONTHS = "{months}"
"""Stands for how each database reads the retention of stated reasons out of a definition ``p``."""

_RETENTION = (
    "(SELECT MIN({months}) FROM published_purposes p WHERE p.purpose = NEW.purpose "
    "AND p.version = NEW.version AND p.text_sha256 = NEW.text_sha256)"
)
_LONGEST_MONTH_MS = 31 * 86_400_000


GUARDS: Mapping[str, Guard] = {
    "why_questions": Guard(
        columns={
            **_IDS,
            "purpose": "text",
            "version": "integer",
            "origin": "text",
            "catalogue_question": "text?",
            "conversation_id": "text?",
            "proposal_sealed": "sealed?",
            "proposed_at": "moment",
            "expires_at": "moment",
            "ending": "text?",
            "ended_at": "moment?",
        },
        keys=(_QUESTION, ("customer_id", "conversation_id")),
        insert=(
            Rule(
                "EXISTS (SELECT 1 FROM customers c WHERE c.customer_id = NEW.customer_id)",
                "there is no such customer",
            ),
            Rule(_PUBLISHED.format(more=""), "this version of the purpose was never published"),
            Rule(
                "NEW.origin IN ('catalogue', 'volunteered', 'guess') "
                "AND (NEW.origin <> 'catalogue' OR NEW.catalogue_question IS NOT NULL) "
                "AND (NEW.origin = 'catalogue') = (NEW.proposal_sealed IS NULL)",
                "origin, catalogue question and proposal do not fit",
            ),
            Rule("NEW.expires_at > NEW.proposed_at", "the question ends before it begins"),
            Rule(
                "(NEW.ending IS NULL) = (NEW.ended_at IS NULL) AND (NEW.ending IS NULL "
                "OR NEW.ending IN ('declined', 'expired', 'withdrawn'))",
                "the ending is not known",
            ),
        ),
        mutable=("proposal_sealed", "ending", "ended_at"),
        change=(
            Rule("(NEW.proposal_sealed IS NULL) = (OLD.proposal_sealed IS NULL)", "proposal"),
            Rule(
                "(OLD.ending IS NULL OR (NEW.ending = OLD.ending AND NEW.ended_at = OLD.ended_at)) "
                "AND (NEW.ending IS NULL) = (NEW.ended_at IS NULL) AND (NEW.ending IS NULL "
                "OR NEW.ending IN ('declined', 'expired', 'withdrawn'))",
                "a question ends once",
            ),
            Rule(
                f"NEW.ending IS NULL OR OLD.ending IS NOT NULL OR NOT {_there('facts')}",
                "a question that led to a fact ends after the fact",
            ),
        ),
        delete=(
            _followed("card_showings"),
            _followed("askings"),
            _followed("answers"),
            _followed("confirmations"),
            _followed("facts"),
        ),
    ),
    "card_showings": Guard(
        columns={
            **_IDS,
            "purpose": "text",
            "version": "integer",
            "lang": "text",
            "text_sha256": "sha256",
            "channel": "text",
            "shown_at": "moment",
        },
        keys=(_QUESTION,),
        insert=(
            Rule(
                _there(
                    "why_questions",
                    "s.purpose = NEW.purpose",
                    "s.version = NEW.version",
                    "s.proposed_at <= NEW.shown_at",
                    "s.expires_at > NEW.shown_at",
                ),
                "no open question of this purpose and version",
            ),
            Rule(
                _PUBLISHED.format(
                    more=" AND p.lang = NEW.lang AND p.text_sha256 = NEW.text_sha256"
                ),
                "this text was never published",
            ),
        ),
        delete=(
            _followed("askings"),
            _followed("answers"),
            _followed("confirmations"),
            _followed("facts"),
        ),
    ),
    "askings": Guard(
        columns={
            **_IDS,
            "text_sha256": "sha256",
            "question_sha256": "sha256",
            "lang": "text",
            "asked_at": "moment",
        },
        keys=(_QUESTION,),
        insert=(
            Rule(
                _there(
                    "card_showings", "s.text_sha256 = NEW.text_sha256", "s.shown_at <= NEW.asked_at"
                ),
                "this card was not shown",
            ),
            Rule(_there("why_questions", "s.expires_at > NEW.asked_at"), "the time is over"),
        ),
        delete=(_followed("answers"), _followed("confirmations"), _followed("facts")),
    ),
    "answers": Guard(
        columns={**_IDS, "answer_sealed": "sealed", "tag": "tag", "answered_at": "moment"},
        keys=(_QUESTION,),
        insert=(
            Rule(_there("askings", "s.asked_at <= NEW.answered_at"), "nothing was asked"),
            Rule(_there("why_questions", "s.expires_at > NEW.answered_at"), "the time is over"),
            _OPEN,
        ),
        mutable=("answer_sealed",),
        delete=(_followed("confirmations"), _followed("facts")),
    ),
    "confirmations": Guard(
        columns={
            **_IDS,
            "seq": "integer",
            "kind": "text",
            "answer_tag": "tag",
            "tag": "tag",
            "channel": "text",
            "confirmed_at": "moment",
        },
        keys=((*_QUESTION, "seq"),),
        insert=(
            Rule(
                _there("answers", "s.tag = NEW.answer_tag", "s.answered_at <= NEW.confirmed_at"),
                "nothing was answered",
            ),
            Rule(
                "NEW.seq = 1 AND NEW.kind = 'confirmed' "
                f"AND {_there('why_questions', 's.expires_at > NEW.confirmed_at')} "
                "OR NEW.seq > 1 AND NEW.kind = 'corrected'",
                "the kind does not fit, or the time is over",
            ),
            Rule(f"NEW.seq = {_LATEST} + 1", "confirmations are numbered in a row"),
            Rule(
                f"NOT {_there('confirmations', 's.confirmed_at > NEW.confirmed_at')}",
                "confirmations come one after the other",
            ),
            _OPEN,
        ),
        delete=(_followed("facts", "s.confirmation >= OLD.seq"),),
    ),
    "facts": Guard(
        columns={
            "customer_id": "text",
            "fact_id": "text",
            "question_id": "text",
            "confirmation": "integer",
            "purpose": "text",
            "version": "integer",
            "text_sha256": "sha256",
            "category": "text",
            "statement_sealed": "sealed",
            "tag": "tag",
            "valid_from": "moment",
            "expires_at": "moment",
            "state": "text",
        },
        keys=(("customer_id", "fact_id"), _QUESTION),
        insert=(
            Rule(
                _there(
                    "confirmations",
                    "s.seq = NEW.confirmation",
                    "s.tag = NEW.tag",
                    "s.confirmed_at <= NEW.valid_from",
                ),
                "these words were not confirmed",
            ),
            Rule(f"NEW.confirmation = {_LATEST}", "the words were corrected since"),
            Rule(
                _there(
                    "card_showings",
                    "s.purpose = NEW.purpose",
                    "s.version = NEW.version",
                    "s.text_sha256 = NEW.text_sha256",
                ),
                "the card of this purpose was not shown",
            ),
            Rule(
                _there("askings", "s.text_sha256 = NEW.text_sha256")
                + f" AND {_there('answers')}"
                + f" AND {_there('why_questions', 's.purpose = NEW.purpose')}",
                "a step before it is missing",
            ),
            Rule("NEW.expires_at > NEW.valid_from", "a fact needs an end"),
            Rule(
                f"NEW.expires_at - NEW.valid_from <= {_LONGEST_MONTH_MS} * {_RETENTION}",
                "the end is later than the published retention",
            ),
            Rule("NEW.category = 'stated_reasons'", "facts are stated reasons"),
            Rule("NEW.state IN ('active', 'paused')", "the state is not known"),
            _OPEN,
        ),
        mutable=("statement_sealed", "state"),
        change=(Rule("NEW.state IN ('active', 'paused')", "the state is not known"),),
    ),
}
"""Every guarded table; a step comes after the step it follows."""
