"""What tells customers about their own data, over a test's database, as bootstrap joins it."""

from tests.profile_parts import MARKET

from assistant.profile.consent.ledger import ConsentLedger
from assistant.profile.pack.loading import load_pack
from assistant.profile.transparency.own_data import Transparency
from assistant.profile.transparency.standing import Deployment, FindEmbedded
from assistant.profile.transparency.words import load_transparency_words
from assistant.store.consents import ConsentRepository
from assistant.store.customers import CustomerRepository
from assistant.store.engine import Database
from assistant.store.own_rows import OwnRows
from assistant.store.uses import UseRepository
from assistant.vault.vault import Vault


def open_transparency(
    database: Database, vault: Vault, find_embedded: FindEmbedded = lambda _c, _i: None
) -> Transparency:
    """Return the transparency of the market pack over ``database``."""
    pack = load_pack(MARKET)
    consents = ConsentRepository(vault=vault)
    return Transparency(
        pack=pack,
        rows=OwnRows(vault=vault),
        ledger=ConsentLedger(
            pack=pack, consents=consents, customers=CustomerRepository(vault=vault)
        ),
        consents=consents,
        uses=UseRepository(),
        words=load_transparency_words(),
        find_embedded=find_embedded,
        deployment=Deployment(database.dialect, "EU"),
    )
