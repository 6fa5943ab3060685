"""Which server is checked, and the two secrets that let the suite play company and shop system."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit


class NotConfigured(Exception):
    """The environment does not say which server to check, or not how to speak to it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One deployment; ``identity_secret`` signs customer tokens (HS256) as the company would.

    Of a service that runs in several processes each may have its address here: requests then go to
    one after the other, and every promise is tried across them.
    """

    urls: tuple[str, ...]
    identity_secret: str = field(repr=False)
    events_key: str = field(repr=False)
    audience: str = "assistant"
    issuer: str | None = None
    patience: float = 20.0
    """Seconds within which what happens in the background (indexing, erasing) must be visible."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read ``CONFORMANCE_*``.

        Raises:
            NotConfigured: the address or a secret is missing or wrong; the message names the
                variable.
        """
        urls = _get(
            environment, "CONFORMANCE_URL", "the server's address; such as http://127.0.0.1:8080"
        )
        return cls(
            urls=tuple(_address(url) for url in urls.split(",")),
            identity_secret=_get(
                environment, "CONFORMANCE_IDENTITY_SECRET", "the server's ASSISTANT_IDENTITY_SECRET"
            ),
            events_key=_get(
                environment, "CONFORMANCE_EVENTS_KEY", "the server's ASSISTANT_EVENTS_API_KEY"
            ),
            audience=environment.get("CONFORMANCE_AUDIENCE", "assistant"),
            issuer=environment.get("CONFORMANCE_ISSUER") or None,
            patience=_seconds(environment.get("CONFORMANCE_PATIENCE", "20")),
        )


def _address(url: str) -> str:
    address = url.strip().rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotConfigured(
            f"CONFORMANCE_URL: {address!r} is no address such as http://127.0.0.1:8080"
        )
    return address


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise NotConfigured(f"CONFORMANCE_PATIENCE: {text!r} is no number of seconds") from None


def _get(environment: Mapping[str, str], name: str, meaning: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise NotConfigured(f"set {name}: {meaning}")
    return value
