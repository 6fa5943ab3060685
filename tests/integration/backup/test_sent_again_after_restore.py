"""What was erased stays away when it is sent again to a database that was put back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.backup_parts import Service, back_up, put_back
from tests.integration.erasure.test_sent_again import ADA, SCOPES, deliver, document, later

from assistant.settings import Settings

Start = Callable[[], Service]


def restored(service: Service, settings: Settings, backup: Path, start: Start) -> Service:
    later(service)
    service.close()
    put_back(settings, backup, replace=True, clock=service.clock)
    return start()


@pytest.mark.parametrize("how", ["finished", "begun"])
@pytest.mark.parametrize("scope", SCOPES)
def test_what_was_erased_before_a_restore_is_refused_whether_the_backup_held_it_or_not(
    settings: Settings, start: Start, tmp_path: Path, scope: str, how: str
) -> None:
    service = start()
    ada = service.customer(ADA)
    service.give(ada)
    kettle, jug = document(service, "Alder kettle"), document(service, "Pebble jug")
    deliver(service, kettle)
    back_up(settings, tmp_path / "backup")
    deliver(service, jug)
    later(service)
    for event_id in service.event_ids(ada):
        service.erase(ada, *SCOPES[scope](event_id))
        if scope != "item":
            break
    if how == "finished":
        service.work()

    again = restored(service, settings, tmp_path / "backup", start)
    again.work()

    assert deliver(again, kettle, jug) == ["erased", "erased"]
    assert again.event_ids(ada) == []
    later(again)
    assert deliver(again, document(again, "A new lamp")) == ["stored"]


@pytest.mark.parametrize("scope", SCOPES)
def test_what_was_erased_stays_away_from_a_customer_whom_the_backup_did_not_know(
    settings: Settings, start: Start, tmp_path: Path, scope: str
) -> None:
    service = start()
    service.customer("ben@customers.example")
    back_up(settings, tmp_path / "backup")
    ada = service.customer(ADA)
    service.give(ada)
    kettle = document(service, "Alder kettle")
    deliver(service, kettle)
    later(service)
    service.erase(ada, *SCOPES[scope](service.event_ids(ada)[0]))
    service.work()

    again = restored(service, settings, tmp_path / "backup", start)
    anew = again.customer(ADA)
    again.give(anew)

    assert anew != ada
    assert deliver(again, kettle) == ["erased"]
    later(again)
    assert deliver(again, document(again, "A new lamp")) == ["stored"]
