"""All checks, and how they are run: side by side, each with people of its own."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import aiohttp

from conformance.chat_checks import CHAT
from conformance.checks import Broken, Check
from conformance.erasure_checks import ERASURE
from conformance.erasure_scope_checks import SCOPES
from conformance.fact_checks import FACTS
from conformance.form_checks import FORM
from conformance.gate_checks import GATE
from conformance.isolation_checks import ISOLATION
from conformance.question_checks import QUESTIONS
from conformance.receipt_checks import RECEIPTS
from conformance.reciprocity_checks import RECIPROCITY
from conformance.service import Service, Unexpected
from conformance.target import Target
from conformance.transparency_checks import TRANSPARENCY
from conformance.withdrawal_checks import WITHDRAWAL

GROUPS: Final = (
    FORM,
    GATE,
    WITHDRAWAL,
    RECEIPTS,
    QUESTIONS,
    FACTS,
    CHAT,
    TRANSPARENCY,
    RECIPROCITY,
    ERASURE,
    SCOPES,
    ISOLATION,
)
CHECKS: Final[tuple[Check, ...]] = tuple(check for group in GROUPS for check in group.found)

AT_ONCE: Final = 6
"""Checks that run side by side."""

Verdict = Literal["kept", "broken", "unreachable"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found."""

    check: Check
    verdict: Verdict
    seen: str
    """What the server did instead; empty where the promise is kept."""
    seconds: float


class UnknownCheck(Exception):
    """A name fits no check and no group."""


def select(names: Sequence[str]) -> tuple[Check, ...]:
    """Return the checks that ``names`` (ids or groups) mean, all where there are none.

    Raises:
        UnknownCheck: a name means nothing.
    """
    if not names:
        return CHECKS
    for name in names:
        if not any(_means(name, check) for check in CHECKS):
            raise UnknownCheck(f"there is no check or group {name!r}")
    return tuple(check for check in CHECKS if any(_means(name, check) for name in names))


def _means(name: str, check: Check) -> bool:
    return check.id == name or check.id.startswith(f"{name}.")


async def run(
    target: Target,
    checks: Sequence[Check] = CHECKS,
    *,
    at_once: int = AT_ONCE,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> Sequence[Outcome]:
    """Try every check against ``target`` and return the outcomes in the order of ``checks``."""
    places = asyncio.Semaphore(at_once)

    async def try_one(service: Service, check: Check) -> Outcome:
        async with places:
            outcome = await _try(service, check)
        tell(outcome)
        return outcome

    async with Service.open(target) as service:
        return await asyncio.gather(*(try_one(service, check) for check in checks))


async def _try(service: Service, check: Check) -> Outcome:
    began = time.monotonic()
    verdict: Verdict = "broken"
    try:
        await check.steps(service)
    except (Broken, Unexpected) as error:
        seen = str(error)
    except (aiohttp.ClientError, TimeoutError) as error:
        verdict, seen = "unreachable", f"{type(error).__name__}: {error}"
    except Exception as error:  # whatever the server did, the other checks go on
        seen = f"an answer has another shape than expected ({type(error).__name__}: {error})"
    else:
        verdict, seen = "kept", ""
    return Outcome(check, verdict, seen, time.monotonic() - began)
