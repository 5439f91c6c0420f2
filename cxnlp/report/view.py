"""What the page shows, section by section: chosen rows of `insights`, nothing computed. Words come later."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from cxnlp.report.rows import Details, Findings, Row

if TYPE_CHECKING:
    from cxnlp.taxonomy import Taxonomy

GENERAL = "general"  # an overall verdict: nothing that can be fixed or followed
SCORES = ("nps", "csat", "ces", "rating", "recommended", "sentiment")  # as the reader would rank them
HEADLINE = ("nps", "csat", "ces", "rating", "recommended", "net_sentiment")
TOP = 10
DIMENSIONS = ("source", "channel", "brand", "language")


def view(findings: Findings, taxonomy: Taxonomy) -> dict[str, Any]:
    """All sections by name, for both languages alike."""
    score = _explained(findings)
    trends = {
        (r["by"], r["kind"], r["touchpoint"] if r["by"] == "touchpoint" else r["topic_id"]): r
        for r in findings.of_type("trend")
    }
    shown = {
        "brief": _brief(findings),
        "journey": _journey(findings, taxonomy),
        "pains": _pains(findings, score, trends),
        "lists": {kind: _list(findings, kind, trends) for kind in ("request", "praise", "question", "motive")},
        "drivers": _drivers(findings, score),
        "topics": _topics(findings, trends),
        "segments": _segments(findings),
        "brands": _brands(findings),
        "channels": _channels(findings),
        "leaving": {
            t: _top(list(filter(_more_often, findings.rows(t, "lift", "touchpoint"))), 5)
            for t in ("leaver", "promoter")
        },
        "alerts": findings.of_type("alert"),
        "quality": findings.of_type("quality"),
        "languages": sorted(findings.rows("volume", "share", "language"), key=lambda r: -(r["n"] or 0)),
    }
    return shown


def _explained(f: Findings) -> str | None:
    """The score whose drivers are shown: the first of SCORES with five impacts or more, else the one with most."""
    known = {s: sum(r["value"] is not None for r in f.rows("driver", "impact", "touchpoint", score=s)) for s in SCORES}
    return next(
        (s for s in SCORES if known[s] >= 5), max(known, key=lambda s: known[s]) if any(known.values()) else None
    )


def _top(rows: list[Row], count: int = TOP) -> list[Row]:
    return [r for r in rows if r["value"] is not None and r["touchpoint"] != GENERAL][:count]


def _brief(f: Findings) -> dict[str, Any]:
    scores = [r for s in HEADLINE if (r := f.one("score", s, "all")) and r["value"] is not None]
    drawn = [s for s in HEADLINE if sum(r["value"] is not None for r in f.rows("score", s, "period")) > 2]
    main = drawn[0] if drawn else "net_sentiment"
    told = {r["details"]["insight_id"] for r in f.of_type("headline")}
    return {
        "sentences": {r["metric"]: r for r in f.of_type("headline")},
        "scores": scores[:4],
        "volume": f.one("volume", "share", "all"),
        "pains": _ranked(f)[:3],
        "over_time": {"metric": main, "rows": _series(f, "score", main)},
        "hit": [r for r in _hit(f) if r["insight_id"] not in told][:3],
        "trended": bool(f.of_type("trend")),  # long enough a time to tell, if not of the first pain
    }


def _series(f: Findings, type: str, metric: str, by: str = "period", **only: Any) -> list[Row]:
    """One row per period of the whole report, in order: a period without a finding stands as an empty row."""
    known = {r["period"]: r for r in f.rows(type, metric, by, **only)}
    axis = sorted({r["period"] for r in f.rows("volume", "share", "period")} | set(known))
    empty = {"value": None, "low": None, "high": None, "n": 0, "base": None, "show": None, "details": Details()}
    return [known.get(period) or {**empty, "period": period} for period in axis] if known else []


def _hit(f: Findings) -> list[Row]:
    """Segments that say a pain more often than others, surest first."""
    rows = [r for by in ("segment+topic", "segment+touchpoint") for r in f.rows("segment", "lift", by, kind="pain")]
    sure = [r for r in rows if _more_often(r) and r["touchpoint"] != GENERAL]
    return sorted(sure, key=lambda r: (r["q_value"] or 0, -r["value"]))


def _more_often(lift: Row) -> bool:
    """Said more often than by others, and surely so."""
    return bool(lift["details"]["significant"] and lift["value"] is not None and lift["value"] > 1)


def _journey(f: Findings, taxonomy: Taxonomy) -> dict[str, Any]:
    cards: dict[str, Row] = {}
    for stage in taxonomy.stages:
        touchpoints: list[Row] = [
            {"volume": v, "score": f.one("score", "net_sentiment", "touchpoint", touchpoint=v["touchpoint"])}
            for v in f.rows("volume", "share", "touchpoint", stage=stage.id)
            if v["touchpoint"] != GENERAL
        ]
        cards[stage.id] = {
            "volume": f.one("volume", "share", "stage", stage=stage.id),
            "score": f.one("score", "net_sentiment", "stage", stage=stage.id),
            "over_time": _series(f, "score", "net_sentiment", "stage+period", stage=stage.id),
            "touchpoints": sorted(touchpoints, key=lambda t: -(t["volume"]["n"] or 0)),
            "pain": _most_telling(f, "pain", stage.id),
            "praise": _most_telling(f, "praise", stage.id),
            "channels": sorted(
                f.rows("volume", "share", "stage+channel", stage=stage.id), key=lambda r: -(r["n"] or 0)
            ),
            "next": sorted(_next(f, stage.id), key=lambda r: (r["segment_value"] == "none", -r["value"])),
        }
    return {"cards": cards, "groups": _groups(f)}


def _next(f: Findings, stage: str) -> list[Row]:
    return [r for r in f.rows("path", "share", "stage+segment", stage=stage, segment="next_stage") if r["value"]]


def _most_telling(f: Findings, kind: str, stage: str) -> Row | None:
    rows = [r for by in ("touchpoint+topic", "touchpoint") for r in f.rows(kind, "share", by, stage=stage)]
    return next((r for r in rows if r["touchpoint"] != GENERAL and r["n"]), None)


def _groups(f: Findings, most: int = 8) -> list[dict[str, Any]]:
    """Rows of the heat map: per dimension its largest values, each with a cell per stage."""
    cells: dict[str, dict[str, dict[str, dict[str, Row]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for by in ("segment", *DIMENSIONS, "period"):
        for part, metric in (("volume", "share"), ("score", "net_sentiment")):
            for row in f.rows(part, metric, f"stage+{by}"):
                dimension, value = (row["segment"], row["segment_value"]) if by == "segment" else (by, row[by])
                cells[dimension][str(value)][row["stage"]][part] = row
    groups = []
    for dimension, values in cells.items():
        by_size = sorted(values, key=lambda v: -sum(c["volume"]["n"] or 0 for c in values[v].values() if "volume" in c))
        shown = sorted(values)[-most:] if dimension == "period" else by_size[:most]
        if len(shown) > 1:
            groups.append({"dimension": dimension, "rows": [(v, values[v]) for v in shown]})
    return groups


def _main_pains(f: Findings) -> list[Row]:
    """What the headline ranks: topics where they hurt, else touchpoints."""
    return f.rows("pain", "share", "touchpoint+topic") or f.rows("pain", "share", "touchpoint")


def _ranked(f: Findings) -> list[Row]:
    """The main pains, each topic once: where it hurts most."""
    first: dict[str, Row] = {}
    for row in _top(_main_pains(f), 100):
        first.setdefault(row["topic_id"] or row["insight_id"], row)
    return list(first.values())


def _pains(f: Findings, score: str | None, trends: dict[Any, Row], full: int = 5) -> dict[str, Any]:
    """The first pains in full, the next ones and all touchpoints as tables."""
    everywhere = f.rows("pain", "share", "touchpoint")
    ranked = [_pain(f, row, score, trends) for row in _ranked(f)[: full + TOP]]
    touchpoints = [_pain(f, row, score, trends) for row in _top(everywhere, len(everywhere))]
    return {
        "ranked": ranked[:full],
        "next": ranked[full:],
        "touchpoints": touchpoints if f.rows("pain", "share", "touchpoint+topic") else [],
        "general": next((r for r in everywhere if r["touchpoint"] == GENERAL and r["n"]), None),
    }


def _pain(f: Findings, row: Row, score: str | None, trends: dict[Any, Row]) -> dict[str, Any]:
    """A pain with what it costs and where it is going: by topic where it has one, else by touchpoint."""
    by = "topic" if row["topic_id"] else "touchpoint"
    key = "topic_id" if row["topic_id"] else "touchpoint"
    known = row["details"]["impact_score"] or score
    return {
        "row": row,
        "impact": f.one("driver", "impact", by, kind="pain", score=known, **{key: row[key]}),
        "trend": trends.get((by, "pain", row[key])),
        "over_time": _series(f, "volume", "share", f"{by}+period", **{key: row[key]}),
    }


def _list(f: Findings, kind: str, trends: dict[Any, Row], most: int = 8) -> list[dict[str, Any]]:
    """Topics of a kind; its touchpoints where there are few topics."""
    rows = _top(f.rows(kind, "share", "topic"), most)
    rows = rows if len(rows) > 3 else _top(f.rows(kind, "share", "touchpoint"), most)
    return [
        {"row": r, "trend": trends.get((r["by"], kind, r["topic_id"] if r["by"] == "topic" else r["touchpoint"]))}
        for r in rows
        if r["n"]
    ]


def _drivers(f: Findings, score: str | None) -> dict[str, Any]:
    impacts = [r for r in f.rows("driver", "impact", "touchpoint", score=score) if r["value"] is not None]
    impacts = sorted((r for r in impacts if r["kind"] in ("pain", "praise")), key=lambda r: r["value"])
    ends = impacts if len(impacts) <= 16 else impacts[:8] + impacts[-8:]
    weights = sorted(f.rows("driver", "relative_weight", "touchpoint", score=score), key=lambda r: -(r["value"] or 0))
    changes = [r for r in f.rows("change", "contribution", "touchpoint") if r["value"]]
    moved = next((s for s in (score, *SCORES) if any(r["score"] == s for r in changes)), None)
    changes = sorted((r for r in changes if r["score"] == moved), key=lambda r: -abs(r["value"]))
    return {
        "score": score,
        "impacts": ends,
        "weights": [w for w in weights if w["value"]][:8],
        "changes": changes[:8],
        "change": f.one("change", "contribution", "all", score=moved),
    }


def _topics(f: Findings, trends: dict[Any, Row], most: int = 8, below: int = 3) -> list[dict[str, Any]]:
    """Themes by size, each followed by its largest topics; topics without a theme stand alone."""
    sizes = {r["topic_id"]: r for r in f.rows("volume", "share", "topic") if r["n"]}
    inside = {topic for topics in f.children.values() for topic in topics}
    heads = sorted((t for t in sizes if t not in inside), key=lambda t: -sizes[t]["n"])[:most]
    lines: list[tuple[str, int]] = []
    for head in heads:
        topics = sorted((t for t in f.children.get(head, []) if t in sizes), key=lambda t: -sizes[t]["n"])[:below]
        lines += [(head, 0), *((t, 1) for t in topics)] if len(topics) != 1 else [(topics[0], 0)]
    return [
        {
            "row": sizes[topic],
            "depth": depth,
            "over_time": _series(f, "volume", "share", "topic+period", topic_id=topic),
            "trend": next((t for k in ("pain", "request", "praise") if (t := trends.get(("topic", k, topic)))), None),
        }
        for topic, depth in lines
    ]


def _segments(f: Findings) -> dict[str, Any]:
    scores: dict[str, list[dict[str, Row | None]]] = defaultdict(list)
    main = next((s for s in HEADLINE if f.rows("score", s, "segment")), "net_sentiment")
    for volume in f.rows("volume", "share", "segment"):
        only = {"segment": volume["segment"], "segment_value": volume["segment_value"]}
        score = f.one("score", main, "segment", **only)
        scores[volume["segment"]].append(
            {"volume": volume, "score": score, "sentiment": f.one("score", "net_sentiment", "segment", **only)}
        )
    ordered = {dimension: sorted(rows, key=_place) for dimension, rows in scores.items()}
    return {"main": main, "scores": ordered, "hit": _hit(f)[:TOP]}


def _place(entry: dict[str, Row | None]) -> tuple[int, int]:
    """Order of a dimension's values: bands (0-30, 31-90, 181+) as they count up, others by size."""
    volume = entry["volume"] or {}
    digits = re.match(r"<?(\d+)", str(volume["segment_value"]))
    return (int(digits[1]), 0) if digits else (0, -(volume["n"] or 0))


