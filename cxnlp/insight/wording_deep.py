"""Sentences of the findings that compare: drivers, changes, trends, alerts, segments, brands, waits, headlines."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxnlp import periods
from cxnlp.insight.names import METRICS, Names, number, percent, score_value
from cxnlp.insight.wording import SAID, Row, interval, scope, upper


def _gap(value: float, metric: str, language: str, *, signed: bool = True) -> str:
    return number(value, language, 2 if metric in ("rating", "ces") else 1, signed=signed)


def _span(row: Row, metric: str, language: str) -> str:
    if pd.isna(row["low"]):
        return "بازه محاسبه نشد" if language == "fa" else "no interval"
    low, high = _gap(row["low"], metric, language), _gap(row["high"], metric, language)
    return f"بازهٔ ۹۵٪: {low} تا {high}" if language == "fa" else f"95 % interval {low} to {high}"


_THEME = {
    "pain": ("گلایه از {}", "complaints about {}"),
    "praise": ("خشنودی از {}", "praise for {}"),
    "request": ("خواسته دربارهٔ {}", "requests about {}"),
    "question": ("پرسش دربارهٔ {}", "questions about {}"),
    "motive": ("انگیزه در {}", "motives in {}"),
}


def _theme(row: Row, names: Names, language: str) -> str:
    return _THEME[row["kind"]][language == "en"].format(names.about(row, language))


def _driver(row: Row, names: Names, language: str) -> str:
    theme, what, detail = _theme(row, names, language), METRICS[row["score"]][language == "en"], row["details"]
    if row["metric"] == "relative_weight":
        share, sure = percent(row["value"], language), interval(row, language, "share")
        r2 = percent(100 * detail["r2"], language)
        low, high = number(detail["rank_low"], language), number(detail["rank_high"], language)
        if language == "fa":
            place = f"رتبهٔ {low}" if low == high else f"رتبهٔ {low} تا {high}"
            return f"{theme}: {share} از آنچه در {what} توضیح‌پذیر است ({sure}؛ {place}؛ کل توضیح‌پذیر {r2}). همبستگی است، نه علت."
        return (
            f"{upper(theme)}: {share} of what can be explained of {what} ({sure}; rank {low} to {high}; {r2} explained in all). "
            "An association, not a cause."
        )
    value, sure, n = (
        _gap(abs(row["value"]), row["score"], language, signed=False),
        _span(row, row["score"], language),
        number(row["n"], language),
    )
    where = "".join(f" {w}" for w in names.where(row, language))
    if language == "fa":
        way = "پایین‌تر" if row["value"] < 0 else "بالاتر"
        return f"{what}{where} با {theme} {value} واحد {way} است تا بی آن ({sure}؛ {n} پاسخ). همبستگی است، نه علت."
    way = "lower" if row["value"] < 0 else "higher"
    return f"{upper(what)}{where} is {value} points {way} with {theme} than without ({sure}; {n} answers). An association, not a cause."


def _change(row: Row, names: Names, language: str) -> str:
    detail, metric = row["details"], row["score"]
    what, now, then = (
        METRICS[metric][language == "en"],
        periods.label(row["period"], language),
        periods.label(detail["before"], language),
    )
    value, sure = _gap(row["value"], metric, language), _span(row, metric, language)
    if row["by"] == "all":
        if language == "fa":
            return f"{what} از {then} تا {now}: {value} ({sure}؛ {number(row['n'], 'fa')} پاسخ در {now})."
        return f"{upper(what)} from {then} to {now}: {value} ({sure}; {number(row['n'], 'en')} answers in {now})."
    theme = _theme(row, names, language)
    more, hurts = _gap(detail["more_people"], metric, language), _gap(detail["hurts_more"], metric, language)
    if language == "fa":
        return f"سهم {theme} در تغییر {what} از {then} تا {now}: {value} ({sure})؛ {more} چون شمار گویندگان تغییر کرد، {hurts} چون اثرش تغییر کرد."
    return f"{upper(theme)} contributed {value} to the change of {what} from {then} to {now} ({sure}): {more} because more or fewer say it, {hurts} because it weighs differently."


def _trend(row: Row, names: Names, language: str) -> str:
    detail, theme = row["details"], _theme(row, names, language)
    ratio, n = number(row["value"], language, 1), number(row["n"], language)
    expected, weeks = number(detail["expected"], language), number(detail["weeks_recent"], language)
    low, high, q = number(row["low"], language, 1), number(row["high"], language, 1), _chance(row["q_value"], language)
    if language == "fa":
        return f"{theme} در {weeks} هفتهٔ اخیر {ratio} برابر پیش است ({n} متن، {expected} انتظار می‌رفت؛ بازهٔ ۹۵٪: {low} تا {high}؛ {q})."
    return f"{upper(theme)}: {ratio} times as often as before in the last {weeks} weeks ({n} texts, {expected} expected; 95 % interval {low} to {high}; {q})."


def _chance(q: float, language: str) -> str:
    if pd.isna(q):
        return "q نامعلوم" if language == "fa" else "q unknown"
    if q < 0.001:
        return "q < ۰٫۰۰۱" if language == "fa" else "q < 0.001"
    return f"q = {number(q, language, 3 if q < 0.1 else 2)}"


def _alert(row: Row, names: Names, language: str) -> str:
    detail, fa, source = row["details"], language == "fa", row["source"]
    kind, n = detail["alert"], number(row["n"], language)
    if kind == "rise":
        return _trend(row, names, language)
    if kind == "emerging":
        theme = _theme(row, names, language)
        weeks = number(detail["weeks_recent"], language)
        return (
            f"تازه پدید آمده: {theme}؛ {n} متن در {weeks} هفتهٔ اخیر و پیش از آن هیچ."
            if fa
            else f"New: {theme}; {n} texts in the last {weeks} weeks and none before."
        )
    if kind == "score_drop":
        what = METRICS[row["score"]][not fa]
        before, after = (score_value(detail[k], row["score"], language) for k in ("score_before", "score_after"))
        sure = _span(row, row["score"], language)
        return (
            f"{what} در منبع {source} از {before} به {after} افتاد (تغییر: {sure}؛ {n} پاسخ)."
            if fa
            else f"{upper(what)} in {source} fell from {before} to {after} (change: {sure}; {n} answers)."
        )
    if kind in ("silent_source", "volume_spike"):
        expected = number(detail["expected"], language)
        if kind == "silent_source":
            return (
                f"منبع {source} ساکت شده است: {n} متن رسید، {expected} انتظار می‌رفت."
                if fa
                else f"Source {source} has fallen silent: {n} texts came, {expected} were expected."
            )
        return (
            f"منبع {source} ناگهان پر شده است: {n} متن رسید، {expected} انتظار می‌رفت."
            if fa
            else f"Source {source} is flooding: {n} texts came, {expected} were expected."
        )
    before, after = (
        percent(detail["share_before"], language),
        percent(detail.get("share_after", row["value"]), language),
    )
    if kind == "language_mix":
        tongue = names.tongue(detail["language"], language)
        return (
            f"ترکیب زبان‌ها در منبع {source} عوض شده است: سهم {tongue} از {before} به {after}."
            if fa
            else f"The languages of {source} have shifted: {tongue} from {before} to {after}."
        )
    return (
        f"حروف خراب در منبع {source}: {n} متن ({after})، پیش از این {before}؛ کدگذاری فایل را بررسی کنید."
        if fa
        else f"Broken letters in {source}: {n} texts ({after}), before {before}; check the encoding of its file."
    )


def _segment(row: Row, names: Names, language: str) -> str:
    who = names.segment(row["segment"], row["segment_value"], language)
    times, low, high = (number(row[k], language, 1) for k in ("value", "low", "high"))
    rate, others = percent(row["details"]["rate"], language), percent(row["details"]["rate_others"], language)
    said, q = SAID[row["kind"]][language == "en"].format(names.about(row, language)), _chance(row["q_value"], language)
    if language == "fa":
        return f"مشتریان {who} {times} برابر دیگران {said} ({rate} در برابر {others}؛ بازهٔ ۹۵٪: {low} تا {high}؛ {q})."
    return f"{upper(who)} {said} {times} times as often as others ({rate} against {others}; 95 % interval {low} to {high}; {q})."


def _reason(row: Row, names: Names, language: str) -> str:
    fa, leaving = language == "fa", row["type"] == "leaver"
    who = (
        ("کسانی که می‌روند" if leaving else "کسانی که توصیه می‌کنند")
        if fa
        else ("those who leave" if leaving else "those who recommend")
    )
    n, base = number(row["n"], language), number(row["base"], language)
    if row["by"] == "all":
        share, sure = percent(row["value"], language), interval(row, language, "share")
        return (
            f"{share} از متن‌ها ({n} از {base}) از {who} است ({sure})."
            if fa
            else f"{share} of texts ({n} of {base}) come from {who} ({sure})."
        )
    times, low, high = (number(row[k], language, 1) for k in ("value", "low", "high"))
    said = SAID[row["kind"]][not fa].format(names.about(row, language))
    if fa:
        return f"{who} {times} برابر دیگران {said} ({n} از {base}؛ بازهٔ ۹۵٪: {low} تا {high})."
    return f"{upper(who)} {said} {times} times as often as others ({n} of {base}; 95 % interval {low} to {high})."


def _competitor(row: Row, names: Names, language: str) -> str:
    detail, about = row["details"], names.about(row, language)
    value, sure, n = (
        number(abs(row["value"]), language, 0),
        _span(row, "net_sentiment", language),
        number(row["n"], language),
    )
    verdict = {
        "strength": ("نقطهٔ قوت", "a strength"),
        "weakness": ("نقطهٔ ضعف", "a weakness"),
        "even": ("بی‌تفاوت معنادار", "no sure difference"),
    }
    tag = verdict[detail["verdict"]][language == "en"]
    if language == "fa":
        way = "بالاتر" if row["value"] > 0 else "پایین‌تر"
        return f"احساس خالص برند {row['brand']}{f' در {about}' if about else ''} {value} واحد {way} از رقیبان است ({sure}؛ {n} اشاره): {tag}."
    way = "above" if row["value"] > 0 else "below"
    return f"Net sentiment of {row['brand']}{f' for {about}' if about else ''} is {value} points {way} its competitors ({sure}; {n} mentions): {tag}."


def _hours(row: Row, names: Names, language: str) -> str:
    hour = row["segment"] == "hour"
    shown = (
        number(float(row["segment_value"]), language)
        if hour
        else names.segment("weekday", row["segment_value"], language)
    )
    when = (f"ساعت {shown}" if language == "fa" else f"hour {shown}") if hour else shown
    n, base = number(row["n"], language), number(row["base"], language)
    if row["metric"] == "net_sentiment":
        value, sure = score_value(row["value"], "net_sentiment", language), interval(row, language, "net_sentiment")
        return (
            f"احساس خالص در {when}: {value} ({sure}؛ {n} اشاره)."
            if language == "fa"
            else f"Net sentiment, {when}: {value} ({sure}; {n} mentions)."
        )
    share = percent(row["value"], language)
    return (
        f"{share} از متن‌ها ({n} از {base}) در {when} نوشته شده است."
        if language == "fa"
        else f"{share} of texts ({n} of {base}) are written on {when}."
        if not hour
        else f"{share} of texts ({n} of {base}) are written in {when}."
    )


def _response(row: Row, names: Names, language: str) -> str:
    detail, where = row["details"], "".join(f" {w}" for w in names.where(row, language))
    first = detail["what"] == "first"
    value, low, high, p90 = (
        number(v, language, 1) if pd.notna(v) else "؟"
        for v in (row["value"], row["low"], row["high"], detail["p90"] or float("nan"))
    )
    silent, talks = number(detail["unanswered"], language), number(detail["conversations"], language)
    if language == "fa":
        what = "نخستین پاسخ" if first else "هر پاسخ"
        return f"{what}{where} به‌طور میانه پس از {value} دقیقه می‌رسد (بازهٔ ۹۵٪: {low} تا {high}؛ نه‌دهم تا {p90} دقیقه)؛ {silent} از {talks} گفت‌وگو بی‌پاسخ ماند."
    what = "The first answer" if first else "An answer"
    return f"{what}{where} takes {value} minutes in the median (95 % interval {low} to {high}; nine in ten within {p90}); {silent} of {talks} conversations got none."


def _path(row: Row, names: Names, language: str) -> str:
    here, n, base, share = (
        names.place(row["stage"], language),
        number(row["n"], language),
        number(row["base"], language),
        percent(row["value"], language),
    )
    days = number(row["details"]["days"], language)
    if row["segment_value"] == "none":
        return (
            f"پس از گلایه در مرحلهٔ «{here}»، {share} ({n} از {base}) تا {days} روز گلایهٔ دیگری نداشتند."
            if language == "fa"
            else f"After a complaint in the {here} stage, {share} ({n} of {base}) had none in the next {days} days."
        )
    there = names.place(row["segment_value"], language)
    return (
        f"پس از گلایه در مرحلهٔ «{here}»، {share} ({n} از {base}) تا {days} روز بعد در مرحلهٔ «{there}» گلایه داشتند."
        if language == "fa"
        else f"After a complaint in the {here} stage, {share} ({n} of {base}) complained in the {there} stage within {days} days."
    )


def _comparison(row: Row, names: Names, language: str) -> str:
    metric, detail = row["metric"], row["details"]
    what = METRICS[metric][language == "en"] if metric in METRICS else _theme(row, names, language)
    where = scope(row, names, language) if metric in METRICS else ""
    before, after = (score_value(detail[k], metric, language) for k in ("before", "after"))
    sure, q = _span(row, metric, language), _chance(row["q_value"], language)
    size = {
        "small": ("کوچک", "small"),
        "medium": ("متوسط", "medium"),
        "large": ("بزرگ", "large"),
        "none": ("ناچیز", "negligible"),
    }[detail["effect_size"]]
    if language == "fa":
        return f"{what}{where} از {before} به {after} رسید (تغییر {_gap(row['value'], metric, 'fa')}؛ {sure}؛ {q}؛ اثر {size[0]})."
    return f"{upper(what)}{where} went from {before} to {after} (change {_gap(row['value'], metric, 'en')}; {sure}; {q}; {size[1]} effect)."


def _headline(row: Row, names: Names, language: str) -> str:
    fa, detail = language == "fa", row["details"]
    if row["metric"] == "fix_first":
        about = names.about(row, language) or ""
        people, share = number(detail["customers"], language), percent(row["value"], language)
        return (
            f"نخست این را درست کنید: {about}؛ {people} مشتری از آن گلایه کرده‌اند ({share} از متن‌ها)."
            if fa
            else f"Fix this first: {about}; {people} customers complain about it ({share} of texts)."
        )
    if row["metric"] == "for_whom":
        return _segment(row, names, language)
    way = "better" if row["high"] < 1 else "worse" if row["low"] > 1 else "same"
    verdict = {
        "better": ("رو به بهبود است", "It is getting better"),
        "worse": ("بدتر می‌شود", "It is getting worse"),
        "same": ("هنوز تغییر روشنی دیده نمی‌شود", "No clear change yet"),
    }[way]
    return f"{verdict[0]}: {_trend(row, names, 'fa')}" if fa else f"{verdict[1]}: {_trend(row, names, 'en')}"


SENTENCES: dict[str, Any] = {
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
