"""The tagging loss and the decoder speak of the same distribution over segmentations."""

import itertools

import numpy as np
import pytest
import torch

from cxnlp.annotate import decode
from cxnlp.training.data import UNKNOWN
from cxnlp.training.losses import crf

TAGS = 5  # O and two kinds


def every_path(emissions: np.ndarray, transitions: np.ndarray, free: bool = False) -> dict[tuple[int, ...], float]:
    """Probability of every allowed tag sequence, by enumeration; ``free``: it may start inside a mention."""
    moves = decode.allowed(transitions)
    scores = {}
    for path in itertools.product(range(TAGS), repeat=len(emissions)):
        if path[0] in (2, 4) and not free:
            continue
        score = sum(emissions[i, t] for i, t in enumerate(path))
        scores[path] = score + sum(moves[a, b] for a, b in itertools.pairwise(path))
    top = max(scores.values())
    total = sum(np.exp(s - top) for s in scores.values())
    return {p: float(np.exp(s - top) / total) for p, s in scores.items()}


@pytest.fixture
def chain() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(4, TAGS)).astype(np.float32) * 2, rng.normal(size=(TAGS, TAGS)).astype(np.float32)


def test_loss_is_minus_log_of_the_gold_path(chain: tuple[np.ndarray, np.ndarray]) -> None:
    """The loss trains the same chain, per word; texts of other lengths in the batch do not leak in."""
    emissions, transitions = chain
    both = torch.from_numpy(np.stack([emissions, emissions]))
    tags = torch.tensor([[1, 2, 0, 3], [0, 1, UNKNOWN, UNKNOWN]])
    moves = torch.from_numpy(decode.allowed(transitions))
    loss = crf(both, tags, moves)
    first = every_path(emissions, transitions, free=True)[(1, 2, 0, 3)]
    second = every_path(emissions[:2], transitions, free=True)[(0, 1)]
    assert float(loss) == pytest.approx(-np.log(first * second) / 6, rel=1e-3)
