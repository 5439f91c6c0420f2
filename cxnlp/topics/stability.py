"""Would other chance, or other texts, have given other topics? Refits from scratch, compared with each other."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from cxnlp.config import Topics
from cxnlp.topics.assignment import KINDS, assign_placed
from cxnlp.topics.discovery import new_row
from cxnlp.topics.proposals import least_size, propose
from cxnlp.topics.registry import frame
from cxnlp.topics.vectors import to_matrix

CEILING, LEAST = 1_000, 100  # mentions that are refitted; fewer than LEAST tell nothing
REFITS = 2  # with other seeds, and as many on 90 % of the mentions
NONE = "unassigned"


def stability(mentions: pd.DataFrame, settings: Topics) -> dict[str, float | None]:
    """Mean matched Jaccard and adjusted Rand index of refits against a first fit; null with few mentions.

    `mentions` as `discover` takes them; a fixed sample of at most 1,000 is fitted. Rand: Hubert and Arabie 1985.
    """
    names = ("seeds_jaccard", "seeds_ari", "parts_jaccard", "parts_ari")
    usable = mentions[mentions["kind"].isin(KINDS) & mentions["vector"].notna()]
    if len(usable) < LEAST:
        return dict.fromkeys(names)
    from sklearn.metrics import adjusted_rand_score

    draw = usable["mention_id"].map(lambda m: hashlib.sha256(str(m).encode()).digest())
    sample = usable.loc[draw.sort_values().index[:CEILING]]
    first = _fit(sample, settings)
    seeds = [_fit(sample, settings.model_copy(update={"seed": settings.seed + i})) for i in range(1, REFITS + 1)]
    tenth = len(sample) // 10
    parts = [_fit(sample.drop(sample.index[i * tenth : (i + 1) * tenth]), settings) for i in range(REFITS)]
    figures = []
    for others in (seeds, parts):
        pairs = [(first[other.index], other) for other in others]
        figures += [np.mean([jaccard(a, b) for a, b in pairs]), np.mean([adjusted_rand_score(a, b) for a, b in pairs])]
    return {name: float(figure) for name, figure in zip(names, figures, strict=True)}


def _fit(mentions: pd.DataFrame, settings: Topics) -> pd.Series:
    """Topic of each mention_id after discovery from scratch."""
    said = {str(kind): int(n) for kind, n in mentions["kind"].map(KINDS).value_counts().items()}
    least = {kind: least_size(settings.min_size, n) for kind, n in said.items()}
    centre = to_matrix(mentions["vector"]).mean(axis=0)
    found = propose(mentions, least, settings.sample, settings.seed, centre, worded=False)
    rows = frame([new_row(f"T{place:04d}", proposal) for place, proposal in enumerate(found, 1)])
    return assign_placed(mentions, rows).set_index("mention_id")["topic_id"].fillna(NONE).astype(str)


def jaccard(a: pd.Series, b: pd.Series, none: str = NONE) -> float:
    """Mean Jaccard of the groups of `a` with those of `b` that match them best one to one, weighted by size.

    Two series of groups over the same things; `none` is no group. 1 = the same groups. Matching: Kuhn 1955.
    """
    from scipy.optimize import linear_sum_assignment

    table = pd.crosstab(a.to_numpy(), b.to_numpy()).drop(index=none, columns=none, errors="ignore").to_numpy()
    sizes_a = a[a != none].value_counts().sort_index().to_numpy()
    sizes_b = b[b != none].value_counts().sort_index().to_numpy()
    if not len(sizes_a) or not len(sizes_b):
        return float(len(sizes_a) == len(sizes_b))
    score = table / (sizes_a[:, None] + sizes_b[None, :] - table)
    rows, columns = linear_sum_assignment(-score)
    return float((score[rows, columns] * sizes_a[rows]).sum() / sizes_a.sum())
