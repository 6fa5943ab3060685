"""The overview of a customer's data as JSON-LD: the controller, and what stands of the customer."""

from collections.abc import Iterator

from assistant.core.events import JsonValue
from assistant.profile.transparency.items import (
    CategoryHolding,
    ConsentSummary,
    OpenRequest,
    Overview,
    Retained,
    SectionSummary,
)
from assistant.profile.transparency.json_ld_terms import coded, consent, node

CONTROLLER = "#controller"
"""The controller as this customer's document names them."""


def about(overview: Overview) -> Iterator[JsonValue]:
    """Yield the controller and the customer with everything that is told before the items."""
    yield node(
        "dpv:DataController",
        {
            "@id": CONTROLLER,
            "dpv:hasName": overview.controller,
            "dpv:hasContact": overview.contact,
            "schema:availableLanguage": [*overview.languages],
        },
    )
    yield node(
        "dpv:DataSubject",
        {
            "@id": f"urn:uuid:{overview.customer_id}",
            "dct:identifier": overview.customer_id,
            "dpv:hasDataController": {"@id": CONTROLLER},
            "assistant:holds": [_section(summary) for summary in overview.sections],
            "assistant:helped": [_holding(held) for held in overview.categories],
            "assistant:consents": [_consented(told) for told in overview.consents],
            "assistant:openRequest": [_request(one) for one in overview.open_requests],
            "assistant:globalPrivacyControl": node(
                "assistant:GlobalPrivacyControl",
                {
                    "assistant:signal": overview.gpc.signal,
                    "dct:description": overview.gpc.text,
                },
            ),
            "assistant:retained": [_retained(one) for one in overview.retained],
            "assistant:notHeld": [*overview.not_held],
        },
    )


def _section(summary: SectionSummary) -> JsonValue:
    return node(
        "assistant:Section",
        {
            "dct:identifier": summary.section,
            "dct:title": summary.label,
            "assistant:category": coded("Category", summary.category, summary.category_label),
            "assistant:origin": summary.origin,
            "assistant:count": summary.count,
        },
    )


def _holding(held: CategoryHolding) -> JsonValue:
    return node(
        "assistant:Holding",
        {
            "assistant:category": coded("Category", held.category, held.label),
            "assistant:count": held.items,
            "assistant:itemsUsed": held.used,
            "assistant:timesUsed": held.times_used,
            "assistant:timesHelped": held.helped,
            "assistant:timesDidNotHelp": held.did_not_help,
            "assistant:lastUsed": held.last_used,
            "assistant:idle": held.idle,
        },
    )


def _consented(told: ConsentSummary) -> JsonValue:
    """Return a purpose with where the customer stands on each of its categories."""
    return node(
        "dpv:Purpose",
        {
            "dct:identifier": told.purpose,
            "schema:version": told.version,
            "dct:title": told.title,
            "assistant:consent": [
                consent(decision, {"assistant:categoryCode": category})
                for category, decision in told.decisions.items()
            ],
        },
    )


def _request(one: OpenRequest) -> JsonValue:
    return node(
        "assistant:OpenRequest",
        {
            "assistant:kind": one.kind,
            "dct:identifier": one.id,
            "dct:created": one.since,
            "assistant:state": one.state,
        },
    )


def _retained(one: Retained) -> JsonValue:
    return node(
        "assistant:Retained",
        {
            "dct:description": one.what,
            "assistant:ground": one.ground,
            "assistant:until": one.until,
        },
    )
