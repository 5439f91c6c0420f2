"""Exact and near duplicates: marked, never deleted.

**Duplicate** (`duplicate_of`, not counted again): the same matching form (`normalized`), and

- the same known customer: in the same source at any length, across sources from 4 words on; or
- no known customer on either side, the same source, and at least 4 words.

«عالی بود» by two people, or by nobody known, is two opinions and not a duplicate.

**Near duplicate** (`near_duplicate_of`, marked but still counted): Jaccard similarity ≥ 0.85 of the sets of words and
pairs of neighbouring words, or the same letters but for spaces; both texts of at least 8 words, neither a duplicate;
whoever wrote them, in any source. It names the first such text. Found exactly, by prefix filtering (Bayardo, Ma,
Srikant 2007, "Scaling up all pairs similarity search"; Xiao et al. 2008): if J(a, b) ≥ t, then a and b share one of the
|a| − ⌈t·|a|⌉ + 1 rarest members of a and of b. No random numbers, so every run gives the same marks.

First is the earliest by (created_at, feedback_id), rows without a date last; the order of rows does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MIN_WORDS_ANYWHERE = 4
MIN_WORDS_NEAR = 8
THRESHOLD = 0.85
_SPACES = str.maketrans("", "", " \u200c")
_ODD = np.uint64(0x9E3779B97F4A7C15)
_BUCKETS, _SHIFT = 1 << 24, np.uint64(40)
_CHUNK, _PAIRS = 20_000, 2_000_000  # texts, and pairs of texts, handled at once
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
    letters = {i: texts[i].translate(_SPACES) for i in long}  # «سر هم» and «سرهم» are one word to their writer
    first_of: dict[str, int] = {}
    unique: list[int] = []
    for i in long:
        if (j := first_of.setdefault(letters[i], i)) != i:
            near[i] = j
        else:
            unique.append(i)
    best = np.arange(len(unique))
    chosen = texts[unique]
    for a, b in _candidates(chosen):  # a before b
        if a < best[b] and _jaccard(chosen[a], chosen[b]) >= THRESHOLD:
            best[b] = a
    for b in np.flatnonzero(best != np.arange(len(unique))).tolist():
        near[unique[b]] = unique[best[b]]
    for i in long:  # equal texts share what their first one is nearly equal to
        if near[i] >= 0 and near[near[i]] >= 0 and letters[near[i]] == letters[i]:
            near[i] = near[near[i]]
    return near


def _members(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hashes (uint64) of the distinct words and word pairs of each text, flat, and the text that each belongs to."""
    words = [text.split() for text in texts]
    sizes = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    single = np.fromiter(map(hash, chain.from_iterable(words)), dtype=np.int64, count=int(sizes.sum())).astype(
        np.uint64
    )
    owner = np.repeat(np.arange(len(words)), sizes)
    inside = owner[1:] == owner[:-1]
    pairs = (single[:-1][inside] * _ODD) ^ ((single[1:][inside] + _ODD) * (_ODD + np.uint64(2)))
    members = np.concatenate([single, pairs]) * _ODD
    owner = np.concatenate([owner, owner[1:][inside]])
    order = np.lexsort((members, owner))
    members, owner = members[order], owner[order]
    new = np.ones(len(members), dtype=bool)
    new[1:] = (members[1:] != members[:-1]) | (owner[1:] != owner[:-1])
    return members[new], owner[new]


def _candidates(texts: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs (a, b), a < b, that share a member among the rarest of both and may reach the threshold.

    Two passes over chunks of texts, so that memory holds only the rare members: how often each (hashed to _BUCKETS) is
    used and, per text, its size and which of 256 bits its members flip; then the rarest of each text. With d = |a Δ b|,
    J ≥ t means d ≤ (|a| + |b|)·(1 − t)/(1 + t), and the bits in which a and b differ are at most d.
    """
    counts = np.zeros(_BUCKETS, dtype=np.int32)
    size = np.zeros(len(texts), dtype=np.int64)
    bits = np.zeros((len(texts), 4), dtype=np.uint64)
    chunks = range(0, len(texts), _CHUNK)
    for start in chunks:
        members, owner = _members(texts[start : start + _CHUNK])
        counts += np.bincount(members >> _SHIFT, minlength=_BUCKETS).astype(np.int32)
        size[start : start + _CHUNK] = np.bincount(owner, minlength=len(texts[start : start + _CHUNK]))
        bit = np.uint64(1) << ((members >> np.uint64(8)) & np.uint64(63))
        np.bitwise_xor.at(bits, (owner + start, ((members >> np.uint64(14)) & np.uint64(3)).astype(np.int64)), bit)
    rare = [_rarest(texts[start : start + _CHUNK], start, counts, size) for start in chunks]
    tokens, owners = (np.concatenate(part) for part in zip(*rare)) if rare else (np.empty(0), np.empty(0))
    order = np.lexsort((owners, tokens))
    tokens, owners = tokens[order], owners[order]
    starts = np.flatnonzero(np.concatenate([[True], tokens[1:] != tokens[:-1]])) if len(tokens) else np.empty(0, int)
    group = np.repeat(starts, np.diff(starts, append=len(tokens)))
    earlier = np.minimum(np.arange(len(tokens)) - group, _BLOCK)  # how many of its group each is compared with
    ends = np.cumsum(earlier)
    low = 0
    while low < len(tokens):
        high = max(int(np.searchsorted(ends, (ends[low - 1] if low else 0) + _PAIRS, side="right")), low + 1)
        repeat = earlier[low:high]
        b = np.repeat(owners[low:high], repeat)
        place = np.arange(len(b)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        a = owners[np.repeat(group[low:high], repeat) + place]
        most = (size[a] + size[b]) * ((1 - THRESHOLD) / (1 + THRESHOLD)) + 1e-9
        fits = (np.abs(size[a] - size[b]) <= most) & (np.bitwise_count(bits[a] ^ bits[b]).sum(axis=1) <= most)
        yield from sorted(set(zip(a[fits].tolist(), b[fits].tolist())))
        low = high


def _rarest(texts: np.ndarray, start: int, counts: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each text, the members among its rarest that other texts may have too, and the text's number."""
    members, owner = _members(texts)
    count = counts[members >> _SHIFT]
    order = np.lexsort((members, count, owner))
    members, owner, count = members[order], owner[order], count[order]
    own = size[start : start + len(texts)]
    place = np.arange(len(members)) - np.repeat(np.cumsum(own) - own, own)
    prefix = own - np.ceil(THRESHOLD * own - 1e-9).astype(np.int64) + 1
    kept = (place < prefix[owner]) & (count > 1)
    return members[kept], owner[kept] + start


def _jaccard(one: str, other: str) -> float:
    sets = []
    for words in (one.split(), other.split()):
        sets.append({*words, *pairwise(words)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])
