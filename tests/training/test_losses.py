"""The tagging loss and the decoder speak of the same distribution over segmentations."""

import numpy as np
import pytest
import torch

from cxnlp.annotate import decode
from cxnlp.training.data import UNKNOWN
from cxnlp.training.losses import crf
from tests.annotate.chain import emissions_and_transitions, every_path


@pytest.fixture
def chain() -> tuple[np.ndarray, np.ndarray]:
    return emissions_and_transitions()


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
