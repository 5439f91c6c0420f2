"""What lies beside the page: workbook, Parquet, DuckDB views, chat summaries; and the words they are made of."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml
from python_calamine import CalamineWorkbook

from cxnlp import taxonomy
from cxnlp.errors import RejectReason
from cxnlp.report.brief import plain
from cxnlp.report.page import SPOKEN, distinct
from cxnlp.report.payload import pack
from cxnlp.report.rows import Findings
from cxnlp.report.sheets import safe
from cxnlp.report.view import view
from cxnlp.report.words import RESOURCES, Words, labels
from cxnlp.report.write import around
from tests.report.shop import FORMULA, HOSTILE, added, findings, many, write

JOURNEY = taxonomy.load()
PACKAGE = RESOURCES.parent.parent


def test_workbook_has_findings_and_no_formula(page: Path) -> None:
    """An analyst opens feedback written by strangers: no cell may run, now or when it is saved again as CSV."""
    book = CalamineWorkbook.from_path(page.with_name("report.xlsx"))
    assert {"about", "pain", "score", "mentions", "rejected"} <= set(book.sheet_names)
    cells = [c for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row]
    text = [c for c in cells if isinstance(c, str) and c]
    assert f"'{FORMULA}" in text
    assert not [c for c in text if c[0] in "=+-@\t\r\n"]


@pytest.mark.parametrize(
    "text", [FORMULA, "+98", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u200f=1", "\ufeff=1", "\u202e=1"]
)
def test_cells_that_look_like_formulas_are_quoted(text: str) -> None:
    """Each way in which a cell is known to run, hidden behind blanks and invisible marks too."""
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["پیک دیر رسید", "the courier = late", 3.5, True, "", None])
def test_other_cells_stay_as_they_are(value: object) -> None:
    """Quoting what is harmless would spoil every text."""
    assert safe(value) == value


def test_tables_open_in_duckdb(page: Path) -> None:
    """BI tools read the folder as it is: the views name every table and every type of finding."""
    folder = page.with_name("tables")
    with duckdb.connect() as base:
        base.execute(f"SET file_search_path = '{folder}'")
        base.execute((folder / "views.sql").read_text(encoding="utf-8"))
        assert base.sql("SELECT count(*) FROM insight_pain").fetchall()[0][0] > 5
        row = base.sql(
            "SELECT quote, label_en, city, created_at FROM mentions WHERE topic_id = 'T0001' LIMIT 1"
        ).fetchall()[0]
        assert row[1] == "courier is late"
        assert base.sql("SELECT count(*) FROM texts WHERE text LIKE '%alert(1)%'").fetchall() == [(1,)]


@pytest.mark.parametrize(("language", "word"), [("fa", "دردهای اصلی"), ("en", "Top pains")])
def test_chat_summary(page: Path, language: str, word: str) -> None:
    """It is pasted into a chat: short, in one language, with numbers and intervals."""
    text = page.with_name(f"summary.{language}.md").read_text(encoding="utf-8")
    assert word in text
    assert len(text) < 4000  # Telegram's limit is 4,096
    assert "<" not in text.replace("q < ", "")
    if language == "fa":
        assert not re.search(r"[0-9]", text.replace("q = 1.00", ""))
        assert "٪" in text


def test_chat_summary_neutralises_feedback() -> None:
    """A topic named by strangers' words must not become a link, a mention or formatting."""
    assert plain("[x](http://a) *b* <i> @all") == r"\[x\](http://a) \*b\* ‹i› ＠all"


def test_page_holds_no_markup_of_feedback(page: Path) -> None:
    """Without any script too: the page's own source never contains a stranger's tag."""
    html = page.read_text(encoding="utf-8")
    assert HOSTILE not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html  # the brand is shown, as written


