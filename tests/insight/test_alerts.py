"""Alerts that are true: planted events are found, and the usual false alarms stay quiet."""

import json

import numpy as np
import pandas as pd
import pytest

from cxnlp import taxonomy
from cxnlp.config import Settings
from cxnlp.insight.alerts import trends_and_alerts
from cxnlp.insight.facts import prepare
from cxnlp.insight.names import Names
from cxnlp.insight.rows import detail
from cxnlp.insight.wording_deep import _alert
from cxnlp.tables import conform
from tests.insight.example import AS_OF, topics

WEEK = pd.Timedelta(weeks=1)
SETTINGS = Settings(insight={"bootstrap": 0})
OTHERS = ("price_value", "app_reliability", "staff_support", "payment_billing", "product_quality", "returns_refunds")


def feed(source, per_week, weeks=40, language="fa", rng=None, **columns):
    """Texts of one source, evenly over the last `weeks` weeks."""
    n = per_week * weeks
    when = AS_OF - pd.Timedelta(hours=2) - np.sort(rng.random(n)) * weeks * WEEK
    texts = pd.DataFrame({"created_at": when.floor("s") if hasattr(when, "floor") else when, "source": source})
    texts["feedback_id"] = [f"{source}{i}" for i in range(n)]
    texts["text"] = "پیک دیر رسید" if language == "fa" else "the courier was late"
    return texts.assign(language=language, role="customer", **columns)


def mention(texts, touchpoint="delivery", kind="pain", topic=None):
    frame = pd.DataFrame({"feedback_id": texts["feedback_id"], "language": texts["language"]})
    frame["mention_id"] = frame["feedback_id"] + touchpoint + kind
    polarity = {"pain": "neg", "praise": "pos"}.get(kind, "neu")
    frame = frame.assign(
        touchpoint=touchpoint, kind=kind, polarity=polarity, severity=2, confidence=0.9, topic_id=topic
    )
    return frame.assign(stage="action", stage_source="touchpoint", start=0, end=4, quote="…")


def run(feedback, mentions):
    table = conform(feedback, "feedback").to_pandas()
    rows = trends_and_alerts(prepare(table, mentions, topics(), None, SETTINGS, AS_OF))
    return rows[rows["type"] == "alert"]


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def late(texts, weeks=4):
    return texts[texts["created_at"] >= AS_OF - weeks * WEEK]


def test_a_doubled_rate_is_found_with_its_texts(rng):
    """Late delivery goes from 5 % to 15 % of texts: one alert, with evidence from the recent weeks only."""
    texts = feed("reviews", 100, rng=rng)
    said = texts.sample(frac=0.05, random_state=1)
    more = late(texts).sample(frac=0.10, random_state=2)
    mentions = mention(pd.concat([said, more]).drop_duplicates("feedback_id"))
    found = run(texts, mentions)
    assert detail(found, "alert").tolist() == ["rise"]
    recent = set(mention(late(texts, 5))["mention_id"])
    assert set(found.iloc[0]["evidence"]) <= recent and found.iloc[0]["low"] > 1.5


def test_a_campaign_is_no_crisis(rng):
    """Ten times the texts in the last weeks with the same rate of complaint: more texts, but no rise."""
    texts = pd.concat(
        [
            feed("survey", 40, rng=rng),
            feed("survey", 400, weeks=3, rng=rng).assign(feedback_id=lambda f: "x" + f["feedback_id"]),
        ]
    )
    found = run(texts, mention(texts.sample(frac=0.1, random_state=3)))
    assert "rise" not in set(detail(found, "alert"))


def test_another_mix_of_sources_is_no_rise(rng):
    """A source that complains by nature grows: its own rate is unchanged, so nothing has happened."""
    calm, harsh = feed("reviews", 100, rng=rng), feed("calls", 20, rng=rng)
    grown = feed("calls", 200, weeks=4, rng=rng).assign(feedback_id=lambda f: "x" + f["feedback_id"])
    texts = pd.concat([calm, harsh, grown])
    said = pd.concat(
        [calm.sample(frac=0.02, random_state=1), pd.concat([harsh, grown]).sample(frac=0.5, random_state=2)]
    )
    assert "rise" not in set(detail(run(texts, mention(said)), "alert"))


