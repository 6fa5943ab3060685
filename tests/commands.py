"""Runs a command of the command line inside the test's own process."""

import pytest

from assistant.cli.app import run


def exit_code(*arguments: str) -> int:
    """Run a command and return the code it exits with."""
    with pytest.raises(SystemExit) as stopped:
        run(arguments)
    return int(stopped.value.code or 0)
