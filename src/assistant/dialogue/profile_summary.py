"""What there is to say about one customer's data, counted and not opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.core.ids import ConversationId, CustomerId
from assistant.dialogue.phrases import Phrases
from assistant.profile.pack.loading import Pack
from assistant.store.engine import Connection
from assistant.store.own_counts import OwnCounts, Readings

REASONS, CHAT = "stated_reasons", "chat"


@dataclass(frozen=True, slots=True)
class Summary:
    """How much is kept: events by category, conversations, messages in them, confirmed facts."""

    events: Mapping[str, int]
    conversations: int
    messages: int
    facts: int

    def number_of(self, category: str) -> int:
        """Return how many items of ``category`` are kept; all of them for ``all_data``."""
        if category in {"all_data", "everything"}:
            return sum(self.events.values()) + self.messages + self.facts
        own = {CHAT: self.messages, REASONS: self.facts}
        return own.get(category, 0) + self.events.get(category, 0)


class ProfileReader:
    """Counts what is kept of one customer."""

    def __init__(self, *, counts: OwnCounts) -> None:
        self._counts = counts

    def summarise(self, connection: Connection, customer_id: CustomerId) -> Summary:
        """Return how much is kept of the customer."""
        return Summary(
            events=self._counts.count_events(connection, customer_id),
            conversations=self._counts.count_conversations(connection, customer_id),
            messages=self._counts.count_messages(connection, customer_id),
            facts=self._counts.count_facts(connection, customer_id),
        )

    def messages_in(
        self, connection: Connection, customer_id: CustomerId, conversation: ConversationId
    ) -> int:
        """Return the number of messages in one conversation."""
        return self._counts.count_messages(connection, customer_id, conversation)

    def readings(self, connection: Connection, customer_id: CustomerId) -> Sequence[Readings]:
        """Return who read, summed up."""
        return self._counts.count_readings(connection, customer_id)

    def helped(
        self, connection: Connection, customer_id: CustomerId
    ) -> tuple[Mapping[str, int], int]:
        """Return in how many replies each category was used, and how many of them had helped."""
        return (
            self._counts.count_answers_helped(connection, customer_id),
            self._counts.count_verdicts(connection, customer_id),
        )


class ProfileWords:
    """Counted things and categories in words."""

    def __init__(self, *, phrases: Phrases, pack: Pack) -> None:
        self.phrases = phrases
        self._pack = pack

    def what(self, category: str) -> str:
        """Return a category as it follows "your"."""
        known = self.phrases.find(f"what_{category}")
        if known is not None or category not in self._pack.categories:
            return known or category.replace("_", " ")
        label = self._pack.categories[category].label("en")
        return label[:1].lower() + label[1:]

    def label(self, category: str) -> str:
        """Return a category as it opens a line."""
        known = category in self._pack.categories
        return self._pack.categories[category].label("en") if known else self.what(category)

    def counted(self, thing: str, number: int) -> str:
        """Return "1 item", "3 items"; ``thing`` is item, message, conversation, answer, time."""
        if number == 1:
            return self.phrases.say(f"one_{thing}")
        return self.phrases.say(f"many_{thing}s", number=f"{number:,}")

    def listed(self, names: Sequence[str]) -> str:
        """Return "a, b and c"."""
        return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
