"""Sentences of the findings that compare: drivers, changes, trends, alerts, segments, brands, waits, headlines."""

from __future__ import annotations

import pandas as pd

from cxnlp import periods
from cxnlp.insight.names import METRICS, Names, number, percent, score_value
from cxnlp.insight.templates import fill
from cxnlp.insight.wording import Row, Sentence, counts, inside, interval, scope, what


def _points(value: float, metric: str, language: str, *, signed: bool = True) -> str:
    return number(value, language, 2 if metric in ("rating", "ces") else 1, signed=signed)


def _sure(row: Row, metric: str, language: str) -> str:
    """Interval of a difference, in points with signs."""
    if pd.isna(row["low"]):
        return fill("no_interval", language)
    ends = {end: _points(row[end], metric, language) for end in ("low", "high")}
    return fill("interval", language, **ends)


def _ratio(row: Row, language: str) -> dict[str, str]:
    """A ratio with its interval and q."""
    found = {end: number(row[end], language, 1) for end in ("low", "high")}
    return found | {"q": _chance(row["q_value"], language)}


def _chance(q: float, language: str) -> str:
    if pd.isna(q):
        return "q = ؟" if language == "fa" else "q = ?"
    if q < 0.001:
        return "q کمتر از ۰٫۰۰۱" if language == "fa" else "q\u00a0<\u00a00.001"
    return f"q\u00a0=\u00a0{number(q, language, 3 if q < 0.1 else 2)}"


def _theme(row: Row, names: Names, language: str) -> str:
    return fill(f"theme_{row['kind']}", language, about=names.about(row, language) or "")


def _said(row: Row, names: Names, language: str) -> str:
    return fill(f"said_{row['kind']}", language, about=names.about(row, language) or "")


def _driver(row: Row, names: Names, language: str) -> str:
    parts = {"theme": _theme(row, names, language), "what": what(row["score"], language)}
    if row["metric"] == "relative_weight":
        detail = row["details"]
        ranks = {"low": number(detail["rank_low"], language), "high": number(detail["rank_high"], language)}
        parts |= {"share": percent(row["value"], language), "r2": percent(100 * detail["r2"], language)}
        return fill("weight", language, **parts, **ranks, sure=interval(row, language, "share"))
    parts |= {"value": _points(abs(row["value"]), row["score"], language, signed=False)}
    parts |= {"where": inside(row, names, language), "sure": _sure(row, row["score"], language)}
    return fill("impact_down" if row["value"] < 0 else "impact_up", language, **parts, n=counts(row, language)["n"])


def _change(row: Row, names: Names, language: str) -> str:
    detail, metric = row["details"], row["score"]
    parts = {"what": what(metric, language), "now": periods.label(row["period"], language)}
    parts |= {"then": periods.label(detail["before"], language), "value": _points(row["value"], metric, language)}
    parts |= {"sure": _sure(row, metric, language), "n": counts(row, language)["n"]}
    if row["by"] == "all":
        return fill("change_all", language, **parts)
    more, hurts = (_points(detail[k], metric, language) for k in ("more_people", "hurts_more"))
    return fill("change", language, **parts, theme=_theme(row, names, language), more=more, hurts=hurts)


def _trend(row: Row, names: Names, language: str) -> str:
    detail = row["details"]
    parts = {"weeks": number(detail["weeks_recent"], language), "expected": number(detail["expected"], language)}
    parts |= {"ratio": number(row["value"], language, 1), "n": counts(row, language)["n"]}
    return fill("trend", language, theme=_theme(row, names, language), **parts, **_ratio(row, language))


def _alert(row: Row, names: Names, language: str) -> str:
    detail, n = row["details"], counts(row, language)["n"]
    kind = detail["alert"]
    if kind == "rise":
        return _trend(row, names, language)
    if kind == "emerging":
        weeks, before = (number(detail[f"weeks_{k}"], language) for k in ("recent", "baseline"))
        return fill("emerging", language, theme=_theme(row, names, language), n=n, weeks=weeks, before=before)
    parts = {"source": names.source(row["source"], language), "n": n}
    if kind == "score_drop":
        metric = row["score"]
        parts |= {"what": what(metric, language), "value": _points(row["value"], metric, language)}
        parts |= {end: score_value(detail[f"score_{end}"], metric, language) for end in ("before", "after")}
        return fill(kind, language, **parts, sure=_sure(row, metric, language))
    if kind in ("silent_source", "volume_spike"):
        return fill(kind, language, **parts, expected=number(detail["expected"], language))
    parts |= {"before": percent(detail["share_before"], language)}
    parts |= {"after": percent(detail.get("share_after", row["value"]), language)}
    tongue = names.tongue(detail["language"], language) if kind == "language_mix" else ""
    return fill(kind, language, **parts, tongue=tongue)


