"""findings → report.html, report.xlsx, tables/*.parquet, summary.fa.md, summary.en.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxnlp import periods, taxonomy
from cxnlp.errors import RejectReason
from cxnlp.report import sheets
from cxnlp.report.brief import markdown
from cxnlp.report.page import render
from cxnlp.report.payload import counted, pack
from cxnlp.report.rows import Findings, Row
from cxnlp.report.view import view
from cxnlp.report.words import LANGUAGES, Words, missing

if TYPE_CHECKING:
    import pandas as pd

    from cxnlp.config import Settings

SENTENCE_ENDS = ".!?؟\n"


def write(
    feedback: pd.DataFrame,
    mentions: pd.DataFrame,
    topics: pd.DataFrame,
    insights: pd.DataFrame,
    rejected: pd.DataFrame,
    segments: pd.DataFrame,
    settings: Settings,
    summary: dict[str, Any],
    folder: Path,
) -> Path:
    """Write the report of the lake's tables into `folder`, made if absent; returns the path of report.html.

    `segments`: feedback_id and a column per dimension. `summary`: {"results": {stage: what it reported}}; a run's
    counts per source and the model's held-out figures come from there, and are left out where it has none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journey = taxonomy.load(settings.taxonomy_path)
    evidence = {e for found in insights["evidence"] if not missing(found) for e in found}
    payload = pack(feedback, mentions, segments, _calendar(feedback, settings), evidence, settings.report.max_verbatims)
    findings = Findings.of(insights, topics, payload.numbers)
    shown = view(findings, journey)
    names = topics.set_index("topic_id")[["label_fa", "label_en"]].set_axis(["fa", "en"], axis=1).to_dict("index")
    named = {str(key): {str(k): None if missing(v) else str(v) for k, v in pair.items()} for key, pair in names.items()}
    words = {
        language: Words(language, journey, named, settings.labels, settings.project.timezone) for language in LANGUAGES
    }
    titles = {"fa": settings.report.title_fa, "en": settings.report.title_en}
    context = {
        "view": shown,
        "data": _data(summary, rejected),
        "dates": _dates(feedback),
        "stages": journey.stages,
        "status": dict(zip(topics["topic_id"], topics["status"], strict=True)),
        "titles": titles,
        "project": settings.project.name,
        "version": _version(),
        "first": settings.report.language,
        "min_n": settings.insight.min_n,
        "alert_fdr": settings.insight.alert_fdr,
    }
    page = folder / "report.html"
    page.write_text(render(context, payload, words, _quotes(feedback, mentions, evidence)), encoding="utf-8")
    for language, w in words.items():
        (folder / f"summary.{language}.md").write_text(markdown(shown, titles[language], w), encoding="utf-8")
    frames = sheets.tables(feedback, mentions, topics, insights, rejected, segments)
    sheets.write_parquet(frames, folder / "tables")
    sheets.write_xlsx(frames, folder / "report.xlsx", settings.report.language)
    return page


