"""The texts that travel inside the page: columns of numbers and lists of values, gzipped, base64.

50,000 mentions must fit in a page of 15 MB and filter without lag, so nothing is said twice: every repeated value is
a number into a list. Offsets are counted in UTF-16 units, as browsers count them.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxnlp.report.words import missing

if TYPE_CHECKING:
    import pandas as pd

TEXT_LISTS = ("source", "language", "channel", "brand")
MENTION_LISTS = ("kind", "touchpoint", "stage", "polarity")
SCORES = ("nps", "rating", "csat", "ces")
LONGEST = 1500  # characters of a text that travel; what is said later in it travels as its quote alone


@dataclass(frozen=True)
class Payload:
    """`encoded` goes into the page; `numbers` finds the text number of a feedback_id or mention_id."""

    encoded: str
    numbers: dict[str, int]
    lists: dict[str, list[Any]]
    texts: int
    texts_of_all: int


def counted(feedback: pd.DataFrame) -> pd.DataFrame:
    """Rows that findings count: customers' own texts, each once, newest first."""
    keep = feedback["duplicate_of"].isna() & feedback["text"].notna()
    keep &= feedback["role"].isna() | (feedback["role"] == "customer")
    newest = feedback[keep].sort_values("created_at", ascending=False, na_position="last", kind="stable")
    return newest.reset_index(drop=True)


def pack(
    feedback: pd.DataFrame,
    mentions: pd.DataFrame,
    segments: pd.DataFrame,
    calendar: pd.DataFrame,
    wanted: set[str],
    most: int,
) -> Payload:
    """Choose at most `most` mentions (texts of `wanted` ids first, then the newest) and encode them.

    `calendar` has feedback_id, day (ISO, local), day_fa, day_en, period; null where a text has no date.
    """
    texts = counted(feedback)
    all_texts = len(texts)
    mentions = mentions[mentions["feedback_id"].isin(set(texts["feedback_id"]))]
    texts = _fit(texts, mentions, wanted, most)
    texts = texts.merge(calendar, on="feedback_id", how="left").merge(segments, on="feedback_id", how="left")
    number = {key: n for n, key in enumerate(texts["feedback_id"])}
    mentions = mentions[mentions["feedback_id"].isin(number.keys())]
    mentions = mentions.assign(of=mentions["feedback_id"].map(number)).sort_values(["of", "start"], kind="stable")
    bodies, starts, ends = _bodies(texts["text"].tolist(), mentions)
    lists: dict[str, list[Any]] = {}
    columns: dict[str, list[Any]] = {"text": bodies}
    for name in TEXT_LISTS:
        columns[name], lists[name] = _coded(texts[name])
    columns["period"], lists["period"] = _coded(texts["period"], ordered=True)
    columns["day"], days = _coded(texts["day"])
    labels = dict(zip(texts["day"], zip(texts["day_fa"], texts["day_en"], strict=True), strict=True))
    lists["day"] = [[*labels[day], day] for day in days]
    for name in segments.columns.drop("feedback_id"):
        columns[f"segment:{name}"], lists[f"segment:{name}"] = _coded(texts[name].astype("string"), ordered=True)
    for name in SCORES:
        if texts[name].notna().any():
            columns[name] = [None if missing(v) else round(v, 2) for v in texts[name].tolist()]
    if texts["recommended"].notna().any():
        columns["recommended"] = [None if missing(v) else int(v) for v in texts["recommended"].tolist()]
    said: dict[str, list[Any]] = {"of": mentions["of"].tolist(), "start": starts, "end": ends}
    for name in MENTION_LISTS:
        said[name], lists[name] = _coded(mentions[name])
    said["topic"], lists["topic"] = _coded(mentions["topic_id"])
    body = json.dumps({"lists": lists, "texts": columns, "mentions": said}, ensure_ascii=False, separators=(",", ":"))
    encoded = base64.b64encode(gzip.compress(body.encode(), 6, mtime=0)).decode()
    copies = feedback[feedback["duplicate_of"].isin(number.keys())]
    numbers = dict(zip(copies["feedback_id"], copies["duplicate_of"].map(number), strict=True))  # same words
    numbers |= {**number, **dict(zip(mentions["mention_id"], mentions["of"], strict=True))}
    return Payload(encoded, numbers, lists, len(texts), all_texts)


def _fit(texts: pd.DataFrame, mentions: pd.DataFrame, wanted: set[str], most: int) -> pd.DataFrame:
    if len(mentions) <= most and len(texts) <= most:
        return texts
    shown = set(mentions.loc[mentions["mention_id"].isin(wanted), "feedback_id"]) | wanted
    weight = texts["feedback_id"].map(mentions["feedback_id"].value_counts()).fillna(0).clip(lower=1)
    first = texts["feedback_id"].isin(shown)
    order = first.sort_values(ascending=False, kind="stable").index
    kept = order[(weight[order].cumsum() <= most) | first[order]]
    return texts[texts.index.isin(kept)]


def _coded(values: pd.Series, ordered: bool = False) -> tuple[list[int], list[Any]]:
    """Numbers into a list of distinct values, frequent first (or in order); −1 where there is no value."""
    counts = values.value_counts()
    distinct = sorted(counts.index) if ordered else list(counts.index)
    code = {value: n for n, value in enumerate(distinct)}
    return [-1 if missing(v) else code[v] for v in values.tolist()], distinct


def _bodies(texts: list[str], mentions: pd.DataFrame) -> tuple[list[str], list[int], list[int]]:
    """Texts cut at LONGEST, and where each mention stands in them, in UTF-16 units."""
    bodies = [t if len(t) <= LONGEST else t[:LONGEST] + " …" for t in texts]
    starts, ends = [], []
    rows = zip(mentions["of"], mentions["start"], mentions["end"], mentions["quote"], strict=True)
    for of, start, end, quote in rows:
        start, end = int(start), int(end)
        if end > LONGEST and len(texts[of]) > LONGEST:
            bodies[of] += "\n"
            start = len(bodies[of])
            bodies[of] += f"{quote} …"
            end = start + len(quote)
        starts.append(_units(bodies[of], start))
        ends.append(_units(bodies[of], end))
    return bodies, starts, ends


def _units(text: str, position: int) -> int:
    return position if text.isascii() else len(text[:position].encode("utf-16-le")) // 2
