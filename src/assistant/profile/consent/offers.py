"""What is asked of a customer and where they stand: the content of ``GET /v1/me/purposes``."""

from dataclasses import dataclass
from datetime import datetime

from assistant.profile.consent.state import ConsentState, Standing
from assistant.profile.pack.loading import Pack
from assistant.profile.pack.purposes import Purpose
from assistant.store.consents import ConsentStatus


@dataclass(frozen=True, slots=True)
class CategoryOffer:
    """One data category of a purpose with the customer's decision about it."""

    category: str
    label: str
    description: str
    retention_months: int
    decision: Standing
    state: ConsentStatus | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class PurposeOffer:
    """One purpose as it is shown; ``version`` and ``text_sha256`` are echoed when giving."""

    id: str
    version: int
    title: str
    text: str
    text_sha256: str
    lang: str
    benefit: str
    recipients: tuple[str, ...]
    if_refused: str
    lawful_basis: str
    necessity: str
    storage_region: str
    dpv: str
    categories: tuple[CategoryOffer, ...]


def list_offers(
    pack: Pack, state: ConsentState | None, *, lang: str | None, gpc: bool
) -> tuple[PurposeOffer, ...]:
    """Return every purpose in the pack's order.

    ``state`` is None for somebody who never wrote. With ``gpc`` (the Global Privacy Control signal)
    an optional purpose that was never given reads as refused instead of undecided.
    """
    return tuple(_offer(pack, purpose, state, lang=lang, gpc=gpc) for purpose in pack.purposes)


def _offer(
    pack: Pack, purpose: Purpose, state: ConsentState | None, *, lang: str | None, gpc: bool
) -> PurposeOffer:
    shown = pack.disclosures.disclose(purpose, lang)
    words = purpose.text(shown.lang)
    return PurposeOffer(
        id=purpose.id,
        version=purpose.version,
        title=shown.title,
        text=shown.text,
        text_sha256=shown.text_sha256,
        lang=shown.lang,
        benefit=words.benefit,
        recipients=words.recipients,
        if_refused=words.if_refused,
        lawful_basis=purpose.lawful_basis,
        necessity=purpose.necessity,
        storage_region=purpose.storage_region,
        dpv=purpose.dpv,
        categories=tuple(
            CategoryOffer(
                category=name,
                label=pack.categories[name].label(shown.lang),
                description=pack.categories[name].description(shown.lang),
                retention_months=pack.categories[name].retention_months,
                decision=_decision(purpose, name, state, gpc=gpc),
                state=state.recorded(purpose.id, name) if state else None,
                decided_at=state.decided_at(purpose.id, name) if state else None,
            )
            for name in purpose.categories
        ),
    )


def _decision(
    purpose: Purpose, category: str, state: ConsentState | None, *, gpc: bool
) -> Standing:
    """Return where the customer stands, with the signal's default where they never said yes."""
    standing = state.standing(purpose.id, category) if state else "undecided"
    never_given = state is None or not state.ever_given(purpose.id)
    if gpc and standing == "undecided" and purpose.necessity == "optional" and never_given:
        return "refused"
    return standing
