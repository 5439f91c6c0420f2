"""Which words a mention is quoted with."""

import numpy as np

from cxnlp.annotate.decode import alike, worded


def test_the_quote_keeps_its_last_word() -> None:
    """«اصلا ارزش قیمتش رو» without «نداره» says the opposite, as does "the courier was" without "rude" say nothing."""
    start, stop, kind = np.array([0, 0, 1]), np.array([4, 5, 5]), np.zeros(3, dtype=int)  # the middle one is the whole
    chance = np.array([0.25, 0.45, 0.2], dtype=np.float32)
    near = alike(start * 5, stop * 5, kind)
    score = np.array([0.91, 0.90, 0.85], dtype=np.float32)
    assert worded([0], near, start, stop, score, chance) == [1]


def test_neighbours_are_not_swallowed() -> None:
    """A longer wording may not run into the mention that follows it, nor be worth much less than the one chosen."""
    start, stop, kind = np.array([0, 0, 4]), np.array([4, 6, 7]), np.zeros(3, dtype=int)
    chance = np.array([0.3, 0.6, 0.8], dtype=np.float32)
    near = alike(start, stop, kind)
    assert worded([0, 2], near, start, stop, np.array([0.9, 0.9, 0.8]), chance) == [0, 2]
    assert worded([0], near, start, stop, np.array([0.9, 0.5, 0.8]), chance) == [0]
