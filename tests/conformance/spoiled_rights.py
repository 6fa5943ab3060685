"""Servers that withhold from customers what they have a right to, or give it to somebody else."""

from dataclasses import replace

import pytest
from tests.conformance.mutants import Mutants, Value, around, nothing
from tests.conformance.spoiled_telling import leave_out

from assistant.channels.intake import Intake
from assistant.dialogue import responder
from assistant.dialogue.category_words import name_category
from assistant.dialogue.profile_requests import PendingKind, ProfileRequest, RequestKind
from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.consent.state import ConsentState
from assistant.profile.erasure.receipts import ErasureReceipts
from assistant.profile.erasure.requests import Erasures
from assistant.profile.questions.facts import Facts
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.profile.receipts.issuing import Receipts
from assistant.profile.transparency import json_ld, telling
from assistant.profile.transparency.export import DataExport
from assistant.profile.transparency.reciprocity import Reciprocity
from assistant.web import chat_lane, chat_socket, well_known_api
from assistant.web.chat_socket import ChatConnection
from assistant.web.identity import StoreCustomers, StoreVisitors

RIGHTS = Mutants()


@RIGHTS.add("what was given is not used", "gate.given", "transparency.item_terms")
def _use_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConsentState, "given", lambda state, purpose: frozenset())


@RIGHTS.add("withdrawing a category withdraws the purpose", "withdrawal.one_category")
def _withdraw_all(patch: pytest.MonkeyPatch) -> None:
    def decide(original: Value, ledger: ConsentLedger, connection: Value, decision: Value) -> Value:
        if decision.decision == "withdrawn":
            decision = replace(decision, categories=None)
        return original(ledger, connection, decision)

    around(patch, ConsentLedger, "decide", decide)


@RIGHTS.add("only the newest decision has a receipt", "receipts.each_decision")
def _list_newest(patch: pytest.MonkeyPatch) -> None:
    def newest(original: Value, receipts: Receipts, *key: Value, **page: Value) -> Value:
        return original(receipts, *key, **page)[:1] if page["after"] is None else []

    around(patch, Receipts, "list_summaries", newest)


@RIGHTS.add("a receipt is written anew each time", "receipts.same_bytes")
def _rewrite_receipts(patch: pytest.MonkeyPatch) -> None:
    fetched = iter(range(1, 10**9))

    def find(original: Value, receipts: Receipts, *key: Value) -> Value:
        found = original(receipts, *key)
        return found and replace(found, content=found.content + b" " * next(fetched))

    around(patch, Receipts, "find_receipt", find)


@RIGHTS.add("a confirmation gives no consent that can be seen", "questions.confirm_gives_consent")
def _give_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WhyQuestions, "_give_consent", nothing)


@RIGHTS.add("a fact that is paused stays active", "facts.paused")
def _ignore_pause(patch: pytest.MonkeyPatch) -> None:
    def set_state(original: Value, kept: Facts, *key: Value, **more: Value) -> Value:
        del original
        return kept.get_fact(*key[:3], now=more.get("at") or more["now"])

    around(patch, Facts, "set_state", set_state)


@RIGHTS.add("facts are left out of what is shown", "facts.shown")
def _leave_out_facts(patch: pytest.MonkeyPatch) -> None:
    leave_out(patch, "facts")


@RIGHTS.add("decisions are left out of what is shown", "transparency.consents_kept")
def _leave_out_decisions(patch: pytest.MonkeyPatch) -> None:
    leave_out(patch, "consent_events")


@RIGHTS.add("the export holds no CloudEvents", "transparency.export_events")
def _export_no_events(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DataExport, "_cloud_events", lambda export, exporting: iter(()))


@RIGHTS.add("nothing is said about what can be done", "transparency.item_terms")
def _offer_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(telling, "_controls", lambda *row: ())


@RIGHTS.add("the linked form leaves out what is stored", "transparency.linked_form")
def _link_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(json_ld, "_property", lambda field: {})


@RIGHTS.add("what never helped is not counted", "reciprocity.idle")
def _count_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reciprocity, "totals", lambda *arguments, **named: ())


@RIGHTS.add(
    "nothing said about one's own data is understood",
    "chat.answers_about_data",
    "chat.forget",
    "chat.stop_using",
)
def _understand_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(responder, "match_request", nothing)


