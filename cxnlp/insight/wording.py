"""Each finding as one plain sentence in Persian and in English, made from its own numbers and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from cxnlp.insight.names import METRICS, PERCENT, Names, number, percent, score_value

Row = dict[str, Any]
Sentence = Callable[[Row, Names, str], str]


def say(rows: pd.DataFrame, names: Names) -> pd.DataFrame:
    """`rows` (details as objects) with text_fa and text_en."""
    records = rows.to_dict("records")
    texts = {f"text_{language}": [_sentence(row, names, language) for row in records] for language in ("fa", "en")}
    return rows.assign(**texts)


def _sentence(row: Row, names: Names, language: str) -> str:
    from cxnlp.insight.wording_deep import SENTENCES as DEEP

    if pd.isna(row["value"]) and row["type"] not in ("alert", "headline"):
        return _no_number(row, names, language)
    return {**SENTENCES, **DEEP}[row["type"]](row, names, language)


def scope(row: Row, names: Names, language: str) -> str:
    """About what and where, in one phrase with its prepositions and a space before; empty for everything."""
    about, where = names.about(row, language), names.where(row, language)
    about = None if about is None else f"در {about}" if language == "fa" else f"for {about}"
    return "".join(f" {part}" for part in (about, *where) if part)


def interval(row: Row, language: str, metric: str) -> str:
    """«بازهٔ ۹۵٪: ۱۰ تا ۱۴٪» / "95 % interval 10 to 14 %"."""
    low, high = (score_value(row[end], metric, language) for end in ("low", "high"))
    if metric in PERCENT:
        low = low.removesuffix("٪").removesuffix(" %")
    return f"بازهٔ ۹۵٪: {low} تا {high}" if language == "fa" else f"95 % interval {low} to {high}"


def _no_number(row: Row, names: Names, language: str) -> str:
    what = METRICS.get(row["metric"], METRICS.get(row["score"], (row["metric"],) * 2))[language == "en"]
    where, n = scope(row, names, language), number(row["n"] or 0, language)
    if row["details"].get("suppressed"):
        least = number(row["details"]["min_n"], language)
        if language == "fa":
            return f"{what}{where}: تنها {n} مورد هست، کمتر از {least}؛ پس عددی گفته نمی‌شود."
        return f"{upper(what)}{where}: only {n} cases, fewer than {least}; so no number is given."
    if language == "fa":
        return f"{what}{where}: متنی نیست که عددی از آن برآید."
    return f"{upper(what)}{where}: there are no texts to compute a number from."


def _volume(row: Row, names: Names, language: str) -> str:
    n, base, share = number(row["n"], language), number(row["base"], language), percent(row["value"], language)
    fa, about, where = language == "fa", names.about(row, language), names.where(row, language)
    if row["by"] == "all":
        return f"{n} متن شمرده شد." if fa else f"{n} texts were counted."
    if about is None:
        inside = f" {where[-1]}" if len(where) > 1 else ""
        whose = names.comes_from(row, language)
        return (
            f"{share} از متن‌ها{inside} ({n} از {base}) {whose}."
            if fa
            else f"{share} of texts{inside} ({n} of {base}) {whose}."
        )
    inside, sure = "".join(f" {w}" for w in where), interval(row, language, "share")
    if fa:
        return f"{share} از متن‌ها{inside} ({n} از {base}) دربارهٔ {about} است ({sure})."
    return f"{share} of texts{inside} ({n} of {base}) speak of {about} ({sure})."


def _score(row: Row, names: Names, language: str) -> str:
    metric = row["metric"]
    what, where = METRICS[metric][language == "en"], scope(row, names, language)
    value, sure, n = (
        score_value(row["value"], metric, language),
        interval(row, language, metric),
        number(row["n"], language),
    )
    kind = {"net_sentiment": ("اشاره", "mentions"), "sentiment": ("متن", "texts")}.get(metric, ("پاسخ", "answers"))
    return (
        f"{upper(what)}{where}: {value} ({sure}؛ {n} {kind[0]})."
        if language == "fa"
        else f"{upper(what)}{where}: {value} ({sure}; {n} {kind[1]})."
    )


SAID = {
    "pain": ("از {} گلایه کرده‌اند", "complain about {}"),
    "praise": ("از {} خشنودند", "are pleased with {}"),
    "request": ("دربارهٔ {} خواسته‌ای دارند", "ask for something about {}"),
    "question": ("دربارهٔ {} پرسیده‌اند", "have a question about {}"),
    "motive": ("انگیزهٔ انتخابشان را در {} گفته‌اند", "name a reason for choosing that lies in {}"),
}


def _ranked(row: Row, names: Names, language: str) -> str:
    about = names.about(row, language) or ""
    if row["by"] == "touchpoint+topic":
        place = names.place(row["touchpoint"], language)
        about += f" در «{place}»" if language == "fa" else f" at {place}"
    detail, en = row["details"], language == "en"
    said = SAID[row["type"]][en].format(about)
    people, n = number(detail["customers"], language), number(row["n"], language)
    share, sure = percent(row["value"], language), interval(row, language, "share")
    hardest = _hardest(detail.get("hit_hardest") or [], names, language)
    if en:
        return f"{people} customers {said} ({n} texts, {share} of all; {sure}){hardest}."
    return f"{people} مشتری {said} ({n} متن، {share} از همه؛ {sure}){hardest}."


def _hardest(found: list[dict[str, Any]], names: Names, language: str) -> str:
    if not found:
        return ""
    who, times = names.segment(found[0]["segment"], found[0]["segment_value"], language), found[0]["lift"]
    if language == "fa":
        return f"؛ بیش از همه {who}، {number(times, 'fa', 1)} برابر دیگران"
    return f"; most of all {who}, {number(times, 'en', 1)} times as often as others"


_QUALITY = {
    "duplicate": ("تکراری است و دوباره شمرده نشد", "are duplicates and were not counted again"),
    "near_duplicate": ("بسیار شبیه متنی دیگر است", "are almost equal to another text"),
    "undated": ("تاریخ ندارد", "carry no date"),
    "no_mention": ("نکتهٔ مشخصی در خود ندارد", "contain no particular statement"),
    "no_customer": ("شناسهٔ مشتری ندارد", "name no customer"),
    "unassigned": ("در هیچ موضوعی جا نگرفته است", "belong to no topic yet"),
    "masked": ("دادهٔ شخصی داشت که پوشانده شد", "held personal data, now masked"),
    "unread": ("به زبانی جز فارسی و انگلیسی است", "are in neither Persian nor English"),
}


def _quality(row: Row, names: Names, language: str) -> str:
    what = row["details"]["what"]
    n, base, share = number(row["n"], language), number(row["base"], language), percent(row["value"], language)
    where = scope(row, names, language)
    if language == "fa":
        unit = "اشاره‌ها" if what == "unassigned" else "متن‌ها"
        return f"{share} از {unit}{where} ({n} از {base}) {_QUALITY[what][0]}."
    unit = "mentions" if what == "unassigned" else "texts"
    return f"{share} of {unit}{where} ({n} of {base}) {_QUALITY[what][1]}."


def upper(text: str) -> str:
    """First letter large: the sentence begins."""
    return text[:1].upper() + text[1:]


SENTENCES: dict[str, Sentence] = {
    "volume": _volume,
    "score": _score,
    "quality": _quality,
    **dict.fromkeys(SAID, _ranked),
}
