import hashlib

import pytest
from tests.profile_parts import MARKET

from assistant.profile.consent.offers import list_offers
from assistant.profile.consent.state import ConsentState
from assistant.profile.pack.loading import load_pack

PACK = load_pack(MARKET)


@pytest.mark.parametrize("lang", ["en", "de"])
@pytest.mark.parametrize("purpose", list(PACK.purposes), ids=lambda purpose: purpose.id)
def test_the_text_says_all_that_a_customer_must_know(purpose, lang: str) -> None:  # noqa: ANN001 - parametrised
    shown = PACK.disclose(purpose.id, lang)
    words = purpose.texts[lang]

    for told in (words.title, words.description, words.benefit, words.example, words.if_refused):
        assert told in shown.text
    for recipient in words.recipients:
        assert recipient in shown.text
    for category in purpose.categories:
        assert PACK.categories[category].label(lang) in shown.text
        assert str(PACK.categories[category].retention_months) in shown.text
    assert purpose.storage_region in shown.text
    assert PACK.disclosures._frames[lang].undoing in shown.text
    assert "{" not in shown.text


def test_the_hash_is_that_of_the_bytes_shown_and_differs_by_language() -> None:
    english, german = PACK.disclose("learn_why", "en"), PACK.disclose("learn_why", "de")

    assert english.text_sha256 == hashlib.sha256(english.text.encode()).hexdigest()
    assert english.text_sha256 != german.text_sha256
    assert PACK.disclosures.languages_by_hash(PACK.purposes["learn_why"]) == {
        english.text_sha256: "en",
        german.text_sha256: "de",
    }


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("fr", "en"), ("", "en"), (None, "en")],
)
def test_a_language_the_pack_lacks_falls_back_to_english(asked: str | None, shown: str) -> None:
    assert PACK.disclose("learn_why", asked).lang == shown


def test_offers_list_every_purpose_with_each_category_undecided_for_a_stranger() -> None:
    offers = list_offers(PACK, None, lang="en", gpc=False)

    assert [offer.id for offer in offers] == [purpose.id for purpose in PACK.purposes]
    assert {c.decision for offer in offers for c in offer.categories} == {"undecided"}
    assert offers[0].text_sha256 == PACK.disclose(offers[0].id, "en").text_sha256
    assert offers[0].categories[0].label.startswith("Orders")


def test_global_privacy_control_makes_refused_the_default() -> None:
    nobody = ConsentState(epoch=0, standings={}, purposes=PACK.purposes)

    for state in (None, nobody):
        offers = list_offers(PACK, state, lang="en", gpc=True)
        assert {c.decision for offer in offers for c in offer.categories} == {"refused"}
