"""Is this set of topics any good? Coverage, coherence, diversity, language purity, sizes: numbers for every run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from cxnlp.topics import words
from cxnlp.topics.assignment import KINDS, LIVE
from cxnlp.topics.describe import counted

TOP = 10
TEXTS = 20_000


def scorecard(topics: pd.DataFrame, mentions: pd.DataFrame) -> dict[str, Any]:
    """Figures of one run; `mentions` carry their topic_id. Shares are 0…1, null where nothing can be measured.

    coverage: share of pains, praises, requests and questions that have a topic; npmi, c_v, diversity: see there;
    purity: mean share of the larger language over topics; one_language: share of topics with one language only.
    `update` adds the figures of stability.py.
    """
    level = topics[(topics["level"] == "topic") & topics["status"].isin(LIVE)]
    minable = mentions[mentions["kind"].isin(KINDS)]
    sizes = level["size"].astype(float)
    persian = (level["size_fa"].astype(float) / sizes.where(sizes > 0)).dropna()
    lists = {
        lang: [list(k)[:TOP] for k in level[f"keywords_{lang}"] if isinstance(k, list | np.ndarray)]
        for lang in ("fa", "en")
    }
    texts = counted(mentions)["quote"]
    return {
        "topics": len(level),
        "themes": int((topics["level"] == "theme").sum()),
        "mentions": len(minable),
        "coverage": _share(minable["topic_id"].notna()),
        "coverage_fa": _share(minable.loc[minable["language"] == "fa", "topic_id"].notna()),
        "coverage_en": _share(minable.loc[minable["language"] == "en", "topic_id"].notna()),
        "npmi_fa": npmi(lists["fa"], texts),
        "npmi_en": npmi(lists["en"], texts),
        "c_v_fa": c_v(lists["fa"], texts),
        "c_v_en": c_v(lists["en"], texts),
        "diversity_fa": diversity(lists["fa"]),
        "diversity_en": diversity(lists["en"]),
        "purity": _mean(np.maximum(persian, 1 - persian)),
        "one_language": _mean(((persian == 0) | (persian == 1)).astype(float)),
        "size_least": float(sizes.min()) if len(sizes) else None,
        "size_median": float(sizes.median()) if len(sizes) else None,
        "size_largest_share": float(sizes.max() / sizes.sum()) if sizes.sum() else None,
    }


def npmi(lists: list[list[str]], texts: pd.Series) -> float | None:
    """Mean normalised pointwise mutual information of the pairs of each topic's words, −1…1 (Bouma 2009).

    Words co-occur when one text holds both; `texts` beyond 20,000 are thinned evenly. Pairs that never meet count −1.
    """
    where = _places(lists, texts)
    values = [
        _pair(where[a], where[b], min(len(texts), TEXTS))
        for found in lists
        for i, a in enumerate(found)
        for b in found[:i]
    ]
    return _mean(np.array([v for v in values if v is not None]))


def c_v(lists: list[list[str]], texts: pd.Series) -> float | None:
    """Mean C_v coherence of the topics' words, 0…1 (Röder, Both and Hinneburg 2015): do the words keep one company?

    Cosine of each word's NPMI with all words of its topic to the sum over the words; a text is one window.
    """
    where = _places(lists, texts)
    values = []
    for found in lists:
        table = np.array([[_pair(where[a], where[b], min(len(texts), TEXTS)) or 0.0 for b in found] for a in found])
        if len(found) > 1:
            whole = table.sum(axis=0)
            lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(whole)
            values.append(float(np.mean(table @ whole / np.where(lengths == 0, 1, lengths))))
    return _mean(values)


def _places(lists: list[list[str]], texts: pd.Series) -> dict[str, set[int]]:
    """Which of the texts hold each word; beyond 20,000 they are thinned evenly."""
    thinned = texts.iloc[np.linspace(0, len(texts) - 1, TEXTS).astype(int)] if len(texts) > TEXTS else texts
    return words.places((word for found in lists for word in found), thinned)


def _pair(a: set[int], b: set[int], n: int) -> float | None:
    if not a or not b:
        return None
    both = len(a & b) / n
    if both in (0, 1):
        return -1.0 if both == 0 else 1.0
    return math.log(both * n * n / len(a) / len(b)) / -math.log(both)


def diversity(lists: list[list[str]]) -> float | None:
    """Share of distinct words among the top words of all topics (Dieng et al. 2020): 1 = no word twice."""
    every = [word for found in lists for word in found]
    return len(set(every)) / len(every) if every else None


def _share(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if len(values) else None
