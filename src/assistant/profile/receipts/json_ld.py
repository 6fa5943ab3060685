"""The words of our JSON-LD documents: the W3C Data Privacy Vocabulary and a few of our own."""

from collections.abc import Mapping
from typing import Final

from assistant.core.events import JsonValue

CONTEXT: Final[list[JsonValue]] = [
    "https://w3id.org/security/data-integrity/v2",
    {
        "dpv": "https://w3id.org/dpv#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "loc": "https://w3id.org/dpv/loc#",
        "dct": "http://purl.org/dc/terms/",
        "schema": "https://schema.org/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "assistant": "urn:x-assistant:terms#",
    },
]
"""The ``@context`` of a signed document; a Data Integrity proof covers it."""

RECEIPT_SCHEMA: Final = "https://w3id.org/dpv/schema/dpv-27560#receipt-record"
RECORD_SCHEMA: Final = "https://w3id.org/dpv/schema/dpv-27560#record"
"""The profiles of ISO/IEC TS 27560 that the W3C DPV guide defines."""

CONSENT_STATUS: Final[Mapping[str, str]] = {
    "given": "dpv:ConsentGiven",
    "renewed": "dpv:RenewedConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
}

NECESSITY: Final[Mapping[str, str]] = {"optional": "dpv:Optional", "required": "dpv:Required"}

INDICATION_METHODS: Final[Mapping[str, str]] = {
    "api": "Interaction in the company's website or app",
    "page": "Interaction on the page “your data”",
    "chat": "Said or tapped in the conversation with the assistant",
    "why-question": "Answered and confirmed after the card of a why-question was shown",
    "import": "Recorded by the company before; the evidence is kept sealed",
    "demo": "Set up with the demo",
    "gpc": "Global Privacy Control signal of the browser (Sec-GPC: 1)",
    "replay": "Repeated after a backup was restored that did not know it yet",
    "merge": "Asked before a visit was joined with the customer's account",
}
"""How a decision was expressed, by the channel it came through."""


def dpv_term(iri: str) -> str:
    """Return an IRI of the vocabulary in its short form, any other as it is."""
    for prefix in ("https://w3id.org/dpv#", "http://w3id.org/dpv#"):
        if iri.startswith(prefix):
            return "dpv:" + iri.removeprefix(prefix)
    return iri


def location_term(region: str) -> str:
    """Return the vocabulary's term for a region such as ``EU`` or ``IE``."""
    return f"loc:{region}"