def test_every_label_is_in_both_languages() -> None:
    """A forgotten translation shows as a hole in the page; Latin digits and percent signs look foreign in Persian."""
    found = labels()
    pairs = [*found["words"].items(), *(item for group in found["names"].values() for item in group.items())]
    for key, pair in pairs:
        assert set(pair) == {"fa", "en"}, key
        assert all(isinstance(v, str) and v for v in pair.values()), key
        assert set(re.findall(r"{\w+}", pair["fa"])) == set(re.findall(r"{\w+}", pair["en"])), key
        assert not re.search(r"[0-9%يك]", re.sub(r"{\w+}|F1", "", pair["fa"])), key
        assert not re.search(r"\bمی [اآبپت-ی]|[آ-ی] ها(ی|یی)?\b", pair["fa"]), f"{key}: half-space"
    yaml.safe_load((RESOURCES / "labels.yaml").read_text(encoding="utf-8"))


def test_templates_use_known_labels() -> None:
    """A misspelt label would break the report of a user, not ours."""
    words = labels()["words"]
    for file in [*(RESOURCES / "page").glob("*.j2"), *(RESOURCES / "app").glob("*.js")]:
        for key in re.findall(r"(?:w|Words)\.say\(\"(\w+)\"", file.read_text(encoding="utf-8")):
            assert key in words, (file.name, key)


def test_no_label_is_left_over() -> None:
    """Words that nothing says are translated and corrected for nobody."""
    folders = [RESOURCES, RESOURCES.parent / "desk", PACKAGE / "report", PACKAGE / "desk"]
    files = [f for folder in folders for f in folder.rglob("*") if f.suffix in (".py", ".j2", ".js")]
    texts = [f.read_text(encoding="utf-8") for f in files]
    source = "".join(t for t in texts if "say(" in t or "data-word" in t)
    source = re.sub(r"""name\("\w+"|class="\w+"|\[["']\w+["']\]""", "", source)  # keys and classes, no labels
    said = set(re.findall(r"""["'](\w+)["']""", source))
    lists = ("request", "praise", "question", "motive", "leaver", "promoter")
    said |= {f"{kind}s{end}" for kind in lists for end in ("", "_lead")}
    assert set(labels()["words"]) - said == set()
    assert set(SPOKEN) <= set(labels()["words"])


def test_every_reason_of_rejection_has_a_name() -> None:
    """A reader of Persian must not meet «forgotten»; repeated rows are counted as duplicates."""
    assert set(labels()["names"]["reason"]) == set(RejectReason) - {RejectReason.REPEATED_ROW}


@pytest.mark.parametrize(
    ("metric", "value", "fa", "en"),
    [
        ("nps", -12.4, "\u200e−۱۲", "−12"),
        ("net_sentiment", 7.0, "\u200e+۷", "+7"),
        ("share", 12.34, "۱۲٪", "12\u00a0%"),
        ("share", 3.14, "۳٫۱٪", "3.1\u00a0%"),
        ("rating", 4.26, "۴٫۳", "4.3"),
        ("mentions", 12345, "۱۲٬۳۴۵", "12,345"),
        ("nps", None, "—", "—"),
        ("share", float("nan"), "—", "—"),
    ],
)
def test_numbers_are_written_as_readers_write_them(metric: str, value: float | None, fa: str, en: str) -> None:
    """Persian digits, «٪», «٫» and «٬», the sign on the left; missing is a dash, never 0."""
    assert Words("fa", JOURNEY).value(metric, value) == fa
    assert Words("en", JOURNEY).value(metric, value) == en


def test_intervals_and_single_things_read_well() -> None:
    """'1 texts' and '12% to 18%' are what machines write."""
    row = {"metric": "share", "low": 12.0, "high": 18.0, "score": None}
    fa, en = Words("fa", JOURNEY), Words("en", JOURNEY)
    assert (fa.interval(row), en.interval(row)) == ("۱۲ تا ۱۸٪", "12 to 18\u00a0%")
    assert [en.say("n_texts", n=n) for n in (1, 21, 1001)] == ["1 text", "21 texts", "1,001 texts"]
    assert en.say("lead_undated", n=31, sources=1).startswith("Read from 31 texts in 1 source.")
    assert en.say("customers_known", n=1) == "1 known customer"
    assert (fa.member("recency", "31-90"), en.member("recency", "31-90")) == ("۳۱ تا ۹۰", "31 to 90")
    assert fa.group("has_returns", "yes") == "مرجوعی داشته: بله"


