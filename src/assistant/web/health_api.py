"""Liveness, readiness with reasons, metrics."""

from typing import Literal

from aiohttp import web

from assistant.web.answers import json_answer
from assistant.web.keys import TOOLS
from assistant.web.routes import Route
from assistant.web.schemas.base import Outgoing
from assistant.web.services import ReadinessFinding


class HealthBody(Outgoing):
    """The process lives."""

    status: Literal["ok"]


class FindingBody(Outgoing):
    """One thing readiness depends on."""

    check: str
    state: Literal["ok", "degraded", "failed"]
    detail: str


class ReadinessBody(Outgoing):
    """`degraded` still answers (200), `failed` does not (503)."""

    status: Literal["ok", "degraded", "failed"]
    checks: list[FindingBody]


async def healthz(request: web.Request) -> web.Response:
    """Say that the event loop turns."""
    del request
    return json_answer(HealthBody(status="ok"))


async def readyz(request: web.Request) -> web.Response:
    """Say whether customers can be served, and what stands in the way."""
    tools = request.config_dict[TOOLS]
    findings = list(await tools.services.readiness())
    if tools.in_flight.draining:
        findings.append(ReadinessFinding("shutdown", "failed", "the service is stopping"))
    states = {finding.state for finding in findings}
    status = "failed" if "failed" in states else "degraded" if "degraded" in states else "ok"
    checks = [{"check": f.check, "state": f.state, "detail": f.detail} for f in findings]
    return json_answer(
        {"status": status, "checks": checks}, status=503 if status == "failed" else 200
    )


async def metrics(request: web.Request) -> web.Response:
    """Return the counters in Prometheus' text format."""
    return web.Response(
        body=request.config_dict[TOOLS].metrics.render(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


ROUTES = (
    Route("GET", "/healthz", healthz, summary="Liveness", tag="operation", response=HealthBody),
    Route(
        "GET",
        "/readyz",
        readyz,
        summary="Readiness, with reasons",
        tag="operation",
        description="503 with the same body while a check has `failed`.",
        also=(503,),
        response=ReadinessBody,
    ),
    Route(
        "GET",
        "/metrics",
        metrics,
        summary="Prometheus metrics",
        tag="operation",
        response_media={"text/plain": "Prometheus' text format."},
    ),
)
