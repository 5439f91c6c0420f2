"""The model at work, as annotate and corrections use it: with the language of each quote."""

from __future__ import annotations

from typing import Any

import pandas as pd

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


def _languages(rows: pd.DataFrame, mentions: pd.DataFrame) -> list[str | None]:
    """Language of each quote; a quote too short to tell has that of its text."""
    from cxnlp.prepare.language import detect_many

    whole = rows.set_index("feedback_id")["language"].reindex(mentions["feedback_id"])
    own = detect_many(mentions["quote"].tolist())
    return [quote if quote in ("fa", "en", "finglish", "mixed") else text for quote, text in zip(own, whole)]