def test_topics_without_a_name_of_their_own_show_the_other_language() -> None:
    """A topic of Persian texts only is not hidden behind its touchpoint from a reader of English."""
    topics = {"T1": {"fa": "مو توی غذا", "en": "≈ Product quality"}, "T2": {"fa": None, "en": "late courier"}}
    assert Words("en", JOURNEY, topics).topic("T1") == "Product quality · مو توی غذا"
    assert Words("fa", JOURNEY, topics).topic("T1") == "مو توی غذا"
    assert Words("fa", JOURNEY, topics).topic("T2") == "Late courier"


@pytest.mark.parametrize(
    ("text", "said", "shown"),
    [
        ("سلام. پیک خیلی دیر رسید! ممنون", "دیر رسید", ("پیک خیلی ", "دیر رسید", "!")),
        ("It was fine. The courier came late, again.", "came late", ("The courier ", "came late", ", again.")),
        ("late", "late", ("", "late", "")),
    ],
)
def test_quotes_stand_in_their_sentence(text: str, said: str, shown: tuple[str, str, str]) -> None:
    """A few words out of context read like a machine's; their sentence reads like a customer."""
    start = text.index(said)
    assert around(text, start, start + len(said)) == shown


def test_two_mentions_of_one_text_are_one_quote() -> None:
    """The same sentence twice below a pain looks like a mistake, and like two customers; so does the same wording."""
    rows = [("F1", "قهوه کهنه بود"), ("F1", "بوی نا می‌داد"), ("F2", "the box was open"), ("F3", "the box was open"),
            ("F4", "late again"), ("F5", "later still")]  # fmt: skip
    quotes = [{"feedback_id": f, "said": said, "after": ""} for f, said in rows]
    assert [q["feedback_id"] for q in distinct(quotes, 3)] == ["F1", "F2", "F4"]


def test_scores_say_who_wrote(shop, tmp_path: Path) -> None:
    """Scores of everyone beside counts of texts would look like a mistake if the report did not say so."""
    survey = shop.feedback[shop.feedback["nps"].notna()]
    silent = survey.assign(text=None, language=None, sentiment=None, feedback_id=survey["feedback_id"] + "-s")
    feedback = pd.concat([shop.feedback, silent], ignore_index=True).astype(shop.feedback.dtypes)
    asked = replace(shop, feedback=feedback)
    html = write(asked, findings(asked), tmp_path).read_text(encoding="utf-8")
    n, written = 2 * len(survey), len(survey)
    for language, digits in (("fa", Words("fa", JOURNEY).number), ("en", str)):
        said = labels()["words"]["n_worded"][language].format(n=digits(n), worded=digits(written))
        assert said in html and said in (tmp_path / f"summary.{language}.md").read_text(encoding="utf-8")


def test_dates_are_jalali_in_persian() -> None:
    """Nowruz of a leap year is where calendars slip: 1403 has 30 days in Esfand."""
    fa, en = Words("fa", JOURNEY), Words("en", JOURNEY)
    assert fa.date(pd.Timestamp("2025-03-20T12:00Z")) == "۳۰ اسفند ۱۴۰۳"
    assert en.date(pd.Timestamp("2025-03-20T12:00Z")) == "20 Mar 2025"
    assert fa.period("1403-07") == "مهر ۱۴۰۳"
    assert en.period("1403-07") == "22 Sep–21 Oct 2024"


