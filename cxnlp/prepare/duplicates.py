"""Exact and near duplicates: marked, never deleted.

**Duplicate** (`duplicate_of`, not counted again): the same matching form (`normalized`), and

- the same known customer: in the same source at any length, across sources from 4 words on; or
- no known customer on either side, the same source, and at least 4 words.

«عالی بود» by two people, or by nobody known, is two opinions and not a duplicate.

**Near duplicate** (`near_duplicate_of`, marked but still counted): Jaccard similarity ≥ 0.85 of the sets of words and
pairs of neighbouring words, both texts of at least 8 words, neither a duplicate; whoever wrote them, in any source. It
names the first such text. Found exactly, by prefix filtering (Bayardo, Ma, Srikant 2007, "Scaling up all pairs
similarity search"; Xiao et al. 2008): if J(a, b) ≥ t, then a and b share one of the |a| − ⌈t·|a|⌉ + 1 rarest members
of a and of b. No random numbers, so every run gives the same marks.

First is the earliest by (created_at, feedback_id), rows without a date last; the order of rows does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MIN_WORDS_ANYWHERE = 4
MIN_WORDS_NEAR = 8
THRESHOLD = 0.85
_BLOCK = 1000  # texts sharing a rare member are compared with so many first ones: bounds what a template costs


def mark_duplicates(new: pd.DataFrame, known: pd.DataFrame | None = None) -> pd.DataFrame:
    """`new` with columns duplicate_of and near_duplicate_of (feedback_id or None), index and order as given.

    Both frames carry feedback_id, source, normalized, customer_id, created_at and optionally role (only customers'
    rows are marked). Rows of `known`, stored earlier, come before all new ones whatever their date, and are not
    marked again; give everything as `new` for marks that do not depend on what was stored when.
    """
    import pandas as pd

    columns = ["feedback_id", "source", "normalized", "customer_id", "created_at"]
    rows = new[columns].assign(_new=True, _role=new.get("role"), _place=range(len(new)))
    if known is not None and len(known):
        known = known[~known["feedback_id"].isin(new["feedback_id"])]
        rows = pd.concat([known[columns].assign(_new=False, _role=known.get("role"), _place=-1), rows])
    rows = rows[rows["normalized"].fillna("").ne("") & rows["_role"].fillna("customer").eq("customer")]
    rows = rows.sort_values(["_new", "created_at", "feedback_id"], na_position="last", ignore_index=True)
    first = _first_with_same_text(rows)
    near = _first_near(rows["normalized"].to_numpy(dtype=object), first)
    marks = {}
    for name, original in (("duplicate_of", first), ("near_duplicate_of", near)):
        values = np.full(len(new), None, dtype=object)
        marked = (original >= 0) & rows["_new"].to_numpy(dtype=bool)
        values[rows["_place"].to_numpy()[marked]] = rows["feedback_id"].to_numpy(dtype=object)[original[marked]]
        marks[name] = pd.Series(values, index=new.index, dtype=object)
    return new.assign(**marks)


def _first_with_same_text(rows: pd.DataFrame) -> np.ndarray:
    """Position of the row that each is a duplicate of, or −1."""
    words = rows["normalized"].str.count(" ") + 1
    known = rows["customer_id"].notna()
    everywhere = known & (words >= MIN_WORDS_ANYWHERE)
    keys = rows[["normalized", "customer_id", "source"]].astype(object)
    keys.loc[everywhere, "source"] = None
    groups = keys.groupby(["normalized", "customer_id", "source"], dropna=False, sort=False).ngroup().to_numpy()
    _, firsts = np.unique(groups, return_index=True)
    original = firsts[np.searchsorted(np.unique(groups), groups)] if len(rows) else np.empty(0, dtype=np.int64)
    alone = (original == np.arange(len(rows))) | (~known & (words < MIN_WORDS_ANYWHERE)).to_numpy()
    return np.where(alone, -1, original)


def _first_near(texts: np.ndarray, duplicate: np.ndarray) -> np.ndarray:
    """Position of the first text that each is nearly equal to, or −1. Texts come in order of precedence."""
    near = np.full(len(texts), -1, dtype=np.int64)
    long = [i for i in np.flatnonzero(duplicate < 0).tolist() if texts[i].count(" ") >= MIN_WORDS_NEAR - 1]
    first_of: dict[str, int] = {}
    unique: list[int] = []
    for i in long:
        if (j := first_of.setdefault(texts[i], i)) != i:
            near[i] = j
        else:
            unique.append(i)
    if not unique:
        return near
    members, starts = _members([texts[i] for i in unique])
    best = np.arange(len(unique))
    for a, b in _candidates(members, starts):  # a before b
        one, other = members[starts[a] : starts[a + 1]], members[starts[b] : starts[b + 1]]
        if a < best[b] and _jaccard(one, other) >= THRESHOLD:
            best[b] = a
    for b in np.flatnonzero(best != np.arange(len(unique))).tolist():
        near[unique[b]] = unique[best[b]]
    for i in long:  # equal texts share what their first one is nearly equal to
        if near[i] >= 0 and near[near[i]] >= 0 and texts[near[i]] == texts[i]:
            near[i] = near[near[i]]
    return near


def _members(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Words and word pairs of each text as sorted distinct numbers, flat, and where each text starts (n + 1)."""
    import pandas as pd

    ids: dict[str, int] = {}
    words: list[int] = []
    ends = []
    for text in texts:
        words.extend(ids.setdefault(word, len(ids)) for word in text.split())
        ends.append(len(words))
    single = np.array(words, dtype=np.int64)
    owner = np.repeat(np.arange(len(texts)), np.diff(ends, prepend=0))
    inside = owner[1:] == owner[:-1]
    codes, pairs = pd.factorize(single[:-1][inside] * len(ids) + single[1:][inside])
    code = np.concatenate([single, codes + len(ids)])
    spread = len(ids) + len(pairs)
    keys = np.sort(pd.unique(np.concatenate([owner, owner[1:][inside]]) * spread + code))
    starts = np.searchsorted(keys, np.arange(len(texts) + 1) * spread)
    return keys % max(spread, 1), starts


def _candidates(members: np.ndarray, starts: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs (a, b), a < b, that share a member among the rarest of both, and whose sizes allow the threshold."""
    size = np.diff(starts)
    counts = np.bincount(members)
    owner = np.repeat(np.arange(len(size)), size)
    order = np.lexsort((members, counts[members], owner))  # within each text, rarest first
    prefix = size - np.ceil(THRESHOLD * size - 1e-9).astype(np.int64) + 1
    place = np.arange(len(members)) - starts[owner]
    kept = order[place < prefix[owner]]
    kept = kept[counts[members[kept]] > 1]
    kept = kept[np.lexsort((owner[kept], members[kept]))]
    tokens, owners = members[kept], owner[kept]
    edges = np.flatnonzero(np.diff(tokens, prepend=-1, append=-1))
    for start, end in pairwise(edges.tolist()):
        group = owners[start:end]
        sizes = size[group]
        for later in range(1, len(group)):
            before = slice(0, min(later, _BLOCK))
            fits = (sizes[before] >= THRESHOLD * sizes[later]) & (sizes[later] >= THRESHOLD * sizes[before])
            for a in group[before][fits]:
                yield int(a), int(group[later])


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)
