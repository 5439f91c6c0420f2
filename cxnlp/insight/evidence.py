"""The texts behind a number: most telling first, languages taking turns."""

from __future__ import annotations

import numpy as np

from cxnlp.insight.facts import Facts

RANKED, OTHER = 50, 20  # most ids per row


def evidence(facts: Facts, unit: np.ndarray, key: np.ndarray, k: int, most: int = OTHER) -> list[list[str]]:
    """Up to `most` mention_ids for each group 0…k−1; `unit` are positions of mentions, `key` their groups.

    Most telling = confidence × severity × recency (halved every 180 days); within that, Persian and English (and the
    others) alternate, so that neither language hides the other. Doubtful ones come after all others.
    """
    place, tongue, doubtful = (facts.mentions[c].to_numpy()[unit] for c in ("place", "tongue", "doubtful"))
    order = np.lexsort((place, doubtful, tongue, key))
    turn = _position(key[order] * (int(tongue.max(initial=0)) + 1) + tongue[order])
    order = order[turn < most]
    again = np.lexsort((place[order], turn[turn < most], doubtful[order], key[order]))
    order = order[again]
    order = order[_position(key[order]) < most]
    ids = facts.mentions["mention_id"].to_numpy()[unit[order]]
    ends = np.searchsorted(key[order], np.arange(k + 1))
    return [ids[ends[i] : ends[i + 1]].tolist() for i in range(k)]


def _position(group: np.ndarray) -> np.ndarray:
    """0, 1, 2 … within each run of equal numbers."""
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else np.zeros(0, dtype=int)
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))
