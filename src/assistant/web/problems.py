"""Problem details (RFC 9457): the one place where an error's code becomes an HTTP status.

Every code that can leave the service is a key of ``PROBLEMS``, with what it means and what to do.
``docs/api.md``, ``/docs`` and ``/openapi.json`` are held to this table by tests. ``detail`` may
quote back what is wrong with a request, never the customer's own text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from aiohttp import web
from pydantic import ValidationError

from assistant.core.errors import AssistantError

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What a stable code means: its status, a title, and what the caller should do."""

    status: int
    title: str
    remedy: str


PROBLEMS: Final[dict[str, ProblemKind]] = {
    "invalid_input": ProblemKind(
        400,
        "The request cannot be understood",
        "Mend what `errors` or `detail` names; sending the same again gives the same answer.",
    ),
    "text_too_long": ProblemKind(
        413, "The text is too long", "Send at most 4,000 characters in one turn."
    ),
    "payload_too_large": ProblemKind(
        413, "The body or frame is too large", "Send less at once; the limit is in `detail`."
    ),
    "conflict": ProblemKind(
        409,
        "This idempotency key was used for other content",
        "Use a new `turn_id` (or `Idempotency-Key`) for new words; repeat the old one unchanged.",
    ),
    "not_authenticated": ProblemKind(
        401,
        "No valid token",
        "Send a fresh token as `Authorization: Bearer` (on the socket: in the first frame).",
    ),
    "erased": ProblemKind(
        401,
        "The token is older than an erasure of everything",
        "Sign in anew: a token issued after the erasure begins an empty customer.",
    ),
    "not_allowed": ProblemKind(
        403,
        "Not permitted",
        "Use a key with the scope that is named, or call from an allowed origin.",
    ),
    "not_found": ProblemKind(
        404, "There is no such thing here", "Check the address and the id against `/docs`."
    ),
    "not_available": ProblemKind(
        404,
        "The service does not offer this yet",
        "Leave this frame out; `/docs` lists the frames that are understood.",
    ),
    "method_not_allowed": ProblemKind(
        405, "This address has other methods", "Use a method from the header `Allow`."
    ),
    "not_acceptable": ProblemKind(
        406, "No such form of the answer", "Accept application/json or text/event-stream."
    ),
    "timeout": ProblemKind(
        408, "The request did not arrive in time", "Send the whole request within 30 seconds."
    ),
    "unsupported_media_type": ProblemKind(
        415, "No such form of the request", "Use a content type that `/docs` lists for the call."
    ),
    "stale": ProblemKind(
        409,
        "What was echoed is no longer what is shown",
        "Fetch the present version and hash, show them to the customer, and ask again.",
    ),
    "card_not_shown": ProblemKind(
        409,
        "The purpose card comes first",
        "Show the card of the question and acknowledge it with its hash, then repeat.",
    ),
    "question_not_asked": ProblemKind(
        409,
        "The question was not put yet",
        "Acknowledge the card; its answer brings the question.",
    ),
    "question_not_answered": ProblemKind(
        409, "There is no answer to confirm", "Send the answer, show the exact words, then confirm."
    ),
    "question_answered": ProblemKind(
        409,
        "The question has another answer",
        "Show the words that would be kept; they may be changed when they are confirmed.",
    ),
    "question_confirmed": ProblemKind(
        409,
        "Words were confirmed already",
        "Correct or delete the fact under `/v1/me/facts`.",
    ),
    "question_closed": ProblemKind(
        409,
        "The question is over",
        "It was declined or withdrawn, or its time passed; nothing of it can be taken up again.",
    ),
    "too_many_requests": ProblemKind(
        429, "Too many requests", "Wait for as many seconds as `Retry-After` says."
    ),
    "overloaded": ProblemKind(
        503, "The service is busy", "Repeat after `Retry-After` seconds with the same key."
    ),
    "configuration": ProblemKind(
        500, "The service is not set up right", "The operator finds the cause by `assistant check`."
    ),
    "model_mismatch": ProblemKind(
        500, "The model is not the expected one", "The operator runs `assistant check`."
    ),
    "key_unavailable": ProblemKind(
        500, "A key is missing", "The operator puts the key file back and restarts."
    ),
    "pack_invalid": ProblemKind(
        500, "The knowledge pack is not valid", "The operator runs `assistant check`."
    ),
    "index_damaged": ProblemKind(
        503, "The knowledge index is being rebuilt", "Repeat in a minute."
    ),
    "seal_broken": ProblemKind(
        500, "A stored record does not open", "The operator looks the request id up in the logs."
    ),
    "internal": ProblemKind(
        500, "Something went wrong here", "Repeat once; then report the `request_id`."
    ),
}


