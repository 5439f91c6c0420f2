"""Answers without words: they count in scores, and in nothing that is said of texts."""

import json

import numpy as np
import pandas as pd
import pytest

from cxnlp.config import Settings
from cxnlp.insight import find
from cxnlp.insight.comparing import compare
from tests.insight.example import AS_OF, frames
from tests.insight.test_finding import pick

FAST = Settings(insight={"bootstrap": 20, "min_n": 5})
SILENT = ["text", "normalized", "language", "sentiment", "sentiment_score"]


@pytest.fixture(scope="module")
def example():
    return frames(150)


@pytest.fixture(scope="module")
def feedback(example):
    """The shop's texts, and two answers without words for every answer of the survey with them, all of them tens."""
    survey = example.feedback[example.feedback["nps"].notna()]
    silent = [
        survey.assign(**dict.fromkeys(SILENT), nps=10.0, feedback_id=survey["feedback_id"] + f"-{i}") for i in "ab"
    ]
    return pd.concat([example.feedback, *silent], ignore_index=True).astype(example.feedback.dtypes)


def found(example, feedback):
    known = feedback[["feedback_id", "customer_id"]].merge(example.customers, on="customer_id", how="left")
    segments = known[["feedback_id", "city", "account_type"]]
    return find(feedback, example.mentions, example.topics, segments, FAST, AS_OF)


@pytest.fixture(scope="module")
def before(example):
    return found(example, example.feedback)


@pytest.fixture(scope="module")
def after(example, feedback):
    return found(example, feedback)


def test_scores_are_of_everyone_who_answered(feedback, after):
    """Who writes is not who answers: NPS over the writers alone is biased, in every group it is computed for."""
    answered = feedback[feedback["nps"].notna() & feedback["duplicate_of"].isna()]
    for row in pick(after, type="score", metric="nps", by="channel").to_dict("records"):
        mine = answered.loc[answered["channel"] == row["channel"], "nps"]
        assert row["n"] == len(mine)
        assert row["value"] == pytest.approx(100 * ((mine >= 9).mean() - (mine <= 6).mean()))
    whole = pick(after, type="score", metric="nps", by="all").iloc[0]
    written = int(answered["text"].notna().sum())
    assert (whole["n"], json.loads(whole["details"])["worded"]) == (3 * written, written)
    assert f"of {3 * written} answers, {written} with words" in whole["text_en"]
    assert "پاسخ" in whole["text_fa"] and "تا با متن" in whole["text_fa"]
    cities = pick(after, type="score", metric="nps", by="segment", segment="city")
    assert cities["n"].sum() == 3 * json.loads(whole["details"])["worded"] - 3 * _homeless(answered, after)
    assert pick(after, type="score", metric="nps", by="period")["n"].sum() == answered["created_at"].notna().sum()


def _homeless(answered, after):
    """Written answers whose customer, and so whose city, nobody knows."""
    return int(answered.loc[answered["text"].notna(), "customer_id"].isna().sum())


def test_what_is_said_of_texts_stays(before, after):
    """A share of the texts that mention X must not fall because more people gave a score and said nothing."""
    kept = ["volume", "pain", "praise", "request", "question", "motive", "driver", "trend", "segment", "hours", "path",
            "response", "quality", "change", "reason"]  # fmt: skip
    old, new = (rows[rows["type"].isin(kept)].set_index("insight_id") for rows in (before, after))
    assert len(old) > 300 and set(old.index) == set(new.index)
    for column in ("value", "low", "high", "n", "base", "priority"):
        np.testing.assert_allclose(
            new.loc[old.index, column].astype(float), old[column].astype(float), rtol=1e-9, err_msg=column
        )
    spoken = (before["metric"] == "net_sentiment") & (before["type"] == "score")
    texts = before[spoken].merge(after, on="insight_id")
    assert len(texts) == spoken.sum() and texts["n_x"].equals(texts["n_y"])


def test_scores_alone_make_findings_too(example, feedback):
    """An export of scores without a single comment is an answer to "what is our NPS"."""
    silent = feedback[feedback["text"].isna()]
    rows = found(example, silent)
    assert set(rows["type"]) == {"score"}
    assert pick(rows, metric="nps", by="all").iloc[0]["value"] == 100
    assert json.loads(pick(rows, metric="nps", by="all").iloc[0]["details"])["worded"] == 0


def test_a_comparison_counts_them_as_well(example, feedback):
    """Before and after: scores of everyone, shares of texts."""
    late = pd.Series(feedback["text"].isna() | (feedback["created_at"] > feedback["created_at"].median()))
    rows = compare(feedback, example.mentions, example.topics, late.astype(object), FAST)
    answered = feedback["nps"].notna() & feedback["duplicate_of"].isna()
    nps = pick(rows, type="comparison", metric="nps", by="all").iloc[0]
    assert (nps["n"], nps["base"]) == ((answered & late).sum(), (answered & ~late).sum())
