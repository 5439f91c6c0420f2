"""Hours, waits and next problems: small conversations whose answers can be read off by eye."""

import pandas as pd
import pytest

from cxnlp.config import Settings
from cxnlp.insight import times
from cxnlp.insight.facts import prepare
from cxnlp.insight.rows import detail
from cxnlp.tables import conform
from tests.insight.example import AS_OF, topics

SETTINGS = Settings(insight={"min_n": 5})


def facts(rows, mentions=None):
    feedback = pd.DataFrame(rows).assign(text="دیر رسید")
    feedback["created_at"] = pd.to_datetime(feedback["created_at"], utc=True, format="ISO8601")
    if "feedback_id" not in feedback:
        feedback["feedback_id"] = [f"F{i}" for i in range(len(feedback))]
    columns = ["mention_id", "feedback_id", "kind", "touchpoint", "stage", "polarity", "severity", "confidence"]
    said = pd.DataFrame(mentions or [], columns=columns).assign(language="fa", topic_id=None)
    table = conform(feedback, "feedback").to_pandas()
    return prepare(table, said, topics(), None, SETTINGS, AS_OF)


def turn(conversation, number, role, minute):
    return {"source": "chat", "channel": "chat", "conversation_id": conversation, "turn": number, "role": role,
            "language": "en", "created_at": f"2025-05-01T10:{minute:02d}:00"}  # fmt: skip


def test_waits_are_measured_from_the_first_unanswered_turn():
    """Two turns in a row are one wait; a bot's instant reply is no answer; a conversation without any is counted."""
    rows = []
    for i in range(6):
        rows += [turn(f"K{i}", 1, "customer", 0), turn(f"K{i}", 2, "customer", 2), turn(f"K{i}", 3, "bot", 2)]
        rows += [turn(f"K{i}", 4, "agent", 5), turn(f"K{i}", 5, "customer", 6), turn(f"K{i}", 6, "agent", 16)]
    rows += [turn("silent", 1, "customer", 0)]
    found = times.responses(facts(rows))
    first = found[(detail(found, "what") == "first") & (found["by"] == "all")].iloc[0]
    every = found[(detail(found, "what") == "any") & (found["by"] == "all")].iloc[0]
    assert (first["value"], first["n"], first["details"]["unanswered"], first["details"]["conversations"]) == (
        5,
        6,
        1,
        7,
    )
    assert (every["value"], every["n"]) == (7.5, 12)


def test_dates_without_a_time_have_no_hour():
    """An export that writes 00:00 everywhere would make midnight the busiest hour; its weekdays still count."""
    rows = [{"source": "dated", "language": "fa", "created_at": f"2025-05-{d:02d}T20:30:00"} for d in range(1, 29)]
    rows += [{"source": "timed", "language": "fa", "created_at": f"2025-05-03T{h:02d}:{h:02d}:00"} for h in range(10)]
    found = times.hours(facts(rows))
    hours = found[(found["segment"] == "hour") & (found["metric"] == "share")]
    weekdays = found[(found["segment"] == "weekday") & (found["metric"] == "share")]
    assert hours["n"].sum() == 10 and weekdays["n"].sum() == 38
    assert hours.loc[hours["segment_value"] == "3", "n"].item() == 1  # 00:00 UTC is 03:30 in Tehran
    assert weekdays.loc[weekdays["segment_value"] == "0", "n"].item() == 4 + 10  # 3 May 2025 was a Saturday


def pain(text, touchpoint, stage):
    return [f"M{text}{touchpoint}", text, "pain", touchpoint, stage, "neg", 2, 0.9]


def test_the_next_problem_within_ninety_days():
    """Where customers drop to the next problem: by customer, in time, and "none" only once ninety days have passed."""
    rows, mentions = [], []
    for i in range(6):  # delivery in April, staff in May, nothing after; one of them comes back too late
        for k, (day, touchpoint, stage) in enumerate(
            (("04-01", "delivery", "action"), ("05-01", "staff_support", "service"))
        ):
            rows.append(
                {
                    "feedback_id": f"T{i}{k}",
                    "source": "s",
                    "language": "fa",
                    "customer_id": f"C{i}",
                    "created_at": f"2025-{day}",
                }
            )
            mentions.append(pain(f"T{i}{k}", touchpoint, stage))
    rows.append(
        {"feedback_id": "late", "source": "s", "language": "fa", "customer_id": "C0", "created_at": "2025-09-10"}
    )
    mentions.append(pain("late", "delivery", "action"))
    found = times.paths(facts(rows, mentions)).set_index(["stage", "segment_value"])
    assert found.loc[("action", "service"), ["n", "base", "value"]].tolist() == [6, 6, 100]
    assert found.loc[("service", "none"), ["n", "base"]].tolist() == [6, 6]
    assert len(found) == 2


def test_recent_texts_do_not_count_only_if_followed():
    """Of the last ninety days' pains those with a sequel are known already, the others not yet: none may count."""
    rows, mentions = [], []
    for i in range(20):  # one pain in April without a sequel; twenty in August, half of them followed in September
        days = ["04-01"] if i < 10 else []
        days += ["08-10", "09-01"] if i % 2 else ["08-10"]
        for k, day in enumerate(days):
            name = {"feedback_id": f"T{i}-{k}", "source": "s", "language": "fa", "customer_id": f"C{i}"}
            rows.append(name | {"created_at": f"2025-{day}"})
            mentions.append(pain(f"T{i}-{k}", "delivery", "action"))
    found = times.paths(facts(rows, mentions)).set_index(["stage", "segment_value"])
    assert found.loc[("action", "none"), ["n", "base"]].tolist() == [10, 10] and len(found) == 1


def test_no_conversations_no_rows():
    """Reviews carry no response times; that is no row, not zero minutes."""
    review = [{"source": "s", "language": "fa", "created_at": "2025-05-01"}]
    assert len(times.responses(facts(review))) == 0 and len(times.paths(facts(review))) == 0


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (10, 2, 9), (30, 10, 21)])
def test_median_interval_is_that_of_order_statistics(n, low, high):
    """The distribution-free interval of textbooks (ranks), not one that assumes normal waiting times."""
    import numpy as np

    assert times._median_interval(np.arange(1, n + 1, dtype=float)) == (low, high)
