"""Servers that say they erased and did not, or let the erased come back."""

from collections import Counter
from dataclasses import replace

import pytest
from tests.conformance.mutants import Mutants, Value, around, nothing

from assistant.channels.intake import Intake
from assistant.dialogue.erased_replies import ReplyEraser
from assistant.profile.erasure.requests import Erasures
from assistant.store.erasing import RowEraser
from assistant.vault.vault import Vault
from assistant.web.identity import StoreCustomers

ERASURE = Mutants()


@ERASURE.add("erasing everything erases all data only", "erasure.starts_empty")
def _keep_account(patch: pytest.MonkeyPatch) -> None:
    def request(original: Value, erasures: Erasures, *key: Value, **more: Value) -> Value:
        connection, customer_id, scope = key
        less = replace(scope, kind="all_data") if scope.kind == "everything" else scope
        return original(erasures, connection, customer_id, less, **more)

    around(patch, Erasures, "request", request)


@ERASURE.add(
    "tokens from before an erasure still open", "erasure.old_tokens", "erasure.no_resurrection"
)
def _accept_old_tokens(patch: pytest.MonkeyPatch) -> None:
    def find(original: Value, customers: StoreCustomers, subject: str, **issued: int) -> Value:
        del issued
        return original(customers, subject)

    around(patch, StoreCustomers, "find", find)
    around(patch, StoreCustomers, "find_or_create", find)


@ERASURE.add("erasing everything keeps the keys", "erasure.states")
def _keep_keys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Vault, "shred", nothing)
    patch.setattr(Vault, "shred_all", nothing)


@ERASURE.add(
    "rows that were erased stay",
    "scopes.item",
    "scopes.category",
    "scopes.conversation",
    "scopes.all_data",
    "facts.deleted",
)
def _keep_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RowEraser, "erase", lambda *arguments, **named: Counter())


@ERASURE.add("replies go on telling what was erased", "scopes.item")
def _keep_replies(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReplyEraser, "erase_using", lambda *arguments: 0)
    patch.setattr(ReplyEraser, "erase_citing", nothing)


@ERASURE.add("events from before an erasure are stored", "erasure.old_events")
def _store_old_events(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Intake, "_erased", lambda intake, events, found: {})


@ERASURE.add("any token shows an erasure", "erasure.status_token")
def _show_to_all(patch: pytest.MonkeyPatch) -> None:
    def find(
        original: Value, erasures: Erasures, connection: Value, erasure_id: str, token: str
    ) -> Value:
        del original, token
        every = erasures._parts.erasures.list_open(connection)
        return next((each for each in every if each.erasure_id == erasure_id), None)

    around(patch, Erasures, "find_by_token", find)


@ERASURE.add("asking for an erasure again is another erasure", "erasure.repeat")
def _forget_keys(patch: pytest.MonkeyPatch) -> None:
    def request(original: Value, erasures: Erasures, *scope: Value, **more: Value) -> Value:
        return original(erasures, *scope, **{**more, "repeat_key": None})

    patch.setattr(Erasures, "find_repeated", nothing)
    around(patch, Erasures, "request", request)
