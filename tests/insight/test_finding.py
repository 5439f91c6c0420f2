"""The table of findings as readers rely on it: counts that can be counted again, evidence, two languages."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from cxnlp import taxonomy
from cxnlp.config import Settings
from cxnlp.insight import find
from cxnlp.insight.facts import prepare
from cxnlp.insight.finding import finish
from cxnlp.insight.names import Names
from cxnlp.insight.ranked import ranked
from cxnlp.insight.scores import scores
from cxnlp.insight.wording import say
from cxnlp.tables import conform
from tests.insight.example import AS_OF, frames, topics

FAST = Settings(insight={"bootstrap": 60})


@pytest.fixture(scope="module")
def example():
    return frames(600)


@pytest.fixture(scope="module")
def found(example):
    return find(example.feedback, example.mentions, example.topics, example.segments, FAST, AS_OF)


NAMED = re.compile(  # quotes, the example's sources and brands, and what Persian writes in Latin letters
    r"«[^«»]*»|shop reviews|nps survey|support chats|Banoo|Narvan|\b(NPS|CSAT|CES|q)\b"
)


def is_persian(text):
    """Persian letters and digits, nothing left of a template or of an id."""
    rest = NAMED.sub("", text)
    return bool(re.search("[آ-ی]", text)) and not re.search("[0-9{}]", text) and not re.search("[A-Za-z_]", rest)


def pick(found, **values):
    rows = found
    for column, value in values.items():
        rows = rows[rows[column] == value]
    return rows


def test_fits_the_declared_table(found):
    """What is written is checked; ids are unique, so that a second run replaces and never doubles."""
    conform(found, "insights")
    assert found["insight_id"].is_unique
    assert set(found["type"]) >= {"volume", "score", "pain", "praise", "request", "driver", "trend", "segment", "hours"}


def test_same_input_same_findings(example, found):
    """Deterministic, whatever the order of rows; and the arguments are left alone."""
    shuffled = example.feedback.sample(frac=1, random_state=1), example.mentions.sample(frac=1, random_state=2)
    before = [frame.copy(deep=True) for frame in shuffled]
    segments = example.segments.loc[shuffled[0].index]
    again = find(*shuffled, example.topics, segments, FAST, AS_OF)
    pd.testing.assert_frame_equal(shuffled[0], before[0])
    pd.testing.assert_frame_equal(shuffled[1], before[1])
    both = found.merge(again, on="insight_id", suffixes=("", "_again"), how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    plain = ~both["metric"].isin(["impact", "relative_weight", "contribution"])  # bootstraps draw by position
    np.testing.assert_allclose(both.loc[plain, "low"], both.loc[plain, "low_again"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(both["value"], both["value_again"], rtol=1e-6, atol=1e-6)


def test_only_customers_count_and_copies_do_not(example, found):
    """Agents' turns and duplicates would inflate every number."""
    counted = example.feedback[(example.feedback["role"] == "customer") & example.feedback["duplicate_of"].isna()]
    whole = pick(found, type="volume", by="all").iloc[0]
    assert whole["n"] == len(counted) == 600
    assert "F-copy" in set(example.feedback["feedback_id"])


def test_doubtful_quotes_come_last(example):
    """A pain whose first quote is praise, misread, costs the reader's trust in all others."""
    doubt = example.mentions["mention_id"].isin(example.mentions["mention_id"].iloc[::3])
    unsure = example.mentions["confidence"].where(~doubt, 0.1)
    rows = ranked(
        prepare(example.feedback, example.mentions.assign(confidence=unsure), example.topics, None, FAST, AS_OF)
    )
    praised = set(example.feedback.loc[example.feedback["sentiment"] == "pos", "feedback_id"])
    text = example.mentions.set_index("mention_id")["feedback_id"]
    low = set(example.mentions.loc[doubt, "mention_id"])
    seen = 0
    for shown in pick(rows, type="pain")["evidence"]:
        flags = [m in low or text[m] in praised for m in shown]
        assert flags == sorted(flags)
        seen += any(flags) and not all(flags)
    assert seen


