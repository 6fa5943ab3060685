"""Consent over HTTP: the profile's ledger behind the port ``Consents``."""

from collections.abc import Sequence

from assistant.core.actor import CustomerActor
from assistant.core.clock import Clock
from assistant.core.errors import NotFound
from assistant.profile.consent.ledger import ConsentDecision, ConsentLedger
from assistant.profile.consent.offers import PurposeOffer, list_offers
from assistant.profile.consent.state import ConsentState
from assistant.profile.pack.loading import Pack
from assistant.profile.pack.purposes import AGGREGATE_PURPOSE
from assistant.store.engine import Connection, Database
from assistant.web.services import Decision

CHANNEL = "api"


class StoreConsents:
    """Shows purposes and records decisions, each in one transaction."""

    def __init__(
        self, *, database: Database, ledger: ConsentLedger, pack: Pack, clock: Clock
    ) -> None:
        """Take the parts of profile and store."""
        self._database = database
        self._ledger = ledger
        self._pack = pack
        self._clock = clock

    async def view(
        self, actor: CustomerActor | None, *, lang: str, gpc: bool
    ) -> Sequence[PurposeOffer]:
        """Return every purpose; the signal, where it is on, acts before it is shown."""
        if actor is not None and gpc:
            await self.heed(actor)
        state = None
        if actor is not None:
            state = await self._database.read(
                lambda connection: self._ledger.state(connection, actor.customer_id)
            )
        return list_offers(self._pack, state, lang=lang, gpc=gpc)

    async def heed(self, actor: CustomerActor) -> None:
        """Let the signal act; where it has nothing to take back, nothing is written."""
        try:
            state = await self._database.read(
                lambda connection: self._ledger.state(connection, actor.customer_id)
            )
        except NotFound:  # erased since the token was issued; whoever asks next is told so
            return
        if state.given_unheard(AGGREGATE_PURPOSE):
            await self._database.write(lambda connection: self._heed(connection, actor))

    async def decide(self, actor: CustomerActor, decision: Decision) -> PurposeOffer:
        """Record the decision and return its purpose as it now stands."""

        def work(connection: Connection) -> ConsentState:
            if decision.gpc:
                self._heed(connection, actor)
            return self._ledger.decide(connection, self._recorded(actor, decision))

        state = await self._database.write(work)
        offers = list_offers(self._pack, state, lang=decision.lang, gpc=decision.gpc)
        return next(offer for offer in offers if offer.id == decision.purpose)

    def _heed(self, connection: Connection, actor: CustomerActor) -> ConsentState:
        return self._ledger.observe_gpc(connection, actor.customer_id, at=self._clock())

    def _recorded(self, actor: CustomerActor, decision: Decision) -> ConsentDecision:
        categories = decision.categories
        return ConsentDecision(
            customer_id=actor.customer_id,
            purpose=decision.purpose,
            decision=decision.decision,
            channel=CHANNEL,
            at=self._clock(),
            version=decision.version,
            text_sha256=decision.text_sha256,
            categories=None if categories is None else frozenset(categories),
            beside_gpc=decision.gpc,
            lang=decision.lang,
        )
