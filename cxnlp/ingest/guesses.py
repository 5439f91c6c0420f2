"""Which column is what: by its name in Persian or English, and by what it holds. Doubts are said, not hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from cxnlp.ingest import values
from cxnlp.ingest.profiles import Profile

NAMES = {
    "text": r"\b(comments?|text|reviews?|body|content|message|feedback|verbatim|reason|why|"
    r"opinion|description|answer|tweet|نظر|نظرات|متن|توضیح\w*|دیدگاه|پیام|بازخورد|علت|دلیل|شرح|پاسخ)\b",
    "title": r"\b(title|headline|subject|summary|عنوان|موضوع)\b",
    "pros": r"\b(pros|advantages?|strengths?|cons|disadvantages?|weakness|مزایا|معایب|نقاط (?:قوت|ضعف)|likes? best)\b",
    "date": r"\b(date|created|at|time|timestamp|submitted|posted|when|datetime|تاریخ|زمان)\b",
    "time": r"\b(time|hour|ساعت|زمان)\b",
    "id": r"\b(id|no|number|key|code|ref\w*|row|شناسه|ردیف|کد|شماره)\b",
    "customer": r"\b(customer|user|client|member|author|buyer|reviewer|respondent|contact|from|"
    r"مشتری|کاربر|خریدار|نویسنده)\b",
    "brand": r"\b(brand|company|airline|operator|bank|carrier|organi[sz]ation|برند|شرکت|سازمان|اپراتور|بانک)\b",
    "product": r"\b(product|item|sku|asin|place|hotel|restaurant|service name|model|محصول|کالا|مکان|رستوران|هتل)\b",
    "channel": r"\b(channel|platform|medium|کانال|بستر)\b",
    "rating": r"\b(rating|rate|score|stars?|امتیاز|نمره|ستاره)\b",
    "nps": r"\b(nps|recommend|likely|likelihood|احتمال|معرفی|توصیه|پیشنهاد)\b",
    "csat": r"\b(csat|satisf\w*|رضایت)\b",
    "ces": r"\b(ces|effort|eas[ey]\w*|سهولت|آسان\w*|راحت\w*)\b",
    "recommended": r"\b(recommend\w*|توصیه|پیشنهاد)\b",
    "stage": r"\b(stage|phase|journey|step|مرحله)\b",
    "role": r"\b(role|speaker|sender|author type|from|نقش|گوینده)\b",
    "conversation": r"\b(conversation|chat|ticket|call|session|thread|case|گفتگو|گفت و گو|تیکت|تماس)\b",
    "attribute": r"\b(city|country|region|branch|plan|version|department|division|gender|age|type|segment|store|"
    r"is buyer|شهر|استان|شعبه|کشور|جنسیت|سن|نوع|نسخه|دسته)\b",
}
_JALALI = re.compile(r"[\u0600-\u06ff]|\b1[34]\d\d\b")
STAGES = {
    "awareness": r"aware|advert|آگاهی|تبلیغ",
    "consideration": r"consider|compar|research|brows|بررسی|مقایسه|ملاحظ",
    "acquisition": r"acqui|sign.?up|regist|onboard|activat|install|ثبت.?نام|جذب|فعال.?سازی|راه.?اندازی",
    "action": r"action|purchas|order|buy|pay|checkout|deliver|receiv|ship|خرید|سفارش|پرداخت|تحویل|دریافت|ارسال",
    "loyalty": r"loyal|renew|retention|cancel|leav|وفادار|تمدید|لغو",
    "service": r"service|support|use|usage|return|repair|خدمات|پشتیبانی|استفاده|مرجوع",
}


@dataclass
class Guess:
    """A proposal for one source: keys of columns and of the source, and doubts about them by key."""

    columns: dict[str, Any] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)

    def doubt(self, key: str, words: str) -> None:
        """Add a doubt to those about a key."""
        self.doubts[key] = "; ".join(filter(None, [self.doubts.get(key), words]))

    def used(self) -> set[str]:
        """Names of columns that have a meaning already."""
        return {n for v in self.columns.values() for n in ([v] if isinstance(v, str) else v)}


@dataclass
class Found:
    """What a file turned out to be: feedback of a kind, customers, orders, or nothing we know."""

    file: str
    kind: str  # table | transcript | telegram | customers | orders | unknown
    guess: Guess = field(default_factory=Guess)
    columns: tuple[str, ...] = ()
    note: str = ""


def named(column: Profile, kind: str) -> bool:
    """Whether the name of a column says that it is of a kind."""
    return re.search(NAMES[kind], column.folded) is not None


def guess(columns: list[Profile], *, need_text: bool = True) -> Guess | None:
    """Meaning of the columns of a table; None where no column holds what people write."""
    out = Guess()
    _text(columns, out)
    if need_text and "text" not in out.columns:
        return None
    _dates(columns, out)
    _scores(columns, out)
    _recommended(columns, out)
    _who(columns, out)
    _stage(columns, out)
    _attributes(columns, out)
    return out


def wordy(column: Profile) -> bool:
    """Whether people wrote these cells: several words, nearly always different ones, no dates."""
    return column.words >= 3 and column.unique >= 0.4 and column.date_share() < 0.5


def _text(columns: list[Profile], out: Guess) -> None:
    found = [c for c in columns if (wordy(c) or (named(c, "text") and c.words >= 1.5 and c.unique > 0.3))]
    found = [c for c in found if c.date_share() < 0.5]
    main = [c for c in found if not named(c, "title") and not named(c, "pros")] or found
    if not main:
        return
    best = max(main, key=lambda c: (named(c, "text"), c.words * c.filled))
    titles = [c for c in columns if c is not best and named(c, "title") and c.words >= 1.2]
    extras = [c for c in columns if c is not best and named(c, "pros") and not c.numeric]
    names = [c.name for c in (*titles, best, *extras)]
    out.columns["text"] = names[0] if len(names) == 1 else names
    others = [c.name for c in main if c is not best and c.words >= 3]
    if others:
        out.doubts["text"] = f"{', '.join(others)} hold(s) text too; add it if customers wrote it"
    elif not named(best, "text"):
        out.doubts["text"] = "taken for its long cells"


def _dates(columns: list[Profile], out: Guess) -> None:
    def share(column: Profile) -> float:
        return max(column.date_share(), column.date_share(day_first=False))

    dated = [c for c in columns if c.filled > 0.3 and share(c) >= (0.5 if named(c, "date") else 0.8)]
    dated = [c for c in dated if named(c, "date") or not c.numeric]
    if not dated:
        return
    best = max(dated, key=lambda c: (named(c, "date"), c.filled))
    out.columns["created_at"] = best.name
    clock = [c for c in columns if named(c, "time") and all(re.match(r"\s*[\d۰-۹]{1,2}:", t) for t in c.texts[:50])]
    if clock and clock[0] is not best and clock[0].texts:
        out.columns["created_at"] = [best.name, clock[0].name]
    if len(dated) > 1:
        out.doubt("created_at", "also dates: " + ", ".join(c.name for c in dated if c is not best))
    if best.slashed:
        if max(second for _, second in best.slashed) > 12:
            out.source["day_first"] = False
        elif max(first for first, _ in best.slashed) <= 12:
            out.doubt("created_at", "days first, or months first (day_first = false)?")
    sure = best.date_share(bool(out.source.get("day_first", True)))
    if sure < 0.98:
        out.doubt("created_at", f"{sure:.0%} of these are dates")
    text = [c for c in columns if c.name in out.used() and wordy(c)]
    jalali = any(_JALALI.search(t.translate(values.ASCII)) for t in best.texts[:20])
    if not best.zoned and not jalali and text and max(c.persian for c in text) < 0.5:
        out.source["timezone"] = "UTC"
        out.doubts["timezone"] = "the dates say no time zone"


def _scores(columns: list[Profile], out: Guess) -> None:
    for kind, top in (("nps", 10), ("csat", None), ("ces", None), ("rating", None)):
        for column in columns:
            if column.name in out.used() or not named(column, kind) or not column.numeric:
                continue
            low, high = min(column.numbers), max(column.numbers)
            if (kind == "nps" and not (low >= 0 and 5 < high <= 10)) or low < 0 or high > 100 or high <= 1:
                continue
            out.columns[kind] = column.name
            if top is None:
                _scale(kind, column, low, high, out)
            break


def _scale(kind: str, column: Profile, low: float, high: float, out: Guess) -> None:
    """Top of a scale and its zeros."""
    usual = {"ces": (7.0, 5.0, 10.0)}.get(kind, (5.0, 7.0, 10.0))
    fits = [t for t in usual if high <= t] or [100.0]
    if fits[0] != usual[0]:
        out.source[f"{kind}_max"] = fits[0]
        out.doubts[f"{kind}_max"] = f"the highest is {high:g}"
    if low < 1:
        zeros = sum(n == 0 for n in column.numbers)
        out.values.setdefault("missing", {})[kind] = ["0"]
        out.doubt("missing", f"{zeros} of {len(column.numbers)} values of {column.name} are 0: taken for none")


def _recommended(columns: list[Profile], out: Guess) -> None:
    for column in columns:
        if column.name in out.used() or not named(column, "recommended") or len(column.counts) > 5:
            continue
        if not {values.fold(v) for v in column.counts} & (values.YES | values.NO):
            continue
        out.columns["recommended"] = column.name
        words = [v for v in column.counts if values.fold(v) not in {"0", "1", "0.0", "1.0", "true", "false"}]
        known = {v: values.fold(v) in values.YES for v in words if values.fold(v) in values.YES | values.NO}
        if known:
            out.values["recommended"] = known
        unknown = [v for v in words if v not in known]
        if unknown:
            out.values.setdefault("missing", {})["recommended"] = unknown
            out.doubt("missing", f"{', '.join(unknown)} taken for neither yes nor no")
        return


def _who(columns: list[Profile], out: Guess) -> None:
    def free(kind: str) -> list[Profile]:
        return [c for c in columns if c.name not in out.used() and c.words < 5 and named(c, kind)]

    people = [c for c in free("customer") if len(c.counts) > 20 or c.unique > 0.5]
    if people:
        best = max(people, key=lambda c: (named(c, "id"), c.filled))
        out.columns["customer_id"] = best.name
    ids = [c for c in columns if c.name not in out.used() and c.unique > 0.99 and c.filled > 0.98 and c.words < 2]
    ids = [c for c in ids if named(c, "id")]
    if ids:
        out.columns["id"] = ids[0].name
    for kind, least, most in (("brand", 2, 60), ("product", 2, 10**9), ("channel", 1, 20)):
        found = [c for c in free(kind) if least <= len(c.counts) <= most]
        if found:
            best = min(found, key=lambda c: named(c, "id"))  # a name rather than a number
            out.columns[kind] = best.name


def _stage(columns: list[Profile], out: Guess) -> None:
    for column in columns:
        if column.name in out.used() or not named(column, "stage") or not 2 <= len(column.counts) <= 20:
            continue
        out.columns["stage"] = column.name
        mapped = {}
        for value in column.counts:
            found = [s for s, pattern in STAGES.items() if re.search(pattern, values.fold(value))]
            if found:
                mapped[value] = found[0]
        out.values["stage"] = mapped
        lost = [v for v in column.counts if v not in mapped]
        out.doubts["stage"] = "check these" + (f"; not known: {', '.join(lost)}" if lost else "")
        return


def _attributes(columns: list[Profile], out: Guess) -> None:
    found = [
        c.name
        for c in columns
        if c.name not in out.used()
        and c.words < 4
        and (2 <= len(c.counts) <= 30 or (named(c, "attribute") and len(c.counts) > 1))
        and (not c.numeric or named(c, "attribute"))
        and not (named(c, "title") or named(c, "pros") or named(c, "id"))
    ]
    if found:
        out.columns["attributes"] = found
