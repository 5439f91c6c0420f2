"""How the report speaks: labels, digits, intervals and dates in Persian or English."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cxnlp import periods
from cxnlp.taxonomy import Taxonomy

RESOURCES = Path(__file__).parent.parent / "resources" / "report"
LANGUAGES = ("fa", "en")
BORROWED = "≈"  # a topic's label that is only its touchpoint's, where no text of that language names it
_PERSIAN = str.maketrans("0123456789,.", "۰۱۲۳۴۵۶۷۸۹٬٫")
_FINE_PRINT = re.compile(r"\s*\(([^()]*)\)\.?$")
_ONE = re.compile(r"(?<![\d.,])1 (text|mention|answer|source|(?:known )?customer)s\b")
_NBSP = "\u00a0"  # between a number and its % in English
_LRM = "\u200e"  # keeps a sign to the left of its number in right-to-left text (CLDR, fa)


@cache
def labels() -> dict[str, Any]:
    """The words of the report: key -> {fa, en}, from labels.yaml."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load((RESOURCES / "labels.yaml").read_text(encoding="utf-8"))
    return loaded


def missing(value: Any) -> bool:
    """True for None, NaN, NA and NaT: what a table holds where there is no value."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return not hasattr(value, "__len__") and bool(value != value)


@dataclass(frozen=True)
class Words:
    """One language of the report. `topics` maps topic_id to its labels {fa, en}; `labels` are the declared ones."""

    language: str
    taxonomy: Taxonomy
    topics: dict[str, dict[str, str | None]] = field(default_factory=dict)
    labels: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # Settings.labels
    timezone: str = "Asia/Tehran"

    @property
    def rtl(self) -> bool:
        """Whether the language is read from right to left."""
        return self.language == "fa"

    def say(self, key: str, **values: Any) -> str:
        """Label `key` of labels.yaml, its {placeholders} filled; KeyError for a key that is not there."""
        text: str = labels()["words"][key][self.language]
        said = text.format(**{k: self.number(v) if isinstance(v, int | float) else v for k, v in values.items()})
        return said if self.rtl else _ONE.sub(r"1 \1", said)

    def name(self, group: str, id: Any) -> str:
        """Label of `id` in a group of labels.yaml (kinds, metrics, reasons …); the id itself if unknown."""
        if missing(id):
            return str(labels()["words"]["unknown"][self.language])
        declared = self.labels.get("segment", {}) if group == "dimension" else {}
        known = declared.get(str(id)) or labels()["names"].get(group, {}).get(str(id))
        return str(known[self.language]) if known else self.digits(str(id).replace("_", " "))

    def place(self, id: Any) -> str:
        """Label of a stage or touchpoint."""
        try:
            return self.taxonomy.label(None if missing(id) else str(id), self.language)
        except KeyError:
            return str(id)

    def topic(self, id: Any) -> str | None:
        """Label of a topic in this language, else in the other one; null if there is none."""
        known = self.topics.get(str(id)) if not missing(id) else None
        if not known:
            return None
        own, other = known.get(self.language), known.get("en" if self.rtl else "fa")
        if own and own.startswith(BORROWED) and other and not other.startswith(BORROWED):
            own = f"{own.removeprefix(BORROWED).strip()} · {other}"
        label = (own or other or str(id)).removeprefix(BORROWED).strip()
        return label[:1].upper() + label[1:]

    def digits(self, text: str) -> str:
        """Latin digits as the language writes them; letters, separators and points stay."""
        return text.translate({k: v for k, v in _PERSIAN.items() if chr(k).isdigit()}) if self.rtl else text

    def number(self, value: Any, decimals: int = 0, sign: bool = False) -> str:
        """1234.5 → 1,235 · ۱٬۲۳۵; `sign` shows + too; a dash where there is no value."""
        if missing(value):
            return "—"
        rounded = round(float(value), decimals)
        body = f"{abs(rounded):,.{decimals}f}"
        mark = "−" if rounded < 0 else "+" if sign and rounded > 0 else ""
        if self.rtl:
            body = body.translate(_PERSIAN)
            return f"{_LRM}{mark}{body}" if mark else body
        return mark + body

    def percent(self, value: Any, decimals: int = 0) -> str:
        """12.3 → 12 % · ۱۲٪."""
        return "—" if missing(value) else self.number(value, decimals) + ("٪" if self.rtl else f"{_NBSP}%")

    def value(self, metric: Any, value: Any, score: Any = None) -> str:
        """A number in its metric's own unit (see `units` in labels.yaml); a change in that of the `score` it moves."""
        if missing(value):
            return "—"
        unit = labels()["units"].get(str(metric), "count")
        small = abs(float(value)) < 10
        if unit == "percent":
            return self.percent(value, 1 if small and value else 0)
        if unit == "change":
            return self.number(value, 2 if labels()["units"].get(str(score)) == "decimal" else 1, sign=True)
        return self.number(value, {"decimal": 1, "ratio": 1 if small else 0}.get(unit, 0), sign=unit == "signed")

    def rests(self, row: dict[str, Any]) -> str:
        """What a score rests on: "10 answers", or "of 10 answers, 3 with words"."""
        if row["metric"] == "net_sentiment":
            return self.say("n_mentions", n=row["n"])
        if (worded := row["details"]["worded"]) is None:
            return self.say("n", n=row["n"])
        return self.say("n_worded", n=row["n"], worded=worded)

    def interval(self, row: dict[str, Any]) -> str:
        """'12 to 18'; empty where the interval is not known."""
        if missing(row["low"]) or missing(row["high"]):
            return ""
        low, high = (self.value(row["metric"], row[end], row["score"]) for end in ("low", "high"))
        low = low.rstrip(f"٪%{_NBSP}")  # 12 to 18 %
        return f"{low} {self.say('to')} {high}"

    def period(self, key: Any) -> str:
        """«مهر ۱۴۰۳» · '22 Sep–21 Oct 2024'."""
        return self.say("all_periods") if missing(key) or key == "all" else periods.label(str(key), self.language)

    def date(self, time: Any) -> str:
        """A day: Jalali in Persian, Gregorian in English. Takes an instant or an ISO date; a dash for null."""
        import pandas as pd

        if missing(time):
            return "—"
        stamp = pd.Timestamp(time)
        if stamp.tzinfo is None:
            stamp = stamp.tz_localize(self.timezone)
        calendar: periods.Calendar = "jalali" if self.rtl else "gregorian"
        return periods.format_date(stamp.tz_convert("UTC"), self.language, calendar, self.timezone)

    def weekday(self, key: str) -> str:
        """Name of a day of the week, 0 = Saturday."""
        return periods.WEEKDAYS[self.language][int(key)]

    def member(self, dimension: Any, value: Any) -> str:
        """Label of a value of a dimension: a language, a channel, a segment's value."""
        if missing(value):
            return self.name("value", value)
        if dimension == "period":
            return self.period(value)
        own = self.labels.get("source" if dimension == "source" else "segment", {}).get(str(value))
        if own:
            return own[self.language]
        group = str(dimension) if dimension in ("language", "channel", "source") else "value"
        known = labels()["names"].get(group, {}).get(str(value).lower())
        if known:
            return str(known[self.language])
        text = re.sub(r"(?<=\d)-(?=\d)", f" {self.say('to')} ", str(value))
        return self.digits(text.replace("_", " "))

    def group(self, dimension: Any, value: Any) -> str:
        """A segment by dimension and value: «شهر: تهران»."""
        return f"{self.name('dimension', dimension)}: {self.member(dimension, value)}"

    def sentence(self, row: dict[str, Any] | None) -> str:
        """The finding in one sentence of this language; empty where there is none."""
        text = row and row["text_fa" if self.rtl else "text_en"]
        return str(text or "")

    def plain(self, row: dict[str, Any] | None) -> str:
        """The sentence without its closing brackets, which hold n, interval and test."""
        return _FINE_PRINT.sub("", self.sentence(row))

    def headline(self, row: dict[str, Any] | None) -> str:
        """What to fix first in one line: the touchpoint, and what customers say of it; else the plain sentence."""
        topic = self.topic(row["topic_id"]) if row else None
        if not row or not topic or missing(row["touchpoint"]):
            return self.plain(row)
        place, said = self.place(row["touchpoint"]), topic if self.rtl else topic[:1].lower() + topic[1:]
        place = place if self.rtl else place[:1].lower() + place[1:]
        if (self.topics[str(row["topic_id"])].get(self.language) or BORROWED).startswith(BORROWED):
            return self.say("fix_this", what=place)  # words of the other language are no headline
        count = row["details"]["customers"] or row["n"]
        return self.say("fix_first" if count > 1 else "fix_first_one", place=place, n=count, topic=said)

    def fine_print(self, row: dict[str, Any] | None) -> str:
        """What the closing brackets of the sentence hold; empty where it has none."""
        found = _FINE_PRINT.search(self.sentence(row))
        return found[1] if found else ""

    def subject(self, row: dict[str, Any], kind: bool = True, segment: bool = True) -> str:
        """What a finding is about: «درد: تحویل و زمان‌بندی، تهران»."""
        by = (row["by"] or "all").split("+")
        topic = self.topic(row["topic_id"]) if "topic" in by else None
        parts = [
            topic or self.place(row[d]) for d in ("topic", "touchpoint", "stage") if d in by and (topic or d in row)
        ][:1]
        if segment and "segment" in by and row["type"] not in ("path", "hours"):
            parts.append(self.group(row["segment"], row["segment_value"]))
        parts += [self.member(d, row[d]) for d in ("source", "channel", "brand", "language") if d in by]
        if "period" in by:
            parts.append(self.period(row["period"]))
        if row["type"] == "score":
            parts.insert(0, self.name("metric", row["metric"]))
        about = self.say("comma").join(parts) or self.say("all_texts")
        return f"{self.name('kind', row['kind'])}: {about}" if kind and row["kind"] else about
