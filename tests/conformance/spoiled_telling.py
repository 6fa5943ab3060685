"""Servers that do not tell, tell the wrong person, or tell what cannot be verified."""

import pytest
from tests.conformance.mutants import Mutants, Value, around, nothing

from assistant.profile.receipts.signing import DocumentSigner
from assistant.profile.transparency.own_data import Transparency
from assistant.store.access_log import AccessLogRepository
from assistant.store.own_rows import OwnRows
from assistant.store.uses import UseRepository
from assistant.web.identity import StoreCustomers

TELLING = Mutants()


@TELLING.add("uses are not recorded", "transparency.uses_kept", "reciprocity.helped")
def _lose_uses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(UseRepository, "add_uses", nothing)


@TELLING.add("readings are not logged", "transparency.reads_logged")
def _lose_accesses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AccessLogRepository, "add_access", nothing)


@TELLING.add("a table is left out of what is shown", "transparency.everything")
def _leave_out_turns(patch: pytest.MonkeyPatch) -> None:
    leave_out(patch, "turns")


@TELLING.add("events are left out of the export", "transparency.export")
def _leave_out_events(patch: pytest.MonkeyPatch) -> None:
    leave_out(patch, "events")


def leave_out(patch: pytest.MonkeyPatch, section: str) -> None:
    """Show no row of one table."""

    def page_rows(
        original: Value,
        rows: OwnRows,
        connection: Value,
        customer: str,
        of: Value,
        **k: Value,
    ) -> Value:
        return [] if of.name == section else original(rows, connection, customer, of, **k)

    around(patch, OwnRows, "page_rows", page_rows)


@TELLING.add("receipts carry no signature", "receipts.signed")
def _sign_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DocumentSigner, "sign", lambda signer, document, *, created: document)


@TELLING.add("receipts are signed with another key than is shown", "receipts.signed")
def _show_another_key(patch: pytest.MonkeyPatch) -> None:
    other = DocumentSigner(seed=bytes(32)).key_document()
    patch.setattr(DocumentSigner, "key_document", lambda signer: other)


@TELLING.add(
    "whoever asks is taken for who asked first",
    "isolation.lists",
    "isolation.rows",
)
def _mix_customers_up(patch: pytest.MonkeyPatch) -> None:
    first: list[str] = []

    async def find(original: Value, customers: StoreCustomers, subject: str, **more: int) -> Value:
        first.append(subject)
        return await original(customers, first[0], **more)

    around(patch, StoreCustomers, "find", find)


@TELLING.add("all customers are one", "isolation.conversations", "questions.others", "facts.others")
def _make_all_one(patch: pytest.MonkeyPatch) -> None:
    async def find(original: Value, customers: StoreCustomers, subject: str, **more: int) -> Value:
        del subject
        return await original(customers, "everybody", **more)

    around(patch, StoreCustomers, "find", find)
    around(patch, StoreCustomers, "find_or_create", find)


@TELLING.add("the privacy signal is not told", "transparency.gpc_told")
def _tell_no_signal(patch: pytest.MonkeyPatch) -> None:
    def overview(original: Value, told: Transparency, *rows: object, lang: str, gpc: bool) -> Value:
        del gpc
        return original(told, *rows, lang=lang, gpc=False)

    around(patch, Transparency, "overview", overview)
