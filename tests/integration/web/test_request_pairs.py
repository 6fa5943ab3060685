"""Whoever asks, by whatever endpoint and with whatever ids: no row of another customer comes back.

Customers with something of everything are set up on a whole server; then one request after another
names their rows, sent by other customers, visitors, forgers, systems and nobody. An answer that
holds a word or an id of theirs fails the test, and so does one that changed something of theirs.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import pytest
from conformance.service import Answer, Service
from tests.conformance.callers import SAFE, Caller, Callers
from tests.conformance.holdings import Holding, hold_something
from tests.conformance.request_forms import COLLECTIONS, Forger
from tests.conformance.server import Template, served
from tests.conformance.socket_forms import talk
from tests.proving import ProofRun

from assistant.web.app import list_routes
from assistant.web.routes import Route

ROUTES = list_routes(demo=False)
SOCKET = "/v1/chat"
FRESH_EVERY = 250
"""Requests after which new intruders come: the old ones may have erased themselves."""


@pytest.fixture(scope="session")
def server_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template.make(tmp_path_factory.mktemp("server") / "template")


class Leak(AssertionError):
    """An answer held something of a customer who did not ask."""


@pytest.mark.timeout(7200)
@pytest.mark.proof(
    "Requests with another customer's ids return nothing of theirs", small=400, full=100_000
)
async def test_no_answer_holds_a_row_of_another_customer(
    server_template: Template, database_url: str, tmp_path: Path, proof_run: ProofRun
) -> None:
    assistant = server_template.copy(tmp_path / "pairs", database_url=database_url)
    async with served(assistant) as target, Service.open(target) as service:
        holdings = [await hold_something(service) for _ in range(2)]
        asking = Asking(service, holdings, proof_run)
        for number in range(proof_run.count):
            if number % FRESH_EVERY == 0:
                await asking.callers.refresh()
            await asking.ask_once(number)
        assert asking.tried.keys() == {(route.method, route.path) for route in ROUTES}
        assert asking.answered[200] > proof_run.count / 20
        for holding in holdings:
            told = await holding.customer.everything()
            gone = [word for word in (*holding.words, *holding.made_ids) if word not in told]
            assert not gone, f"{len(gone)} values of a customer are gone or changed"


class Asking:
    """Sends requests and looks into every answer."""

    def __init__(self, service: Service, holdings: Sequence[Holding], run: ProofRun) -> None:
        self.service = service
        self.holdings = holdings
        self.chance = run.random
        self.callers = Callers(service, holdings, run.random)
        self.forger = Forger(run.random)
        self.tried: Counter[tuple[str, str]] = Counter()
        self.answered: Counter[int] = Counter()

    async def ask_once(self, number: int) -> None:
        """Send the next request; each endpoint has its turn."""
        victim = self.chance.choice(self.holdings)
        caller = self.callers.draw(victim)
        route = ROUTES[number % len(ROUTES)]
        if caller.careful and route.method not in SAFE:
            caller = Caller("nobody", None)
        self.tried[route.method, route.path] += 1
        if route.path == SOCKET and self.chance.random() < 0.9:
            sent, heard = await talk(self.service, caller, victim, self.chance)
            self.require_nothing(caller, route, sent, heard)
            return
        form = self.forger.forge(route, victim)
        answer = await self.service.ask(
            route.method, form.path, token=caller.token, body=form.body, headers=form.headers
        )
        self.answered[answer.status] += 1
        assert answer.status < 500, f"{route.path} failed: {answer.status}"
        self.require_nothing(caller, route, form.text, readable(answer))

    def require_nothing(self, caller: Caller, route: Route, sent: str, heard: str) -> None:
        """Fail if ``heard`` holds something of a customer other than the caller."""
        for holding in self.holdings:
            is_own = holding.customer.subject == caller.subject
            leaked = [] if is_own else leaks(holding, sent, heard)
            if leaked:
                place = f"{route.method} {route.path}, asked by {caller.name}"
                raise Leak(
                    f"{place}: {leaked} of another customer, in …{around(heard, leaked[0])}…"
                )


def leaks(holding: Holding, sent: str, heard: str) -> list[str]:
    """Return what of ``holding`` stands in an answer and was not in the request itself."""
    giveaways: Iterable[str] = (*holding.words, *holding.made_ids)
    return [value for value in giveaways if value in heard and value not in sent]


def around(text: str, value: str) -> str:
    """Return where ``value`` stands in ``text``; everything in this test is made up."""
    place = text.index(value)
    return text[max(0, place - 200) : place + 200]


def readable(answer: Answer) -> str:
    """Return headers and content of an answer, an archive unpacked."""
    text = f"{dict(answer.headers)}\n"
    if answer.media_type != "application/zip":
        return text + answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = (archive.read(name).decode(errors="replace") for name in archive.namelist())
        return text + "\n".join((*archive.namelist(), *files))


def test_every_parameter_of_an_address_can_be_filled_with_a_foreign_id() -> None:
    parameters = {
        route.path.partition(f"/{{{name}}}")[0].rsplit("/", 1)[1]
        for route in ROUTES
        for name in route.path_parameters
    }
    assert parameters <= COLLECTIONS


async def test_a_leak_is_seen_where_it_is(server_template: Template, tmp_path: Path) -> None:
    async with (
        served(server_template.copy(tmp_path / "leak")) as target,
        Service.open(target) as service,
    ):
        holding = await hold_something(service)
        chance = Random(1)  # noqa: S311 - nothing is drawn
        asking = Asking(service, [holding], ProofRun("a leak", 1, 1, chance))
        own = await service.ask("GET", "/v1/me/history", token=holding.customer.token)
        with pytest.raises(Leak):
            asking.require_nothing(Caller("intruder", None), ROUTES[0], "", readable(own))
        export = await service.ask("GET", "/v1/me/export", token=holding.customer.token)
        with pytest.raises(Leak):
            asking.require_nothing(Caller("intruder", None), ROUTES[0], "", readable(export))