def test_headline_names_the_place_and_the_words() -> None:
    """A topic's label alone («one hour») is no headline; with its touchpoint a manager knows what to do."""
    row = {"topic_id": "T1", "touchpoint": "delivery", "n": 24, "details": {"customers": 20}}
    topics = {"T1": {"fa": "یک ساعت دیر", "en": "An hour late"}}
    said = [Words(language, JOURNEY, topics).headline(row) for language in ("fa", "en")]
    assert said[0] == "اول «تحویل و زمان‌بندی» را درست کنید: ۲۰ مشتری گلایه دارند، برای نمونه «یک ساعت دیر»"
    assert said[1] == "Fix delivery and punctuality first: 20 customers complain, as in “an hour late”"
    borrowed = {"T1": {"fa": "یک ساعت دیر", "en": "≈ Delivery and punctuality"}}
    assert "یک" not in Words("en", JOURNEY, borrowed).headline(row)
    row["details"]["customers"] = 1
    assert "۱ مشتری گلایه دارد:" in Words("fa", JOURNEY, topics).headline(row)
    assert "1 customer complains," in Words("en", JOURNEY, topics).headline(row)


def test_time_axis_has_no_holes(shop, found) -> None:
    """Months in which nobody spoke of a topic are part of its story: bars of two topics must stand under each other."""
    findings = Findings.of(found, shop.topics, {})
    shown = view(findings, JOURNEY)
    periods = [r["period"] for r in findings.rows("volume", "share", "period")]
    assert len(periods) > 12
    for line in shown["topics"]:
        assert [r["period"] for r in line["over_time"]] == sorted(periods)


def test_a_full_page_keeps_evidence_and_the_newest(shop, found) -> None:
    """Where not everything fits, no number may lose the texts behind it."""
    big = many(shop, 4)
    evidence = {e for ids in found["evidence"] for e in ids}
    days = big.feedback[["feedback_id"]].assign(day=None, day_fa=None, day_en=None, period=None)
    packed = pack(big.feedback, big.mentions, big.segments, days, evidence, 1200)
    body = json.loads(gzip.decompress(base64.b64decode(packed.encoded)))
    assert packed.texts < packed.texts_of_all
    assert evidence & set(big.feedback["feedback_id"]) <= set(packed.numbers)
    assert evidence & set(big.mentions["mention_id"]) <= set(packed.numbers)
    assert len(body["texts"]["text"]) == packed.texts
    for of, start, end in zip(*(body["mentions"][k] for k in ("of", "start", "end")), strict=True):
        assert 0 <= start < end <= len(body["texts"]["text"][of].encode("utf-16-le")) // 2


def test_long_texts_travel_cut_and_keep_their_quotes(shop) -> None:
    """A call transcript must not blow the page up, nor lose what was said at its end."""
    feedback, mentions = shop.feedback.head(1).copy(), shop.mentions.head(1).copy()
    text = "الف " * 2000 + "پیک دیر رسید"
    feedback["text"], feedback["duplicate_of"], feedback["role"] = text, None, "customer"
    mentions["feedback_id"] = feedback["feedback_id"].iloc[0]
    mentions["start"], mentions["end"], mentions["quote"] = len(text) - 12, len(text), "پیک دیر رسید"
    days = feedback[["feedback_id"]].assign(
        day="2025-01-01", day_fa="۱۲ دی ۱۴۰۳", day_en="1 Jan 2025", period="1403-10"
    )
    packed = pack(feedback, mentions, shop.segments, days, set(), 100)
    body = json.loads(gzip.decompress(base64.b64decode(packed.encoded)))
    sent = body["texts"]["text"][0]
    assert len(sent) < 1600
    assert sent[body["mentions"]["start"][0] : body["mentions"]["end"][0]] == "پیک دیر رسید"


def test_counts_of_a_source_add_up(page: Path) -> None:
    """Read + retained = kept + duplicates + rejected: a manager adds, and a repeated row is no rejected one."""
    html = page.read_text(encoding="utf-8")
    table = html[html.index('lang="en" dir="ltr"') :].partition("Retained from earlier files")[2].partition("</table>")
    read, retained, kept, duplicates, rejected = map(int, re.findall(r'<td class="n">(\d+)</td>', table[0]))
    assert (read + retained, rejected) == (kept + duplicates + rejected, 9)
    assert "No text: 1" in table[0]
    assert "repeated" not in table[0].lower()


