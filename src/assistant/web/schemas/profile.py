"""Shapes of why-questions, facts and preferences."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from assistant.web.schemas.base import Incoming, LanguageTag, Outgoing, Uuid

Words = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
"""Words of the customer's; of what is kept, 500 characters at most."""

QuestionStateWord = Literal[
    "proposed",
    "disclosed",
    "asked",
    "answered",
    "confirmed",
    "stored",
    "used",
    "corrected",
    "declined",
    "expired",
    "withdrawn",
]


class CardBody(Outgoing):
    """The purpose card: show `text` as it is, then acknowledge it with its hash."""

    purpose: str
    version: int
    lang: str
    title: str
    text: str
    text_sha256: str


class ChoiceBody(Outgoing):
    """A ready answer: what to tap, and the sentence that would be kept of it."""

    say: str
    keep: str


class AskedBody(Outgoing):
    """The question itself, once its card was acknowledged."""

    text: str
    lang: str
    kept_as_example: str = Field(description="A sentence as it might be kept.")
    improves: str = Field(description="What an answer does for the customer.")
    choices: list[ChoiceBody]


class StepBody(Outgoing):
    """A state that was reached, and when."""

    state: QuestionStateWord
    at: str


class QuestionBody(Outgoing):
    """One why-question and what to do next about it."""

    id: str
    state: QuestionStateWord
    origin: Literal["catalogue", "volunteered", "guess"]
    guess: bool = Field(description="A guess of ours: unused, and gone unless it is confirmed.")
    purpose: str
    version: int
    catalogue_question: str | None
    conversation: str | None
    card: CardBody | None = Field(description="The card to show; null once the question is over.")
    question: AskedBody | None
    proposed: str | None = Field(description="Words said or guessed that wait for a decision.")
    to_confirm: str | None = Field(description="The exact sentence to show and let be edited.")
    fact: str | None = Field(description="Id of the fact that came of it.")
    expires_at: str
    steps: list[StepBody]


class QuestionsBody(Outgoing):
    """Newest first; `cursor` is there while more follows."""

    questions: list[QuestionBody]
    cursor: str | None


class PageQuery(Incoming):
    """A page of a list, and the language of its texts."""

    limit: Annotated[int, Field(ge=1, le=200, strict=False)] = 50
    cursor: Uuid | None = None
    lang: LanguageTag | None = None


class CardShownRequest(Incoming):
    """The card was on the screen: which version, language and text."""

    version: int
    text_sha256: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    lang: LanguageTag


class WordsRequest(Incoming):
    """An answer, a sentence to confirm, or something to keep."""

    text: Words
    lang: LanguageTag | None = None


class DeclineRequest(Incoming):
    """No thanks; no reason is asked for."""

    lang: LanguageTag | None = None


class ProvenanceBody(Outgoing):
    """Where a fact came from."""

    origin: Literal["catalogue", "volunteered", "guess"]
    catalogue_question: str | None
    shown_at: str
    asked_at: str
    answered_at: str
    confirmed_at: str
    card_lang: str
    card_sha256: str
    channel: str


class FactBody(Outgoing):
    """One confirmed statement, in the customer's exact words."""

    id: str
    question: str
    text: str = Field(description="Empty where the stored words do not fit what was confirmed.")
    category: str
    purpose: str
    version: int
    kind: Literal["confirmed", "corrected"]
    state: Literal["active", "paused", "expired", "damaged"] = Field(
        description="Only `active` facts are used."
    )
    valid_from: str
    expires_at: str
    provenance: ProvenanceBody
    times_used: int
    last_used_at: str | None


class FactsBody(Outgoing):
    """Newest first; `cursor` is there while more follows."""

    facts: list[FactBody]
    cursor: str | None


class FactChange(Incoming):
    """Correct the words, stop or resume using them, or both."""

    text: Words | None = None
    state: Literal["active", "paused"] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "FactChange":
        if self.text is None and self.state is None:
            raise ValueError("name `text` or `state`")
        return self


class PreferencesRequest(Incoming):
    """What the customer prefers; members that are left out stay as they are.

    A member that is not known is refused: whoever sent it would believe it was heeded.
    """

    model_config = ConfigDict(extra="forbid")

    why_questions: Literal["ask", "never"] | None = None


class PreferencesBody(Outgoing):
    """What the customer prefers."""

    why_questions: Literal["ask", "never"] = Field(
        description="`never` silences every why-question until it is undone."
    )
