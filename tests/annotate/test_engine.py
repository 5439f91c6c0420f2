"""The reader at work. The model is tiny and untrained: these tests are about what must hold for any model."""

import random

import numpy as np
import pandas as pd
import pytest

from cxnlp import tables, taxonomy
from cxnlp.annotate import Annotator
from cxnlp.annotate.engine import MENTION_COLUMNS, TEXT_COLUMNS, join_sentiment, readable
from cxnlp.registry import ModelFolder
from tests.annotate.tiny import TEXTS

BAD = {
    "empty": "",
    "whitespace": " \t\r\n\u200c\u00a0 ",
    "controls": "\x00\x01\x1b\x7f\u202e\u2066",
    "numbers": "۱۲۳ 456 7.89",
    "punctuation": "?!…،؛",
    "chinese": "快递太慢了，包装也破了。",
    "russian": "Доставка опоздала на два дня",
    "lone surrogate": "\ud83d",
}
ODD = {
    "surrogates inside": "پیک \ud83d دیر \udc00 رسید and the \udfffdriver was rude",
    "control characters inside": "The\x00 driver\x08 was\x1b late\u202e and پیک دیر\u2066 رسید",
    "emojis": "عالی 😍😍👨‍👩‍👧‍👦 ولی گرون 👎🏽 great 👍",
    "half-spaces": "بسته‌بندی‌هاشون می‌شکنه و نمی‌دونم چرا",
    "arabic letters": "كيفيت خيلي بد بود، پيك دير رسيد",
    "stretched": "خیلییییییییی بدددددد و soooooo slowwwww!!!!!!!!",
    "ligatures": "ﷺ ﻻ ﬁne ﬀ ½ ①",
    "combining": "cafe\u0301 گـــــرون خوٌب",
    "one endless word": "aaaa" * 2000,
    "one endless persian word": "بدبدخ" * 2000,
}


def frame(texts: list[str | None]) -> pd.DataFrame:
    ids = pd.Series([f"f{i}" for i in range(len(texts))], dtype=object)
    return pd.DataFrame({"feedback_id": ids, "text": pd.Series(texts, dtype=object)})


def test_frames_fit_the_tables(reader: Annotator) -> None:
    """The lake checks every column; a type that does not fit would fail the run after the work was done."""
    given = frame([*TEXTS, None, ""])
    before = given.copy(deep=True)
    texts, mentions = reader.annotate(given)
    pd.testing.assert_frame_equal(given, before)
    assert tuple(texts.columns) == TEXT_COLUMNS
    assert tuple(mentions.columns) == MENTION_COLUMNS
    assert texts["feedback_id"].tolist() == given["feedback_id"].tolist()
    assert texts["sentiment"].isna().tolist() == [False] * len(TEXTS) + [True, True]
    assert texts["model_version"].eq("reader-2026.1.1").all()
    tables.conform(texts, "feedback")
    arrow = tables.conform(mentions, "mentions")
    assert arrow["mention_id"].null_count == 0
    assert len(set(mentions["mention_id"])) == len(mentions) > 0
    vectors = np.stack([np.frombuffer(v, dtype="<f2") for v in mentions["vector"]]).astype(float)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=0.01)


@pytest.mark.parametrize("name", [*BAD, *ODD])
def test_one_row_for_any_text_and_quotes_are_exact(reader: Annotator, name: str) -> None:
    """Whatever stands in a cell, offsets count its characters; a wrong quote would be a false citation."""
    text = {**BAD, **ODD}[name]
    texts, mentions = reader.annotate(frame([text]))
    assert len(texts) == 1
    for m in mentions.to_dict("records"):
        assert text[m["start"] : m["end"]] == m["quote"] != ""
        assert m["target"] is None or m["target"] in m["quote"]
        assert m["severity"] in ((1, 2, 3) if m["kind"] == "pain" else (0,))
        assert 0 <= m["confidence"] <= 1
        taxonomy.load().stage_of(m["touchpoint"])
    if name in BAD:
        assert texts["sentiment"].isna().all()
        assert mentions.empty


def test_emojis_alone_have_a_mood_but_no_words(reader: Annotator) -> None:
    """😡😡 says something about the text, yet there is no statement to quote."""
    texts, mentions = reader.annotate(frame(["😡😡😡"]))
    assert texts["sentiment"].notna().all()
    assert mentions.empty


def test_nothing_at_all(reader: Annotator) -> None:
    """An empty batch is legal: a run with no new rows asks for it."""
    texts, mentions = reader.annotate(frame([]))
    assert (len(texts), len(mentions)) == (0, 0)
    assert tuple(mentions.columns) == MENTION_COLUMNS


def test_neighbours_do_not_change_a_result(reader: Annotator, folder: ModelFolder) -> None:
    """A customer's text must read the same today alone and tomorrow in a batch of thousands, on one core or on two."""
    rng = random.Random(7)
    texts = TEXTS + [" ".join(rng.sample(" ".join(TEXTS).split(), n)) for n in range(1, 60, 4)]
    together = reader.read(texts)
    shuffled = rng.sample(texts, len(texts))
    other = Annotator(folder, threads=1, batch_tokens=100)
    alone = [other.read([text])[0] for text in texts]
    for readings in (alone, [dict(zip(shuffled, reader.read(shuffled)))[text] for text in texts]):
        for one, another in zip(together, readings):
            assert one.mentions == another.mentions
            assert (one.sentiment, one.score, one.confidence) == (another.sentiment, another.score, another.confidence)
            for a, b in zip(one.vectors, another.vectors):
                assert np.allclose(a, b, atol=1e-5)


def test_a_long_text_is_read_to_its_end(reader: Annotator) -> None:
    """100,000 characters: nothing is cut silently, mentions stand in order and do not overlap."""
    sentence = "پیک خیلی دیر رسید. The checkout page froze twice. "
    text = (sentence * (100_000 // len(sentence) + 1))[:100_000]
    _, mentions = reader.annotate(frame([text]))
    assert mentions["end"].max() > 99_500
    assert mentions["start"].is_monotonic_increasing
    assert (mentions["start"].to_numpy()[1:] >= mentions["end"].to_numpy()[:-1]).all()
    counts = np.histogram(mentions["start"], bins=10, range=(0, 100_000))[0]
    assert counts.min() > 0.5 * counts.max()


def test_windows_that_disagree_make_a_mixed_text() -> None:
    """A long text of praise and then of blame is mixed, although none of its windows is."""
    labels = ["neg", "neu", "pos", "mixed"]
    blame, praise = np.array([6.0, 0, 0, 0]), np.array([0, 0, 6.0, 0])
    assert labels[join_sentiment(np.stack([blame, praise]), np.ones(2), labels).argmax()] == "mixed"
    assert labels[join_sentiment(np.stack([blame, blame]), np.ones(2), labels).argmax()] == "neg"
    assert (join_sentiment(blame[None], np.ones(1), labels) == blame).all()


def test_both_scripts_are_readable_and_others_are_not() -> None:
    """Abstaining is for what the model has never seen; neither language may fall into it."""
    assert all(readable(text) for text in (*TEXTS, "بد", "ok", "👍", "iPhone 手机 is bad"))
    assert not any(readable(text) for text in BAD.values())


def test_features_are_one_row_per_text(reader: Annotator) -> None:
    """A linear model learns from these; an empty text must not shift the rows after it."""
    features = reader.features([TEXTS[0], "", TEXTS[4]])
    assert features.shape == (3, 32 + 4 + 2 * 28)
    assert (features[1] == 0).all()
    assert (reader.features([TEXTS[4]])[0] == features[2]).all()
