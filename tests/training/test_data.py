"""Labels survive the way from characters to tokens."""

import random

from cxnlp import taxonomy
from cxnlp.annotate.network import Heads
from cxnlp.training import augment, vocabulary
from cxnlp.training.data import UNKNOWN, batches, collate, encode, examples, weak_examples

HEADS = Heads(touchpoints=tuple(t.id for t in taxonomy.load().touchpoints), window=64)


def tokenizer_for(texts: list[str]):
    counts = vocabulary.words(texts)
    letters = sorted({c for w in counts for c in w})
    pieces = [*vocabulary.SPECIAL, *letters, *("##" + c for c in letters), *counts]
    return vocabulary.finish(list(dict.fromkeys(pieces)))


def test_offsets_refer_to_the_text_as_given() -> None:
    """Quotes are cut from the user's own text: Arabic letters, half-spaces, accents and emojis must not shift them."""
    texts = ["كيفيّت بسته‌بندی عاااالی 😍😍 بود", "Café  was soooo good — 10/10 👍🏽"]
    tokenizer = tokenizer_for(texts)
    for text, (_, words, offsets) in zip(texts, encode(tokenizer, texts, 64), strict=True):
        seen = [text[a:b] for (a, b), w in zip(offsets, words, strict=True) if w >= 0]
        assert "".join(seen).replace("ّ", "") == "".join(
            c for c in text if not c.isspace() and c not in "\u200c\u064b\u0651"
        )


def test_arabic_and_persian_spellings_read_alike() -> None:
    """A keyboard's Arabic letters, digits or missing half-spaces' kin must not change what the model sees."""
    norm = vocabulary.normaliser()
    assert norm.normalize_str("كيفيت ١٢۳") == norm.normalize_str("کیفیت 123")
    assert norm.normalize_str("می‌خوام") == norm.normalize_str("می خوام")
    assert norm.normalize_str("عااااااالی") == norm.normalize_str("عاالی")


def test_tags_and_spans_cover_the_mentions(records: list[dict]) -> None:
    """A shifted tag teaches wrong borders, silently."""
    tokenizer = tokenizer_for([r["text"] for r in records])
    made = examples(records, tokenizer, HEADS)
    encoded = encode(tokenizer, [r["text"] for r in records], 64)
    for record, example, (_, _, offsets) in zip(records, made, encoded, strict=True):
        quotes = [record["text"][offsets[a, 0] : offsets[b - 1, 1]] for a, b, *_ in example.spans]
        assert quotes == [m["quote"] for m in record["mentions"]]
        begins = [HEADS.kinds[(t - 1) // 2] for t in example.tags if t > 0 and t % 2 == 1]
        assert begins == [m["kind"] for m in record["mentions"]]
        assert example.tags[0] == UNKNOWN


def test_weak_records_leave_unknown_what_they_do_not_say() -> None:
    """A star rating says nothing of touchpoints: as zeros it would teach that nothing was mentioned."""
    weak = [
        {"text": "خیلی بد بود", "lang": "fa", "set": "snappfood", "sign": -1},
        {"text": "late again", "lang": "en", "set": "airline", "sentiment": "neg", "kind": "pain",
         "places": {"delivery": True}},
    ]  # fmt: skip
    tokenizer = tokenizer_for([r["text"] for r in weak])
    batch = collate(weak_examples(weak, tokenizer, HEADS), 0, HEADS)
    assert batch["sentiment"].tolist() == [UNKNOWN, 0]
    assert bool(batch["touch"][0].isnan().all())
    assert batch["touch"][1, 0].sum() == 1
    assert batch["sign"][0] == -1
    assert bool(batch["sign"][1].isnan())


def test_every_text_is_in_exactly_one_batch(records: list[dict]) -> None:
    """Length sorting must neither lose nor repeat texts."""
    made = examples(records * 5, tokenizer_for([r["text"] for r in records]), HEADS)
    seen = [id(e) for b in batches(made, 4, seed=1, tokens=100) for e in b]
    assert sorted(seen) == sorted(id(e) for e in made)


def test_rewriting_moves_the_mentions_along(records: list[dict]) -> None:
    """Augmented texts keep their labels on the same words, in both languages and in Finglish."""
    rng = random.Random(5)
    for record in records:
        for edit in (augment.join, augment.stretch, augment.slip, augment.finglish):
            fresh = augment.rewrite(record, edit, 1.0, rng)
            assert len(fresh["mentions"]) == len(record["mentions"])
            for old, new in zip(record["mentions"], fresh["mentions"], strict=True):
                assert new["quote"] == fresh["text"][new["start"] : new["end"]]
                assert len(new["quote"].split()) == len(old["quote"].split())
                assert bool(new["target"]) == bool(old["target"])
                assert new["target"] in fresh["text"][new["start"] :]
    latin = augment.rewrite(records[0], augment.finglish, 1.0, rng)["text"]
    assert latin.isascii()
    assert "peyk" in latin or "peik" in latin
