"""Joins what the web layer is given for customers' own eyes and decisions."""

from assistant.bootstrap.assembly import Assistant
from assistant.bootstrap.transparency import open_export, open_transparency
from assistant.web.consents import StoreConsents
from assistant.web.own_data import StoreOwnData
from assistant.web.own_exports import StoreOwnExports
from assistant.web.own_facts import StoreOwnFacts
from assistant.web.question_steps import StoreQuestionSteps
from assistant.web.receipts import StoreReceipts
from assistant.web.records import StoreRecords


def own_consents(assistant: Assistant) -> StoreConsents:
    """Return what shows purposes and takes decisions."""
    return StoreConsents(
        database=assistant.stores.database,
        ledger=assistant.ledger,
        pack=assistant.pack,
        clock=assistant.clock,
    )


def own_questions(assistant: Assistant) -> StoreQuestionSteps:
    """Return what takes the steps of why-questions."""
    return StoreQuestionSteps(
        database=assistant.stores.database,
        questions=assistant.why_questions,
        clock=assistant.clock,
    )


def own_facts(assistant: Assistant) -> StoreOwnFacts:
    """Return what shows, corrects and deletes facts."""
    return StoreOwnFacts(
        database=assistant.stores.database,
        questions=assistant.why_questions,
        facts=assistant.facts,
        clock=assistant.clock,
    )


def own_receipts(assistant: Assistant) -> StoreReceipts:
    """Return what hands out consent receipts."""
    return StoreReceipts(database=assistant.stores.database, receipts=assistant.receipts)


def own_records(assistant: Assistant) -> StoreRecords:
    """Return what shows the history and the access log."""
    stores = assistant.stores
    return StoreRecords(
        database=stores.database, events=stores.events, access_log=stores.access_log
    )


def own_data(assistant: Assistant) -> StoreOwnData:
    """Return what shows everything that is stored, and where it helped."""
    return StoreOwnData(
        database=assistant.stores.database, transparency=open_transparency(assistant)
    )


def own_exports(assistant: Assistant) -> StoreOwnExports:
    """Return what writes everything into an archive."""
    return StoreOwnExports(
        database=assistant.stores.database,
        export=open_export(assistant, open_transparency(assistant)),
        clock=assistant.clock,
    )
