"""Registry + assigned mentions → what each topic holds: sizes, touchpoints, dates, representatives, words, labels."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from cxnlp import taxonomy
from cxnlp.topics import keywords, labels, words
from cxnlp.topics.assignment import beneath
from cxnlp.topics.discovery import KEYWORDS
from cxnlp.topics.registry import Row, frame, records, with_event

EACH = 12  # representatives per language
READ = 300  # nearest mentions per topic and language that words and labels are made from
ENOUGH, RARE = 2, 0.03  # mentions of a language, and their share, from which a label is made
DOUBT = 0.5  # cosine that a mention loses as a label where the reader is unsure of it
LIKELY = 0.2  # least confidence of a mention that may name a topic
SIDES = {"pain": -1, "praise": 1}  # attitude of what is said in a topic of the kind


def counted(mentions: pd.DataFrame) -> pd.DataFrame:
    """Assigned mentions that count: not those of texts marked as duplicates."""
    return distinct(mentions[mentions["topic_id"].notna()])


def distinct(mentions: pd.DataFrame) -> pd.DataFrame:
    """Mentions, assigned or not, but not those of texts marked as duplicates."""
    return mentions[mentions["duplicate_of"].isna()] if "duplicate_of" in mentions else mentions


def sizes(topics: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """`topics` with size, size_fa, touchpoints, stage, first_seen, last_seen from the assigned `mentions`."""
    rows = counted(mentions)
    count = rows.groupby("topic_id").size()
    persian = rows[rows["language"] == "fa"].groupby("topic_id").size()
    shares = rows.groupby("topic_id")["touchpoint"].value_counts(normalize=True)
    by_topic = {str(t): s.droplevel(0) for t, s in shares.groupby(level=0)}
    level = topics["level"] == "topic"
    ids = topics["topic_id"]
    result = topics.copy()
    result.loc[level, "size"] = ids[level].map(count).fillna(0).astype(int)
    result.loc[level, "size_fa"] = ids[level].map(persian).fillna(0).astype(int)
    told = {t: json.dumps(_ranked(s)) for t, s in by_topic.items()}
    result["touchpoints"] = [told.get(t, old) for t, old in zip(ids, topics["touchpoints"], strict=True)]
    result["stage"] = [_stage(t, old) for t, old in zip(result["touchpoints"], topics["stage"], strict=True)]
    if "created_at" in rows:
        dates = rows.groupby("topic_id")["created_at"]
        for column, found in (("first_seen", dates.min()), ("last_seen", dates.max())):
            seen = found.dropna().to_dict()
            result[column] = [seen.get(t, old) for t, old in zip(ids, topics[column], strict=True)]
    return result


def _ranked(shares: pd.Series) -> dict[str, float]:
    ordered = shares.sort_index().sort_values(ascending=False, kind="stable")
    return {str(touchpoint): round(float(share), 4) for touchpoint, share in ordered.items()}


def _stage(touchpoints: Any, old: Any) -> Any:
    if not isinstance(touchpoints, str):
        return old
    known = taxonomy.load()
    total: dict[str | None, float] = {}
    for touchpoint, share in json.loads(touchpoints).items():
        stage = known.stage_of(touchpoint)
        total[stage] = total.get(stage, 0.0) + share
    return max(total, key=lambda s: (total[s], str(s))) if total else old


def main_touchpoint(row: Row) -> str | None:
    """Touchpoint of most of a topic's mentions."""
    told = row.get("touchpoints")
    return next(iter(json.loads(told)), None) if isinstance(told, str) else None


def name(
    topics: pd.DataFrame, mentions: pd.DataFrame, at: pd.Timestamp, feels: labels.Feels | None = None
) -> pd.DataFrame:
    """`topics` with their representatives of now, and keywords and labels where there are none or only stand-ins.

    A label once made from texts stays: what people learnt to call a topic does not change with every run. Those who
    stand for a topic do change: their texts may be deleted one day, and a new model finds the topic by them.
    """
    level = topics[(topics["level"] == "topic") & topics["status"].isin(("active", "emerging", "ignored"))]
    near = _nearest(level, counted(mentions))
    stand = {str(topic): _representatives(own) for topic, own in near.groupby("topic_id")}
    listed = [stand.get(t, old) for t, old in zip(topics["topic_id"], topics["representatives"], strict=True)]
    topics = topics.assign(representatives=pd.Series(listed, index=topics.index, dtype=object))
    level = topics.loc[level.index]
    todo = [row for row in records(level) if any(_wanting(row, language) for language in labels.LANGUAGES)]
    if not todo:
        return topics
    typical = {lang: _typical(near, lang) for lang in labels.LANGUAGES}
    kinds = dict(zip(level["topic_id"], level["kind"], strict=True))
    telling = {lang: keywords.telling(typical[lang], kinds, near["quote"].tolist()) for lang in labels.LANGUAGES}
    edges = labels.Edges(near["quote"])
    rows = {row["topic_id"]: row for row in records(topics)}
    taken: dict[tuple[Any, str], set[str]] = {}
    for row in records(level):
        for lang in labels.LANGUAGES:
            used = taken.setdefault((row["kind"], lang), set())
            if not labels.is_fallback(row[f"label_{lang}"]):
                used.add(words.key(row[f"label_{lang}"]))
    for row in sorted(todo, key=lambda r: (-r["size"], r["topic_id"])):
        own = near[near["topic_id"] == row["topic_id"]]
        named = row
        for lang in labels.LANGUAGES:
            if told := telling[lang].get(row["topic_id"]):
                named = named | {f"keywords_{lang}": told[:KEYWORDS]}
            named = _named(
                named, own, typical[lang].get(row["topic_id"], {}), lang, taken[row["kind"], lang], edges, feels, at
            )
        rows[row["topic_id"]] = named
    return frame(list(rows.values()))


