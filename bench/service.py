"""A service of one's own for a measurement: its folder, process, tokens and stage times."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OctKey

SECRET = "a-secret-for-measurements-only-0123456789"  # noqa: S105 -- signs tokens of this run only
API_KEY = "measurement-key-of-this-run"
_STAGE = re.compile(r'^assistant_turn_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)$', re.M)


@dataclass(frozen=True, slots=True)
class Service:
    """A running service; ``environment`` lets commands work on the same folder."""

    url: str
    folder: Path
    process: "subprocess.Popen[bytes]"
    environment: dict[str, str] = field(repr=False)

    def metrics(self) -> str:
        """Return the text of ``/metrics``."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:  # noqa: S310 -- our own address
            return str(answer.read().decode())

    def stage_sums(self) -> dict[str, tuple[float, float]]:
        """Return for each stage of a turn the seconds so far and the number of turns."""
        found: dict[str, dict[str, float]] = {}
        for what, stage, value in _STAGE.findall(self.metrics()):
            found.setdefault(stage, {})[what] = float(value)
        return {stage: (v.get("sum", 0.0), v.get("count", 0.0)) for stage, v in found.items()}


def make_environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a service whose data lies in ``folder``."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")},
        "HF_HUB_OFFLINE": "1",
        "ASSISTANT_DATA_DIR": str(folder / "data"),
        "ASSISTANT_IDENTITY_SECRET": SECRET,
        "ASSISTANT_EVENTS_API_KEY": API_KEY,
        "ASSISTANT_TURNS_PER_MINUTE": "1000000",
        **more,
    }


def run_command(environment: dict[str, str], *words: str) -> str:
    """Run ``assistant`` with ``words`` and return what it printed.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    command = [sys.executable, "-m", "assistant", *words]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


@contextmanager
def running(environment: dict[str, str], *, port: int) -> Iterator[Service]:
    """Serve in a process of its own until the block ends."""
    command = [sys.executable, "-m", "assistant", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    folder = Path(environment["ASSISTANT_DATA_DIR"]).parent
    service = Service(f"http://127.0.0.1:{port}", folder, process, environment)
    try:
        _wait_until_ready(service)
        yield service
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(service: Service, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if service.process.poll() is not None:
            raise RuntimeError(f"the service ended with code {service.process.returncode}")
        try:
            with urllib.request.urlopen(f"{service.url}/readyz", timeout=2) as answer:  # noqa: S310 -- our own address
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the service did not become ready")


def customer_token(subject: str) -> str:
    """Return a token as the company's backend would sign it."""
    now = int(time.time())
    claims = {"sub": subject, "aud": "assistant", "iat": now, "exp": now + 590}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def write_json(path: Path, content: object) -> None:
    """Write the figures of a run beside its table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