@RIGHTS.add("forgetting in chat asks nobody back", "chat.forget", "chat.yes_to_nothing")
def _forget_at_once(patch: pytest.MonkeyPatch) -> None:
    _turn_requests(patch, "forget", "forget_confirmed")


@RIGHTS.add("whatever names data and its use stops it", "chat.only_orders")
def _stop_at_any_word(patch: pytest.MonkeyPatch) -> None:
    original = responder.match_request

    def match(text: str, *heard: Value) -> Value:
        plain = text.lower()
        named = any(word in plain for word in ("orders", "browsing", "data"))
        if named and any(word in plain for word in ("using", "looking", "look at")):
            return ProfileRequest("stop_confirmed", name_category(plain))
        return original(text, *heard)

    patch.setattr(responder, "match_request", match)


@RIGHTS.add("stopping in chat asks nobody back", "chat.stop_all")
def _stop_at_once(patch: pytest.MonkeyPatch) -> None:
    _turn_requests(patch, "stop_using", "stop_confirmed")


@RIGHTS.add("stopping in chat is asked about and forgotten", "chat.stop_using", "chat.stop_all")
def _never_stop(patch: pytest.MonkeyPatch) -> None:
    _turn_requests(patch, "stop_using", "stop_refused")
    patch.setattr(responder, "match_confirmation", nothing)


def _turn_requests(patch: pytest.MonkeyPatch, kind: str, other: RequestKind | PendingKind) -> None:
    original = responder.match_request

    def match(*heard: Value) -> Value:
        found = original(*heard)
        return replace(found, kind=other) if found is not None and found.kind == kind else found

    patch.setattr(responder, "match_request", match)


@RIGHTS.add("results of a batch come in another order", "form.events_apart")
def _turn_results_round(patch: pytest.MonkeyPatch) -> None:
    around(
        patch,
        Intake,
        "store_batch",
        lambda original, *arguments, **named: original(*arguments, **named)[::-1],
    )


@RIGHTS.add("an open socket ends as if nothing had happened", "erasure.sockets")
def _close_politely(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(chat_lane, "NOT_AUTHENTICATED", 1000)
    patch.setattr(chat_socket, "TOKEN_EXPIRED", 1000)


@RIGHTS.add("an erasure has no receipt", "erasure.receipt")
def _give_no_receipt(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ErasureReceipts, "find_receipt", nothing)


@RIGHTS.add("erasures that were asked for are not listed", "scopes.listed")
def _list_no_erasures(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Erasures, "list_erasures", lambda *arguments, **named: [])


@RIGHTS.add("the privacy signal is said to be ignored", "gate.gpc_wellknown")
def _deny_signal(patch: pytest.MonkeyPatch) -> None:
    original = well_known_api.PrivacyControlBody
    patch.setattr(
        well_known_api, "PrivacyControlBody", lambda **said: original(**{**said, "gpc": False})
    )


@RIGHTS.add("the privacy signal undoes what was given beside it", "gate.gpc_beside")
def _overrule(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConsentState, "given_unheard", lambda state, purpose: state.given(purpose))


@RIGHTS.add("the welcome does not say that an AI speaks", "chat.says_it_is_ai")
def _pretend(patch: pytest.MonkeyPatch) -> None:
    def welcome(original: Value, chat: ChatConnection, *arguments: Value) -> Value:
        return {**original(chat, *arguments), "assistant": "person"}

    around(patch, ChatConnection, "_welcome", welcome)


@RIGHTS.add("a visitor is taken for the customer who came last", "isolation.visitors")
def _mix_visitors_up(patch: pytest.MonkeyPatch) -> None:
    seen: list[Value] = []

    async def find(
        original: Value, customers: StoreCustomers, *subject: Value, **k: Value
    ) -> Value:
        seen.append(await original(customers, *subject, **k))
        return seen[-1]

    async def register(original: Value, visitors: StoreVisitors) -> Value:
        return replace(await original(visitors), customer_id=seen[-1])

    async def require(visitors: StoreVisitors, customer_id: Value) -> None:
        del visitors, customer_id

    around(patch, StoreCustomers, "find", find)
    around(patch, StoreCustomers, "find_or_create", find)
    around(patch, StoreVisitors, "register", register)
    patch.setattr(StoreVisitors, "require", require)
