from datetime import timedelta

from tests.fakes.clock import SteppableClock
from tests.profile_parts import MARKET, Parts

from assistant.channels.demo_history import load_demo_history


def test_the_demo_loads_once_and_refuses_what_its_customers_refused(
    parts: Parts, clock: SteppableClock
) -> None:
    path = MARKET / "demo" / "customers.yaml"
    history = load_demo_history(path, pack=parts.pack, now=clock())

    outcome = parts.demo_loader.load(history)
    clock.advance(days=3)
    later = load_demo_history(path, pack=parts.pack, now=clock())
    again = parts.demo_loader.load(later)

    assert outcome.invalid == ()
    assert outcome.refused == {"no_lawful_basis": 1}, "Greta's browsing, after she took it back"
    assert outcome.stored == len(history.events) - 1
    assert again.lines == 0, "a second start changes nothing"
    assert later.events[0].time - history.events[0].time == timedelta(days=3)


def test_demo_customers_stand_where_their_story_says(parts: Parts, clock: SteppableClock) -> None:
    path = MARKET / "demo" / "customers.yaml"
    parts.demo_loader.load(load_demo_history(path, pack=parts.pack, now=clock()))

    def given(subject: str) -> frozenset[str]:
        return parts.state(parts.customer(subject)).given("answer_from_history")

    assert given("amara.example") == set(parts.pack.purposes["answer_from_history"].categories)
    assert given("chiara.example") == {"orders", "returns"}
    assert given("dmitri.example") == given("elif.example") == frozenset()
    assert {"browsing", "calls"}.isdisjoint(given("greta.example"))
    assert parts.renderings(parts.customer("dmitri.example")), "kept to deliver, not to be used"