def _brands(f: Findings) -> list[dict[str, Any]]:
    brands = []
    for volume in sorted(f.rows("volume", "share", "brand"), key=lambda r: -(r["n"] or 0)):
        own = f.rows("competitor", "difference", "brand+touchpoint", brand=volume["brand"])
        brands.append(
            {
                "volume": volume,
                "score": f.one("score", "net_sentiment", "brand", brand=volume["brand"]),
                "against": f.one("competitor", "difference", "brand", brand=volume["brand"]),
                "strengths": [r for r in own if r["details"].get("verdict") == "strength"][:3],
                "weaknesses": [r for r in own if r["details"].get("verdict") == "weakness"][:3],
            }
        )
    return brands if len(brands) > 1 else []


def _channels(f: Findings) -> dict[str, Any]:
    hours = {r["segment_value"]: r for r in f.rows("hours", "share", "segment", segment="hour")}
    days = {r["segment_value"]: r for r in f.rows("hours", "share", "segment", segment="weekday")}
    rows = []
    for by in ("channel", "source"):
        for volume in sorted(f.rows("volume", "share", by), key=lambda r: -(r["n"] or 0)):
            score = f.one("score", "net_sentiment", by, **{by: volume[by]})
            rows.append({"by": by, "volume": volume, "score": score})
    return {
        "rows": rows,
        "hours": hours,
        "days": days,
        "response": [
            r for r in f.of_type("response") if r["details"]["what"] == "first" and r["by"] in ("all", "channel")
        ],
    }