def _calendar(feedback: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Day and period of each text, written in both calendars by `periods`."""
    times, zone = feedback["created_at"], settings.project.timezone
    jalali, gregorian = (periods.key(times, "day", calendar, zone) for calendar in ("jalali", "gregorian"))
    period = periods.key(times, settings.insight.period, settings.project.calendar, zone)
    frame = feedback[["feedback_id"]].assign(day=gregorian, period=period)
    return frame.assign(
        day_fa=jalali.map({key: periods.label(key, "fa") for key in jalali.dropna().unique()}),
        day_en=gregorian.map({key: periods.label(key, "en") for key in gregorian.dropna().unique()}),
    )


def _quotes(feedback: pd.DataFrame, mentions: pd.DataFrame, evidence: set[str]) -> Callable[[str], Row | None]:
    """Gives the words of an evidence id: a mention in its sentence (before, said, after), or a text's beginning."""
    texts = feedback[["feedback_id", "text", "language", "source", "created_at"]]
    said = mentions.loc[mentions["mention_id"].isin(evidence), ["mention_id", "feedback_id", "start", "end"]]
    said = said.merge(texts, on="feedback_id").rename(columns={"mention_id": "id"})
    whole = texts[texts["feedback_id"].isin(evidence)].assign(id=texts["feedback_id"], start=0, end=0)
    columns = ["id", "feedback_id", "text", "start", "end", "language", "source", "created_at"]
    both = [part[columns].itertuples(index=False, name=None) for part in (said, whole)]
    known = {row[0]: row for row in chain(*both)}

    @cache
    def quote(id: str) -> Row | None:
        if id not in known:
            return None
        clean = {k: None if missing(v) else v for k, v in zip(columns, known[id], strict=True)}
        before, words, after = around(str(clean["text"]), int(clean["start"] or 0), int(clean["end"] or 0))
        return {**clean, "before": before, "said": words, "after": after}

    return quote


def around(text: str, start: int, end: int, most: int = 110) -> tuple[str, str, str]:
    """The sentence around text[start:end] as (before, said, after), at most about `most` characters on each side."""
    left = max(text.rfind(mark, 0, start) for mark in SENTENCE_ENDS) + 1
    ends = [p for mark in SENTENCE_ENDS if (p := text.find(mark, max(end - 1, start))) >= 0]
    right = min(ends, default=len(text) - 1) + 1
    before, after = text[left:start].lstrip(), text[end:right].rstrip()
    if len(before) > most:
        before = "… " + before[-most:].partition(" ")[2]
    if len(after) > most:
        after = after[:most].rpartition(" ")[0] + " …"
    return before, text[start:end], after


def _dates(feedback: pd.DataFrame) -> dict[str, Any]:
    texts = counted(feedback)
    first, last = texts["created_at"].min(), texts["created_at"].max()
    known = None if missing(first) else first
    return {
        "texts": len(texts),
        "sources": texts["source"].nunique(),
        "first": known,
        "last": None if missing(last) else last,
    }


def _data(summary: dict[str, Any], rejected: pd.DataFrame) -> dict[str, Any]:
    """Counts per source with reasons, and the model's figures, from what the stages reported."""
    results = summary.get("results", {})
    reasons: dict[str, list[tuple[str, int]]] = defaultdict(list)
    refused = rejected[rejected["reason"] != RejectReason.REPEATED_ROW]  # counted as a duplicate
    counts = refused.groupby(["source", "reason"]).size().sort_values(ascending=False).reset_index(name="n")
    for source, reason, n in counts.itertuples(index=False):
        reasons[source].append((reason, int(n)))
    sources = [
        {"source": name, "reasons": reasons.get(name, []), **numbers}
        for name, numbers in results.get("ingest", {}).get("sources", {}).items()
    ]
    annotate = results.get("annotate", {})
    return {
        "sources": sources,
        "wordless": results.get("ingest", {}).get("wordless", 0),
        "model": _model(annotate) if annotate.get("model") else None,
        "topics": _scorecard(results.get("topics", {}).get("scorecard") or {}),
    }


def _scorecard(card: dict[str, Any]) -> dict[str, Any] | None:
    """What the topics stage measured of its topics, per language of the texts."""
    wanted = ("coverage", "npmi", "diversity")
    measures = [(name, [card.get(f"{name}_{language}") for language in ("fa", "en")]) for name in wanted]
    measures = [(name, values) for name, values in measures if any(v is not None for v in values)]
    return {"topics": card["topics"], "themes": card["themes"], "measures": measures} if card.get("topics") else None


def _model(annotate: dict[str, Any]) -> dict[str, Any]:
    figures = {k: v for k, v in (annotate.get("metrics") or {}).items() if isinstance(v, dict) and "sentiment_f1" in v}
    languages = [k for k in ("fa", "en") if k in figures]
    wanted = ("sentiment_f1", "mention_f1", "located_f1", "pain_f1", "stage_f1", "map_error", "ece")
    measures = [(name, [figures[k].get(name) for k in languages]) for name in wanted]
    return {
        "version": annotate["model"],
        "languages": languages,
        "measures": [(n, values) for n, values in measures if any(v is not None for v in values)],
    }


def _version() -> str:
    from importlib.metadata import version

    return version("cxnlp")
