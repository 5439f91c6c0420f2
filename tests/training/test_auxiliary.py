"""Weak labels: honest maps, and nothing of dev among them."""

import pytest

from cxnlp import taxonomy
from cxnlp.training import auxiliary


def test_other_cuts_of_a_forbidden_text_are_found() -> None:
    """A longer or shorter cut of a dev review in a public set would let training see what dev measures."""
    fa = "هتل خیلی تمیز بود ولی صبحانه هر روز یک چیز تکراری و سرد بود و کسی جواب نمی‌داد"
    en = "We were told the engineer would come on Monday, and nobody came or even called us back"
    texts = ["سلام. " + fa + " ممنون", "قیمتش مناسب بود", "So: " + en.upper(), "They called us back quickly"]
    forbidden = {auxiliary.plain(fa), auxiliary.plain(en)}
    assert auxiliary.overlapping(texts, forbidden) == {0, 2}


def test_every_map_names_known_touchpoints() -> None:
    """A category sent to a touchpoint that does not exist would fail hours into training."""
    known = {t.id for t in taxonomy.load().touchpoints}
    maps = (auxiliary.AIRLINE, auxiliary.RESTAURANT, auxiliary.HEALTH)
    assert {place for m in maps for place in m.values()} | {place for _, place in auxiliary.ASPECTS} <= known


@pytest.mark.parametrize(
    ("category", "place"),
    [
        ("FOOD#PRICES", "price_value"), ("Rooms cleanliness", "safety_privacy"), ("SERVICE#GENERAL", "staff_support"),
        ("hotel general", "general"), ("food quality", "product_quality"), ("shipment delivery", "delivery"),
    ],
)  # fmt: skip
def test_categories_go_where_the_guide_says(category: str, place: str) -> None:
    """The first pattern wins: a price of food is a price, not food."""
    assert auxiliary.place_of(category) == place


@pytest.mark.parametrize("text", ["کیفیت عالی", "Great quality"])
def test_held_out_share_is_fixed(text: str) -> None:
    """The same texts are held out on every machine and in any spelling of spaces and marks."""
    assert auxiliary.held_out(text, 100)
    assert not auxiliary.held_out(text, 0)
    assert auxiliary.held_out(text, 40) == auxiliary.held_out(text.replace(" ", "  ") + "!", 40)
