"""One tree of errors with stable codes and messages that are safe to show.

::

    AssistantError
    ├── InvalidInput            what was sent cannot be understood; says what to do
    │   ├── TextTooLong
    │   └── ConflictingReuse    an idempotency key was used before for other content
    ├── NotAuthenticated        no token, a wrong one or one that has expired
    │   └── CustomerErased      the token is older than the erasure of everything of its customer
    ├── NotAllowed              known, but not permitted (scope, origin)
    ├── NotFound
    ├── Stale                   what was echoed is no longer what is shown
    ├── OutOfOrder              a step of the why-question protocol that comes too early or late
    │   ├── CardNotShown
    │   ├── QuestionNotAsked
    │   ├── QuestionNotAnswered
    │   ├── QuestionAnswered
    │   ├── QuestionConfirmed
    │   └── QuestionClosed
    ├── Overloaded              a bounded queue is full; try again after ``retry_after`` seconds
    │   └── StaleDataKey        a customer's data key changes just now; nothing was written
    ├── TooManyRequests
    ├── ConfigurationError      the operator must change a setting, a file or a key
    │   ├── ModelMismatch       the weights are not the ones that were asked for
    │   ├── KeyUnavailable      the key-encryption key is missing or wrong
    │   └── PackInvalid         a file of the knowledge pack is wrong (file, line, what)
    ├── IndexDamaged            the knowledge index fails its checksum
    └── SealBroken              sealed content does not open: tampered with, or another key

A message never holds a customer's text; values from configuration are shown with ``!r``. Only
``web/problems.py`` knows which HTTP status a code becomes.
"""


class AssistantError(Exception):
    """The root; ``code`` is stable and part of the public interface."""

    code = "internal"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        """Keep a message that is safe to show; ``retry_after`` is in seconds."""
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class InvalidInput(AssistantError):
    """What was sent cannot be understood."""

    code = "invalid_input"


class TextTooLong(InvalidInput):
    """A text exceeds its limit."""

    code = "text_too_long"


class ConflictingReuse(InvalidInput):
    """An idempotency key was used before for other content."""

    code = "conflict"


class NotAuthenticated(AssistantError):
    """No token, a wrong one, or one that has expired."""

    code = "not_authenticated"


class CustomerErased(NotAuthenticated):
    """Everything of this customer was erased after the token was issued."""

    code = "erased"


class NotAllowed(AssistantError):
    """The caller is known but may not do this."""

    code = "not_allowed"


class NotFound(AssistantError):
    """There is no such thing, or it is not the caller's."""

    code = "not_found"


class Stale(AssistantError):
    """A version or hash that was echoed is no longer what is shown."""

    code = "stale"


class OutOfOrder(AssistantError):
    """A step of the why-question protocol comes too early or too late; says which one is next."""

    code = "question_closed"


class CardNotShown(OutOfOrder):
    """The purpose card was not acknowledged yet."""

    code = "card_not_shown"


class QuestionNotAsked(OutOfOrder):
    """The question itself was not put yet."""

    code = "question_not_asked"


class QuestionNotAnswered(OutOfOrder):
    """There is no answer to confirm."""

    code = "question_not_answered"


class QuestionAnswered(OutOfOrder):
    """Another answer was given before; the words are changed when they are confirmed."""

    code = "question_answered"


class QuestionConfirmed(OutOfOrder):
    """Other words were confirmed before; the fact is corrected or deleted instead."""

    code = "question_confirmed"


class QuestionClosed(OutOfOrder):
    """The question was declined, its time passed, or its fact was withdrawn."""

    code = "question_closed"


class Overloaded(AssistantError):
    """A bounded queue is full."""

    code = "overloaded"


class StaleDataKey(Overloaded):
    """A customer's data key changes just now, or nothing may be sealed for them; try again."""


class TooManyRequests(AssistantError):
    """A rate limit was reached."""

    code = "too_many_requests"


class ConfigurationError(AssistantError):
    """The operator must change a setting, a file or a key."""

    code = "configuration"


class ModelMismatch(ConfigurationError):
    """The weights of the embedding model are not the ones that were asked for."""

    code = "model_mismatch"


class KeyUnavailable(ConfigurationError):
    """The key-encryption key is missing or does not open what it should."""

    code = "key_unavailable"


class PackInvalid(ConfigurationError):
    """A file of the knowledge pack is wrong; the message names file and line."""

    code = "pack_invalid"


class IndexDamaged(AssistantError):
    """The knowledge index does not match its checksum."""

    code = "index_damaged"


class SealBroken(AssistantError):
    """Sealed content does not open under this customer's key and place."""

    code = "seal_broken"
