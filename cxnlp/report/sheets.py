"""The tables of a report as files for analysts: XLSX, Parquet, DuckDB views; and safe cells for all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxnlp.report.words import missing

if TYPE_CHECKING:
    import pandas as pd

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")  # first characters that spreadsheets may run as a formula
INVISIBLE = "".join(
    map(chr, (0x20, 0xA0, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)))
)
MOST_ROWS = 10_000  # of a sheet, below its header
LONGEST = 32_000  # characters of a cell
NUMBERS = ["value", "low", "high", "n", "base", "rank", "priority", "p_value", "q_value"]
ABOUT = ["metric", "by", "kind", "score", "stage", "touchpoint", "topic", "segment", "segment_value"]
ABOUT += ["source", "channel", "brand", "language", "period"]

MENTION = [
    "quote",
    "kind",
    "touchpoint",
    "stage",
    "polarity",
    "severity",
    "target",
    "label_fa",
    "label_en",
    "created_at",
    "source",
]
MENTION += [
    "channel",
    "brand",
    "product",
    "language",
    "rating",
    "nps",
    "csat",
    "ces",
    "customer_id",
    "sentiment",
    "confidence",
    "feedback_id",
    "mention_id",
    "exported",
]
EDITABLE = ["quote", "kind", "touchpoint", "polarity", "severity", "target", "sentiment"]  # by people, and read back
ORDER = ("headline", "pain", "request", "praise", "question", "motive", "score", "volume", "driver", "change")


def safe(value: Any) -> Any:
    """A cell that no spreadsheet runs, however it is opened or saved again: text that looks like one gets a '."""
    if missing(value):
        return None
    if not isinstance(value, str):
        return value
    text = value[:LONGEST]
    return f"'{text}" if text.startswith(DANGEROUS) or text.lstrip(INVISIBLE).startswith(DANGEROUS) else text


def tables(
    feedback: pd.DataFrame,
    mentions: pd.DataFrame,
    topics: pd.DataFrame,
    insights: pd.DataFrame,
    rejected: pd.DataFrame,
    segments: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """What analysts get: findings (topics by name), mentions with their text's columns, topics, rejected rows."""
    names = topics.set_index("topic_id")[["label_fa", "label_en"]]
    found = insights.merge(names.add_prefix("topic_"), left_on="topic_id", right_index=True, how="left")
    found["topic"] = found["topic_label_en"].fillna(found["topic_label_fa"])
    hidden = ["normalized", "content_hash", "attributes", "pii", "file", "row"]
    texts = feedback.drop(columns=hidden, errors="ignore").merge(segments, on="feedback_id", how="left")
    spoken = mentions.drop(columns=["vector", "topic_version", "model_version", "language"], errors="ignore")
    spoken = spoken.merge(names, left_on="topic_id", right_index=True, how="left")
    kept = texts.drop(columns=["model_version"], errors="ignore")
    return {
        "insights": found,
        "mentions": spoken.merge(kept, on="feedback_id", how="left"),
        "texts": texts,
        "topics": topics.drop(columns=["centroid"], errors="ignore"),
        "rejected": rejected,
        "segments": segments,
    }


def write_parquet(frames: dict[str, pd.DataFrame], folder: Path) -> None:
    """tables/<name>.parquet, one per table, and views.sql that opens them in DuckDB, a view per type of finding."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False, compression="zstd")
    lines = ["-- In this folder: duckdb -init views.sql"]
    lines += [f"CREATE OR REPLACE VIEW {name} AS FROM '{name}.parquet';" for name in frames]
    for kind in sorted(frames["insights"]["type"].dropna().unique()):
        lines.append(f"CREATE OR REPLACE VIEW insight_{kind} AS FROM insights WHERE type = '{kind}';")
    (folder / "views.sql").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_xlsx(frames: dict[str, pd.DataFrame], path: Path, language: str) -> None:
    """One workbook: a sheet per type of finding, mentions, topics and rejected rows; formulas neutralised.

    Of mentions and rejected rows the newest MOST_ROWS are written, and the first sheet says so: workbooks are read by
    people; tables/*.parquet holds everything.
    """
    import pandas as pd
    import xlsxwriter

    insights = frames["insights"]
    known = insights["type"].dropna().unique()
    found = [*(t for t in ORDER if t in known), *sorted(set(known) - set(ORDER))]
    sheets = {kind: _findings(insights[insights["type"] == kind]) for kind in found}
    mentions = frames["mentions"].sort_values("created_at", ascending=False, na_position="last", kind="stable")
    mentions = mentions.iloc[:MOST_ROWS].assign(exported=lambda rows: _as_exported(rows))
    sheets["mentions"] = mentions[[c for c in MENTION if c in mentions] + _segments(frames)]
    sheets |= {name: frames[name].drop(columns=["history"], errors="ignore") for name in ("topics", "rejected")}
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options | {"constant_memory": True, "nan_inf_to_errors": True}) as book:
        sizes = {name: len(frame) for name, frame in sheets.items()} | {"mentions": len(frames["mentions"])}
        about = [(name, sizes[name], min(sizes[name], MOST_ROWS)) for name in sheets]
        _sheet(book, "about", pd.DataFrame(about, columns=["sheet", "rows in tables", "rows here"]), language)
        for name, frame in sheets.items():
            _sheet(book, name, frame.iloc[:MOST_ROWS].dropna(axis=1, how="all"), language)


def _findings(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["by", "metric", "rank"], na_position="last")[
        ["text_fa", "text_en", *ABOUT, *NUMBERS, "details"]
    ]


def _as_exported(rows: pd.DataFrame) -> list[str]:
    """What stood in the editable cells, in a hidden column: `cxnlp corrections import` takes only what was changed."""
    kept = [c for c in EDITABLE if c in rows]
    records = rows[kept].astype(object).where(rows[kept].notna(), None).to_dict("records")
    return [json.dumps(r, ensure_ascii=False) for r in records]


def _segments(frames: dict[str, pd.DataFrame]) -> list[str]:
    return [c for c in frames["segments"].columns if c != "feedback_id"]


def _sheet(book: Any, name: str, frame: pd.DataFrame, language: str) -> None:
    sheet = book.add_worksheet(name[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    if language == "fa":
        sheet.right_to_left()
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(frame.columns):
        sheet.set_column(
            column, column, 60 if title in ("text", "quote", "text_fa", "text_en", "raw", "message") else 16
        )
        if title == "exported":
            sheet.set_column(column, column, 16, None, {"hidden": True})
    sheet.write_row(0, 0, frame.columns, bold)
    columns = [_cells(frame[title]) for title in frame.columns]
    for row, values in enumerate(zip(*columns, strict=True), start=1):
        for column, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, column, value)
            elif isinstance(value, float):
                sheet.write_number(row, column, value)
            elif value is not None:
                sheet.write(row, column, value)
    if len(frame):
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)


def _cells(values: pd.Series) -> list[Any]:
    """A column as cells; each distinct value is looked at once."""
    if values.dtype.kind == "f":
        return [None if v != v else v for v in values.tolist()]
    known: dict[Any, Any] = {}
    cells = []
    for value in values.tolist():
        if not isinstance(value, str):
            cells.append(_cell(value))
            continue
        if value not in known:
            known[value] = _cell(value)
        cells.append(known[value])
    return cells


def _cell(value: Any) -> Any:
    """Lists as JSON, times as ISO text (Excel knows no zones), everything else as it is; never a formula."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return safe(json.dumps(value, ensure_ascii=False))
    if hasattr(value, "isoformat") and not missing(value):
        return value.isoformat()
    return safe(value)
