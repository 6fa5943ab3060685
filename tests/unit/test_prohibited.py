import pytest
from tests.profile_parts import MARKET

from assistant.profile.pack.loading import load_pack
from assistant.profile.pack.prohibited import find_prohibition


@pytest.mark.parametrize(
    ("name", "prohibition"),
    [
        ("advertising", "advertising"),
        ("ads", "advertising"),
        ("ad-targeting", "advertising"),
        ("https://w3id.org/dpv#Advertising", "advertising"),
        ("https://w3id.org/dpv#TargetedAdvertising", "advertising"),
        ("https://w3id.org/dpv#DirectMarketing", "advertising"),
        ("https://w3id.org/dpv#SocialMediaMarketing", "advertising"),
        ("https://w3id.org/dpv#SellTargettedAdvertisements", "advertising"),
        ("retargeting", "advertising"),
        ("https://w3id.org/dpv#SellDataToThirdParties", "sale of data"),
        ("https://w3id.org/dpv#SellInsightsFromData", "sale of data"),
        ("data_sale", "sale of data"),
        ("data-brokerage", "sale of data"),
        ("monetise_profiles", "sale of data"),
        ("personalised_pricing", "price discrimination"),
        ("dynamic-prices", "price discrimination"),
        ("price_discrimination", "price discrimination"),
        ("PersonalisedDiscounts", "price discrimination"),
        ("train_shared_models", "training shared models"),
        ("AITraining", "training shared models"),
        ("model_fine_tuning", "training shared models"),
    ],
)
def test_prohibited_purposes_are_seen_under_many_names(name: str, prohibition: str) -> None:
    assert find_prohibition(name) == prohibition


@pytest.mark.parametrize(
    "name",
    [
        "after_sale_care",
        "https://w3id.org/dpv#SellProducts",
        "https://w3id.org/dpv#ServicePersonalisation",
        "https://w3id.org/dpv#ProvidePersonalisedRecommendations",
        "price_drop_alerts",
        "language_model",
        "adaptive_help",
        "address_book",
        "loading_times",
        "staff_training",
        "data_export",
    ],
)
def test_ordinary_purposes_are_left_alone(name: str) -> None:
    assert find_prohibition(name) is None


def test_no_purpose_of_the_market_pack_sounds_prohibited() -> None:
    for purpose in load_pack(MARKET).purposes:
        names = [purpose.id, purpose.dpv, *(text.title for text in purpose.texts.values())]
        assert [name for name in names if find_prohibition(name)] == []
