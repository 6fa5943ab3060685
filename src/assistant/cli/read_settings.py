"""Settings for a command: the environment, the TOML file, and what was typed, in one error form."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.terminal import send_logs_to_stderr
from assistant.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from assistant.settings import Settings


def read_settings(**typed: str | int | Path | None) -> "Settings":
    """Return the settings; what was typed (not None) wins over environment and file.

    From here on the command works, and what the service logs goes to stderr.

    Raises:
        ConfigurationError: a value is wrong; the message names the variable, never its value.
    """
    send_logs_to_stderr()
    from pydantic import ValidationError  # noqa: PLC0415 - loaded when a command runs
    from pydantic_settings import SettingsError  # noqa: PLC0415

    from assistant.settings import Settings  # noqa: PLC0415

    path = os.environ.get("ASSISTANT_CONFIG")
    if path and not Path(path).is_file():
        raise ConfigurationError(f"ASSISTANT_CONFIG names no file: {path!r}")
    try:
        given = {name: value for name, value in typed.items() if value is not None}
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as error:
        raise ConfigurationError(_explain(error)) from error
    except SettingsError as error:
        raise ConfigurationError(
            f"{error}: lists are written as JSON, for example "
            """ASSISTANT_ALLOWED_ORIGINS='["https://shop.example"]'"""
        ) from error


def _explain(error: "ValidationError") -> str:
    """Name each wrong variable and what is wrong, without its value, which may be a secret."""
    findings = (
        f"ASSISTANT_{str(entry['loc'][0]).upper()}: {entry['msg']}" for entry in error.errors()
    )
    return "; ".join(findings) + " (docs/settings.md explains every setting)"
