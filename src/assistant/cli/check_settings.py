"""Checks of the settings themselves: misspelt variables, identity keys, the embedding model."""

import os
from collections.abc import Iterator

from assistant.adapters.model_files import find_model
from assistant.cli.findings import Finding
from assistant.settings import Settings

_MIN_SECRET_BYTES = 32
_OTHER_VARIABLES = {"ASSISTANT_CONFIG"}


def check_names(settings: Settings) -> Iterator[Finding]:
    """Name variables with our prefix that no setting reads."""
    known = {f"ASSISTANT_{name.upper()}" for name in type(settings).model_fields}
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith("ASSISTANT_") and name not in known | _OTHER_VARIABLES
    )
    for name in unknown:
        yield Finding("warning", "settings", f"{name} is set but is no setting (misspelt?)")
    if not unknown:
        yield Finding("ok", "settings", "every ASSISTANT_ variable is known")


def check_identity(settings: Settings) -> Iterator[Finding]:
    """Look for a key that customer tokens can be checked with, and only one."""
    if settings.identity_secret and settings.identity_public_key:
        yield Finding(
            "error",
            "identity",
            "ASSISTANT_IDENTITY_SECRET and ASSISTANT_IDENTITY_PUBLIC_KEY are both set; keep one",
        )
    elif settings.identity_secret:
        length = len(settings.identity_secret.get_secret_value().encode())
        if length < _MIN_SECRET_BYTES:
            text = f"ASSISTANT_IDENTITY_SECRET has {length} bytes; give it {_MIN_SECRET_BYTES}"
            yield Finding("error", "identity", text)
        else:
            yield Finding("ok", "identity", "customer tokens are checked with HS256")
    elif settings.identity_public_key:
        yield Finding("ok", "identity", "customer tokens are checked with EdDSA")
    else:
        yield Finding("warning", "identity", "no identity key is set: only visitors can chat")


def check_model(settings: Settings) -> Iterator[Finding]:
    """Hash the weights of the embedding model."""
    files = find_model(settings.embedding_model, expected_sha256=settings.embedding_sha256)
    yield Finding("ok", "model", f"{files.name}, sha256 {files.sha256[:16]}…")
