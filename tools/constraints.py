"""Write ``constraints.txt``: the exact version of every distribution an install may bring.

Run with the environment's own Python after trying out new versions. PyTorch itself is pinned by
``pyproject.toml`` and absent here, because its CPU and CUDA builds carry different local versions;
what its CUDA build would bring is pinned too, so that both ways give the same versions twice.
"""

import json
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "constraints.txt"
UNPINNED = {"torch", "pip", "reciprocal-assistant"}
ELSEWHERE = ("torch==2.13.0", "async-timeout")
"""What other machines get: the CUDA build with its packages, and what Python 3.11.2 needs."""

HEADER = """\
# Exact versions of everything `make install` brings; written by `make constraints`.
# No hashes, so that every platform's wheels fit; torch is pinned in pyproject.toml.
"""


def main() -> int:
    """Write the file and say how many versions it holds."""
    pins = _elsewhere() | _installed()
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    TARGET.write_text(HEADER + "".join(lines), encoding="utf-8")
    sys.stdout.write(f"{len(lines)} versions written to {TARGET.name}\n")
    return 0


def normal(name: str) -> str:
    """Return the normal form of a distribution's name."""
    return name.lower().replace("_", "-").replace(".", "-")


def _installed() -> dict[str, str]:
    found = {normal(dist.metadata["Name"]): dist.version for dist in metadata.distributions()}
    return {name: version for name, version in found.items() if name not in UNPINNED}


def _elsewhere() -> dict[str, str]:
    """Return what pip would take from the public index for ``ELSEWHERE``, without taking it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--isolated",
            "--quiet",
            "--dry-run",
        ]
        command = [*pip, "--ignore-installed", "--report", str(report), *ELSEWHERE]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed command
        entries = json.loads(report.read_text(encoding="utf-8"))["install"]
    found = {normal(e["metadata"]["name"]): e["metadata"]["version"] for e in entries}
    return {name: version for name, version in found.items() if name not in UNPINNED}


if __name__ == "__main__":
    sys.exit(main())
