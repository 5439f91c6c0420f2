"""Findings: numbers with n, interval and evidence, from feedback, mentions and topics. Row by row in README.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from cxnlp.config import Settings


def find(
    feedback: pd.DataFrame,
    mentions: pd.DataFrame,
    topics: pd.DataFrame,
    segments: pd.DataFrame | None,
    settings: Settings,
    as_of: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """All findings as rows of the insights table: see `cxnlp.insight.finding`."""
    from cxnlp.insight.finding import find

    return find(feedback, mentions, topics, segments, settings, as_of)