def _wanting(row: Row, language: str) -> bool:
    there = row["size_fa"] if language == "fa" else row["size"] - row["size_fa"]
    label = row[f"label_{language}"]
    if not isinstance(label, str):
        return True
    return labels.is_fallback(label) and _told(there, row) and f"label_{language}" not in beneath(row)


def _told(texts: float, row: Row) -> bool:
    """Whether so many texts of a language may name the topic: six of four hundred do not speak for it."""
    return texts >= min(READ, max(ENOUGH, RARE * row["size"]))


def _named(
    row: Row,
    own: pd.DataFrame,
    typical: dict[str, float],
    lang: str,
    taken: set[str],
    edges: labels.Edges,
    feels: labels.Feels | None,
    at: pd.Timestamp,
) -> Row:
    if not _wanting(row, lang):
        return row
    texts = own[(own["script"] == lang) & own["naming"]]
    side = SIDES.get(row["kind"])
    fitting = (lambda phrases: [side * score for score in feels(phrases)]) if feels and side else None
    made = labels.best_label(texts["quote"].tolist(), texts["nearness"].tolist(), typical, lang, taken, edges, fitting)
    word = next(iter(labels.shared_words(texts["quote"].tolist(), typical)), None)
    label = (made if _told(len(texts), row) else None) or labels.fallback(main_touchpoint(row), lang, word)
    if label == row[f"label_{lang}"]:
        return row
    taken.add(words.key(label))
    return with_event(row, at, "labelled", language=lang, label=label) | {f"label_{lang}": label}


def _nearest(topics: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """The mentions nearest to their topic's centroid, READ per topic and language.

    With `script`: fa | en where quote and language agree (Finglish is neither), `cosine`, `nearness`: less cosine where
    the reader doubts the mention, and `naming`: whether it is likely enough, and neither its polarity nor its
    text's sentiment is against its kind.
    """
    ordered = mentions.sort_values(["topic_id", "topic_similarity", "mention_id"], ascending=[True, False, True])
    ordered = ordered[ordered["topic_id"].isin(set(topics["topic_id"]))]
    script = ordered["quote"].map(words.script)
    agrees = (ordered["language"] == script) | ((ordered["language"] == "mixed") & (script == "fa"))
    sure = ordered["confidence"].fillna(0.5) if "confidence" in ordered else pd.Series(1.0, index=ordered.index)
    naming = sure >= LIKELY
    against = ordered["kind"].map({"pain": "pos", "praise": "neg"})
    for said in ("polarity", "sentiment"):  # of the mention, of its whole text
        if said in ordered:
            naming &= ordered[said] != against
    cosine = ordered["topic_similarity"]
    ordered = ordered.assign(
        script=script.where(agrees), cosine=cosine, nearness=cosine - DOUBT * (1 - sure), naming=naming
    )
    return ordered.groupby(["topic_id", "script"], dropna=False).head(READ)


def _typical(near: pd.DataFrame, language: str) -> dict[Any, dict[str, float]]:
    texts = near[near["script"] == language]
    found = keywords.weights(texts["quote"].tolist(), texts["topic_id"].tolist()) if len(texts) else {}
    return {t: {w: v for w, v in weighted.items() if words.script(w) == language} for t, weighted in found.items()}


def _representatives(own: pd.DataFrame) -> list[str]:
    distinct = own.assign(key=own["quote"].map(words.key)).drop_duplicates("key")
    chosen = distinct.groupby(distinct["language"] == "fa", sort=False).head(EACH)
    return list(chosen.sort_values("cosine", ascending=False, kind="stable")["mention_id"])
