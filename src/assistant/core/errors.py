"""One tree of errors with stable codes and messages that are safe to show.

::

    AssistantError
    ├── InvalidInput            what was sent cannot be understood; says what to do
    │   ├── TextTooLong
    │   └── ConflictingReuse    an idempotency key was used before for other content
    ├── NotAuthenticated        no token, a wrong one or one that has expired
    ├── NotAllowed              known, but not permitted (scope, origin)
    ├── NotFound
    ├── Stale                   what was echoed is no longer what is shown
    ├── Overloaded              a bounded queue is full; try again after ``retry_after`` seconds
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


class NotAllowed(AssistantError):
    """The caller is known but may not do this."""

    code = "not_allowed"


class NotFound(AssistantError):
    """There is no such thing, or it is not the caller's."""

    code = "not_found"


class Stale(AssistantError):
    """A version or hash that was echoed is no longer what is shown."""

    code = "stale"


class Overloaded(AssistantError):
    """A bounded queue is full."""

    code = "overloaded"


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