def test_why_a_score_moved_tells_of_one_score(shop, found) -> None:
    """Contributions to NPS below the change of a rating would explain nothing."""
    change = {"type": "change", "metric": "contribution", "period": "1404-06"}
    rows = [change | {"score": s, "touchpoint": "delivery", "value": v} for s, v in (("ces", -9.0), ("csat", 2.0))]
    rows += [change | {"score": s, "by": "all", "value": 1.0} for s in ("ces", "rating", "csat")]
    mine = change | {"score": "sentiment", "touchpoint": "promotion", "value": 0.5}
    for more, score in (([], "csat"), ([mine, mine | {"by": "all"}], "sentiment")):  # the drivers are of sentiment
        drivers = view(Findings.of(added(found, *rows, *more), shop.topics, {}), JOURNEY)["drivers"]
        assert drivers["score"] == "sentiment"
        assert [r["score"] for r in drivers["changes"]] == [drivers["change"]["score"]] == [score]


def test_reasons_for_leaving_are_sure(shop, found) -> None:
    """What those who leave say as often as others, or less, is not why they leave."""
    lift = {"type": "leaver", "metric": "lift", "kind": "pain"}
    said = (("delivery", 1.6, True), ("promotion", 3.0, False), ("price_value", 0.4, True))
    rows = [lift | {"touchpoint": t, "value": v, "details": {"significant": s}} for t, v, s in said]
    leaving = view(Findings.of(added(found, *rows), shop.topics, {}), JOURNEY)["leaving"]
    assert [r["touchpoint"] for r in leaving["leaver"]] == ["delivery"]
    assert leaving["promoter"] == []  # none of the shop's is sure


def test_brief_names_a_topic_once(shop, found) -> None:
    """One topic at three touchpoints would hide the second and third pain."""
    first = found[(found["type"] == "pain") & (found["by"] == "touchpoint+topic")].sort_values("rank").head(1)
    twice = pd.concat([found, first.assign(touchpoint="promotion", insight_id="again")], ignore_index=True)
    named, alone = (view(Findings.of(f, shop.topics, {}), JOURNEY)["brief"]["pains"] for f in (twice, found))
    assert [r["insight_id"] for r in named] == [r["insight_id"] for r in alone]


def test_brief_says_nothing_against_its_own_numbers(shop, found, tmp_path: Path) -> None:
    """«No segment is hit harder» above segments that are, or «too early» after years, costs a reader's trust."""
    hit = {"type": "segment", "metric": "lift", "by": "segment+touchpoint", "kind": "pain", "touchpoint": "delivery"}
    hit |= {"segment": "city", "segment_value": "Shiraz", "value": 2.0, "details": {"significant": True}}
    untold = found[~found["metric"].isin(["for_whom", "better"])]
    known, none = "No certain change", ("No segment is hit harder", "Too early to tell")
    html = write(shop, added(untold, hit), tmp_path / "known").read_text(encoding="utf-8")
    assert known in html and not any(n in html for n in none)
    alone = untold[~untold["type"].isin(["segment", "trend"])]
    html = write(shop, alone, tmp_path / "none").read_text(encoding="utf-8")
    assert known not in html and all(n in html for n in none)


def test_brief_names_what_a_period_counts(shop, found, tmp_path: Path) -> None:
    """Net sentiment rests on mentions, a score on answers."""
    several = {"type": "score", "metric": "nps", "by": "period", "value": 5.0}
    asked = added(found, *(several | {"period": p} for p in ("1404-01", "1404-02", "1404-03")))
    for metric, rows, word in (("net_sentiment", found, "Mentions"), ("nps", asked, "Answers")):
        html = write(shop, rows, tmp_path / metric).read_text(encoding="utf-8")
        brief = html[html.index('id="brief-en"') : html.index('id="journey-en"')]
        assert re.findall(r'<th class="n">(Mentions|Answers)</th>', brief) == [word]