def test_pains_can_be_counted_again(example, found):
    """n, share and customers of a pain equal a plain count over the tables."""
    row = pick(found, type="pain", by="touchpoint", touchpoint="delivery").iloc[0]
    late = example.mentions[(example.mentions["kind"] == "pain") & (example.mentions["touchpoint"] == "delivery")]
    texts = example.feedback[example.feedback["feedback_id"].isin(late["feedback_id"])]
    assert row["n"] == len(texts) and row["value"] == pytest.approx(100 * len(texts) / 600)
    details = json.loads(row["details"])
    who = texts["customer_id"].where(texts["customer_id"].notna(), texts["feedback_id"])
    own = texts["conversation_id"].where(texts["customer_id"].isna(), "")
    assert details["mentions"] == len(late) and details["customers"] == (who + own.fillna("")).nunique()
    assert details["parts"]["severity"] == 2.0
    assert row["priority"] == pytest.approx(np.prod(list(details["parts"].values())))
    assert set(row["evidence"]) <= set(late["mention_id"]) and len(row["evidence"]) == 50


def test_evidence_takes_turns_between_languages(example, found):
    """The larger language must not hide the other: the first texts shown are one of each."""
    row = pick(found, type="pain", by="touchpoint", touchpoint="delivery").iloc[0]
    language = example.mentions.set_index("mention_id")["language"]
    assert {language[row["evidence"][0]], language[row["evidence"][1]]} == {"fa", "en"}


def test_nps_by_source_stage(example, found):
    """A stage that the source states wins over the touchpoint's, and the number is the definition's."""
    texts = example.feedback[example.feedback["source_stage"] == "loyalty"]
    nps = 100 * ((texts["nps"] >= 9).mean() - (texts["nps"] <= 6).mean())
    row = pick(found, type="score", metric="nps", by="stage", stage="loyalty").iloc[0]
    stated = row["n"] == len(texts)
    advocates = example.mentions[
        (example.mentions["stage"] == "loyalty") & (example.mentions["stage_source"] != "source")
    ]
    others = example.feedback[
        example.feedback["feedback_id"].isin(advocates["feedback_id"]) & example.feedback["nps"].notna()
    ]
    assert stated or row["n"] == len(texts) + len(others)
    assert nps == pytest.approx(row["value"], abs=25)
    assert 0 < json.loads(pick(found, type="volume", by="stage", stage="loyalty").iloc[0]["details"])["from_source"] < 1


def test_conversation_scores_count_once():
    """CSAT stands on every turn of a conversation but was given once; five turns are not five answers."""
    example = frames(120)
    chat = example.feedback[example.feedback["csat"].notna()]
    again = chat.assign(feedback_id=chat["feedback_id"] + "-later", turn=3, created_at=chat["created_at"])
    feedback = pd.concat([example.feedback, again], ignore_index=True)
    found = scores(prepare(feedback, example.mentions, example.topics, None, FAST, AS_OF))
    assert pick(found, type="score", metric="csat", by="all").iloc[0]["n"] == len(chat)


def test_small_groups_are_suppressed_not_zero(found):
    """A score of five people is null and says why; a null without a reason would look like a mistake."""
    small = found[(found["type"] == "score") & (found["n"] < FAST.insight.min_n)]
    assert len(small) and small[["value", "low", "high"]].isna().all().all()
    assert all(json.loads(d)["suppressed"] for d in small["details"])
    shown = found[(found["type"] == "score") & (found["n"] >= FAST.insight.min_n)]
    assert (shown["low"] <= shown["value"]).all() and (shown["value"] <= shown["high"]).all()


def test_every_row_speaks_both_languages(found):
    """Persian sentences carry Persian digits and no leftovers of a template; English ones no Persian digits."""
    for text in found["text_fa"]:
        assert is_persian(text), text
    for text in found["text_en"]:
        assert "_" not in text, text
        assert text[0].isupper() or not text[0].isalpha() or not text[0].isascii(), text
        assert not re.search(r"[۰-۹{}]|\bnan\b|None", text), text


