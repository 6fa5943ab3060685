"""The words that the JSON-LD form of a customer's data is written in, and how nodes are made."""

from collections.abc import Mapping

from assistant.core.events import JsonValue
from assistant.profile.consent.state import Standing

_STATUS: Mapping[Standing, str] = {
    "given": "dpv:ConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "outdated": "dpv:ConsentInvalidated",
    "undecided": "dpv:ConsentStatusInvalidForProcessing",
}
"""DPV has no term for somebody who was never asked, only that this permits nothing."""


def context(customer_id: str) -> dict[str, JsonValue]:
    """Return the ``@context``: prefixes, and the customer's own address for what begins with #."""
    return {
        "@version": 1.1,
        "@base": f"urn:uuid:{customer_id}",
        "dpv": "https://w3id.org/dpv#",
        "dct": "http://purl.org/dc/terms/",
        "schema": "https://schema.org/",
        "assistant": "urn:x-assistant:terms#",
    }


def node(kind: str | list[str], members: Mapping[str, JsonValue]) -> JsonValue:
    """Return a node with its type; members that say nothing are left out."""
    kinds: JsonValue = kind if isinstance(kind, str) else [*kind]
    return {"@type": kinds, **{name: told for name, told in members.items() if told is not None}}


def coded(kind: str, code: str, label: str) -> JsonValue:
    """Return something of ours by its code and its plain name."""
    return node(f"assistant:{kind}", {"dct:identifier": code, "dct:title": label})


def consent(decision: Standing, members: Mapping[str, JsonValue]) -> JsonValue:
    """Return where a customer stands; the state itself is pointed at, nothing is said of it."""
    return node(
        "dpv:Consent",
        {
            "assistant:decision": decision,
            "dpv:hasConsentStatus": {"@id": _STATUS[decision]},
            **members,
        },
    )