def test_a_new_topic_is_called_new(rng):
    """A topic that nobody mentioned before must not be "infinitely more frequent"; it is emerging."""
    texts = feed("reviews", 60, rng=rng)
    old, new = (
        mention(texts.sample(frac=0.2, random_state=1), "staff_support"),
        mention(late(texts).head(25), topic="T0001"),
    )
    found = run(texts, pd.concat([old, new]))
    assert "emerging" in set(detail(found, "alert"))
    row = found[detail(found, "alert") == "emerging"].iloc[0].to_dict()
    told = [_alert(row, Names(taxonomy.load(), topics().set_index("topic_id")), tongue) for tongue in ("fa", "en")]
    assert "در ۲۶ هفتهٔ پیش از آن هیچ" in told[0] and "none in the 26 weeks before" in told[1]
    assert np.isfinite(found["value"]).all()


def test_broken_feeds(rng):
    """A source falls silent, another arrives in broken letters, a third in another language: said, and not as pains."""
    alive, silent = feed("reviews", 30, rng=rng), feed("app", 30, rng=rng)
    silent = silent[silent["created_at"] < AS_OF - 5 * WEEK]
    broken, shifted = feed("chat", 30, rng=rng), feed("survey", 30, rng=rng)
    broken.loc[broken["created_at"] >= AS_OF - 4 * WEEK, "text"] = "Ù¾ÛŒÚ© Ø¯ÛŒØ± Ø±Ø³ÛŒØ¯"
    shifted.loc[shifted["created_at"] >= AS_OF - 4 * WEEK, "language"] = "en"
    texts = pd.concat([alive, silent, broken, shifted])
    found = run(texts, mention(texts.sample(frac=0.1, random_state=4)))
    kinds = dict(zip(found["source"], detail(found, "alert"), strict=True))
    assert kinds == {"app": "silent_source", "chat": "encoding", "survey": "language_mix"}
    assert (detail(found, "evidence") == "feedback").all()


def test_a_score_drop(rng):
    """NPS falls in one source of two: that source, with before and after."""
    texts = pd.concat([feed("survey", 60, rng=rng), feed("app", 60, rng=rng)])
    texts["nps"] = rng.choice([3.0, 8.0, 10.0], len(texts))
    fell = (texts["source"] == "survey") & (texts["created_at"] >= AS_OF - 4 * WEEK)
    texts.loc[fell, "nps"] = rng.choice([1.0, 3.0, 9.0], fell.sum())
    found = run(texts, mention(texts.sample(frac=0.1, random_state=4)))
    assert list(zip(found["source"], detail(found, "alert"), found["score"], strict=True)) == [
        ("survey", "score_drop", "nps")
    ]


def test_quiet_series_stay_quiet(rng):
    """Twenty-six touchpoints, nothing planted: the rule Z ≥ 1.5 would ring about twice; we do not."""
    from cxnlp import taxonomy

    texts = feed("reviews", 200, rng=rng)
    said = [mention(texts.sample(frac=0.03, random_state=i), t.id) for i, t in enumerate(taxonomy.load().touchpoints)]
    assert len(run(texts, pd.concat(said))) == 0


def test_stragglers_do_not_move_the_window(rng):
    """Where exports end on different days, the trend is read up to the last week with enough texts."""
    texts = feed("reviews", 100, rng=rng)
    said = mention(
        pd.concat(
            [texts.sample(frac=0.05, random_state=1), late(texts).sample(frac=0.2, random_state=2)]
        ).drop_duplicates("feedback_id")
    )
    straggler = texts.head(2).assign(feedback_id=["z1", "z2"], created_at=AS_OF + 5 * WEEK, source="calls")
    both = conform(pd.concat([texts, straggler]), "feedback").to_pandas()
    rows = trends_and_alerts(prepare(both, said, topics(), None, SETTINGS, AS_OF + 5 * WEEK))
    alerts = rows[rows["type"] == "alert"]
    assert {"rise", "silent_source"} <= set(detail(alerts, "alert"))
    assert json.dumps(alerts["details"].iloc[0])


def test_what_comes_every_year_is_no_alert(rng):
    """Complaints double in the same four weeks of both years; without last year's weeks that would be an alarm."""
    texts = feed("reviews", 100, weeks=90, rng=rng)
    year = AS_OF - 52 * WEEK
    before = texts[(texts["created_at"] >= year - 4 * WEEK) & (texts["created_at"] < year)]
    more = [part.sample(frac=0.15, random_state=2) for part in (late(texts), before)]
    said = pd.concat([texts.sample(frac=0.06, random_state=1), *more]).drop_duplicates("feedback_id")
    others = [mention(texts.sample(frac=0.06, random_state=i), touchpoint=t) for i, t in enumerate(OTHERS)]
    assert len(run(texts, pd.concat([mention(said), *others]))) == 0
    new = texts[texts["created_at"] >= AS_OF - 40 * WEEK]
    assert detail(run(new, mention(said[said["feedback_id"].isin(new["feedback_id"])])), "alert").tolist() == ["rise"]
