"""Where the heavy, row-wise stages run: in this process, or inside Ray Data on many machines.

Scale is a change of engine, never of logic: both call the same pure functions on the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cxnlp.config import Settings

if TYPE_CHECKING:
    import pandas as pd

Annotated = tuple["pd.DataFrame", "pd.DataFrame"]


def annotate_batches(rows: pd.DataFrame, folder: Any, settings: Settings) -> Iterator[Annotated]:
    """Texts and mentions of `rows` (feedback_id, text, language), batch by batch, in order."""
    from cxnlp.annotate import Annotator

    reader = Annotator(folder, threads=settings.engine.threads)
    size = settings.engine.batch
    for start in range(0, len(rows), size):
        batch = rows.iloc[start : start + size]
        texts, mentions = reader.annotate(batch[["feedback_id", "text"]])
        yield texts, mentions.assign(language=_languages(batch, mentions))


def _languages(rows: pd.DataFrame, mentions: pd.DataFrame) -> list[str | None]:
    """Language of each quote; a quote too short to tell has that of its text."""
    from cxnlp.prepare.language import detect_many

    whole = rows.set_index("feedback_id")["language"].reindex(mentions["feedback_id"])
    own = detect_many(mentions["quote"].tolist())
    return [quote if quote in ("fa", "en", "finglish", "mixed") else text for quote, text in zip(own, whole)]
