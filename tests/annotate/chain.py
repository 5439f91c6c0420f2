"""A small chain of tags whose every path can be written out: what decoding and its loss are held against."""

import itertools

import numpy as np

from cxnlp.annotate import decode

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


def emissions_and_transitions() -> tuple[np.ndarray, np.ndarray]:
    """Random scores of four words (4, TAGS), and of the moves between tags (TAGS, TAGS)."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(4, TAGS)).astype(np.float32) * 2, rng.normal(size=(TAGS, TAGS)).astype(np.float32)