def test_no_bootstrap_no_interval(example):
    """`[insight] bootstrap = 0` is a setting: drivers then have no interval, and say so."""
    found = find(example.feedback, example.mentions, example.topics, None, Settings(insight={"bootstrap": 0}), AS_OF)
    weights = pick(found, type="driver", metric="relative_weight")
    assert len(weights) and weights["low"].isna().all()
    assert (
        weights["text_fa"].str.contains("بازه محاسبه نشد").all()
        and weights["text_en"].str.contains("no interval").all()
    )


def test_an_overall_verdict_is_nothing_to_fix(example):
    """«Fix this first: general» says nothing; the next touchpoint does, and where there is no other, no headline."""
    said = example.mentions["touchpoint"]
    vague = example.mentions.assign(touchpoint=said.mask(said.isin(["delivery", "app_reliability"]), "general"))
    found = find(example.feedback, vague, example.topics, None, FAST, AS_OF)
    pains = pick(found, type="pain", by="touchpoint+topic").sort_values("priority", ascending=False)
    assert pains.iloc[0]["touchpoint"] == "general"
    first = pick(found, type="headline", metric="fix_first").iloc[0]
    assert first["touchpoint"] == pains.loc[pains["touchpoint"] != "general", "touchpoint"].iloc[0]
    only = find(example.feedback, vague.assign(touchpoint="general"), example.topics, None, FAST, AS_OF)
    assert "headline" not in set(only["type"])


def told(example, **values):
    """Both sentences of one row, given what is not usual."""
    row = {
        "type": "score",
        "metric": "nps",
        "by": "all",
        "kind": None,
        "score": None,
        "details": {},
        "n": 40,
        "base": 40,
    }
    ends = dict.fromkeys(("value", "low", "high", "p_value", "q_value"), np.nan)
    names = Names(taxonomy.load(), example.topics.set_index("topic_id"))
    return say(pd.DataFrame([{**row, **ends, **values}]), names)[["text_fa", "text_en"]].iloc[0].tolist()


FEW = {"details": {"suppressed": True, "min_n": 30}}
COURIER = {"by": "touchpoint", "touchpoint": "delivery", "kind": "pain"}


@pytest.mark.parametrize(
    ("row", "fa", "en"),
    [
        ({"type": "driver", "metric": "impact", "score": "nps", "n": 45, "base": 57, **COURIER}, "تنها ۱۲ پاسخ بدون آن",
         "only 12 answers without it"),
        ({"type": "driver", "metric": "impact", "score": "nps", "n": 12, "base": 57, **COURIER}, "تنها ۱۲ مورد",
         "only 12 cases"),
        ({"type": "comparison", "metric": "share", "n": 45, "base": 12, **COURIER}, "در طرف نخست تنها ۱۲ مورد",
         "only 12 cases on the first side"),
        ({"type": "comparison", "metric": "csat", "n": 12, "base": 45}, "در طرف دوم تنها ۱۲ مورد",
         "only 12 cases on the second side"),
        ({"type": "path", "metric": "share", "by": "stage+segment", "stage": "action", "segment": "next_stage",
          "segment_value": "service", "n": 3, "base": 12}, "تنها ۱۲ مورد", "only 12 cases"),
    ],
)  # fmt: skip
def test_suppressed_rows_name_the_small_side(example, row, fa, en):
    """«Only 45 cases, fewer than 30» is nonsense: what is few are those without it, or the other side."""
    persian, english = told(example, **row, **FEW)
    assert fa in persian and en in english and "۴۵" not in persian and is_persian(persian)


@pytest.mark.parametrize(
    ("row", "fa", "en"),
    [
        ({"type": "response", "metric": "median_minutes"}, "میانهٔ زمان پاسخ: ", "The median time to an answer: "),
        ({"type": "hours", "metric": "net_sentiment", "by": "segment", "segment": "weekday", "segment_value": "0"},
         "احساس خالص در روزهای شنبه: ", "Net sentiment on Saturdays: "),
        ({"type": "hours", "metric": "net_sentiment", "by": "segment", "segment": "hour", "segment_value": "8"},
         "احساس خالص بین ساعت ۸ تا ۹: ", "Net sentiment between 8:00 and 9:00: "),
        ({"type": "path", "metric": "share", "by": "stage+segment", "stage": "action", "segment": "next_stage",
          "segment_value": "none"}, "بدون گلایهٔ بعدی: ", "without another complaint: "),
        ({"type": "comparison", "metric": "share", **COURIER}, "سهم گلایه از «", "The share of complaints about "),
        ({"type": "change", "metric": "contribution", "score": "nps", **COURIER}, "شاخص NPS و گلایه از «",
         "NPS and complaints about "),
    ],
)  # fmt: skip
def test_what_has_no_number_has_a_name(example, row, fa, en):
    """Raw ids such as median_minutes are nothing to a reader of Persian."""
    persian, english = told(example, **row, **FEW)
    assert fa in persian and en in english and is_persian(persian) and "_" not in english


