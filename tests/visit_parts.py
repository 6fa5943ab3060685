"""A service at which somebody speaks as a visitor before they sign in."""

from assistant.bootstrap.assembly import Assistant
from assistant.bootstrap.visits import visitor_merge
from assistant.core.ids import ConversationId, CustomerId, TurnKey, new_id
from assistant.dialogue.reply_codec import encode_reply
from assistant.dialogue.turns import Reply, Sentence
from assistant.profile.consent.visit_card import visit_card
from assistant.profile.visitor_merge import JoinDecision, Joined, VisitorMerge
from assistant.store.conversations import RecordedTurn

WORDS = ("my kettle leaks", "it is the red one", "thank you")


class Counter:
    """A service at which a visitor spoke and a customer signs in."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.stores = assistant.stores
        self.database = assistant.stores.database
        self.merge: VisitorMerge = visitor_merge(assistant)
        self.visitor = self.database.write_now(
            lambda c: self.stores.customers.create_visitor(c, at=assistant.clock())
        ).customer_id
        self.ada = self.customer("ada@customers.example")

    def customer(self, subject: str) -> CustomerId:
        return self.database.write_now(
            lambda c: self.stores.customers.get_or_create_customer(
                c, subject, at=self.assistant.clock()
            )
        ).customer_id

    def say(
        self, customer_id: str, text: str, conversation: str, *, turn_id: str | None = None
    ) -> TurnKey:
        turn_id, at = turn_id or new_id(), self.assistant.clock()
        conversations = self.stores.conversations
        turn = self.database.write_now(
            lambda c: conversations.append_utterance(
                c, customer_id, conversation, turn_id=turn_id, text=text, lang="en", at=at,
                open_missing=True,
            )
        ).turn  # fmt: skip
        reply = Reply(
            turn_id, ConversationId(conversation), (Sentence(f"On {text}.", ()),), "answered"
        )
        self.database.write_now(
            lambda c: conversations.write_reply(
                c, customer_id, turn.turn_key, reply=encode_reply(reply), state="answered", at=at
            )
        )
        return turn.turn_key

    def visit(self) -> ConversationId:
        """Let the visitor say something in one conversation."""
        conversation = ConversationId(new_id())
        for text in WORDS:
            self.say(self.visitor, text, conversation)
        return conversation

    def decide(
        self, decision: JoinDecision | None = None, *, customer: CustomerId | None = None,
        visitor: CustomerId | None = None,
    ) -> Joined:  # fmt: skip
        made = decision or yes()
        return self.database.write_now(
            lambda c: self.merge.decide(
                c, customer or self.ada, visitor or self.visitor, made, at=self.assistant.clock()
            )
        )

    def turns(self, customer_id: str, conversation: str) -> list[RecordedTurn]:
        return list(
            self.database.read_now(
                lambda c: self.stores.conversations.list_turns(c, customer_id, conversation)
            )
        )

    def conversations(self, customer_id: str) -> set[str]:
        statement = "SELECT conversation_id FROM conversations WHERE customer_id = '{}'"
        return self.database.read_now(
            lambda c: set(c.exec_driver_sql(statement.format(customer_id)).scalars())
        )


def yes() -> JoinDecision:
    card = visit_card("en")
    return JoinDecision("given", card.version, card.text_sha256, "en")
