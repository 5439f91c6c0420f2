"""Each finding as one plain sentence in Persian and in English, made from its own numbers and nothing else.

The sentences stand in templates.py; here their numbers are picked and formatted. wording_deep.py has the comparisons.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from cxnlp.insight.names import MEASURES, METRICS, PERCENT, Names, number, percent, score_value
from cxnlp.insight.templates import fill

Row = dict[str, Any]
Sentence = Callable[[Row, Names, str], str]
RANKED = ("pain", "praise", "request", "question", "motive")


def say(rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """`rows` (details as objects) with text_fa and text_en."""
    from cxnlp.insight.wording_deep import SENTENCES as DEEP

    sentences = {**SENTENCES, **DEEP}
    records = rows.to_dict("records")
    texts = {
        f"text_{language}": [upper(_sentence(sentences, row, names, language)) for row in records]
        for language in ("fa", "en")
    }
    return rows.assign(**texts)


def _sentence(sentences: dict[str, Sentence], row: Any, names: Names, language: str) -> str:
    if pd.isna(row["value"]):
        return _no_number(row, names, language)
    return sentences[row["type"]](row, names, language)


def what(metric: str, language: str) -> str:
    """Name of a score or another measure within a sentence."""
    return {**METRICS, **MEASURES}.get(metric, (metric, metric.replace("_", " ")))[language == "en"]


def upper(text: str) -> str:
    """First letter large: the sentence begins."""
    return text[:1].upper() + text[1:]


def scope(row: Row, names: Names, language: str) -> str:
    """About what and where, in one phrase with its prepositions and a space before; empty for everything."""
    about = names.about(row, language)
    about = None if about is None else f"در {about}" if language == "fa" else f"for {about}"
    return "".join(f" {part}" for part in (about, *names.where(row, language)) if part)


def inside(row: Row, names: Names, language: str) -> str:
    """Where only: source, channel, brand, language, segment, period; with a space before."""
    return "".join(f" {part}" for part in names.where(row, language))


def interval(row: Row, language: str, metric: str) -> str:
    """«بازهٔ ۹۵٪: ۱۰ تا ۱۴٪» / "95 % interval 10 to 14 %"."""
    if pd.isna(row["low"]):
        return fill("no_interval", language)
    low, high = (score_value(row[end], metric, language) for end in ("low", "high"))
    if metric in PERCENT:
        low = low.removesuffix("٪").removesuffix("\u00a0%")
    return fill("interval", language, low=low, high=high)


def counts(row: Row, language: str) -> dict[str, str]:
    """n and base, formatted."""
    return {name: number(0 if pd.isna(row[name]) else row[name], language) for name in ("n", "base")}


def _no_number(row: Row, names: Names, language: str) -> str:
    metric = row["score"] or row["metric"]
    parts = {"what": what(metric, language), "where": scope(row, names, language)}
    if row["kind"] and row["details"].get("what") is None:
        theme = fill(f"theme_{row['kind']}", language, about=names.about(row, language) or "")
        name = "of_theme" if metric in MEASURES else "and_theme"
        parts = {"what": fill(name, language, what=parts["what"], theme=theme), "where": inside(row, names, language)}
    elif row["type"] == "path":
        parts["what"] = fill("of_complaints", language, what=parts["what"])
    if row["details"].get("suppressed"):
        name, few = _few(row)
        return fill(name, language, **parts, n=number(few, language), least=number(row["details"]["min_n"], language))
    return fill("no_number", language, **parts)


def _few(row: Row) -> tuple[str, float]:
    """Which side is too small to give a number, as the template that says so, and how many are on it."""
    n: float = row["n"]
    base: float = row["base"]
    if row["type"] == "path":
        return "suppressed", base
    if row["type"] == "driver" and base - n < n:
        return "suppressed_without", base - n
    if row["type"] == "comparison":
        return ("suppressed_first", base) if base < n else ("suppressed_second", n)
    return "suppressed", n


def _volume(row: Row, names: Names, language: str) -> str:
    about, where, shown = names.about(row, language), names.where(row, language), counts(row, language)
    if row["by"] == "all":
        return fill("volume_all", language, **shown)
    shown["share"] = percent(row["value"], language)
    if about is None:
        rest = f" {where[-1]}" if len(where) > 1 else ""
        return fill("volume_where", language, **shown, inside=rest, whose=names.comes_from(row, language))
    sure = interval(row, language, "share")
    return fill("volume_about", language, **shown, inside=inside(row, names, language), about=about, sure=sure)


def _score(row: Row, names: Names, language: str) -> str:
    metric = row["metric"]
    unit = {"net_sentiment": "mentions", "sentiment": "texts"}.get(metric, "answers")
    parts = {
        "what": what(metric, language), "where": scope(row, names, language),
        "value": score_value(row["value"], metric, language), "sure": interval(row, language, metric),
        "n": counts(row, language)["n"],
    }  # fmt: skip
    if (worded := row["details"].get("worded")) is not None:
        return fill("score_worded", language, **parts, worded=number(worded, language))
    return fill("score", language, **parts, unit=fill(unit, language))


def _ranked(row: Row, names: Names, language: str) -> str:
    about, detail = names.about(row, language) or "", row["details"]
    if row["by"] == "touchpoint+topic":
        place = names.place(row["touchpoint"], language)
        about += f" در «{place}»" if language == "fa" else f" at {place}"
    hardest = ""
    if detail.get("hit_hardest"):
        first = detail["hit_hardest"][0]
        who = names.segment(first["segment"], first["segment_value"], language)
        hardest = fill("hardest", language, who=who, times=number(first["lift"], language, 1))
    said = f"{'one' if detail['customers'] == 1 else 'said'}_{row['type']}"
    parts = {"people": number(detail["customers"], language), "n": counts(row, language)["n"]}
    parts |= {"said": fill(said, language, about=about), "share": percent(row["value"], language)}
    return fill("ranked", language, **parts, sure=interval(row, language, "share"), hardest=hardest)


def _quality(row: Row, names: Names, language: str) -> str:
    of = row["details"]["what"]
    unit = fill("unit_mentions" if of == "unassigned" else "unit_texts", language)
    parts = {"share": percent(row["value"], language), "unit": unit, "what": fill(f"quality_{of}", language)}
    return fill("quality", language, **parts, **counts(row, language), where=scope(row, names, language))


SENTENCES: dict[str, Sentence] = {
    "volume": _volume,
    "score": _score,
    "quality": _quality,
    **dict.fromkeys(RANKED, _ranked),
}
