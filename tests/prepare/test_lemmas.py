"""Search must find what people meant, in whatever form they wrote it."""

from __future__ import annotations

import pytest

from cxnlp.prepare.lemmas import lemmas
from cxnlp.prepare.normalize import normalize


@pytest.mark.parametrize(
    "words",
    [
        "رسید می‌رسد نمی‌رسه رسیدن نرسید رسیده‌اند برسه می‌رسن",
        "بسته بسته‌ها بسته‌های بسته‌هایم",
        "گفتم می‌گه نمی‌گن بگو گفته بگویند",
        "کیفیت کیفیتش کیفیتی",
        "گران گرون گرونه گران‌تر",
        "مشکل مشکلات مشکلی",
        "عالی عالیه",
        "پیک پیک‌ها پیکش",
        "deliver delivered delivery deliveries",
        "freeze froze freezing frozen",
        "courier couriers",
        "pay paid payment paying",
    ],
)
def test_forms_of_one_word_share_a_lemma(words: str) -> None:
    """Written and spoken Persian, plural, possessive, negated; English tenses and plurals."""
    first, *others = (lemmas(normalize(word)) for word in words.split())
    assert all(first & other for other in others)


@pytest.mark.parametrize("pair", ["رسید خرید", "کیف کیفیت", "پول پیک", "late latte", "refund fund", "app apple"])
def test_other_words_stay_apart(pair: str) -> None:
    """A search that finds everything finds nothing."""
    first, second = (lemmas(normalize(word)) for word in pair.split())
    assert not first & second
