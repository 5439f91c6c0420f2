"""Small tools for rows of findings: columns of objects, and numbers that rest on too little."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd


def objects(rows: pd.DataFrame, values: Iterable[Any]) -> pd.Series:
    """Dictionaries or lists as a column of `rows`."""
    return pd.Series(list(values), index=rows.index, dtype=object)


def detail(rows: pd.DataFrame, name: str) -> pd.Series:
    """One key of the details of each row; null where it is absent."""
    return objects(rows, (d.get(name) for d in rows["details"]))


def suppress(rows: pd.DataFrame, few: pd.Series, min_n: int) -> pd.DataFrame:
    """Numbers of the rows marked `few` become null and say so in details; n stays."""
    rows = rows.copy()
    rows.loc[few, ["value", "low", "high"]] = np.nan
    both = zip(rows["details"], few, strict=True)
    rows["details"] = objects(rows, (_counts(d) | {"suppressed": True, "min_n": min_n} if s else d for d, s in both))
    return rows


def _counts(details: dict[str, Any]) -> dict[str, Any]:
    """Details without the numbers computed from too few."""
    return {k: v for k, v in details.items() if not isinstance(v, (float, np.floating))}


def joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The parts that have rows, one below the other; an empty frame if none has."""
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()
