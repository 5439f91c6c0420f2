"""What counts, brought into one shape: texts, mentions, stages, responses, with integers for customers.

Only customers' texts that are no duplicates. Answers without words count in scores alone: `answered` has them too.
`text` is a position in `texts`, a mention's `text` points there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxnlp import periods, taxonomy
from cxnlp.config import Settings
from cxnlp.taxonomy import Taxonomy

POLARITY = {"neg": -1.0, "neu": 0.0, "pos": 1.0}
MAX_SEGMENT_VALUES = 30  # of a dimension; rarer values are left out of findings
_RECENCY_HALF_LIFE = 180.0  # days after which a text is half as telling
_SURE = 0.4  # confidence from which a mention may be shown first
_HIDDEN = ("ignored",)


@dataclass(frozen=True)
class Facts:
    """The tables of one run, as findings need them."""

    texts: (
        pd.DataFrame
    )  # index 0…; feedback columns used, + worded, period, cluster, customer, anchor (first text of its response)
    mentions: (
        pd.DataFrame
    )  # index 0…; + text, cluster, sign (−1, 0, 1), parent (theme), place (0 = most telling), doubtful, tongue
    stages: pd.DataFrame  # unique text, stage; from_source
    segments: pd.DataFrame  # long: text, segment, segment_value
    topics: pd.DataFrame  # index topic_id; kind, level, labels, touchpoint (main), stage
    turns: pd.DataFrame  # all rows of conversations, agents included
    raw: pd.DataFrame  # feedback of customers before duplicates are left out: quality
    settings: Settings
    taxonomy: Taxonomy
    as_of: pd.Timestamp | None
    cache: dict = field(default_factory=dict)
    whole: Facts | None = None  # the same with answers without words, where there are any

    @property
    def answered(self) -> Facts:
        """Facts of everyone who answered, with words or without: what scores rest on."""
        return self.whole or self


def prepare(
    feedback: pd.DataFrame,
    mentions: pd.DataFrame,
    topics: pd.DataFrame,
    segments: pd.DataFrame | None,
    settings: Settings,
    as_of: pd.Timestamp | None,
) -> Facts:
    """Facts of one run; none of the arguments is changed."""
    tax, themes = taxonomy.load(settings.taxonomy_path), _topics(topics)

    def of(rows: pd.DataFrame, whole: Facts | None = None) -> Facts:
        customers = rows[rows["role"].isna() | (rows["role"] == "customer")]
        texts = _texts(customers[customers["duplicate_of"].isna()], settings)
        until = as_of
        if until is None or pd.isna(until):
            until = texts["created_at"].max() if texts["created_at"].notna().any() else None
        said = _mentions(mentions, texts, themes, tax, until)
        return Facts(
            texts=texts,
            mentions=said,
            stages=_stages(texts, said),
            segments=_segments(segments, texts),
            topics=_placed(themes, said, tax),
            turns=rows[rows["conversation_id"].notna()],
            raw=customers,
            settings=settings,
            taxonomy=tax,
            as_of=until,
            whole=whole,
        )

    worded = feedback["text"].notna()
    return of(feedback) if worded.all() else of(feedback[worded], whole=of(feedback))


def _texts(feedback: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    texts = feedback.assign(worded=feedback["text"].notna()).reset_index(drop=True)
    texts = texts.drop(columns=[c for c in ("text", "normalized", "pii", "file", "content_hash") if c in texts])
    own = texts["conversation_id"].where(texts["conversation_id"].notna(), texts["feedback_id"])
    who = texts["customer_id"].where(texts["customer_id"].notna(), "\0" + own.astype("str"))
    texts["cluster"] = pd.factorize(who)[0]
    texts["customer"] = pd.factorize(texts["customer_id"])[0]  # −1 = unknown
    texts["period"] = periods.key(
        texts["created_at"], settings.insight.period, settings.project.calendar, settings.project.timezone
    )
    texts["anchor"] = _anchors(texts)
    return texts


def _anchors(texts: pd.DataFrame) -> np.ndarray:
    """Position of the first text of each response: a conversation's scores stand on every turn but were given once."""
    talk = texts["conversation_id"].notna()
    if not talk.any():
        return texts.index.to_numpy()
    ordered = texts[talk].sort_values(["created_at", "turn"], kind="stable")
    unit = ordered.groupby(["source", "conversation_id", "cluster"], sort=False, dropna=False).ngroup()
    first = pd.Series(ordered.index, index=ordered.index).groupby(unit).transform("first")
    return first.reindex(texts.index).fillna(pd.Series(texts.index, index=texts.index)).astype(int).to_numpy()


def _topics(topics: pd.DataFrame) -> pd.DataFrame:
    keep = topics[~topics["status"].isin(_HIDDEN)] if "status" in topics else topics
    columns = [
        "parent_id",
        "level",
        "kind",
        "label_fa",
        "label_en",
        "touchpoints",
        "merged_into",
        "status",
        "first_seen",
    ]
    return keep.drop_duplicates("topic_id").set_index("topic_id").reindex(columns=columns)


