"""Tokens: what is let in, and every way of getting in that must not work."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from assistant.core.errors import ConfigurationError, NotAllowed, NotAuthenticated
from assistant.core.ids import CustomerId
from assistant.web.auth import ApiKeys, KnownCustomer, KnownVisitor, Tokens, bearer_of
from assistant.web.services import IdentityConfig

SECRET = b"a secret of thirty-two bytes or more"
VISITOR_KEY = b"v" * 32
PRIVATE = Ed25519PrivateKey.generate()
PUBLIC_PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
NOW = int(datetime.now(UTC).timestamp())
GOOD = {"sub": "ada@customers.example", "aud": "assistant", "iat": NOW, "exp": NOW + 300}


def at_now() -> datetime:
    """Stand still at ``NOW``: a slow run must not make a token of tomorrow one of today."""
    return datetime.fromtimestamp(NOW, UTC)


def tokens(**changes: object) -> Tokens:
    config = {"visitor_key": VISITOR_KEY, "secret": SECRET, **changes}
    return Tokens(config=IdentityConfig(**config), clock=at_now)  # type: ignore[arg-type]


def sign(claims: dict[str, object], *, secret: bytes = SECRET, **header: object) -> str:
    return jwt.encode({"alg": "HS256", **header}, claims, OctKey.import_key(secret))


def forge(header: dict[str, object], claims: dict[str, object]) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (header, claims)
    ]
    return b".".join([*parts, b""]).decode()


def test_good_token_tells_who_calls_and_until_when() -> None:
    caller = tokens().verify(sign(GOOD))

    assert caller == KnownCustomer("ada@customers.example", NOW * 1000, (NOW + 300) * 1000)


def test_audience_may_be_a_list_and_ten_minutes_are_allowed() -> None:
    caller = tokens().verify(sign({**GOOD, "aud": ["other", "assistant"], "exp": NOW + 600}))

    assert caller.expires_at == (NOW + 600) * 1000


@pytest.mark.parametrize(
    "claims",
    [
        {**GOOD, "aud": "another-service"},
        {**GOOD, "aud": None},
        {**GOOD, "exp": NOW - 1, "iat": NOW - 100},
        {**GOOD, "exp": NOW + 601},
        {**GOOD, "exp": NOW + 86_400, "iat": NOW - 10},
        {**GOOD, "iat": NOW + 120, "exp": NOW + 300},
        {**GOOD, "nbf": NOW + 120},
        {**GOOD, "exp": "tomorrow"},
        {**GOOD, "exp": True},
        {**GOOD, "iat": float("1e400")},
        {**GOOD, "sub": ""},
        {**GOOD, "sub": 7},
        {**GOOD, "sub": "x" * 600},
        {**GOOD, "sub": "a\x00b"},
        {k: v for k, v in GOOD.items() if k != "exp"},
        {k: v for k, v in GOOD.items() if k != "iat"},
        {k: v for k, v in GOOD.items() if k != "sub"},
    ],
)
def test_wrong_claims_are_refused(claims: dict[str, object]) -> None:
    with pytest.raises(NotAuthenticated):
        tokens().verify(sign(claims))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "a" * 10_000,
        "\u00fcber.token.here",
        forge({"alg": "none"}, GOOD),
        forge({"alg": "None", "typ": "JWT"}, GOOD),
        forge({"alg": "HS256"}, GOOD),
        forge({"alg": "HS256", "crit": ["exp"]}, GOOD),
        forge({"alg": ["HS256"]}, GOOD),
        forge({"typ": "visitor+jwt", "alg": "none"}, GOOD),
        sign(GOOD, secret=b"another secret that is long enough!!"),
        sign(GOOD)[:-3] + "AAA",
    ],
)
def test_tokens_that_nobody_signed_are_refused(token: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens().verify(token)


def test_other_hmac_algorithms_are_refused() -> None:
    token = jwt.encode({"alg": "HS512"}, GOOD, OctKey.import_key(SECRET), algorithms=["HS512"])

    with pytest.raises(NotAuthenticated):
        tokens().verify(token)


def test_public_key_verifies_eddsa_and_cannot_be_used_as_a_secret() -> None:
    by_key = tokens(secret=None, public_key=PUBLIC_PEM.decode())
    key = OKPKey.import_key(PRIVATE)
    good = jwt.encode({"alg": "EdDSA"}, GOOD, key, algorithms=["EdDSA"])

    assert isinstance(by_key.verify(good), KnownCustomer)
    # The library refuses to sign with a PEM as a secret, so the forgery is made by hand.
    head = forge({"alg": "HS256"}, GOOD).rsplit(".", 1)[0]
    for pem in (PUBLIC_PEM, PUBLIC_PEM.strip()):
        mac = hmac.digest(pem, head.encode(), hashlib.sha256)
        forged = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        with pytest.raises(NotAuthenticated):
            by_key.verify(forged)


def test_issuer_is_checked_where_it_is_set() -> None:
    with_issuer = tokens(issuer="https://shop.example")

    assert with_issuer.verify(sign({**GOOD, "iss": "https://shop.example"}))
    for claims in (GOOD, {**GOOD, "iss": "https://other.example"}):
        with pytest.raises(NotAuthenticated):
            with_issuer.verify(sign(claims))


def test_visitor_tokens_and_customer_tokens_cannot_stand_in_for_each_other() -> None:
    ours = tokens()
    token, expires_at = ours.issue_for_visitor(CustomerId("visitor-1"))

    caller = ours.verify(token)
    assert isinstance(caller, KnownVisitor)
    assert caller.customer_id == "visitor-1"
    assert expires_at - datetime.now(UTC) <= timedelta(seconds=600)
    with pytest.raises(NotAuthenticated):
        ours.verify(sign({**GOOD, "aud": "assistant-visitor"}, typ="visitor+jwt"))
    with pytest.raises(NotAuthenticated):
        ours.verify(sign({**GOOD, "aud": "assistant"}, secret=VISITOR_KEY))
    with pytest.raises(NotAuthenticated):
        ours.verify(sign(GOOD, secret=VISITOR_KEY, typ="visitor+jwt"))


def test_configurations_that_leave_a_choice_or_are_weak_are_refused() -> None:
    for changes in (
        {"public_key": PUBLIC_PEM.decode()},
        {"secret": b"short"},
        {"secret": None, "public_key": "-----BEGIN PUBLIC KEY-----\nnonsense"},
    ):
        with pytest.raises(ConfigurationError):
            tokens(**changes)


def test_without_a_key_customers_are_refused_and_visitors_let_in() -> None:
    ours = tokens(secret=None)

    with pytest.raises(NotAuthenticated):
        ours.verify(sign(GOOD))
    assert ours.verify(ours.issue_for_visitor(CustomerId("v"))[0])


def test_api_key_must_match_exactly() -> None:
    keys = ApiKeys(["first-key", "second-key"], scope="events:write")

    keys.require("second-key")
    for wrong in (None, "", "first", "first-key ", "FIRST-KEY"):
        with pytest.raises(NotAuthenticated):
            keys.require(wrong)
    with pytest.raises(NotAllowed):
        ApiKeys([], scope="events:write").require("anything")


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("Basic abc", None),
        ("abc", None),
        (None, None),
    ],
)
def test_bearer_is_read_from_the_header(header: str | None, token: str | None) -> None:
    assert bearer_of(header) == token
