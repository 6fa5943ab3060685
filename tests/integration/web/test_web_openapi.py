"""The OpenAPI document, the pages and docs/api.md say what is served, and the server does it."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import CHECKS
from schemathesis.schemas import APIOperation
from tests.integration.web.conftest import EVENTS_KEY, Client, Shop, make_token
from tests.proving import scaled

from assistant.core import errors
from assistant.web.app import build_app, list_routes
from assistant.web.chat_session import LATER_FRAMES
from assistant.web.frame_table import FRAMES
from assistant.web.problems import PROBLEMS

EXCLUDED = (
    "ignored_auth",  # sends further requests of its own
    "unsupported_method",
    "negative_data_rejection",  # unknown members are ignored, so that the protocol may grow
    "positive_data_acceptance",  # a schema does not say which turn or purpose exists
)
schemathesis.checks.load_all_checks()

API_MD = Path(__file__).parents[3] / "docs" / "api.md"


def all_errors(root: type[errors.AssistantError]) -> Iterator[type[errors.AssistantError]]:
    yield root
    for kind in root.__subclasses__():
        yield from all_errors(kind)


def test_every_error_of_the_tree_has_a_problem_kind() -> None:
    codes = {kind.code for kind in all_errors(errors.AssistantError)}

    assert codes <= set(PROBLEMS)


def test_api_md_names_every_problem_with_its_status() -> None:
    text = API_MD.read_text()

    for code, kind in PROBLEMS.items():
        assert re.search(rf"^\| `{code}` \| {kind.status} \|", text, re.MULTILINE), code


def test_api_md_names_every_route_and_no_other() -> None:
    text = API_MD.read_text()
    served = {f"{route.method} {route.path}" for route in list_routes(demo=True)}

    documented = set(
        re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) [^` ]+)` \|", text, re.MULTILINE)
    )

    assert documented == served


def test_api_md_names_every_frame() -> None:
    text = API_MD.read_text()

    for name in [frame.name for frame in FRAMES] + sorted(LATER_FRAMES):
        assert f"`{name}`" in text, name


async def test_document_describes_every_route(client: Client) -> None:
    document = await (await client.get("/openapi.json")).json()

    described = {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    }
    assert document["openapi"].startswith("3.1")
    assert described == {f"{route.method} {route.path}" for route in list_routes(demo=False)}
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= set(document["components"]["schemas"])


async def test_readable_page_lists_calls_frames_and_problems(client: Client) -> None:
    page = await (await client.get("/docs")).text()

    for route in list_routes(demo=False):
        assert route.path in page
    for code in PROBLEMS:
        assert f'id="problem-{code}"' in page
    for frame in FRAMES:
        assert f"<code>{frame.name}</code>" in page


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The service on a thread of its own, for a client that blocks."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> TestServer:
        server = TestServer(build_app(Shop().services()))
        await server.start_server()
        return server

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    yield str(server.make_url("")).rstrip("/")
    asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.mark.proof(
    "No request that /openapi.json allows or forbids gets a 5xx or an undocumented answer",
    small=15,
    full=1000,
)
def test_generated_requests_get_documented_answers(address: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == "/v1/chat":
            continue
        check_operation(operation, address)


def check_operation(operation: APIOperation, address: str) -> None:
    key = EVENTS_KEY if operation.path == "/v1/events" else make_token()

    @settings(
        max_examples=scaled(15, 1000),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Case) -> None:
        case.call_and_validate(
            base_url=address,
            headers={"Authorization": f"Bearer {key}"},
            excluded_checks=[CHECKS.get_one(name) for name in EXCLUDED],
        )

    check()
