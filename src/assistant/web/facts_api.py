"""Facts over HTTP: see, volunteer, correct, pause, delete; and whether to be asked why at all."""

from aiohttp import web

from assistant.core.actor import CustomerActor, Role
from assistant.core.clock import to_rfc3339
from assistant.core.errors import NotAllowed, NotFound
from assistant.profile.questions.fact_views import FactView, Provenance
from assistant.web.answers import caller_of, find_actor, get_actor, json_answer
from assistant.web.bodies import read_json, read_query
from assistant.web.erasures_api import delete_item
from assistant.web.keys import TOOLS
from assistant.web.languages import language_of
from assistant.web.question_bodies import question_body
from assistant.web.routes import Route
from assistant.web.schemas.erasures import RequestedBody
from assistant.web.schemas.profile import (
    FactBody,
    FactChange,
    FactsBody,
    PageQuery,
    PreferencesBody,
    PreferencesRequest,
    ProvenanceBody,
    QuestionBody,
    WordsRequest,
)

_SEEN_ERASURES = 200
"""Erasures among which a repeated deletion is looked for."""


async def list_facts(request: web.Request) -> web.Response:
    """Return a page of the caller's facts, newest first."""
    tools = request.config_dict[TOOLS]
    query = read_query(request, PageQuery)
    actor = await find_actor(request)
    if actor is None:
        return json_answer({"facts": [], "cursor": None})
    views = await tools.services.own_facts.list_facts(actor)
    older = [view for view in views if query.cursor is None or view.fact_id < query.cursor]
    page = older[: query.limit]
    return json_answer(
        FactsBody(
            facts=[fact_body(view) for view in page],
            cursor=page[-1].fact_id if len(older) > query.limit else None,
        )
    )


async def volunteer_fact(request: web.Request) -> web.Response:
    """Take words the customer would like to be kept, and return the card that comes first."""
    tools = request.config_dict[TOOLS]
    caller_of(request)  # refused before the body is read
    wanted = await read_json(request, WordsRequest, limit=tools.services.limits.max_body)
    actor = await get_customer(request)
    lang = language_of(request, wanted.lang)
    view = await tools.in_flight.complete(
        tools.services.own_facts.volunteer(actor, wanted.text, lang=lang)
    )
    return json_answer(question_body(view), status=201)


async def change_fact(request: web.Request) -> web.Response:
    """Correct a fact, stop using it, or use it again."""
    tools = request.config_dict[TOOLS]
    caller_of(request)
    change = await read_json(request, FactChange, limit=tools.services.limits.max_body)
    actor = await get_customer(request)
    fact = await tools.in_flight.complete(
        tools.services.own_facts.change_fact(
            actor, request.match_info["id"], words=change.text, state=change.state
        )
    )
    return json_answer(fact_body(fact))


async def delete_fact(request: web.Request) -> web.Response:
    """Erase a fact; an item that is no fact is not there, unless its deletion is repeated."""
    services, fact_id = request.config_dict[TOOLS].services, request.match_info["id"]
    actor = await find_actor(request)
    if actor is None:
        raise NotFound("there is no such fact")
    facts = await services.own_facts.list_facts(actor)
    if fact_id not in {fact.fact_id for fact in facts}:
        erased = await services.erasures.list_own(actor, after=None, limit=_SEEN_ERASURES)
        repeated = "Idempotency-Key" in request.headers
        if not repeated or fact_id not in {erasure.target for erasure in erased}:
            raise NotFound("there is no such fact")
    return await delete_item(request)


async def show_preferences(request: web.Request) -> web.Response:
    """Return what the caller prefers."""
    tools = request.config_dict[TOOLS]
    actor = await find_actor(request)
    if actor is None:
        return json_answer(PreferencesBody(why_questions="ask"))
    chosen = await tools.services.own_facts.preference(actor)
    return json_answer(PreferencesBody(why_questions=chosen))


