"""Before anything is checked: does a server answer, and do the two secrets belong to it?

A wrong address or secret would break every promise at once, and say nothing about the server.
"""

import aiohttp

from conformance.customer import Customer
from conformance.service import Service, Unexpected
from conformance.target import NotConfigured, Target


async def knock(target: Target) -> None:
    """Ask each address once as a customer and once as the shop's system.

    Raises:
        NotConfigured: nobody answers there, or the secrets are not the server's.
    """
    async with Service.open(target) as service:
        for url in target.urls:
            await _knock(service, url)


async def _knock(service: Service, url: str) -> None:
    """Requests go from one address to the next: each is asked what the one before was asked."""
    try:
        customer = await service.ask("GET", "/v1/me/purposes", token=Customer(service).token)
        system = await service.ask("POST", "/v1/events", token=service.target.events_key, body=[])
    except (aiohttp.ClientError, TimeoutError, Unexpected) as error:
        raise NotConfigured(
            f"no server answers at {url} ({error}): start it, or name another address with "
            "make conformance URL=http://127.0.0.1:8080"
        ) from None
    if customer.status == 401:
        raise NotConfigured(
            "the server lets in no customer whose token this suite signed: "
            "CONFORMANCE_IDENTITY_SECRET, CONFORMANCE_AUDIENCE and CONFORMANCE_ISSUER must be the "
            "server's ASSISTANT_IDENTITY_SECRET, ASSISTANT_AUDIENCE and ASSISTANT_ISSUER"
        )
    if customer.status == 404:
        raise NotConfigured(
            f"what answers at {url} does not speak the interface: GET /v1/me/purposes is unknown"
        )
    if system.status in {401, 403}:
        raise NotConfigured(
            "the server takes no events with this key: CONFORMANCE_EVENTS_KEY must be the "
            "server's ASSISTANT_EVENTS_API_KEY"
        )
