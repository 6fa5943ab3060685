"""Every table of the main database, and the catalogue that says what each column holds."""

from assistant.store.tables import (
    accountability,
    chat,
    consents,
    customers,
    erasures,
    history,
    intake,
    ledger_marks,
    why_questions,
)
from assistant.store.tables.catalogue import METADATA, ColumnKind, ErasureRule, TableRule, table_of

__all__ = ["CATALOGUE", "METADATA", "ColumnKind", "ErasureRule", "TableRule", "table_of"]

CATALOGUE: dict[str, TableRule] = {
    **customers.RULES,
    **chat.RULES,
    **history.RULES,
    **consents.RULES,
    **why_questions.RULES,
    **accountability.RULES,
    **intake.RULES,
    **erasures.RULES,
    **ledger_marks.RULES,
}