def _segment(row: Row, names: Names, language: str) -> str:
    parts = {"who": names.segment(row["segment"], row["segment_value"], language), "said": _said(row, names, language)}
    parts |= {"times": number(row["value"], language, 1), "rate": percent(row["details"]["rate"], language)}
    return fill(
        "segment", language, **parts, **_ratio(row, language), others=percent(row["details"]["rate_others"], language)
    )


def _reason(row: Row, names: Names, language: str) -> str:
    shown = counts(row, language)
    if row["by"] == "all":
        sure = interval(row, language, "share")
        return fill(f"{row['type']}_all", language, **shown, share=percent(row["value"], language), sure=sure)
    parts = {"times": number(row["value"], language, 1), "said": _said(row, names, language)}
    return fill(row["type"], language, **shown, **parts, **_ratio(row, language))


def _competitor(row: Row, names: Names, language: str) -> str:
    parts = {"value": number(abs(row["value"]), language, 0), "sure": _sure(row, "net_sentiment", language)}
    parts |= {"brand": row["brand"], "verdict": fill(f"brand_{row['details']['verdict']}", language)}
    where = scope({**row, "by": "touchpoint"}, names, language) if row["by"] == "brand+touchpoint" else ""
    name = "brand_up" if row["value"] > 0 else "brand_down"
    return fill(name, language, **parts, where=where, n=counts(row, language)["n"])


def _hours(row: Row, names: Names, language: str) -> str:
    shown, slot = counts(row, language), int(row["segment_value"])
    name = row["segment"]
    if name == "hour":
        parts = {"hour": number(slot, language), "next": number(slot + 1, language)}
    else:
        parts = {"day": periods.WEEKDAYS[language][slot]}
    if row["metric"] == "share":
        return fill(name, language, **parts, **shown, share=percent(row["value"], language))
    value, sure = score_value(row["value"], "net_sentiment", language), interval(row, language, "net_sentiment")
    return fill(f"{name}_mood", language, **parts, value=value, sure=sure, n=shown["n"])


def _response(row: Row, names: Names, language: str) -> str:
    detail = row["details"]
    value, low, high, p90 = (
        number(v, language, 1) if v is not None and pd.notna(v) else "?"
        for v in (row["value"], row["low"], row["high"], detail["p90"])
    )
    parts = {"value": value, "p90": p90, "sure": fill("interval", language, low=low, high=high)}
    parts |= {"silent": number(detail["unanswered"], language), "talks": number(detail["conversations"], language)}
    return fill(f"response_{detail['what']}", language, **parts, where=inside(row, names, language))


def _path(row: Row, names: Names, language: str) -> str:
    parts = {"here": names.place(row["stage"], language), "share": percent(row["value"], language)}
    parts |= {"days": number(row["details"]["days"], language), **counts(row, language)}
    if row["segment_value"] == "none":
        return fill("path_none", language, **parts)
    return fill("path", language, **parts, there=names.place(row["segment_value"], language))


def _comparison(row: Row, names: Names, language: str) -> str:
    metric, detail = row["metric"], row["details"]
    of_score = metric in METRICS
    parts = {"what": what(metric, language) if of_score else _theme(row, names, language)}
    parts |= {end: score_value(detail[end], metric, language) for end in ("before", "after")}
    parts |= {"value": _points(row["value"], metric, language), "sure": _sure(row, metric, language)}
    parts |= {"q": _chance(row["q_value"], language), "size": fill(f"effect_{detail['effect_size']}", language)}
    return fill("comparison", language, **parts, where=scope(row, names, language) if of_score else "")


def _headline(row: Row, names: Names, language: str) -> str:
    if row["metric"] == "for_whom":
        return _segment(row, names, language)
    if row["metric"] == "better":
        sure = row["q_value"] <= row["details"]["fdr"]
        verdict = "same" if not sure else "better" if row["value"] < 1 else "worse"
        return fill(verdict, language, trend=_trend(row, names, language))
    count = row["details"]["customers"]
    said = fill("one_pain" if count == 1 else "said_pain", language, about=names.about(row, language) or "")
    people, share = number(count, language), percent(row["value"], language)
    return fill("fix_first", language, said=said, people=people, share=share)


SENTENCES: dict[str, Sentence] = {
    "driver": _driver,
    "change": _change,
    "trend": _trend,
    "alert": _alert,
    "segment": _segment,
    "leaver": _reason,
    "promoter": _reason,
    "competitor": _competitor,
    "hours": _hours,
    "response": _response,
    "path": _path,
    "comparison": _comparison,
    "headline": _headline,
}
