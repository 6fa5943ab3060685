"""Tags bind a question, its answer and the confirmed words, and cannot be guessed."""

import pytest
from tests.fakes.key_store import InMemoryKeyStore

from assistant.core.errors import SealBroken
from assistant.store.sealed_words import SealedWords, TaggedWords
from assistant.vault.key_files import new_key, ring_of
from assistant.vault.vault import Vault

ADA, BEN = "customer-a", "customer-b"
ANSWER_TAG = b"a" * 32


@pytest.fixture
def vault() -> Vault:
    vault = Vault.unlock(InMemoryKeyStore(), ring_of(new_key()))
    vault.create_keys([ADA, BEN])
    return vault


@pytest.fixture
def words(vault: Vault) -> SealedWords:
    return SealedWords(vault=vault)


def sealed(words: SealedWords, text: str = "Quiet matters.", question: str = "q1") -> TaggedWords:
    return words.seal_statement(
        ADA, "facts", "f1", text, question_id=question, answer_tag=ANSWER_TAG
    )


def opened(words: SealedWords, tagged: TaggedWords, **changes: object) -> str:
    bound = {"question_id": "q1", "answer_tag": ANSWER_TAG, **changes}
    return words.open_statement(ADA, "facts", "f1", tagged, **bound)  # type: ignore[arg-type]


def test_a_statement_opens_with_its_question_and_answer(words: SealedWords) -> None:
    assert opened(words, sealed(words)) == "Quiet matters."


@pytest.mark.parametrize("changes", [{"question_id": "q2"}, {"answer_tag": b"b" * 32}])
def test_a_statement_of_another_question_or_answer_does_not_open(
    words: SealedWords, changes: dict[str, object]
) -> None:
    with pytest.raises(SealBroken):
        opened(words, sealed(words), **changes)


def test_other_words_do_not_fit_the_tag(words: SealedWords) -> None:
    first, second = sealed(words), sealed(words, "Noise is fine.")

    with pytest.raises(SealBroken):
        opened(words, TaggedWords(second.sealed, first.tag))


def test_the_same_words_never_have_the_same_tag(words: SealedWords) -> None:
    tags = {sealed(words).tag for _ in range(50)}
    answers = {words.seal_answer(ADA, "answers", "q1", "yes").tag for _ in range(50)}

    assert len(tags | answers) == 100


def test_words_that_were_taken_out_are_none(words: SealedWords) -> None:
    blank = words.blank(ADA, "answers", "q1")

    assert words.open(ADA, "answers", "q1", blank) is None
    assert words.open(ADA, "answers", "q1", words.seal(ADA, "answers", "q1", "yes")) == "yes"


def test_another_customer_or_place_does_not_open(words: SealedWords) -> None:
    value = words.seal(ADA, "answers", "q1", "yes")

    for customer, table, row in (
        (BEN, "answers", "q1"),
        (ADA, "facts", "q1"),
        (ADA, "answers", "q2"),
    ):
        with pytest.raises(SealBroken):
            words.open(customer, table, row, value)
