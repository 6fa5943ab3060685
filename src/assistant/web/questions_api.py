"""The why-question protocol over HTTP: card, question, answer, exact words, or "no thanks".

The same steps, rules and errors as on the chat socket. A step that is repeated gives the same
answer; one that comes too early or too late is a 409 whose code says what is next.
"""

from aiohttp import web

from assistant.profile.questions.cards import CardShown
from assistant.web.answers import caller_of, find_actor, json_answer
from assistant.web.bodies import read_json, read_query
from assistant.web.facts_api import fact_body, get_customer
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.privacy_signal import has_signal, heed_signal
from assistant.web.question_bodies import question_body
from assistant.web.routes import Route
from assistant.web.schemas.profile import (
    CardShownRequest,
    DeclineRequest,
    FactBody,
    PageQuery,
    QuestionBody,
    QuestionsBody,
    WordsRequest,
)

CHANNEL = "api"


async def list_questions(request: web.Request) -> web.Response:
    """Return a page of the caller's questions, newest first."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, PageQuery)
    actor = await find_actor(request)
    if actor is None:
        return json_answer({"questions": [], "cursor": None})
    lang = language_of(request, query.lang)
    views = await tools.services.own_facts.list_questions(actor, lang=lang)
    older = [view for view in views if query.cursor is None or view.question_id < query.cursor]
    page = older[: query.limit]
    return json_answer(
        QuestionsBody(
            questions=[question_body(view) for view in page],
            cursor=page[-1].question_id if len(older) > query.limit else None,
        )
    )


async def show_card(request: web.Request) -> web.Response:
    """Take the acknowledgement of the card and return the question."""
    tools = request.config_dict[TOOLS]
    caller_of(request)  # refused before the body is read
    shown = await read_json(request, CardShownRequest, limit=tools.services.limits.max_body)
    actor = await get_customer(request)
    card = CardShown(shown.version, shown.text_sha256, shown.lang, CHANNEL)
    steps = tools.services.question_steps
    view = await tools.in_flight.complete(steps.show(actor, request.match_info["id"], card))
    return json_answer(question_body(view))


async def answer(request: web.Request) -> web.Response:
    """Take an answer and return the exact words that would be kept of it."""
    tools = request.config_dict[TOOLS]
    caller_of(request)
    said = await read_json(request, WordsRequest, limit=tools.services.limits.max_body)
    actor = await get_customer(request)
    lang = language_of(request, said.lang)
    steps = tools.services.question_steps
    view = await tools.in_flight.complete(
        steps.answer(actor, request.match_info["id"], said.text, lang=lang)
    )
    return json_answer(question_body(view))


async def confirm(request: web.Request) -> web.Response:
    """Keep exactly the words that were sent, and return the fact."""
    tools = request.config_dict[TOOLS]
    caller_of(request)
    confirmed = await read_json(request, WordsRequest, limit=tools.services.limits.max_body)
    actor = await get_customer(request)
    await heed_signal(request, actor)
    steps = tools.services.question_steps
    fact = await tools.in_flight.complete(
        steps.confirm(
            actor,
            request.match_info["id"],
            confirmed.text,
            channel=CHANNEL,
            gpc=has_signal(request),
        )
    )
    return json_answer(fact_body(fact))


async def decline(request: web.Request) -> web.Response:
    """Take "no thanks"."""
    tools = request.config_dict[TOOLS]
    caller_of(request)
    stated = None
    if request.can_read_body:
        body = await read_json(request, DeclineRequest, limit=tools.services.limits.max_body)
        stated = body.lang
    actor = await get_customer(request)
    lang = language_of(request, stated)
    steps = tools.services.question_steps
    view = await tools.in_flight.complete(steps.decline(actor, request.match_info["id"], lang=lang))
    return json_answer(question_body(view))


_STEP = (
    "invalid_input",
    "text_too_long",
    "not_authenticated",
    "erased",
    "not_allowed",
    "not_found",
    "stale",
    "card_not_shown",
    "question_not_asked",
    "question_not_answered",
    "question_answered",
    "question_confirmed",
    "question_closed",
    "payload_too_large",
    "unsupported_media_type",
    "too_many_requests",
    "overloaded",
)
_ID = {"id": "Id of the question."}

ROUTES = (
    Route(
        "GET",
        "/v1/me/questions",
        list_questions,
        summary="See what you were asked, and what waits for you",
        tag="me",
        description="Asked, open, declined, withdrawn: with states, times and the card to show.",
        security="customer",
        query=PageQuery,
        response=QuestionsBody,
        problems=("invalid_input", "not_authenticated", "erased", "too_many_requests"),
    ),
    Route(
        "POST",
        "/v1/me/questions/{id}/shown",
        show_card,
        summary="Acknowledge the purpose card and get the question",
        tag="me",
        description="A version, language or hash that is not what the card shows is `stale`.",
        security="customer",
        path_parameters=_ID,
        request=CardShownRequest,
        response=QuestionBody,
        problems=_STEP,
    ),
    Route(
        "POST",
        "/v1/me/questions/{id}/answer",
        answer,
        summary="Answer, and get the exact words that would be kept",
        tag="me",
        description="Nothing is kept yet; `to_confirm` is to be shown and may be edited.",
        security="customer",
        path_parameters=_ID,
        request=WordsRequest,
        response=QuestionBody,
        problems=_STEP,
    ),
    Route(
        "POST",
        "/v1/me/questions/{id}/confirm",
        confirm,
        summary="Keep exactly these words",
        tag="me",
        description=(
            "Stores the fact, and the consent to its purpose for stated reasons by the card that "
            "was shown, where that does not stand yet. Nothing else that was said is kept."
        ),
        security="customer",
        path_parameters=_ID,
        headers={"Sec-GPC": "`1`: the Global Privacy Control signal, honoured as api.md says."},
        request=WordsRequest,
        response=FactBody,
        problems=_STEP,
    ),
    Route(
        "POST",
        "/v1/me/questions/{id}/decline",
        decline,
        summary="No thanks",
        tag="me",
        description="Nothing that was said is kept, and the question is silent for 90 days.",
        security="customer",
        path_parameters=_ID,
        request=DeclineRequest,
        request_required=False,
        response=QuestionBody,
        problems=_STEP,
    ),
)
