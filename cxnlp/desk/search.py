"""Words → texts: an index of lemmas in memory, built once for a state of the lake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Places = NDArray[np.int64]
_PHRASE = re.compile(r'["«“]([^"»”]+)["»”]')


@dataclass(frozen=True)
class Index:
    """Which texts hold which lemma: texts of lemma i are `places[starts[i]:starts[i + 1]]`, ascending."""

    texts: pd.Series  # matching forms
    lemmas: dict[str, int]
    words: dict[str, frozenset[str]]
    places: Places
    starts: Places

    @classmethod
    def of(cls, texts: pd.Series, lemmas_of: Callable[[str], Iterable[str]]) -> Index:
        """Index of `texts`, matching forms as in feedback.normalized (null where there is nothing to read)."""
        texts = texts.fillna("").reset_index(drop=True)
        long = texts.str.split().explode().dropna()
        pairs = pd.DataFrame({"word": long.to_numpy(), "at": long.index.to_numpy()}).drop_duplicates()
        words = {str(word): frozenset(lemmas_of(str(word))) for word in pairs["word"].unique()}
        known = {lemma: i for i, lemma in enumerate(sorted({one for found in words.values() for one in found}))}
        rows = pairs.assign(lemma=pairs["word"].map({w: [known[one] for one in found] for w, found in words.items()}))
        rows = rows.explode("lemma").drop_duplicates(["lemma", "at"])
        order = np.lexsort((rows["at"].to_numpy(), rows["lemma"].to_numpy(dtype=np.int64)))
        counts = np.bincount(rows["lemma"].to_numpy(dtype=np.int64), minlength=len(known))
        return cls(texts, known, words, rows["at"].to_numpy()[order], np.concatenate([[0], np.cumsum(counts)]))

    def find(
        self, query: str, normalize: Callable[[str], str], lemmas_of: Callable[[str], Iterable[str]]
    ) -> Places | None:
        """Places of the texts that hold every word of `query` in any form, and every "phrase in quotes" as written.

        null for a query without words. A word that no text holds in any form is looked for as the beginning of one.
        """
        phrases = [p for p in (normalize(p) for p in _PHRASE.findall(query)) if p]
        words = normalize(_PHRASE.sub(" ", query)).split()
        if not words and not phrases:
            return None
        found = np.ones(len(self.texts), dtype=bool)
        for word in words:
            found &= self._holds(word, lemmas_of)
        for phrase in phrases:
            at = np.flatnonzero(found)
            found[at] = self.texts.iloc[at].str.contains(phrase, regex=False).to_numpy(dtype=bool)
        return np.flatnonzero(found)

    def _holds(self, word: str, lemmas_of: Callable[[str], Iterable[str]]) -> NDArray[np.bool_]:
        wanted = {one for one in (self.words.get(word) or lemmas_of(word)) if one in self.lemmas}
        if not wanted:
            wanted = {one for known, found in self.words.items() if known.startswith(word) for one in found}
        held = np.zeros(len(self.texts), dtype=bool)
        for one in wanted:
            i = self.lemmas[one]
            held[self.places[self.starts[i] : self.starts[i + 1]]] = True
        return held