def _mentions(
    mentions: pd.DataFrame, texts: pd.DataFrame, topics: pd.DataFrame, tax: Taxonomy, as_of: pd.Timestamp | None
) -> pd.DataFrame:
    position = pd.Index(texts["feedback_id"]).get_indexer(pd.Index(mentions["feedback_id"]))
    said = mentions.loc[position >= 0].drop(columns=["vector"], errors="ignore").reset_index(drop=True)
    said["text"] = position[position >= 0]
    text = texts.loc[said["text"]]
    stage_of = tax.stage_by_touchpoint
    rolled = said["touchpoint"].map(stage_of).where(said["touchpoint"].isin(list(stage_of)), said["stage"])
    stated = pd.Series(text["source_stage"].to_numpy(), index=said.index)
    said["stage"] = stated.where(stated.notna(), rolled)
    merged = topics["merged_into"].dropna().to_dict()
    topic = said["topic_id"].where(said["topic_id"].notna(), None).replace(merged)
    said["topic_id"] = topic.where(topic.isin(topics.index))
    said["parent"] = said["topic_id"].map(topics["parent_id"])
    said["cluster"] = text["cluster"].to_numpy()
    said["sign"] = said["polarity"].map(POLARITY).astype(float)
    age = 0.0 if as_of is None else (as_of - text["created_at"]).dt.days.clip(lower=0).fillna(720).to_numpy()
    severity = said["severity"].fillna(0).clip(lower=1).astype(float)
    sure = said["confidence"].fillna(0.5).to_numpy()
    telling = sure * severity.to_numpy() * 0.5 ** (age / _RECENCY_HALF_LIFE)
    said["doubtful"] = (sure < _SURE) | _contradicted(said["kind"], text["sentiment"])
    said["place"] = np.argsort(np.argsort(-telling, kind="stable"))
    said["tongue"] = pd.factorize(said["language"], use_na_sentinel=False)[0]
    return said


def _stages(texts: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    stated = texts["source_stage"].dropna()
    first = pd.DataFrame({"text": stated.index, "stage": stated.to_numpy(), "from_source": True})
    spoken = mentions.loc[mentions["stage"].notna(), ["text", "stage"]].drop_duplicates()
    spoken = spoken[~spoken["text"].isin(first["text"])].assign(from_source=False)
    return pd.concat([first, spoken], ignore_index=True).astype({"from_source": bool})


def _segments(segments: pd.DataFrame | None, texts: pd.DataFrame) -> pd.DataFrame:
    """Long table of known segment values; dimensions keep their most frequent values."""
    empty = pd.DataFrame({"text": pd.Series(dtype=int), "segment": [], "segment_value": []})
    if segments is None or segments.shape[1] < 2:
        return empty
    table = segments.drop_duplicates("feedback_id").set_index("feedback_id").reindex(texts["feedback_id"])
    parts = []
    for name in table.columns:
        known = pd.Series(table[name].to_numpy(), index=texts.index).dropna().astype("str")
        values = known.value_counts().index[:MAX_SEGMENT_VALUES]
        known = known[known.isin(values)]
        if known.nunique() > 1:
            parts.append(pd.DataFrame({"text": known.index, "segment": name, "segment_value": known.to_numpy()}))
    return pd.concat(parts, ignore_index=True) if parts else empty


def _contradicted(kind: pd.Series, sentiment: pd.Series) -> np.ndarray:
    """Pains in texts that praise as a whole, praises in texts that complain: likelier misread."""
    whole = sentiment.to_numpy()
    return np.asarray((kind.eq("pain") & (whole == "pos")) | (kind.eq("praise") & (whole == "neg")))


def _placed(topics: pd.DataFrame, mentions: pd.DataFrame, tax: Taxonomy) -> pd.DataFrame:
    """Topics with the touchpoint that most of their mentions have, and its stage."""
    both = pd.concat(
        [
            mentions[["topic_id", "touchpoint"]],
            mentions[["parent", "touchpoint"]].set_axis(["topic_id", "touchpoint"], axis=1),
        ]
    ).dropna()
    counts = both.value_counts().reset_index().sort_values(["count", "touchpoint"], ascending=[False, True])
    main = counts.drop_duplicates("topic_id").set_index("topic_id")["touchpoint"]
    stated = topics["touchpoints"].map(_first_key)
    touchpoint = main.reindex(topics.index).where(lambda s: s.notna(), stated)
    stage_of = tax.stage_by_touchpoint
    return topics.assign(touchpoint=touchpoint, stage=touchpoint.map(stage_of))


def _first_key(text: object) -> str | None:
    shares = json.loads(text) if isinstance(text, str) and text else {}
    return max(shares, key=shares.__getitem__) if shares else None