class RequestProblem(AssistantError):
    """A problem only the web layer can have; ``code`` is a key of ``PROBLEMS``."""

    def __init__(self, code: str, message: str, *, retry_after: int | None = None) -> None:
        """Keep the code of this one occurrence."""
        super().__init__(message, retry_after=retry_after)
        self.code = code


class InvalidBody(AssistantError):
    """A body or frame that does not fit its schema; ``errors`` name places, never values."""

    code = "invalid_input"

    def __init__(self, errors: Sequence[dict[str, str]]) -> None:
        """Keep the list of ``{"pointer", "message"}``."""
        super().__init__("the content does not fit its schema; see `errors`")
        self.errors = list(errors)

    @classmethod
    def from_validation(cls, error: ValidationError) -> "InvalidBody":
        """Turn pydantic's findings into JSON pointers and messages without the input."""
        findings = error.errors(include_input=False, include_url=False, include_context=False)
        return cls(
            [
                {"pointer": "/" + "/".join(map(str, each["loc"])), "message": each["msg"]}
                for each in findings[:20]
            ]
        )


def describe(error: AssistantError, *, request_id: str | None = None) -> dict[str, object]:
    """Return the members of the problem document (or frame) for ``error``.

    The message of a 5xx is for the operator (it may name files, hosts and settings) and stays
    inside.
    """
    kind = PROBLEMS.get(error.code, PROBLEMS["internal"])
    members: dict[str, object] = {
        "type": f"/docs#problem-{error.code}",
        "title": kind.title,
        "status": kind.status,
        "code": error.code,
        "detail": kind.remedy if kind.status >= 500 else error.message,
    }
    if isinstance(error, InvalidBody):
        members["errors"] = error.errors
    if error.retry_after is not None:
        members["retry_after"] = error.retry_after
    if request_id is not None:
        members["request_id"] = request_id
    return members


def problem_frame(error: AssistantError, *, turn_id: str | None = None) -> dict[str, object]:
    """Return the socket's frame for ``error``; a frame's ``type`` is its kind, not a URI."""
    members = describe(error)
    members["type"] = "problem"
    del members["status"]
    if turn_id is not None:
        members["turn_id"] = turn_id
    return members


def problem_response(error: AssistantError, *, request_id: str | None = None) -> web.Response:
    """Return the response for ``error`` with the headers its status calls for."""
    members = describe(error, request_id=request_id)
    status = PROBLEMS.get(error.code, PROBLEMS["internal"]).status
    response = web.Response(body=orjson.dumps(members), status=status, content_type=MEDIA_TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="assistant"'
    if status in (429, 503):
        response.headers["Retry-After"] = str(error.retry_after or 1)
    return response


def problem_of_http_error(error: web.HTTPException) -> AssistantError:
    """Return our error for one that the framework raised (no route, wrong method, too large)."""
    if error.status == 404:
        return RequestProblem("not_found", "there is nothing at this address")
    if error.status == 405:
        return RequestProblem("method_not_allowed", "this address has other methods")
    if error.status == 413:
        return RequestProblem("payload_too_large", "the body exceeds its limit")
    if error.status == 415:
        return RequestProblem("unsupported_media_type", "this content type is not understood")
    if 400 <= error.status < 500:
        return RequestProblem("invalid_input", "the request cannot be understood")
    return AssistantError("the service failed in a way it did not expect")
