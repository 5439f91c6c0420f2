"""What things are called in sentences: numbers, stages, touchpoints, topics, segments, channels, in both languages."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxnlp import periods
from cxnlp.taxonomy import Taxonomy

LANGUAGES = ("fa", "en")
Labels = dict[str, dict[str, dict[str, str]]]  # what the configuration declares: group → id → {fa, en}
DIMENSIONS = {
    "city": ("شهر", "city"),
    "account_type": ("نوع حساب", "account type"),
    "age_band": ("گروه سنی", "age"),
    "tenure": ("سابقهٔ مشتری", "tenure"),
    "rfm_group": ("گروه خرید", "buying group"),
    "recency": ("روزهای گذشته از آخرین خرید", "days since last purchase"),
    "has_returns": ("مرجوعی داشته", "has returned goods"),
    "buyer": ("نوع خریدار", "buyer"),
    "plan": ("طرح", "plan"),
    "gender": ("جنسیت", "gender"),
    "region": ("منطقه", "region"),
    "hour": ("ساعت", "hour"),
}
VALUES = {
    "champions": ("مشتریان برتر", "champions"),
    "loyal": ("مشتریان وفادار", "loyal customers"),
    "potential_loyalist": ("در راه وفاداری", "potential loyalists"),
    "new_buyer": ("خریداران تازه", "new buyers"),
    "at_risk": ("در خطر رفتن", "at risk"),
    "hibernating": ("خاموش", "hibernating"),
    "needs_attention": ("نیازمند توجه", "needs attention"),
    "no_purchase": ("بدون خرید", "no purchase"),
    "new": ("خریدار تازه", "new"),
    "returning": ("خریدار قبلی", "returning"),
    "yes": ("بله", "yes"),
    "no": ("خیر", "no"),
    "consumer": ("مصرف‌کننده", "consumer"),
    "student": ("دانشجو", "student"),
    "small_business": ("کسب‌وکار کوچک", "small business"),
    "enterprise": ("سازمان بزرگ", "enterprise"),
    "<1y": ("کمتر از یک سال", "under 1 year"),
    "1-3y": ("یک تا سه سال", "1–3 years"),
    "3y+": ("بیش از سه سال", "over 3 years"),
}
CHANNELS = {
    "review": ("نظر", "reviews"),
    "survey": ("نظرسنجی", "surveys"),
    "chat": ("گفت‌وگوی آنلاین", "chat"),
    "call": ("تماس", "calls"),
    "messenger": ("پیام‌رسان", "messenger"),
    "social": ("شبکه‌های اجتماعی", "social media"),
    "app_store": ("فروشگاه برنامه", "app stores"),
    "email": ("ایمیل", "e-mail"),
    "ticket": ("تیکت", "tickets"),
}
TONGUES = {
    "fa": ("فارسی", "Persian"),
    "en": ("انگلیسی", "English"),
    "mixed": ("آمیخته", "mixed"),
    "finglish": ("فینگلیش", "Finglish"),
    "other": ("زبان‌های دیگر", "other languages"),
}
METRICS = {
    "nps": ("شاخص NPS", "NPS"),
    "csat": ("رضایت (CSAT)", "CSAT"),
    "ces": ("آسانی (CES)", "CES"),
    "rating": ("میانگین امتیاز", "the average rating"),
    "recommended": ("سهم توصیه‌کنندگان", "the share who recommend"),
    "net_sentiment": ("احساس خالص", "net sentiment"),
    "sentiment": ("احساس خالص متن‌ها", "net sentiment of texts"),
}
MEASURES = {  # what is no score, where its number is missing
    "share": ("سهم", "the share"),
    "median_minutes": ("میانهٔ زمان پاسخ", "the median time to an answer"),
    "rate_ratio": ("تغییر فراوانی", "the change of frequency"),
}
PERCENT = ("csat", "recommended", "share")
_WHERE = {
    "segment": ("میان مشتریان {}", "among {}"),
    "source": ("در منبع {}", "in {}"),
    "channel": ("در کانال {}", "in {}"),
    "brand": ("برای برند {}", "for {}"),
    "language": ("در زبان {}", "in {}"),
    "period": ("در {}", "in {}"),
}
_COMPUTED = {  # dimensions of the types hours and path: not who the customers are
    "weekday": ("در روزهای {}", "on {}s"),
    "hour": ("بین ساعت {} تا {}", "between {}:00 and {}:00"),
    "next_stage": ("با گلایهٔ بعدی در مرحلهٔ «{}»", "with the next complaint in the {} stage"),
    "none": ("بدون گلایهٔ بعدی", "without another complaint"),
}
_FROM = {
    "segment": ("از {} است", "come from {}"),
    "source": ("از منبع {} آمده است", "come from {}"),
    "channel": ("از کانال {} آمده است", "come through {}"),
    "brand": ("دربارهٔ برند {} است", "are about {}"),
    "language": ("{} است", "are in {}"),
    "period": ("از {} است", "are from {}"),
}
_MINUS, _MARK = "−", "\N{LEFT-TO-RIGHT MARK}"
_BORROWED = "≈"  # before a topic's label that is only its touchpoint's


class Names:
    """Names for the dimensions of insight rows, in `fa` or `en`."""

    def __init__(self, taxonomy: Taxonomy, topics: pd.DataFrame, labels: Labels | None = None) -> None:
        self.taxonomy, self.labels = taxonomy, labels or {}
        self.ids = {s.id for s in taxonomy.stages} | {t.id for t in taxonomy.touchpoints}
        said = topics[["label_fa", "label_en"]]
        self.topics = {
            "fa": said["label_fa"].where(said["label_fa"].notna(), said["label_en"]).to_dict(),
            "en": said["label_en"].where(said["label_en"].notna(), said["label_fa"]).to_dict(),
        }

    def place(self, id: str, language: str) -> str:
        """A stage or a touchpoint."""
        return self.taxonomy.label(id, language) if id in self.ids else id

    def topic(self, id: str, language: str) -> str:
        """A topic by its label, in the other language where it has none in this one."""
        label = self.topics[language].get(id)
        return label.removeprefix(_BORROWED).strip() if isinstance(label, str) and label else id

    def tongue(self, language_of_text: str, language: str) -> str:
        """A language of texts: «فارسی», "Persian"."""
        return TONGUES[language_of_text][LANGUAGES.index(language)]

    def segment(self, dimension: str, value: str, language: str) -> str:
        """«شهر تهران»; "city: تهران"."""
        i = LANGUAGES.index(language)
        own = self.labels.get("segment", {})
        name = (
            own.get(dimension, {}).get(language)
            or DIMENSIONS.get(dimension, (dimension, dimension.replace("_", " ")))[i]
        )
        if dimension == "weekday":
            return periods.WEEKDAYS[language][int(value)]
        shown = own.get(value, {}).get(language) or VALUES.get(value, (value, value))[i]
        if language == "fa":
            return f"«{name}: {persian(shown)}»"
        return f"customers with {name} “{shown}”"

    def source(self, name: str, language: str) -> str:
        """A source as the configuration calls it; its name without underscores where it does not."""
        return self.labels.get("source", {}).get(name, {}).get(language) or name.replace("_", " ")

    def where(self, row: dict[str, Any], language: str) -> list[str]:
        """Phrases with their preposition for the dimensions that say where or who: «در نظرسنجی», "in surveys"."""
        by, found = row["by"].split("+"), []
        for name in ("segment", "source", "channel", "brand", "language", "period"):
            if name not in by:
                continue
            if name == "segment" and row["type"] in ("hours", "path"):
                found.append(self._computed(row, language))
            else:
                fa, en = _WHERE[name]
                found.append((fa if language == "fa" else en).format(self._value(name, row, language)))
        return found

    def comes_from(self, row: dict[str, Any], language: str) -> str:
        """Predicate of a share of texts by where they come from: «از منبع … آمده است», "come from …"."""
        name = row["by"].split("+")[0]
        fa, en = _FROM[name]
        return (fa if language == "fa" else en).format(self._value(name, row, language))

    def _computed(self, row: dict[str, Any], language: str) -> str:
        """«در روزهای شنبه», "on Saturdays"; «بین ساعت ۸ تا ۹»; «با گلایهٔ بعدی در مرحلهٔ …»."""
        name, value = row["segment"], row["segment_value"]
        if name == "weekday":
            parts = [periods.WEEKDAYS[language][int(value)]]
        elif name == "hour":
            parts = [number(int(value) + i, language) for i in (0, 1)]
        else:
            name, parts = ("none" if value == "none" else name), [self.place(value, language)]
        return _COMPUTED[name][LANGUAGES.index(language)].format(*parts)

    def _value(self, name: str, row: dict[str, Any], language: str) -> str:
        i = LANGUAGES.index(language)
        if name == "segment":
            return self.segment(row["segment"], row["segment_value"], language)
        if name == "period":
            return periods.label(row["period"], language)
        value = row[name]
        if name == "source":
            return self.source(value, language)
        return {"channel": CHANNELS, "language": TONGUES}.get(name, {}).get(value, (value, value))[i]

    def about(self, row: dict[str, Any], language: str) -> str | None:
        """What it is about: the most exact of topic, touchpoint, stage; null for none."""
        by = row["by"].split("+")
        if "topic" in by:
            label = self.topic(row["topic_id"], language)
            return f"«{label}»" if language == "fa" else f"“{label}”"
        if "touchpoint" in by:
            label = self.place(row["touchpoint"], language)
            return f"«{label}»" if language == "fa" else label
        if "stage" in by:
            label = self.place(row["stage"], language)
            return f"مرحلهٔ «{label}»" if language == "fa" else f"the {label} stage"
        return None


def number(value: float, language: str, digits: int | None = None, *, signed: bool = False) -> str:
    """A number for readers: few digits, thousands marked, Persian digits with «٫» and «٬» in Persian."""
    if digits is None:
        digits = 0 if abs(value) >= 10 or float(value).is_integer() else 1
    text = f"{abs(value):,.{digits}f}"
    sign = _MINUS if value < 0 and text.strip("0.,") else "+" if signed and value > 0 else ""
    if language == "en":
        return sign + text
    text = text.replace(",", "٬").replace(".", "٫")
    return (_MARK if sign else "") + sign + persian(text)


def percent(value: float, language: str) -> str:
    """A percentage: «۱۲٪», "12 %"."""
    digits = 0 if abs(value) >= 9.95 or abs(value - round(value)) < 0.05 else 1
    return number(value, language, digits) + ("٪" if language == "fa" else "\u00a0%")


def persian(text: str) -> str:
    """Persian digits; everything else as it is."""
    return periods.persian_digits(text)


def score_value(value: float, metric: str, language: str) -> str:
    """A score in its own way of writing: CSAT in percent, rating with a decimal, NPS whole."""
    if metric in PERCENT:
        return percent(value, language)
    return number(value, language, 2 if metric in ("rating", "ces") else 0)
