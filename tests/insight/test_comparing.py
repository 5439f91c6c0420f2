"""Comparisons of two samples, the command's choices, and one customer's story."""

import json

import pandas as pd
import pytest

from cxnlp.compare_commands import compare as command
from cxnlp.compare_commands import sides
from cxnlp.config import Settings
from cxnlp.errors import ConfigError
from cxnlp.insight.comparing import compare
from cxnlp.insight.customer import timeline
from cxnlp.lake import Lake
from tests.insight.example import AS_OF, frames

SETTINGS = Settings(insight={"bootstrap": 0})


@pytest.fixture(scope="module")
def example():
    return frames(900)


def test_what_changed_is_found_and_what_did_not_is_not(example):
    """Planted: late delivery is said more often in the last four weeks; praise of the fabric is not."""
    after = (example.feedback["created_at"] >= AS_OF - pd.Timedelta(weeks=6)).astype("boolean")
    rows = compare(example.feedback, example.mentions, example.topics, after, SETTINGS)
    pains = rows[(rows["metric"] == "share") & (rows["kind"] == "pain")].set_index("touchpoint")
    assert pains.loc["delivery", "value"] > 0 and pains.loc["delivery", "q_value"] < 0.1
    assert pains.loc["price_value", "q_value"] > 0.1
    details = json.loads(pains.loc["delivery", "details"])
    assert details["after"] - details["before"] == pytest.approx(pains.loc["delivery", "value"], abs=1e-4)
    assert details["effect_size"] in ("small", "medium") and details["effect"] > 0


def test_two_halves_of_one_sample_do_not_differ(example):
    """Splitting at random must not find anything: the false-discovery control holds over scores and shares."""
    half = pd.Series(range(len(example.feedback)), index=example.feedback.index).mod(2).eq(0).astype("boolean")
    rows = compare(example.feedback, example.mentions, example.topics, half, SETTINGS)
    assert not (rows["q_value"] < 0.05).any()


def test_sides_by_period_and_by_column(example):
    """Periods in the calendar of their key, ranges with both ends, values of a column; what is neither is left out."""
    feedback = example.feedback
    side = sides(feedback, SETTINGS, "1403-01..1403-06", "1404-01", None, None, None)
    assert side[feedback["created_at"] < pd.Timestamp("2024-09-20", tz="UTC")].eq(False).all()
    assert side[feedback["created_at"].isna()].isna().all() and side.eq(True).sum() > 10
    brands = sides(feedback, SETTINGS, None, None, "brand", "Banoo", "Narvan")
    assert brands.eq(True).equals(feedback["brand"].eq("Narvan").astype("boolean"))


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ((None, None, None, None, None), "say --before"),
        (("1403-13", "1404-01", None, None, None), "1403-13"),
        (("yesterday", "1404-01", None, None, None), "not a period key"),
        ((None, None, "brandd", "x", "y"), "must be a segment or one of"),
        ((None, None, "brand", "Banoo", "Narwan"), "no feedback has brand = Narwan; its values are"),
        (("1390-01", "1404-01", None, None, None), "no feedback in 1390-01"),
    ],
)
def test_wrong_choices_end_in_a_sentence(example, choice, message):
    """A typing error on the command line is the user's to mend, with words that say how."""
    with pytest.raises(ConfigError, match=message):
        sides(example.feedback, SETTINGS, *choice)


def test_a_customers_story_is_in_order(example):
    """The care team reads what was said, answered and ordered as it happened, scores and labels beside it."""
    orders = pd.DataFrame(
        {"order_id": ["O1", "O2"], "customer_id": ["C005", "C006"], "amount": [120000.0, 1.0],
         "status": ["returned", "x"], "ordered_at": pd.to_datetime(["2024-06-01", "2024-06-01"], utc=True)}
    )  # fmt: skip
    story = timeline(example.feedback, example.mentions, orders, "C005")
    assert story["at"].dropna().is_monotonic_increasing
    assert set(story["event"]) == {"said", "answered", "returned"}
    assert (story["event"] == "returned").sum() == 1
    told = story[story["event"] == "said"]
    assert (
        told["mentions"].str.len().gt(0).all() and told["score"].str.contains(r"NPS \d+/10|RATING|CSAT", na=False).any()
    )


def test_the_command_reads_the_lake_that_runs_write(example, tmp_path, capsys):
    """A lake that lies elsewhere than the reports (`[engine] lake`, as on object storage) is the one compared."""
    (tmp_path / "cxnlp.toml").write_text(f'[engine]\nlake = "{tmp_path}/elsewhere"\n', encoding="utf-8")
    lake = Lake(tmp_path / "elsewhere")
    for table in ("feedback", "mentions", "topics"):
        lake.append(table, getattr(example, table))
    command(column="brand", a="Banoo", b="Narvan", config=tmp_path / "cxnlp.toml", out=tmp_path / "reports")
    told = capsys.readouterr().out
    assert "before: 0 texts" not in told and "after: 0" not in told
