"""The why-questions a pack may ask, in its languages, and what each does for the customer.

A question names what it improves and when it is relevant, so that the one worth most to the
customer can be chosen. Its text is generic, so its hash is a plain SHA-256; what a customer says to
it never comes near this module.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

REASONS = "stated_reasons"
"""The data category of every fact."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A ready answer: what the customer taps, and the sentence that would be kept of it."""

    say: str
    keep: str


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """One question in one language.

    ``example`` is a sentence as it might be kept, ``improves`` what that does for the customer.
    """

    question: str
    example: str = ""
    improves: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionText:
    """A question as it is put: the words, their language and the SHA-256 of all of them."""

    text: str
    kept_as_example: str
    improves: str
    choices: tuple[Choice, ...]
    lang: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class CatalogueQuestion:
    """One question of the catalogue.

    ``gain`` (1 to 5) says how much better what it ``helps`` becomes for the customer; ``words`` by
    language and ``events`` (event types) say what a conversation is about when it is relevant.
    """

    id: str
    purpose: str
    gain: int
    helps: frozenset[str]
    keep_months: int
    words: Mapping[str, tuple[str, ...]]
    events: frozenset[str]
    texts: Mapping[str, QuestionWords]

    def text(self, lang: str) -> QuestionText:
        """Return the question in ``lang``, in English where there is none."""
        return render(self.texts, lang)


VOLUNTEERED = {
    "en": QuestionWords(
        question="What you said could make later help fit you better. May we keep it, in exactly "
        "these words? You can change them first."
    ),
    "de": QuestionWords(
        question="Was Sie gesagt haben, könnte spätere Hilfe passender machen. Dürfen wir es "
        "behalten, genau in diesen Worten? Sie können sie vorher ändern."
    ),
}
GUESSED = {
    "en": QuestionWords(
        question="This is only our guess, and it is not used. Is it right? It is kept only if you "
        "confirm it, in exactly these words, which you can change first."
    ),
    "de": QuestionWords(
        question="Das vermuten wir nur, und es wird nicht verwendet. Stimmt es? Behalten wird es "
        "nur, wenn Sie es bestätigen, genau in diesen Worten, die Sie vorher ändern können."
    ),
}
"""What is asked about words that are there already; a pack may say it in its own way."""


@dataclass(frozen=True, slots=True)
class QuestionCatalogue:
    """The questions of one pack, by id; empty where the pack has none."""

    questions: Mapping[str, CatalogueQuestion] = field(default_factory=lambda: MappingProxyType({}))
    volunteered: Mapping[str, QuestionWords] = field(
        default_factory=lambda: MappingProxyType(VOLUNTEERED)
    )
    guessed: Mapping[str, QuestionWords] = field(default_factory=lambda: MappingProxyType(GUESSED))

    def __iter__(self) -> Iterator[CatalogueQuestion]:
        return iter(self.questions.values())

    def find_question(self, question_id: str | None) -> CatalogueQuestion | None:
        """Return the question of this id, None where the pack has it no longer."""
        return self.questions.get(question_id or "")


def render(texts: Mapping[str, QuestionWords], lang: str) -> QuestionText:
    """Return a question in ``lang`` or English, with the hash of everything that is shown."""
    shown_in = lang if lang in texts else "en"
    words = texts[shown_in]
    choices = [part for choice in words.choices for part in (choice.say, choice.keep)]
    shown = "\n".join((words.question, words.example, words.improves, *choices))
    return QuestionText(
        text=words.question,
        kept_as_example=words.example,
        improves=words.improves,
        choices=words.choices,
        lang=shown_in,
        text_sha256=hashlib.sha256(unicodedata.normalize("NFC", shown).encode()).hexdigest(),
    )
