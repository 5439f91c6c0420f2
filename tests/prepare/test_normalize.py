"""The matching form: one for all ways to type the same, stable, and never a crash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxnlp.prepare.normalize import normalize

ANY_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("آبپکگهی‌هامیتر يكة۱٢3.,'’-!؟ \u200c\u200f\n😀\ud800ىﷲ")), max_size=60
)


@pytest.mark.parametrize(
    ("variants", "form"),
    [
        (["می‌خواهم", "میخواهم", "می خواهم"], "میخواهم"),
        (["كتاب هاي خوب", "کتاب‌های خوب", "کتابهای  خوب!"], "کتابهای خوب"),
        (["عالییییی بود!!!", "عالی بود", "«عالی» بود…"], "عالی بود"),
        (["قیمت ۱۲,۵۰۰ تومن", "قيمت ١٢,٥٠٠ تومن"], "قیمت 12,500 تومن"),
        (["Don't buy!!!", "DON’T BUY", "dont buy"], "dont buy"),
        (["3.5 stars…", "3.5 STARS"], "3.5 stars"),
    ],
)
def test_the_same_words_have_one_form(variants, form):
    """Duplicates and search compare this form: keyboards, half-spaces and shouting must not matter."""
    assert {normalize(v) for v in variants} == {form}


def test_different_numbers_stay_different():
    """3.5 is not 35, and 12:30 is not 1230."""
    assert len({normalize(t) for t in ("3.5", "35", "12:30", "1230")}) == 4


@given(ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_idempotent_and_never_raises(text):
    """A form that changes when normalised again would split groups of equal texts."""
    once = normalize(text)
    assert normalize(once) == once
