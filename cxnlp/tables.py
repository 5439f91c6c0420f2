"""The five tables, column by column: what flows down the corridor.

Every column is declared once, here, with its meaning. `conform` checks and orders a frame before it is written.
Missing is null; neither 0, "" nor "neutral" stands for it. Times are UTC. Offsets are characters of `text`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

STRING, BOOL = pa.string(), pa.bool_()
TIME = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())


def _schema(*columns: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, metadata={"comment": comment}) for name, kind, comment in columns])


FEEDBACK = _schema(
    ("feedback_id", STRING, "hash(source, external id), or hash(source, content) where the source has no ids"),
    ("content_hash", STRING, "hash of everything read for this row: a changed row has another one"),
    ("source", STRING, "name of the source in cxnlp.toml"),
    ("external_id", STRING, "id in the source, if it has one"),
    ("file", STRING, "path below the raw folder (member of an archive after '!')"),
    ("row", pa.int64(), "position in the file, from 1: line or sheet row, record, or message"),
    ("text", STRING, "what the customer wrote, personal data masked, otherwise as given; null: a score without words"),
    ("normalized", STRING, "matching form: unicode and hazm normalisation; for search and duplicates only"),
    ("language", STRING, "fa | en | mixed | finglish | other; null where there is nothing to read"),
    ("created_at", TIME, "when the customer said it; null if the source does not say or it cannot be a date"),
    ("role", STRING, "customer | agent | bot; only customers are mined, the others give context"),
    ("conversation_id", STRING, "conversation this turn belongs to, for transcripts and messengers"),
    ("turn", pa.int32(), "position in the conversation, from 1"),
    ("customer_id", STRING, "customer, as the source names them (pseudonym when a key is configured)"),
    ("channel", STRING, "review | survey | chat | call | messenger | social | app_store | … as mapped"),
    ("brand", STRING, "brand or company spoken about"),
    ("product", STRING, "product, place or service spoken about"),
    ("rating", pa.float64(), "rating on the scale 1…rating_max"),
    ("rating_max", pa.float64(), "top of the rating scale"),
    ("nps", pa.float64(), "answer to 'how likely to recommend', 0…10"),
    ("csat", pa.float64(), "satisfaction on the scale 1…csat_max"),
    ("csat_max", pa.float64(), "top of the satisfaction scale"),
    ("ces", pa.float64(), "effort score, higher = easier, 1…ces_max (flipped on reading where the source says so)"),
    ("ces_max", pa.float64(), "top of the effort scale"),
    ("recommended", BOOL, "whether the customer ticked 'I recommend this'"),
    ("source_stage", STRING, "journey stage that the source itself states; wins over the touchpoint's"),
    ("attributes", STRING, "other mapped columns as a JSON object of strings (city, plan, age …)"),
    ("duplicate_of", STRING, "feedback_id of the first row with the same text and author: not counted again"),
    ("near_duplicate_of", STRING, "feedback_id of an earlier, almost equal text: marked, still counted"),
    ("pii", STRING, "JSON object kind -> how many were masked; null if none"),
    ("sentiment", STRING, "neg | neu | pos | mixed; null until annotated or if there is nothing to read"),
    ("sentiment_score", pa.float64(), "−1…1"),
    ("sentiment_confidence", pa.float64(), "calibrated probability that the label is right"),
    ("model_version", STRING, "model that annotated this row; another version annotates it again"),
)

MENTIONS = _schema(
    ("mention_id", STRING, "hash(feedback_id, start, end, kind)"),
    ("feedback_id", STRING, "the text it stands in"),
    ("start", pa.int32(), "first character in feedback.text"),
    ("end", pa.int32(), "one past the last character: quote == text[start:end]"),
    ("quote", STRING, "the words themselves"),
    ("kind", STRING, "pain | praise | request | question | motive | fact"),
    ("touchpoint", STRING, "id of the taxonomy"),
    ("stage", STRING, "journey stage; null for general"),
    ("stage_source", STRING, "touchpoint | source: where the stage comes from"),
    ("polarity", STRING, "neg | neu | pos"),
    ("severity", pa.int8(), "1–3 for pains, else 0"),
    ("target", STRING, "the thing spoken about, a substring of the text; null when implied"),
    ("confidence", pa.float64(), "calibrated probability that kind, span and touchpoint are right"),
    ("language", STRING, "language of the quote: fa | en | mixed | finglish | other"),
    ("vector", pa.binary(), "embedding, little-endian float16, unit length"),
    ("model_version", STRING, "model that made this row"),
    ("topic_id", STRING, "topic of the registry; null = unassigned"),
    ("topic_similarity", pa.float64(), "cosine to the topic's centroid"),
    ("topic_version", STRING, "state of the registry that assigned it; null = not yet tried"),
)

TOPICS = _schema(
    ("topic_id", STRING, "permanent id, e.g. T0042"),
    ("parent_id", STRING, "theme above it; null for themes"),
    ("level", STRING, "theme | topic"),
    ("kind", STRING, "kind of mentions it gathers: pain | praise | request (null for themes)"),
    ("label_fa", STRING, "label in Persian; from Persian texts where there are any"),
    ("label_en", STRING, "label in English; from English texts where there are any"),
    ("label_source", STRING, "machine | person"),
    ("keywords_fa", STRINGS, "typical Persian words, best first"),
    ("keywords_en", STRINGS, "typical English words, best first"),
    ("centroid", pa.binary(), "little-endian float16, unit length"),
    ("threshold", pa.float64(), "least cosine at which a mention is assigned"),
    ("size", pa.int64(), "mentions assigned so far"),
    ("size_fa", pa.int64(), "of these, Persian"),
    ("touchpoints", STRING, "JSON object touchpoint -> share"),
    ("stage", STRING, "journey stage of most of its mentions"),
    ("representatives", STRINGS, "mention_ids nearest the centroid, both languages"),
    ("founders", STRINGS, "mention_ids that made the topic and belong to it below its threshold"),
    ("status", STRING, "active | emerging | retired | merged | ignored"),
    ("pinned", BOOL, "a person keeps it: never retired or merged by a run"),
    ("merged_into", STRING, "topic_id that took its mentions, when merged"),
    ("first_seen", TIME, "date of its first mention"),
    ("last_seen", TIME, "date of its latest mention"),
    ("history", STRING, "JSON list of what happened to it: discovered, renamed, split, drift …"),
    ("machine", STRING, "JSON object: what the runs say of it where people's edits say otherwise; null without edits"),
)

INSIGHTS = _schema(
    ("insight_id", STRING, "hash of type, metric and dimensions"),
    (
        "type",
        STRING,
        "score | volume | pain | praise | request | question | motive | driver | trend | alert | quality …",
    ),
    ("metric", STRING, "what value is: nps, csat, rating, net_sentiment, share, mentions, impact, rate_ratio …"),
    ("by", STRING, "dimensions it is computed for: all, stage, touchpoint, stage+segment … (see insight/README.md)"),
    ("kind", STRING, "kind of mentions it rests on: pain | praise | request | question | motive; null = all"),
    (
        "score",
        STRING,
        "score that an impact, driver or change explains: nps | csat | ces | rating | recommended | sentiment",
    ),
    ("stage", STRING, "journey stage, if the finding is about one"),
    ("touchpoint", STRING, "touchpoint, if about one"),
    ("topic_id", STRING, "topic, if about one"),
    ("segment", STRING, "segment dimension, e.g. rfm_group, city"),
    ("segment_value", STRING, "value of that dimension"),
    ("source", STRING, "source, if about one"),
    ("channel", STRING, "channel, if about one"),
    ("brand", STRING, "brand, if about one"),
    ("language", STRING, "language, if about one"),
    ("period", STRING, "all, or the period's key: 1403-07 (Jalali month), 2024-10, 1403-W30 …"),
    ("period_start", TIME, "first instant of the period"),
    ("value", pa.float64(), "the number, in the metric's unit; null = suppressed or not computable"),
    ("low", pa.float64(), "lower end of its 95 % interval"),
    ("high", pa.float64(), "upper end of its 95 % interval"),
    ("n", pa.int64(), "texts or mentions that the number rests on"),
    ("base", pa.int64(), "denominator of a share or rate"),
    ("rank", pa.int32(), "place in its list, from 1, where the type is a ranked list"),
    ("priority", pa.float64(), "openly computed priority of a pain: see details"),
    ("p_value", pa.float64(), "p of the finding's test"),
    ("q_value", pa.float64(), "p after false-discovery control"),
    ("text_fa", STRING, "the finding in one Persian sentence"),
    ("text_en", STRING, "the finding in one English sentence"),
    ("evidence", STRINGS, "mention_ids (or feedback_ids) of the texts behind it, most telling first"),
    ("details", STRING, "JSON object: parts of the number, test, assumptions"),
)

REJECTED = _schema(
    ("rejected_id", STRING, "hash(source, file, row)"),
    ("source", STRING, "name of the source"),
    ("file", STRING, "path below the raw folder"),
    ("row", pa.int64(), "position in the file, from 1; null = the whole file"),
    ("reason", STRING, "a RejectReason"),
    ("message", STRING, "what was wrong, in one sentence"),
    ("raw", STRING, "the row as read, personal data masked, at most 2,000 characters"),
)

# Bookkeeping beside the five tables: what was read, what each stage has done, what people decided.

FILES = _schema(
    ("file_id", STRING, "hash(source, file)"),
    ("source", STRING, "name of the source"),
    ("file", STRING, "path below the raw folder"),
    ("fingerprint", STRING, "hash of the file's bytes and of the source's configuration: unchanged = not read again"),
    ("read", pa.int64(), "rows read"),
    ("retained", pa.int64(), "rows that an earlier version of this file brought and this one lacks: kept"),
)

STAGES = _schema(
    ("stage", STRING, "name of a pipeline stage"),
    ("inputs", STRING, "fingerprint of everything the stage last worked on: unchanged = nothing to do"),
    ("result", STRING, "JSON object: what it reported"),
)

EDITS = _schema(
    ("edit_id", STRING, "number of the edit, zero-padded: their order"),
    ("at", TIME, "when"),
    ("who", STRING, "by whom"),
    ("op", STRING, "topics: rename | merge | split | move | pin | ignore | retire | undo; customers: forget"),
    ("args", STRING, "JSON object: what the operation works on"),
)

CORRECTIONS = _schema(
    ("correction_id", STRING, "hash(feedback_id, at, who)"),
    ("at", TIME, "when"),
    ("who", STRING, "by whom"),
    ("feedback_id", STRING, "text that was corrected"),
    (
        "label",
        STRING,
        "JSON object in the labelled format: text, lang, sentiment, mentions; the whole reading as it is now",
    ),
    ("origin", STRING, "desk | xlsx | label"),
    ("changes", STRING, "JSON list of {what, mention, old, new}: what the person changed; empty = found right"),
    ("model_version", STRING, "model whose reading was corrected"),
)

SENT = _schema(
    ("sent_id", STRING, "hash(address, series)"),
    ("series", STRING, "hash of what the alert is about, whatever its month"),
    ("until", STRING, "last day (ISO) of the window that was told; a window beginning later is a new alert"),
    ("at", TIME, "when it was last seen"),
)

SCHEMAS: dict[str, pa.Schema] = {
    "feedback": FEEDBACK,
    "mentions": MENTIONS,
    "topics": TOPICS,
    "insights": INSIGHTS,
    "rejected": REJECTED,
    "files": FILES,
    "stages": STAGES,
    "edits": EDITS,
    "corrections": CORRECTIONS,
    "sent": SENT,
}
KEYS = {
    "feedback": "feedback_id",
    "mentions": "mention_id",
    "topics": "topic_id",
    "insights": "insight_id",
    "rejected": "rejected_id",
    "files": "file_id",
    "stages": "stage",
    "edits": "edit_id",
    "corrections": "correction_id",
    "sent": "sent_id",
}


def mention_id(feedback_id: str, mention: Mapping[str, Any]) -> str:
    """The key of a mention: hash of its text, its span (`start`, `end`) and its `kind`, whoever found it."""
    key = "\x1f".join(map(str, (feedback_id, mention["start"], mention["end"], mention["kind"])))
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()


def conform(frame: pd.DataFrame, table: str) -> pa.Table:
    """Check `frame` against the declared columns of `table` and give it as Arrow, columns in order.

    Columns that are absent become null; columns that are not declared raise ValueError (a mistake of ours).
    """
    import pandas as pd

    schema = SCHEMAS[table]
    unknown = set(frame.columns) - set(schema.names)
    if unknown:
        raise ValueError(f"table {table!r} has no column {sorted(unknown)}; declare it in cxnlp/tables.py")
    arrays = []
    for field in schema:
        if field.name not in frame:
            arrays.append(pa.nulls(len(frame), field.type))
            continue
        values = frame[field.name]
        if pa.types.is_list(field.type) or pa.types.is_binary(field.type):
            arrays.append(pa.array(list(values), type=field.type, from_pandas=True))
        elif pa.types.is_integer(field.type):
            arrays.append(pa.array(pd.array(values, dtype="Int64"), from_pandas=True).cast(field.type))
        else:
            arrays.append(pa.Array.from_pandas(values, type=field.type))
    return pa.Table.from_arrays(
        [a.combine_chunks() if isinstance(a, pa.ChunkedArray) else a for a in arrays], schema=schema
    )


def empty(table: str) -> pd.DataFrame:
    """A frame of `table` with every declared column and no rows."""
    return to_pandas(SCHEMAS[table].empty_table())


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """`table` as a frame; an empty one gets text columns that pandas 3 can merge (Arrow gives them no chunk at all)."""
    frame = table.to_pandas()
    if len(frame):
        return frame
    texts = [c for c, kind in frame.dtypes.items() if kind == "str"]
    return frame.astype(dict.fromkeys(texts, object)).astype(dict.fromkeys(texts, "str"))
