"""Windows: the place where long texts are lost, doubled or cut in the wrong place."""

import random

import numpy as np
import pytest

from cxnlp.annotate.windows import CONTEXT, STEP, batches, windows
from cxnlp.training.vocabulary import finish

WORDS = ["پیک", "دیر", "رسید", "قیمت", "غذا", "سرد", "بود", "the", "driver", "was", "late", "and", "rude", "food"]
TOKENIZER = finish(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "،", ",", "؟", *WORDS])


def text_of(rng: random.Random, n: int) -> str:
    return "".join(rng.choice(WORDS) + rng.choice((" ", " ", " ", ". ", "، ", "؟\n")) for _ in range(n))


@pytest.mark.parametrize("n", [0, 1, 40, 61, 62, 63, 64, 200, 1500])
def test_every_token_is_read_exactly_once(n: int) -> None:
    """A mention belongs to the window whose core it starts in: cores must tile the text."""
    text = text_of(random.Random(n), n)
    parts = windows(TOKENIZER, [text], 64)
    own = np.concatenate([p.offsets[slice(*p.core)][p.words[slice(*p.core)] >= 0] for p in parts])
    expected = [o for o, w in zip(TOKENIZER.encode(text).offsets, TOKENIZER.encode(text).word_ids) if w is not None]
    assert own.tolist() == [list(o) for o in expected]
    assert max(len(p.ids) for p in parts) <= 64


def test_cuts_fall_after_sentences_and_cores_have_context() -> None:
    """A sentence read in two halves says something else; what is near a cut must be seen with its surroundings."""
    text = "the driver was late and rude. " * 60
    parts = windows(TOKENIZER, [text], 64)
    assert len(parts) > 5
    for part in parts[1:]:
        first = part.offsets[part.core[0]][0]
        assert text[:first].rstrip().endswith(".")
        assert part.core[0] >= CONTEXT


def test_an_endless_word_is_still_cut() -> None:
    """Text without any space or mark must not loop for ever or outgrow the encoder."""
    parts = windows(TOKENIZER, [".؟" * 2500, "x" * 300], 64)
    assert max(len(p.ids) for p in parts) <= 64
    assert sum(p.size for p in parts if p.text == 0) == 5000


def test_padded_length_depends_on_the_window_alone() -> None:
    """Sums over padding differ in the last bit with the padded length; neighbours may not choose it."""
    rng = random.Random(3)
    parts = windows(TOKENIZER, [text_of(rng, rng.randrange(1, 25)) for _ in range(80)], 64)
    made = list(batches(parts, 256, 0))
    assert sorted(w.text for b in made for w in b.windows) == list(range(80))
    for batch in made:
        assert {-(-len(w.ids) // STEP) * STEP for w in batch.windows} == {batch.ids.shape[1]}
        assert batch.ids.size <= 256 or len(batch.windows) == 1
        assert (batch.mask.sum(1) == [len(w.ids) for w in batch.windows]).all()
