"""What lies in a backup cannot be read without keys that are not in it."""

import stat
from pathlib import Path

from tests.backup_parts import Service, back_up, parts_of
from tests.canary import Verdict, judge_file
from tests.canary_keys import IssuedKeys

from assistant.bootstrap.stores import read_ring
from assistant.settings import Settings

CANARY = "a lamp for the reading corner"


def test_a_backup_is_sealed_private_and_without_keys(
    settings: Settings, service: Service, tmp_path: Path
) -> None:
    customer = service.customer("noor@customers.example")
    service.give(customer)
    service.send("noor@customers.example", CANARY)
    keys = IssuedKeys.of_store(service.stores.keys, read_ring(settings))
    path = tmp_path / "backup"

    back_up(settings, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    canaries = {"event": CANARY, "subject": "noor@customers.example"}
    assert judge_file(path, canaries, every_key=False).verdict is Verdict.REMOVED
    assert judge_file(path, canaries, keys=keys).verdict is Verdict.FOUND
    assert not set(parts_of(path)) & {"wrapped_keys", "service_keys", "key_epochs"}
    written = path.read_bytes()
    for wrapped in service.stores.keys.find_keys(customer).values():
        assert wrapped.wrapped not in written
