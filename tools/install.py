"""Create ``.venv`` with everything, in four visible steps; a second call only compares a stamp.

Runs under the machine's own Python with nothing installed. PyTorch comes first, because a later
step would otherwise take whichever build pip likes best; its CUDA build is announced before it is
downloaded. Everything else is held to the versions of ``constraints.txt``.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
TORCH = "torch==2.13.0"
EXTRAS = "postgres,redis,onnx,openvino,dev"
PINNED = ("--constraint", "constraints.txt")
BUILD_TOOLS = ("hatchling", "editables")
PAUSE_SECONDS = 10

CUDA_NOTICE = """
  The only PyTorch that pip finds for this machine is the CUDA build: it brings {count} packages
  for graphics cards, about 2.7 GB to download (4 minutes at 100 Mbit/s) and 7 GB on disk.
  It works here, but nothing of it is needed: the CPU build is 0.2 GB.
  To take the CPU build instead, stop now (Ctrl-C), let pip know where it lies, and start again:
    PIP_FIND_LINKS=<folder or page with the wheel torch-2.13.0+cpu> make install
    PIP_EXTRA_INDEX_URL=<the CPU package index that the PyTorch project names> make install
"""


def main() -> int:
    """Bring the environment up to date and return an exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - runs before anything checked the version
        return _fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    fingerprint = _fingerprint()
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == fingerprint:
        _say(".venv is up to date")
        return 0
    started = time.monotonic()
    try:
        _create_environment()
        _install_torch()
        _install_the_rest()
        _verify()
    except subprocess.CalledProcessError as error:
        return _fail(f"This step failed: {' '.join(map(str, error.cmd[1:]))}")
    except KeyboardInterrupt:
        return _fail("Stopped. Run the same command again to go on.")
    STAMP.write_text(fingerprint, encoding="utf-8")
    _say(f"Installed in {time.monotonic() - started:.0f} s.")
    return 0


def _fingerprint() -> str:
    """Return a hash of all that decides what is installed, and where."""
    digest = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}\n".encode())
    for name in ("pyproject.toml", "constraints.txt", "tools/install.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _create_environment() -> None:
    wanted = "{}.{}".format(*sys.version_info[:2])
    if _python().is_file() and _environment_version() == wanted:
        _say(f"[1/4] Virtual environment .venv is there (Python {wanted})")
        return
    _say(f"[1/4] Creating the virtual environment .venv (Python {wanted})")
    try:
        _run([sys.executable, "-m", "venv", "--clear", VENV])
    except subprocess.CalledProcessError:
        _say("Where Python is packaged in parts, venv is one of them (Debian: python3-venv).")
        raise


def _environment_version() -> str:
    return _ask_python("import sys; print('{}.{}'.format(*sys.version_info[:2]))")


def _install_torch() -> None:
    if _torch_is_installed():
        _say(f"[2/4] {TORCH} is there")
        return
    _say(f"[2/4] Looking for {TORCH} (up to a minute)")
    chosen = _choices_of_pip()
    graphics = [name for name in chosen if name.startswith(("nvidia-", "cuda-", "triton"))]
    if graphics:
        _say(CUDA_NOTICE.format(count=len(graphics)))
        _count_down()
    else:
        _say(f"      CPU build: {chosen.get('torch', 'unknown')}")
    _pip("install", *PINNED, TORCH)


def _torch_is_installed() -> bool:
    code = "import importlib.metadata as m; print(m.version('torch').split('+')[0])"
    return _ask_python(code) == TORCH.partition("==")[2]


def _choices_of_pip() -> dict[str, str]:
    """Return the file that pip would take per package, without downloading PyTorch itself."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _pip("install", "--quiet", "--dry-run", "--report", report, *PINNED, TORCH)
        entries = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {
        entry["metadata"]["name"].lower(): entry["download_info"]["url"]
        .rpartition("/")[2]
        .replace("%2B", "+")
        for entry in entries
    }


def _count_down() -> None:
    if not sys.stdout.isatty():
        return
    for left in range(PAUSE_SECONDS, 0, -1):
        sys.stdout.write(f"\r  Going on in {left} s …  ")
        sys.stdout.flush()
        time.sleep(1)
    sys.stdout.write("\n")


def _install_the_rest() -> None:
    _say("[3/4] Installing the service and its tools (about 140 packages, 3 minutes)")
    _pip("install", *PINNED, *BUILD_TOOLS)
    _pip("install", *PINNED, "--no-build-isolation", "--editable", f".[{EXTRAS}]")


def _verify() -> None:
    _say("[4/4] Checking that all versions fit together")
    _pip("check")


def _pip(*arguments: str | Path) -> None:
    _run([_python(), "-m", "pip", "--disable-pip-version-check", *arguments])


def _run(command: Sequence[str | Path]) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)  # noqa: S603 - commands of this file only


def _ask_python(code: str) -> str:
    """Return what the environment's Python prints for ``code``, nothing where that fails."""
    command = [_python(), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - code of this file only


def _python() -> Path:
    return VENV / "bin" / "python"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _fail(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
