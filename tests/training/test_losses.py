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


def test_posteriors_are_those_of_enumeration(chain: tuple[np.ndarray, np.ndarray]) -> None:
    """Confidence is built on segment posteriors: a slip in the forward or backward sums must show."""
    emissions, transitions = chain
    paths = every_path(emissions, transitions)
    found = decode.candidates(emissions[None], np.array([4]), transitions, least=1e-6)
    got = {(int(k), int(a), int(b)): p for _, k, a, b, p in zip(*found, strict=True)}
    for kind, start, end in itertools.product(range(2), range(4), range(1, 5)):
        if start >= end:
            continue
        begin, within = 1 + 2 * kind, 2 + 2 * kind
        wanted = sum(
            p
            for path, p in paths.items()
            if path[start] == begin
            and all(t == within for t in path[start + 1 : end])
            and (end == 4 or path[end] != within)
        )
        assert got.get((kind, start, end), 0.0) == pytest.approx(wanted, abs=1e-4)


def test_padding_changes_nothing(chain: tuple[np.ndarray, np.ndarray]) -> None:
    """A text decodes alike alone and beside a longer one."""
    emissions, transitions = chain
    alone = decode.candidates(emissions[None, :3], np.array([3]), transitions)
    both = np.stack([np.vstack([emissions[:3], np.full((1, TAGS), 9.0)]), emissions]).astype(np.float32)
    beside = decode.candidates(both, np.array([3, 4]), transitions)
    own = beside[0] == 0
    for a, b in zip(alone[1:], beside[1:], strict=True):
        np.testing.assert_allclose(a, b[own], rtol=1e-4)


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


def test_schedule_takes_the_best_disjoint_set() -> None:
    """A long span must give way to two short ones that are worth more together, and losses are never taken."""
    start, end = np.array([0, 0, 3, 6]), np.array([6, 3, 6, 8])
    assert decode.schedule(start, end, np.array([0.5, 0.3, 0.3, -0.1])) == [1, 2]
    assert decode.schedule(start, end, np.array([0.7, 0.3, 0.3, 0.1])) == [0, 3]
    assert decode.schedule(start, end, np.array([-1.0, -1.0, -1.0, -1.0])) == []
