"""Who is calling: the company's customer tokens, our own visitor tokens, business systems' keys.

The algorithm of a customer token is pinned by the kind of key that is configured (a secret: HS256,
a public key: EdDSA), so a token can neither choose ``none`` nor pass a public key off as a secret.
A visitor token has another type, audience and key, so neither kind can stand in for the other.
"""

import hashlib
import hmac
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OctKey, OKPKey

from assistant.core.clock import Clock, to_epoch_ms
from assistant.core.errors import ConfigurationError, NotAllowed, NotAuthenticated
from assistant.core.ids import CustomerId
from assistant.web.services import IdentityConfig

MAX_LIFE: Final = 600
"""Seconds a token may live after it was issued."""

LEEWAY: Final = 30
"""Seconds by which the company's clock may run ahead of ours; expiry has no leeway."""

MAX_TOKEN: Final = 8 * 1024
MAX_SUBJECT: Final = 512
_MIN_SECRET: Final = 32
_VISITOR_TYPE: Final = "visitor+jwt"
_VISITOR_AUDIENCE: Final = "assistant-visitor"


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A verified customer token. ``subject`` is the company's id and stays at the edge."""

    subject: str = field(repr=False)
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class KnownVisitor:
    """A verified visitor token. Times of both kinds are milliseconds since 1970."""

    customer_id: CustomerId
    issued_at: int
    expires_at: int


Caller: TypeAlias = KnownCustomer | KnownVisitor


class Tokens:
    """Verifies customer and visitor tokens, and issues the latter."""

    def __init__(self, *, config: IdentityConfig, clock: Clock) -> None:
        """Refuse a configuration in which a token's algorithm would be a choice."""
        if config.secret is not None and config.public_key is not None:
            raise ConfigurationError(
                "set ASSISTANT_IDENTITY_SECRET or ASSISTANT_IDENTITY_PUBLIC_KEY, not both"
            )
        self._config = config
        self._clock = clock
        self._key, self._algorithms = _customer_key(config)
        self._visitor_key = OctKey.import_key(config.visitor_key)

    def verify(self, token: str) -> Caller:
        """Return who the token stands for; raises ``NotAuthenticated`` and says what is wrong."""
        if not token or len(token) > MAX_TOKEN or not token.isascii():
            raise NotAuthenticated("this is not a token")
        if _type_of(token) == _VISITOR_TYPE:
            return self._verify_visitor(token)
        if self._key is None:
            raise NotAuthenticated("this service knows no key for customer tokens")
        claims = _decode(token, self._key, self._algorithms)
        issued_at, expires_at = self._life_of(claims)
        _require_audience(claims, self._config.audience)
        if self._config.issuer is not None and claims.get("iss") != self._config.issuer:
            raise NotAuthenticated("the token has another issuer")
        return KnownCustomer(_subject_of(claims), issued_at, expires_at)

    def issue_for_visitor(self, customer_id: CustomerId) -> tuple[str, datetime]:
        """Return a token of ten minutes for a visitor, and when it expires."""
        now = int(self._clock().timestamp())
        claims = {
            "sub": customer_id,
            "aud": _VISITOR_AUDIENCE,
            "iat": now,
            "exp": now + MAX_LIFE,
        }
        token = jwt.encode({"alg": "HS256", "typ": _VISITOR_TYPE}, claims, self._visitor_key)
        return token, datetime.fromtimestamp(now + MAX_LIFE, self._clock().tzinfo)

    def _verify_visitor(self, token: str) -> KnownVisitor:
        claims = _decode(token, self._visitor_key, ["HS256"])
        issued_at, expires_at = self._life_of(claims)
        _require_audience(claims, _VISITOR_AUDIENCE)
        return KnownVisitor(CustomerId(_subject_of(claims)), issued_at, expires_at)

    def _life_of(self, claims: Mapping[str, object]) -> tuple[int, int]:
        issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
        now = to_epoch_ms(self._clock())
        latest_start = now + LEEWAY * 1000
        if issued > latest_start or ("nbf" in claims and _seconds(claims, "nbf") > latest_start):
            raise NotAuthenticated("the token is not valid yet")
        if expires <= now:
            raise NotAuthenticated("the token has expired")
        if not 0 < expires - issued <= MAX_LIFE * 1000:
            raise NotAuthenticated("a token expires at most 10 minutes after it was issued")
        return issued, expires


class ApiKeys:
    """The keys of business systems; compared as hashes in constant time, every key every time."""

    def __init__(self, keys: Sequence[str], *, scope: str) -> None:
        """Keep hashes only: lengths then say nothing."""
        self._hashes = [hashlib.sha256(key.encode()).digest() for key in keys if key]
        self._scope = scope

    def require(self, key: str | None) -> None:
        """Raise ``NotAuthenticated`` without a key, ``NotAllowed`` where no key may do this."""
        if not self._hashes:
            raise NotAllowed(f"no API key with the scope {self._scope} is set up here")
        offered = hashlib.sha256((key or "").encode()).digest()
        matches = [hmac.compare_digest(offered, known) for known in self._hashes]
        if not any(matches):
            raise NotAuthenticated(f"this is not an API key with the scope {self._scope}")


def bearer_of(header: str | None) -> str | None:
    """Return the token of an ``Authorization`` header, None where there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _customer_key(config: IdentityConfig) -> tuple[OctKey | OKPKey | None, list[str]]:
    if config.secret is not None:
        if len(config.secret) < _MIN_SECRET:
            raise ConfigurationError(
                f"ASSISTANT_IDENTITY_SECRET has {len(config.secret)} bytes; HS256 needs 32 or more"
            )
        return OctKey.import_key(config.secret), ["HS256"]
    if config.public_key is None:
        return None, []
    # The interface fixes the name EdDSA (RFC 8037), which RFC 9864 renames to Ed25519.
    warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)
    try:
        return OKPKey.import_key(config.public_key), ["EdDSA", "Ed25519"]
    except (JoseError, ValueError) as error:
        raise ConfigurationError(
            "ASSISTANT_IDENTITY_PUBLIC_KEY is not an Ed25519 public key in PEM"
        ) from error


def _type_of(token: str) -> object:
    """Return the unverified ``typ``; it only chooses the key the token is then verified with."""
    try:
        return jws.extract_compact(token.encode()).headers().get("typ")
    except (JoseError, ValueError, TypeError, AttributeError):
        raise NotAuthenticated("this is not a token") from None


def _decode(token: str, key: OctKey | OKPKey, algorithms: list[str]) -> Mapping[str, object]:
    try:
        claims = jwt.decode(token, key, algorithms=algorithms).claims
    except (JoseError, ValueError, TypeError, AttributeError):
        raise NotAuthenticated("the token's signature or algorithm is not valid here") from None
    if not isinstance(claims, dict):
        raise NotAuthenticated("the token carries no claims")
    return claims


def _subject_of(claims: Mapping[str, object]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > MAX_SUBJECT:
        raise NotAuthenticated("the token names no customer in `sub`")
    if not subject.isprintable():
        raise NotAuthenticated("the token's `sub` holds control characters")
    return subject


def _require_audience(claims: Mapping[str, object], audience: str) -> None:
    stated = claims.get("aud")
    audiences = stated if isinstance(stated, list) else [stated]
    if audience not in audiences:
        raise NotAuthenticated("the token is meant for another audience")


def _seconds(claims: Mapping[str, object], name: str) -> int:
    """Return a numeric date in milliseconds."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
        raise NotAuthenticated(f"the token has no time in `{name}`")
    return round(value * 1000)
