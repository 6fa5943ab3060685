"""Carries out what a customer asks of their own data in chat, in the transaction of the reply.

Showing takes one step, and so does stopping the use of a category that was told plainly:
withdrawing takes no more steps than giving. Deleting takes two, and so does a stop that means all
data or was not told plainly: the first turn says what will happen and keeps what it asked about in
its own reply, and only a yes in the very next turn, soon enough, is taken for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from assistant.core.actor import CustomerActor, Role
from assistant.core.erasure import Scope
from assistant.core.ids import ConversationId
from assistant.dialogue.answering import Draft
from assistant.dialogue.profile_answers import ProfileAnswers
from assistant.dialogue.profile_requests import ProfileRequest
from assistant.dialogue.profile_summary import CHAT, ProfileReader, ProfileWords
from assistant.dialogue.turns import Action, PendingRequest, Sentence
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.consent.state import ConsentState
from assistant.profile.erasure.requests import Erasures, ErasureScope
from assistant.profile.pack.loading import Pack
from assistant.profile.questions.why_questions import WhyQuestions
from assistant.store.consents import Decision
from assistant.store.engine import Connection

CHANNEL = "chat"
ANSWERING = "answer_from_history"
_WHOLE: frozenset[str] = frozenset({"all_data", "everything"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, in which conversation, and when."""

    actor: CustomerActor
    conversation: ConversationId
    at: datetime


