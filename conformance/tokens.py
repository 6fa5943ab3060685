"""Customer tokens as a company's backend signs them, and as somebody would who may not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from conformance.target import Target

LIFE = 300
"""Seconds a token of the suite lives."""


def sign_token(
    target: Target, subject: str, *, algorithm: str = "HS256", secret: str = "", **changes: object
) -> str:
    """Return a token of ``subject`` issued now; ``changes`` replace claims, None leaves one out."""
    now = int(time.time())
    claims: dict[str, object] = {
        "sub": subject,
        "aud": target.audience,
        "iat": now,
        "exp": now + LIFE,
        "iss": target.issuer,
        **changes,
    }
    header = {"alg": algorithm, "typ": "JWT"}
    kept = {name: value for name, value in claims.items() if value is not None}
    content = f"{_part(header)}.{_part(kept)}"
    if algorithm == "none":
        return f"{content}."
    key = (secret or target.identity_secret).encode()
    signature = hmac.new(key, content.encode(), hashlib.sha256).digest()
    return f"{content}.{_base64(signature)}"


def _part(members: Mapping[str, object]) -> str:
    return _base64(json.dumps(members).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