def test_impact_is_on_everyones_score(example):
    """The number is what those answers take from the score of all, not the gap to those who do not say it."""
    row = {"type": "driver", "metric": "impact", "score": "nps", "value": -4.0, "low": -6.0, "high": -2.0, **COURIER}
    persian, english = told(example, **row)
    assert "در مجموع ۴٫۰ واحد پایین‌تر از حالتی است که پاسخ‌های همراه با گلایه از «" in persian
    assert english.startswith("Over all answers, NPS is 4.0 points lower than without those that hold complaints about")


def test_borrowed_labels_lose_their_mark(example):
    """`≈` is for the machine: a label that is only its touchpoint's."""
    marked = example.topics.assign(label_fa="≈ تحویل", label_en="≈ Delivery").set_index("topic_id")
    names = Names(taxonomy.load(), marked)
    assert (names.topic("T0001", "fa"), names.topic("T0001", "en")) == ("تحویل", "Delivery")


def test_periods_have_no_holes(found):
    """A month in which nobody spoke is n = 0, not a missing point on a chart."""
    months = pick(found, type="volume", by="period")["period"].tolist()
    assert months == sorted(months) and len(months) == 18 and months[0] == "1403-01"


def test_hidden_truth_is_found(found):
    """Planted: students suffer from the app, late delivery rises in the last weeks and lowers NPS."""
    student = pick(
        found, type="segment", by="segment+touchpoint", touchpoint="app_reliability", segment_value="student"
    )
    assert student.iloc[0]["value"] > 1.5 and student.iloc[0]["q_value"] < 0.05
    impact = pick(
        found, type="driver", metric="impact", by="touchpoint", touchpoint="delivery", kind="pain", score="nps"
    )
    assert impact.iloc[0]["high"] < 0
    assert pick(found, type="trend", by="touchpoint", touchpoint="delivery", kind="pain").iloc[0]["value"] > 1.3


def test_nothing_in_nothing_out():
    """An empty lake, texts without mentions, texts without dates: rows or none, never an exception."""
    example = frames(40)
    empty = example.mentions.iloc[:0]
    assert len(find(example.feedback.iloc[:0], empty, topics(), None, FAST, None)) == 0
    assert len(find(example.feedback, empty, topics().iloc[:0], example.segments, FAST, AS_OF))
    undated = example.feedback.assign(
        created_at=pd.Series(pd.NaT, index=example.feedback.index, dtype="datetime64[us, UTC]")
    )
    found = find(undated, example.mentions, topics(), None, FAST, pd.NaT)
    assert not found["type"].isin(["trend", "alert", "change"]).any() and (found["period"] == "all").all()


def test_own_taxonomy_rolls_up_without_retraining(tmp_path, example):
    """A team that moves delivery to another stage in its YAML sees it there at once."""
    from cxnlp.taxonomy import DEFAULT_PATH

    text = DEFAULT_PATH.read_text(encoding="utf-8")
    moved = re.sub(r"(\{id: delivery,\s+stage: )action", r"\1loyalty", text)
    assert moved != text
    (tmp_path / "journey.yaml").write_text(moved, encoding="utf-8")
    settings = FAST.model_copy(
        update={"home": tmp_path, "project": FAST.project.model_copy(update={"taxonomy": "journey.yaml"})}
    )
    facts = prepare(example.feedback, example.mentions, example.topics, None, settings, AS_OF)
    found = finish(ranked(facts), facts)
    assert pick(found, type="praise", by="touchpoint", touchpoint="delivery").iloc[0]["stage"] == "loyalty"