class ProfileTurns:
    """Answers and acts on requests about one's own data."""

    def __init__(
        self,
        *,
        pack: Pack,
        ledger: ConsentLedger,
        reader: ProfileReader,
        words: ProfileWords,
        questions: WhyQuestions,
        erasures: Erasures,
    ) -> None:
        self._pack = pack
        self._ledger = ledger
        self._reader = reader
        self._words = words
        self._say = words.phrases.say
        self._answers = ProfileAnswers(words=words, purposes=pack.purposes)
        self._questions = questions
        self._erasures = erasures
        self._tell: dict[str, Callable[[Connection, Asked], Draft]] = {
            "what_known": self._known,
            "why_asked": self._why_asked,
            "who_saw": self._who_saw,
            "what_helped": self._helped,
            "never_why": self._never_why,
            "what_used": self._used,
        }

    def serve(self, connection: Connection, asked: Asked, request: ProfileRequest) -> Draft:
        """Do what ``request`` asks (in a write) and return the reply to it."""
        if request.category is not None:
            return self._act(connection, asked, request, request.category)
        return self._tell[request.kind](connection, asked)

    def _act(
        self, connection: Connection, asked: Asked, request: ProfileRequest, category: str
    ) -> Draft:
        """Stop the use of a category, or go one step towards it or towards deleting it."""
        match request.kind:
            case "stop_confirmed":
                return self._stop_using(connection, asked, category)
            case "stop_using" if request.plain and category in self._pack.categories:
                return self._stop_using(connection, asked, category)
            case "stop_using":
                return self._ask_to_stop(connection, asked, category)
            case "stop_refused":
                return self._reply(self._say("stop_refused"))
            case "forget_confirmed":
                return self._forget(connection, asked, category)
            case "forget_refused":
                return self._reply(self._say("forget_kept"))
            case _:
                return self._ask_to_forget(connection, asked, category)

    def _known(self, connection: Connection, asked: Asked) -> Draft:
        summary = self._reader.summarise(connection, asked.actor.customer_id)
        if asked.actor.role is Role.VISITOR:
            return self._answers.known_of_visitor(summary)
        state = self._ledger.state(connection, asked.actor.customer_id)
        return self._answers.known(summary, state.given(ANSWERING))

    def _why_asked(self, connection: Connection, asked: Asked) -> Draft:
        question = self._questions.find_open(
            connection, asked.actor.customer_id, asked.conversation, lang="en", now=asked.at
        )
        if question is None:
            return self._answers.why_asked(None)
        return self._answers.why_asked(self._pack.purposes.find_purpose(question.purpose))

    def _who_saw(self, connection: Connection, asked: Asked) -> Draft:
        readings = self._reader.readings(connection, asked.actor.customer_id)
        return self._answers.who_saw(readings, asked.at)

    def _helped(self, connection: Connection, asked: Asked) -> Draft:
        return self._answers.helped(*self._reader.helped(connection, asked.actor.customer_id))

    def _used(self, connection: Connection, asked: Asked) -> Draft:
        if asked.actor.role is Role.VISITOR:
            return self._answers.used((), ())
        state = self._ledger.state(connection, asked.actor.customer_id)
        titles = [p.text("en").title for p in self._pack.purposes if state.given(p.id)]
        return self._answers.used(state.given(ANSWERING), titles)

    def _never_why(self, connection: Connection, asked: Asked) -> Draft:
        signed_in = asked.actor.role is not Role.VISITOR
        if signed_in:
            customer_id = asked.actor.customer_id
            self._questions.set_preference(connection, customer_id, "never", at=asked.at)
        return self._answers.never_why(signed_in=signed_in)

    def _ask_to_stop(self, connection: Connection, asked: Asked, named: str) -> Draft:
        """Say what a stop would do, and keep the question in the reply that asks it."""
        category = _used_as(named)
        if category != "all_data" and category not in self._pack.categories:
            return self._answers.unknown_category()
        gone = self._goes_along(connection, asked, category)
        whole = category == "all_data"
        return Draft(
            "chatting",
            (
                Sentence(self._say("stop_ask_all"))
                if whole
                else Sentence(self._say("stop_ask", what=self._words.what(category))),
                Sentence(self._answers.told_to_go(gone)),
                Sentence(self._say("stop_shall_i")),
            ),
            actions=(
                Action("choose", self._say("label_stop"), text=self._say("say_stop")),
                Action("choose", self._say("label_go_on"), text=self._say("say_go_on")),
            ),
            pending=PendingRequest(category, act="stop_using"),
            because="not told plainly, or all data is meant",
        )

    def _stop_using(self, connection: Connection, asked: Asked, category: str) -> Draft:
        """Say no in the customer's place, for every purpose that asks for the category."""
        whole = category == "all_data"
        gone = self._goes_along(connection, asked, category)
        state = self._ledger.state(connection, asked.actor.customer_id)
        concerned = self._pack.purposes if whole else self._pack.purposes.purposes_of(category)
        allowed = []
        for purpose in concerned:
            categories = frozenset(purpose.categories if whole else (category,))
            if categories & state.given(purpose.id):
                allowed.append(purpose.text("en").title)
            self._say_no(connection, asked, purpose.id, categories, state)
        return self._answers.stopped(category, allowed, deleted=gone)

    def _goes_along(self, connection: Connection, asked: Asked, category: str) -> int:
        """Return how many items are kept with the consent alone that a stop takes back."""
        customer_id = asked.actor.customer_id
        given = self._ledger.state(connection, customer_id).given_categories()
        stopped = given if category == "all_data" else given & {category}
        summary = self._reader.summarise(connection, customer_id)
        alone = filter(self._pack.categories.stored_on_consent_alone, stopped)
        return sum(map(summary.number_of, alone))

    def _say_no(
        self,
        connection: Connection,
        asked: Asked,
        purpose: str,
        categories: frozenset[str],
        state: ConsentState,
    ) -> None:
        """Withdraw what was given, refuse what was never decided; a no that stands is no news."""
        given = {c for c in categories if state.standing(purpose, c) in {"given", "outdated"}}
        open_still = {c for c in categories if state.standing(purpose, c) == "undecided"}
        nos: tuple[tuple[Decision, set[str]], ...] = (("withdrawn", given), ("refused", open_still))
        for decision, named in nos:
            if named:
                made = ConsentDecision(
                    customer_id=asked.actor.customer_id,
                    purpose=purpose,
                    decision=decision,
                    channel=CHANNEL,
                    at=asked.at,
                    categories=frozenset(named),
                )
                self._ledger.decide(connection, made)

    def _ask_to_forget(self, connection: Connection, asked: Asked, category: str) -> Draft:
        """Say what would go, and keep the question in the reply that asks it."""
        customer_id = asked.actor.customer_id
        if category == "conversation":
            number = self._reader.messages_in(connection, customer_id, asked.conversation)
        else:
            number = self._reader.summarise(connection, customer_id).number_of(category)
        if not number:
            return self._reply(self._say("forget_nothing", what=self._words.what(category)))
        thing = "message" if category in {CHAT, "conversation"} else "item"
        count = self._words.counted(thing, number)
        own_words = category == "conversation" or category in _WHOLE
        text = (
            self._say(f"forget_ask_{category}", count=count)
            if own_words
            else self._say("forget_ask", what=self._words.what(category), count=count)
        )
        return Draft(
            "chatting",
            (Sentence(text),),
            actions=(
                Action("choose", self._say("label_forget"), text=self._say("say_forget")),
                Action("choose", self._say("label_keep"), text=self._say("say_keep")),
            ),
            pending=PendingRequest(category),
            because="deleting takes a yes",
        )

    def _forget(self, connection: Connection, asked: Asked, category: str) -> Draft:
        """Ask for the erasure; from its commit on nothing of it is used."""
        done = self._erasures.request(
            connection, asked.actor.customer_id, _scope(category, asked), at=asked.at
        )
        names = {"id": done.erasure_id}
        own_words = category == "conversation" or category in _WHOLE
        if category in _WHOLE:
            names["token"] = done.status_token
        if not own_words:
            names["what"] = self._words.what(category)
        key = f"forget_done_{category}" if own_words else "forget_done"
        takes_turn = own_words or category == CHAT
        return self._reply(self._say(key, **names), takes_turn=takes_turn)

    def _reply(self, text: str, *, takes_turn: bool = False) -> Draft:
        return Draft(
            "chatting", (Sentence(text),), takes_turn=takes_turn, because="about their own data"
        )


def _used_as(named: str) -> str:
    """Return what a stop is about: a conversation is used like any chat, and all is all."""
    if named in _WHOLE:
        return "all_data"
    return CHAT if named == "conversation" else named


def _scope(category: str, asked: Asked) -> ErasureScope:
    if category == "conversation":
        return ErasureScope("conversation", asked.conversation)
    if category in _WHOLE:
        kind: Scope = "all_data" if category == "all_data" else "everything"
        return ErasureScope(kind)
    return ErasureScope("category", category)
