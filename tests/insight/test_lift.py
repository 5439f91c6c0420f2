"""Who says it more than others: planted differences are found, chance is not, brands are compared where they meet."""

import numpy as np
import pandas as pd
import pytest

from cxnlp.config import Settings
from cxnlp.insight import competitors, lift, volumes
from cxnlp.insight.facts import prepare
from cxnlp.insight.rows import detail
from cxnlp.tables import FEEDBACK, conform
from tests.insight.example import AS_OF, topics

SETTINGS = Settings()


def stored(texts):
    """Rows of the feedback table, with words."""
    known = texts[[c for c in texts if c in FEEDBACK.names]]
    return conform(known.assign(text="the courier was late"), "feedback").to_pandas()


def world(n=3000, plant=1.0, seed=3, **columns):
    """Texts of two cities; `plant` times as many pains about delivery in تهران; brands by turns."""
    rng = np.random.default_rng(seed)
    feedback = pd.DataFrame({"feedback_id": [f"F{i}" for i in range(n)], "source": "reviews", "language": "en"})
    feedback["customer_id"] = [f"C{i}" for i in rng.integers(0, n // 2, n)]
    feedback["created_at"] = AS_OF - pd.to_timedelta(rng.integers(0, 400, n), unit="D")
    feedback["brand"] = np.where(np.arange(n) % 2 == 0, "A", "B")
    feedback = stored(feedback.assign(**columns))
    city = pd.Series(np.where(feedback["customer_id"].str[1:].astype(int) % 2 == 0, "تهران", "Shiraz"))
    mentions = []
    for touchpoint in ("delivery", "staff_support", "price_value", "usability_interface"):
        rate = np.where((city == "تهران") & (touchpoint == "delivery"), 0.06 * plant, 0.06)
        said = feedback.loc[rng.random(n) < rate, ["feedback_id", "language"]].assign(touchpoint=touchpoint)
        mentions.append(said)
    said = pd.concat(mentions, ignore_index=True).assign(kind="pain", polarity="neg", severity=1, confidence=0.8)
    said = said.assign(
        mention_id=[f"M{i}" for i in range(len(said))], topic_id=None, stage=None, stage_source="touchpoint"
    )
    segments = pd.DataFrame({"feedback_id": feedback["feedback_id"], "city": city})
    return prepare(feedback, said, topics(), segments, SETTINGS, AS_OF), said


def test_a_planted_difference_is_found_and_only_that():
    """Delivery hurts twice as often in تهران: that pair on both sides of 1, and no other touchpoint."""
    facts, _ = world(plant=2.0)
    found = lift.segments(facts)
    sure = found[detail(found, "significant") == True]  # noqa: E712 - a column of objects
    assert set(sure["touchpoint"]) == {"delivery"} and len(sure) == 2
    tehran = sure[sure["segment_value"] == "تهران"].iloc[0]
    assert tehran["low"] < 2 < tehran["high"] and tehran["low"] > 1
    assert tehran["value"] == pytest.approx(tehran["details"]["rate"] / tehran["details"]["rate_others"], rel=0.02)


def test_one_loud_customer_is_no_segment():
    """Three customers who complain a hundred times each must not make their city "hit hardest"."""
    facts, said = world(n=3000)
    loud = facts.texts["customer_id"].isin(["C0", "C2", "C4"])
    loud.iloc[:300] = True
    texts = facts.texts.assign(customer_id=facts.texts["customer_id"].where(~loud, "C0"))
    extra = pd.DataFrame({"feedback_id": texts.loc[loud, "feedback_id"], "language": "en", "touchpoint": "promotion"})
    extra = extra.assign(kind="pain", polarity="neg", severity=1, confidence=0.8, topic_id=None, stage=None)
    extra = extra.assign(mention_id="L" + extra["feedback_id"], stage_source="touchpoint")
    city = pd.Series(np.where(texts["customer_id"] == "C0", "تهران", "Shiraz"))
    city.iloc[1500:] = "تهران"
    feedback = stored(texts)
    segments = pd.DataFrame({"feedback_id": feedback["feedback_id"], "city": city})
    again = prepare(feedback, pd.concat([said, extra]), topics(), segments, SETTINGS, AS_OF)
    found = lift.segments(again)
    promotion = found[(found["touchpoint"] == "promotion") & (detail(found, "significant") == True)]  # noqa: E712
    assert len(promotion) == 0


@pytest.mark.parametrize("beside", [0, 1, 5])
def test_forty_texts_of_one_customer_are_not_significant(beside):
    """A city of one who complains in 40 texts, alone or with some who do not: one opinion, no pattern."""
    facts, said = world(n=2000)
    mine = pd.Series(np.arange(2000) < 40)
    calm = pd.Series((np.arange(2000) >= 40) & (np.arange(2000) < 40 + beside))
    who = facts.texts["customer_id"].mask(mine, "Loud").mask(calm, facts.texts["feedback_id"])
    city = pd.Series(np.where(mine | calm, "Bam", np.where(np.arange(2000) % 2, "Shiraz", "تهران")))
    ids = facts.texts.loc[mine, "feedback_id"].to_numpy()
    extra = pd.DataFrame({"feedback_id": ids, "language": "en", "touchpoint": "promotion", "mention_id": "L" + ids})
    extra = extra.assign(kind="pain", polarity="neg", severity=1, confidence=0.8, topic_id=None, stage=None)
    feedback = stored(facts.texts.assign(customer_id=who))
    segments = pd.DataFrame({"feedback_id": feedback["feedback_id"], "city": city})
    again = prepare(feedback, pd.concat([said, extra]), topics(), segments, SETTINGS, AS_OF)
    found = lift.segments(again)
    assert "promotion" not in set(found["touchpoint"])


def test_shares_of_one_customer_are_worth_one():
    """A source in which one customer wrote everything: the interval of its shares is that of one text."""
    feedback = pd.DataFrame({"feedback_id": [f"F{i}" for i in range(40)], "source": "chat", "language": "en"})
    feedback["created_at"] = AS_OF
    said = feedback.head(20)[["feedback_id", "language"]].assign(touchpoint="delivery", kind="pain", polarity="neg")
    said = said.assign(severity=1, confidence=0.8, mention_id="M" + said["feedback_id"], topic_id=None, stage=None)
    facts = prepare(stored(feedback.assign(customer_id="C1")), said, topics(), None, SETTINGS, AS_OF)
    row = volumes._volume(facts, "touchpoint", "all").iloc[0]
    assert (row["value"], row["n"]) == (50, 20) and row["low"] < 10 and row["high"] > 90


def test_reasons_of_those_who_leave():
    """Texts of leavers complain of delivery far more often; leaving itself is no reason for leaving."""
    facts, said = world(plant=1.0)
    late = said.loc[said["touchpoint"] == "delivery", "feedback_id"].head(60)
    extra = said.head(60).assign(
        feedback_id=late.to_numpy(), touchpoint="retention", mention_id=[f"R{i}" for i in range(60)]
    )
    feedback = stored(facts.texts)
    found = lift.reasons(prepare(feedback, pd.concat([said, extra]), topics(), None, SETTINGS, AS_OF))
    leavers = found[found["type"] == "leaver"]
    assert leavers.loc[leavers["by"] == "all", "n"].item() == 60
    top = leavers[leavers["rank"] == 1].iloc[0]
    assert top["touchpoint"] == "delivery" and top["low"] > 3 and "retention" not in set(leavers["touchpoint"])


def test_brands_meet_only_in_sources_that_carry_both():
    """A brand alone in its source has no competitor there; comparing it with another source compares the sources."""
    facts, _ = world()
    assert set(competitors.competitors(facts)["brand"]) == {"A", "B"}
    alone, _ = world(brand="A")
    assert len(competitors.competitors(alone)) == 0


def test_competitors_mirror_each_other():
    """With two brands, one's strength is the other's weakness, to the point."""
    facts, _ = world()
    facts.mentions.loc[facts.mentions["text"] % 2 == 0, "sign"] = 1.0  # brand A is praised throughout
    found = competitors.competitors(facts).set_index(["brand", "by"])
    whole = found.xs("brand", level="by")
    assert whole.loc["A", "value"] == -whole.loc["B", "value"] == 200
    verdicts = {brand: details["verdict"] for brand, details in whole["details"].items()}
    assert verdicts == {"A": "strength", "B": "weakness"}
