"""The model at work, as stages use it: on texts, with the language of each quote, and on phrases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from cxnlp.config import Settings
from cxnlp.engine import Tables


class Reader:
    """The model in `folder`, loaded once per process; `threads` None uses every core."""

    def __init__(self, folder: Any, threads: int | None) -> None:
        from cxnlp.annotate import Annotator

        self._annotator = Annotator(folder, threads=threads)

    def __call__(self, tables: Tables) -> Tables:
        """Rows (feedback_id, text, language) → texts and mentions."""
        (rows,) = tables
        texts, mentions = self._annotator.annotate(rows[["feedback_id", "text"]])
        languages = pd.Series(_languages(rows, mentions), index=mentions.index, dtype=object)
        return texts, mentions.assign(language=languages)


class Attitude:
    """The sentiment score of phrases, -1 … 1, by the model in force, which is loaded when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, phrases: Sequence[str]) -> list[float]:
        """0.0 where there is nothing to read."""
        return [reading.score or 0.0 for reading in self._annotator.read(phrases)]

    @cached_property
    def _annotator(self) -> Any:
        from cxnlp.annotate import Annotator
        from cxnlp.registry import in_force

        return Annotator(in_force(self._settings))


def _languages(rows: pd.DataFrame, mentions: pd.DataFrame) -> list[str | None]:
    """Language of each quote; a quote too short to tell has that of its text."""
    from cxnlp.prepare.language import detect_many

    whole = rows.set_index("feedback_id")["language"].reindex(mentions["feedback_id"])
    own = detect_many(mentions["quote"].tolist())
    return [quote if quote in ("fa", "en", "finglish", "mixed") else text for quote, text in zip(own, whole)]
