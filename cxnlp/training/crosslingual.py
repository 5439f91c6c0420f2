"""Vectors for Persian pieces in the English encoder's own table, before any training.

Static vectors of both languages from co-occurrence, a dictionary from translated pairs, one rotation between them,
then each Persian piece as a mean of the English pieces it is near to (WECHSEL, Minixhofer et al. 2022).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Dictionary = dict[int, list[tuple[float, int]]]  # Persian piece → (strength, English piece), strongest first


def static_vectors(
    sentences: Sequence[Sequence[int]], pieces: int, size: int = 200, reach: int = 5
) -> tuple[Any, Ints]:
    """(vectors (pieces, size), counts) of piece ids: truncated SVD of positive PMI (Levy, Goldberg & Dagan 2015).

    Co-occurrence within ``reach`` pieces counts 1 / distance; contexts are smoothed by the power 3/4.
    """
    from sklearn.utils.extmath import randomized_svd

    ids = np.concatenate([np.asarray(s, dtype=np.int32) for s in sentences])
    which = np.repeat(np.arange(len(sentences)), [len(s) for s in sentences])
    counts = sp.csr_matrix((pieces, pieces), dtype=np.float32)
    for d in range(1, reach + 1):
        same = which[:-d] == which[d:]
        near = (np.full(int(same.sum()), 1.0 / d, np.float32), (ids[:-d][same], ids[d:][same]))
        one = sp.coo_matrix(near, shape=(pieces, pieces)).tocsr()
        counts = counts + one + one.T
    rows = np.asarray(counts.sum(1)).ravel()
    context = np.asarray(counts.sum(0)).ravel() ** 0.75
    cells = counts.tocoo()
    share = rows[cells.row] * (context / context.sum())[cells.col]
    ppmi = sp.csr_matrix((np.maximum(np.log(cells.data / share), 0), (cells.row, cells.col)), shape=counts.shape)
    u, s, _ = randomized_svd(ppmi, size, n_iter=4, random_state=0)
    return unit(u * np.sqrt(s)), np.bincount(ids, minlength=pieces)


def unit(x: Any) -> Any:
    """Rows of length one."""
    return x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9)


def dictionary(pairs: Sequence[tuple[Sequence[int], Sequence[int]]], pieces: int, rounds: int = 6) -> Dictionary:
    """Translations of pieces from aligned texts: IBM model 1 (Brown et al. 1993), kept when both directions agree."""
    sources: list[int] = []
    targets: list[int] = []
    slots: list[int] = []
    slot = 0
    for fa, en in pairs:
        own = list(set(fa))
        for piece in set(en) if own else ():
            sources += own
            targets += [piece] * len(own)
            slots += [slot] * len(own)
            slot += 1
    cells, inverse = np.unique(np.array(sources, np.int64) * pieces + np.array(targets), return_inverse=True)
    source, target, at = cells // pieces, cells % pieces, np.array(slots)
    chance = counts = np.ones(len(cells))
    for _ in range(rounds):
        weight = chance[inverse]
        counts = np.bincount(inverse, weights=weight / np.bincount(at, weights=weight)[at], minlength=len(cells))
        chance = counts / np.bincount(source, weights=counts, minlength=pieces)[source]
    strength = np.sqrt(chance * counts / np.bincount(target, weights=counts, minlength=pieces)[target])
    found: Dictionary = {}
    for i in np.flatnonzero((strength > 0.25) & (counts > 1.2)):
        found.setdefault(int(source[i]), []).append((float(strength[i]), int(target[i])))
    return {fa: sorted(words, reverse=True)[:4] for fa, words in found.items()}


def csls(a: Any, b: Any, k: int = 10) -> Any:
    """Similarities of unit rows corrected for hubs (cross-domain similarity local scaling, Conneau et al. 2018)."""
    scores = a @ b.T
    near_a = np.partition(scores, -k, axis=1)[:, -k:].mean(1, keepdims=True)
    near_b = np.partition(scores, -k, axis=0)[-k:].mean(0, keepdims=True)
    return 2 * scores - near_a - near_b


def rotation(fa: Any, en: Any, seeds: Ints, frequent: tuple[Ints, Ints], rounds: int = 4) -> Any:
    """The orthogonal map of Persian on English vectors (Procrustes), refined on mutual nearest neighbours.

    ``seeds`` (n, 2) pairs of piece ids; ``frequent`` ids of both languages among which neighbours are sought.
    """
    pairs, turn = seeds, np.eye(fa.shape[1])
    for _ in range(rounds):
        u, _, vt = np.linalg.svd(fa[pairs[:, 0]].T @ en[pairs[:, 1]])
        turn = u @ vt
        scores = csls(fa[frequent[0]] @ turn, en[frequent[1]])
        forth, back = scores.argmax(1), scores.argmax(0)
        mutual = [(frequent[0][i], frequent[1][j]) for i, j in enumerate(forth) if back[j] == i]
        pairs = np.concatenate([seeds, np.array(mutual, dtype=np.int64).reshape(-1, 2)])
    return turn


def persian_rows(
    fa: tuple[Any, Ints], en: tuple[Any, Ints], known: Dictionary, table: Floats, persian: Ints, english: Ints
) -> dict[int, Floats]:
    """Rows for Persian pieces: a mean of English rows of ``table``, by dictionary and by nearness.

    ``fa`` and ``en``: static vectors and counts; ``persian`` and ``english``: ids of either kind of piece, the English
    ones with a row of the teacher in ``table`` (pieces, hidden).
    """
    ours, theirs = persian[fa[1][persian] > 25], english[en[1][english] > 25]
    seeds = [(f, w[0][1]) for f, w in known.items() if fa[1][f] > 30 and en[1][w[0][1]] > 30]
    often = (ours[np.argsort(-fa[1][ours])[:5000]], theirs[np.argsort(-en[1][theirs])[:5000]])
    turn = rotation(fa[0], en[0], np.array(seeds), often)
    scores = csls(fa[0][ours] @ turn, en[0][theirs])
    rows: dict[int, Floats] = {}
    for near, piece in zip(scores, ours, strict=True):
        top = np.argpartition(-near, 10)[:10]
        weight = np.exp((near[top] - near[top].max()) / 0.05)
        rows[int(piece)] = (weight / weight.sum()) @ table[theirs[top]]
    for piece, words in known.items():
        strength = np.array([s for s, _ in words])
        told = (strength / strength.sum()) @ table[[w for _, w in words]]
        share = min(0.8, float(strength.max())) if piece in rows else 1.0
        rows[piece] = share * told + (1 - share) * rows.get(piece, told)
    return {piece: (1.3 * row).astype(np.float32) for piece, row in rows.items()}
