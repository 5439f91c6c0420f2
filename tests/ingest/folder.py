"""Shared by the tests of ingest: a raw folder with one source, read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from cxnlp import ingest, tables
from cxnlp.config import Settings
from cxnlp.ingest.mapping import COLUMNS

TEXTS = [
    "پیک دو ساعت دیر کرد و غذا یخ کرده بود",
    "The courier rang twice and still left the parcel with a neighbour",
    "بسته‌بندی عالی بود، حتی یه خط هم روش نیفتاده",
    "App logs me out after every update, really tiring",
    "قیمت‌ها نسبت به ماه پیش خیلی بالا رفته",
    "Lovely people on the phone, they sorted it in five minutes",
]


def settings(raw: Path, batch: int = 4096, **source: Any) -> Settings:
    """Settings with one source, `s`, over every file of `raw` unless told otherwise."""
    sources = {"s": {"files": "*"} | source}
    return Settings.model_validate({"project": {"raw": raw}, "sources": sources, "engine": {"batch": batch}})


def read(raw: Path, batch: int = 4096, **source: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(feedback, rejected) of all files; asserts that every batch adds up and no key occurs twice in a file."""
    loaded = settings(raw, batch, **source)
    kept, rejected = [tables.empty("feedback")[[*COLUMNS]]], [tables.empty("rejected")]
    for file in ingest.discover(loaded):
        batches = list(ingest.read(file, loaded))
        for part in batches:
            assert part.read == len(part.feedback) + len(part.rejected)
        keys = [key for part in batches for key in part.feedback["feedback_id"]]
        assert len(keys) == len(set(keys))
        kept += [part.feedback for part in batches]
        rejected += [part.rejected for part in batches]
    return pd.concat(kept, ignore_index=True), pd.concat(rejected, ignore_index=True)


def read_bytes(raw: Path, name: str, data: bytes | str, **source: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write one file and read it."""
    (raw / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return read(raw, **source)
