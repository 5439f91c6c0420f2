"""Words and labels in Persian and English: no scraps, no digits, no broken half-spaces (pitfalls 6 and 7)."""

from __future__ import annotations

import re

import pytest

from cxnlp.topics import labels, words

ZWNJ = "\u200c"
BROKEN = re.compile(rf"(?:^|[^\w]){ZWNJ}|{ZWNJ}(?:$|[^\w])|{ZWNJ}{ZWNJ}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("کتاب‌ها و کتاب", ["کتاب", "کتاب"]),
        ("برنامه نمي رسد", ["برنامه", "نمی‌رسد"]),
        ("It’s 12 days late!!! https://a.example/x @shop", ["its", "days", "late"]),
        ("خييييلي عالی 👍🏽", ["خیلی", "عالی"]),
        ("⟨mobile⟩ زنگ زدم", ["زنگ", "زدم"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """A token is a word as people know it, whatever keyboard wrote it."""
    assert words.tokens(text) == expected


@pytest.mark.parametrize(
    ("quote", "language"),
    [
        ("پیک خیلی دیر رسید، order 123 کنسل شد", "fa"),
        (f"برنامه{ZWNJ} هنگ می{ZWNJ}کند !", "fa"),
        ("and the courier was 40 minutes late, but polite", "en"),
        ("دو ساعت معطل شدم ولی جواب ندادن", "fa"),
        ("می", "fa"),
        ("کاش کیسه‌ی", "fa"),
        ("خیلی خوبه ۲۰", "fa"),
    ],
)
def test_label_phrases_are_clean(quote: str, language: str) -> None:
    """Whatever the quote, a phrase has one script, no digit and whole words."""
    for phrase, _ in labels.phrases(quote, language):
        assert words.script(phrase) == language
        assert not any(c.isdigit() for c in phrase) and not BROKEN.search(phrase)
        assert not phrase.endswith(f"{ZWNJ}ی")
        assert labels.SHORTEST <= len(phrase.split()) <= labels.LONGEST


def test_the_label_is_what_most_people_say() -> None:
    """The label must come from the topic's middle and use its words, not the longest or the first quote."""
    quotes = ["courier was late again", "late courier", "my dog ate the box", "the courier came late", "courier late"]
    label = labels.best_label(quotes, [0.9, 0.92, 0.4, 0.91, 0.93], {"courier": 1.0, "late": 0.9}, "en", ())
    assert label is not None and "courier" in label.lower() and "late" in label.lower()
    assert labels.best_label(quotes, [0.9] * 5, {"courier": 1.0}, "fa", ()) is None


def test_the_name_of_a_pain_says_what_is_wrong() -> None:
    """«شام شد» was cut out of "dinner became breakfast": everybody's words, but nobody knows what hurts."""
    quotes = ["شام شد ولی دیر رسید", "شام شد و دیر رسید", "شام شد، سرد بود", "شام شد"]
    told = (quotes, [0.9] * 4, {"شام": 1.0, "دیر": 0.8, "رسید": 0.5}, "fa", ())
    assert labels.best_label(*told) == "شام شد"
    late = labels.best_label(*told, fitting=lambda phrases: [1.0 if "دیر" in p else 0.0 for p in phrases])
    assert late == "دیر رسید"


def test_a_line_break_ends_a_phrase() -> None:
    """Normalised first, "dinner became breakfast" ran into the next line and was lost as a name."""
    found = labels.phrases("شام شد صبحانه\nساعت ۹ شب سفارش دادم", "fa")
    assert [phrase for phrase, _ in found] == ["شام شد صبحانه"]


@pytest.mark.parametrize(
    ("quotes", "language"),
    [
        (["two hours", "six weeks", "an hour", "third time again"], "en"),
        (["یک ساعت", "سه هفته شد", "دو ساعت و نیم", "بار سوم"], "fa"),
        (["peyk kheili dir kard", "ghaza sard bud", "barname bad nist aslan"], "en"),
    ],
)
def test_numbers_times_and_finglish_are_no_labels(quotes: list[str], language: str) -> None:
    """ "Two hours" names no problem, and Persian in Latin letters is not English, however many say it."""
    words_said = {word: 1.0 for quote in quotes for word in words.content(quote)}
    assert labels.best_label(quotes, [0.9] * len(quotes), words_said, language, ()) is None


def test_what_several_share_beats_one_persons_story() -> None:
    """A label speaks for many: the anecdote nearest the middle loses to words that most of them use."""
    quotes = [
        "my mum loves parties",
        "login code never arrives",
        "no login code",
        "the code never arrives",
        "code again",
    ]
    label = labels.best_label(quotes, [0.9, 0.8, 0.8, 0.8, 0.8], {"code": 1, "login": 0.8, "mum": 0.9}, "en", ())
    assert label is not None and "login code" in label.lower()
    quotes = ["مادرم مهمونی دوست داره", "کد ورود نمیاد", "کد ورود نیومد", "چرا کد ورود نمیاد", "کد نمیاد"]
    label = labels.best_label(quotes, [0.9, 0.8, 0.8, 0.8, 0.8], {"کد": 1, "ورود": 0.8, "مادرم": 0.9}, "fa", ())
    assert label is not None and "کد ورود" in label


def test_capitals_stay_where_they_name_something() -> None:
    """ "English" is a name; SHOUTING is not."""
    assert labels.phrases("please add an English menu", "en") == [("Please add an English menu", 0)]
    assert labels.phrases("THE APP IS BROKEN", "en") == [("App is broken", 0)]
    assert labels.phrases("support did NOT answer", "en") == [("Support did not answer", 0)]


def test_a_language_without_texts_gets_a_marked_label() -> None:
    """A stand-in must not pass for what people say."""
    for language in labels.LANGUAGES:
        label = labels.fallback("delivery", language)
        assert labels.is_fallback(label) and words.script(label) == language
