"""Typical words of topics, per language: BERTopic's class-based TF-IDF over one document per topic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from cxnlp.topics import engine, words

AMONG = 2  # a word is listed for so many topics of a kind, those that it is most typical for
FEWEST = 2  # words that a topic is told by, be they typical for others too


def vectoriser(ngrams: tuple[int, int] = (1, 1), min_df: int = 1) -> Any:
    """Counts of Persian and English words that are no stop words; ZWNJ is part of a word, digits are none."""
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(analyzer=_Ngrams(*ngrams), min_df=min_df)


class _Ngrams:
    """Words and phrases of neighbouring content words."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, text: str) -> list[str]:
        found = words.content(text)
        sizes = range(self.least, self.most + 1)
        return [" ".join(found[i : i + n]) for n in sizes for i in range(len(found) - n + 1)]


def weights(texts: Sequence[str], groups: Sequence[Hashable]) -> dict[Hashable, dict[str, float]]:
    """Group → word → class-based TF-IDF (Grootendorst 2022, arXiv:2203.05794), best first, words in 2 texts or more.

    A group with fewer than 8 texts keeps words that it has once.
    """
    from scipy.sparse import csr_matrix

    names = list(dict.fromkeys(groups))
    place = {name: i for i, name in enumerate(names)}
    rows = np.array([place[group] for group in groups])
    model = vectoriser()
    try:
        counts = model.fit_transform(texts)
    except ValueError:  # no text has a word
        return {name: {} for name in names}
    member = csr_matrix((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(names), len(rows)))
    totals = csr_matrix(member @ counts)
    small = np.bincount(rows, minlength=len(names)) < 8
    scores = engine.class_tfidf(totals.copy())
    vocabulary = model.get_feature_names_out()
    result: dict[Hashable, dict[str, float]] = {}
    for i, name in enumerate(names):
        start, end = scores.indptr[i], scores.indptr[i + 1]
        columns, values = scores.indices[start:end], scores.data[start:end]
        seen = np.asarray(totals[i, columns].todense()).ravel() >= (1 if small[i] else 2)
        order = sorted(zip(-values[seen], vocabulary[columns[seen]], strict=True))
        result[name] = {word: float(-score) for score, word in order}
    return result


def telling(
    weighted: Mapping[Hashable, Mapping[str, float]], kinds: Mapping[Hashable, str], texts: Sequence[str]
) -> dict[Hashable, list[str]]:
    """Group → the words that tell it from others of its kind and are said together, best first.

    A word is listed for the AMONG groups of a kind that give it most weight, if texts hold it with a third of the words
    listed before it or more. At least FEWEST words, where a group has so many.
    """
    best: dict[tuple[str, str], list[float]] = defaultdict(list)
    for group, found in weighted.items():
        for word, weight in found.items():
            best[kinds[group], word].append(weight)
    least = {key: sorted(values)[-AMONG:][0] for key, values in best.items()}
    where = words.places((word for _, word in best), texts)
    listed = {}
    for group, found in weighted.items():
        own = [word for word, weight in found.items() if weight >= least[kinds[group], word]]
        together: list[str] = []
        for word in own:
            if 3 * sum(not where[word].isdisjoint(where[other]) for other in together) >= len(together):
                together.append(word)
        listed[group] = list(dict.fromkeys([*together, *own, *found]))[: max(len(together), FEWEST)]
    return listed


def overlap(a: dict[str, float], b: dict[str, float], top: int = 20) -> float:
    """Weighted Jaccard of the `top` words of two topics, weights scaled to 1: 0 (nothing shared) … 1 (the same)."""
    first, second = _scaled(a, top), _scaled(b, top)
    union = first.keys() | second.keys()
    shared = sum(min(first.get(w, 0), second.get(w, 0)) for w in union)
    return shared / total if (total := sum(max(first.get(w, 0), second.get(w, 0)) for w in union)) else 0.0


def _scaled(weighted: dict[str, float], top: int) -> dict[str, float]:
    best = dict(list(weighted.items())[:top])
    total = sum(best.values())
    return {word: value / total for word, value in best.items()} if total else {}