async def put_preferences(request: web.Request) -> web.Response:
    """Take what the caller prefers; what is left out stays."""
    tools = request.config_dict[TOOLS]
    caller_of(request)
    wanted = await read_json(request, PreferencesRequest, limit=tools.services.limits.max_body)
    actor = await get_actor(request)
    own = tools.services.own_facts
    if wanted.why_questions is not None:
        await tools.in_flight.complete(own.set_preference(actor, wanted.why_questions))
    return json_answer(PreferencesBody(why_questions=await own.preference(actor)))


async def get_customer(request: web.Request) -> CustomerActor:
    """Return the customer who calls, made now when new; visitors have no facts to keep."""
    actor = await get_actor(request)
    if actor.role is not Role.CUSTOMER:
        raise NotAllowed("reasons are kept for signed-in customers only; sign in first")
    return actor


def fact_body(view: FactView) -> FactBody:
    """Return a fact as the interface shows it."""
    return FactBody(
        id=view.fact_id,
        question=view.question_id,
        text=view.statement,
        category=view.category,
        purpose=view.purpose,
        version=view.version,
        kind=view.kind,
        state=view.state,
        valid_from=to_rfc3339(view.valid_from),
        expires_at=to_rfc3339(view.expires_at),
        provenance=_provenance(view.provenance),
        times_used=view.times_used,
        last_used_at=to_rfc3339(view.last_used_at) if view.last_used_at else None,
    )


def _provenance(provenance: Provenance) -> ProvenanceBody:
    return ProvenanceBody(
        origin=provenance.origin,
        catalogue_question=provenance.catalogue_question,
        shown_at=to_rfc3339(provenance.shown_at),
        asked_at=to_rfc3339(provenance.asked_at),
        answered_at=to_rfc3339(provenance.answered_at),
        confirmed_at=to_rfc3339(provenance.confirmed_at),
        card_lang=provenance.card_lang,
        card_sha256=provenance.card_sha256,
        channel=provenance.channel,
    )


_READING = ("invalid_input", "not_authenticated", "erased", "too_many_requests")
_WRITING = (*_READING, "payload_too_large", "unsupported_media_type", "overloaded")
_ID = {"id": "Id of the fact."}

ROUTES = (
    Route(
        "GET",
        "/v1/me/facts",
        list_facts,
        summary="See what you told us and confirmed",
        tag="me",
        security="customer",
        query=PageQuery,
        response=FactsBody,
        problems=_READING,
    ),
    Route(
        "POST",
        "/v1/me/facts",
        volunteer_fact,
        summary="Offer something to be remembered",
        tag="me",
        description=(
            "Returns a question with the purpose card to show. Nothing is kept before the card is "
            "acknowledged and the exact words are confirmed; the same words again are the same "
            "question."
        ),
        status=201,
        security="customer",
        request=WordsRequest,
        response=QuestionBody,
        problems=(*_WRITING, "text_too_long", "not_allowed", "not_available"),
    ),
    Route(
        "PATCH",
        "/v1/me/facts/{id}",
        change_fact,
        summary="Correct a fact, stop using it, or use it again",
        tag="me",
        description="New words take the place of the old ones, which are erased.",
        security="customer",
        path_parameters=_ID,
        request=FactChange,
        response=FactBody,
        problems=(*_WRITING, "text_too_long", "not_allowed", "not_found"),
    ),
    Route(
        "DELETE",
        "/v1/me/facts/{id}",
        delete_fact,
        summary="Delete a fact",
        tag="me",
        description="An erasure of the scope `item`.",
        status=202,
        security="customer",
        path_parameters=_ID,
        headers={"Idempotency-Key": "The same key with the same request is answered alike."},
        response=RequestedBody,
        problems=(*_READING, "not_found", "conflict", "overloaded"),
    ),
    Route(
        "GET",
        "/v1/me/preferences",
        show_preferences,
        summary="See how you want to be spoken to",
        tag="me",
        security="customer",
        response=PreferencesBody,
        problems=("not_authenticated", "erased", "too_many_requests"),
    ),
    Route(
        "PUT",
        "/v1/me/preferences",
        put_preferences,
        summary="Choose how you want to be spoken to",
        tag="me",
        description="`never` silences every why-question until it is undone.",
        security="customer",
        request=PreferencesRequest,
        response=PreferencesBody,
        problems=_WRITING,
    ),
)
