"""Vectors of mentions and topics: little-endian float16 of unit length, in and out of the tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxnlp import taxonomy

Matrix = npt.NDArray[np.float64]
ABOUT = 0.1  # of the squared length: what a mention is about (touchpoint), beside what it says (embedding)


def to_matrix(vectors: Iterable[bytes | None]) -> Matrix:
    """Rows of float64, shape (n, d); a null vector becomes a row of zeros, which is like nothing."""
    rows = list(vectors)
    width = next((len(r) for r in rows if r is not None), 0)
    data = b"".join(bytes(width) if r is None else r for r in rows)
    return np.frombuffer(data, dtype="<f2").reshape(len(rows), width // 2).astype(np.float64)


def to_bytes(vector: npt.NDArray[Any]) -> bytes:
    """A vector of unit length as the tables keep it; zeros stay zeros."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype("<f2").tobytes()


def unit(matrix: Matrix) -> Matrix:
    """Rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths == 0, 1, lengths)


def mean(matrix: Matrix) -> Matrix:
    """The direction in the middle of rows of unit length, rounded as the tables round it, shape (d,)."""
    return np.frombuffer(to_bytes(matrix.mean(axis=0)), dtype="<f2").astype(np.float64)


def placed(mentions: pd.DataFrame) -> pd.Series:
    """Where topics see each mention: its embedding and its touchpoint side by side, unit length; null stays null.

    "An hour late" and "an hour on hold" say nearly the same of different things. `general` mentions, which are about
    nothing in particular, are placed by their embedding alone.
    """
    vectors, names = to_matrix(mentions["vector"]), sorted(t.id for t in taxonomy.load().touchpoints)
    about = np.zeros((len(vectors), len(names)))
    codes = pd.Categorical(mentions["touchpoint"], categories=names).codes
    known = (codes >= 0) & (mentions["touchpoint"] != "general").to_numpy()
    about[known, codes[known]] = ABOUT**0.5
    vectors[known] *= (1 - ABOUT) ** 0.5
    rows = np.hstack([vectors, about]).astype("<f2")
    packed = [row.tobytes() if there else None for row, there in zip(rows, mentions["vector"].notna(), strict=True)]
    return pd.Series(packed, index=mentions.index, dtype=object)
