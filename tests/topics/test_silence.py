"""Topics of a season: silent for a year they are closed, with their mentions; what comes back brings them back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cxnlp import tables, topics
from cxnlp.config import Topics
from cxnlp.topics.registry import empty_row, events, frame, records, with_event
from cxnlp.topics.vectors import to_bytes
from tests.topics.conftest import said
from tests.topics.test_update import carried

SETTINGS = Topics(min_size=6)
AT = pd.Timestamp("2025-01-01", tz="UTC")
ALWAYS = ["late", "crash", "kind", "dark"]


def run(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    update = topics.update(rows, known, None, SETTINGS, AT, refits=False)
    return carried(rows, update), update.topics


@pytest.fixture(scope="module")
def two_years() -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """A lake in which nobody spoke of cold food for a year and a half, run once; and the topic of it."""
    old = said([*ALWAYS, "cold"], start="2023-01-01")
    rows, known = run(pd.concat([old, said(ALWAYS, start="2024-07-01", prefix="n")]), tables.empty("topics"))
    return rows, known, str(rows.loc[rows["mention_id"].str.contains("-cold-"), "topic_id"].mode()[0])


def test_a_silent_topic_keeps_its_mentions(two_years: tuple[pd.DataFrame, pd.DataFrame, str]) -> None:
    """Else its neighbours take them, or it is found, revived and retired again in every run."""
    rows, known, cold = two_years
    held = set(rows.loc[rows["topic_id"] == cold, "mention_id"])
    assert known.set_index("topic_id").loc[cold, "status"] == "retired" and len(held) > 15
    for _ in range(2):
        rows, known = run(rows, known)
        assert set(rows.loc[rows["topic_id"] == cold, "mention_id"]) == held
    row = next(row for row in records(known) if row["topic_id"] == cold)
    assert [e["event"] for e in events(row)].count("retired") == 1 and row["status"] == "retired"


@pytest.mark.parametrize("by_variant", [False, True])
def test_a_comeback_revives_it(two_years: tuple[pd.DataFrame, pd.DataFrame, str], by_variant: bool) -> None:
    """Also where it is a variant that is met again, and where a person once retired it and took that back."""
    rows, known, cold = two_years
    changed = {row["topic_id"]: row for row in records(known)}
    changed[cold] = with_event(changed[cold], AT, "retire", edit="00000001", who="sara")
    if by_variant:
        own = {c: changed[cold][c] for c in ("level", "kind", "centroid", "threshold", "history")}
        changed["T0099"] = empty_row() | own | {"topic_id": "T0099", "status": "merged", "merged_into": cold}
        elsewhere = np.random.default_rng(3).normal(size=len(changed[cold]["centroid"]) // 2)
        changed[cold] = changed[cold] | {"centroid": to_bytes(elsewhere), "representatives": None}
    more = pd.concat([rows, said(["cold"], each=15, start="2024-09-01", prefix="c")])
    after, known = run(more[more["created_at"] <= AT], frame(list(changed.values())))
    assert known.set_index("topic_id").loc[cold, "status"] in ("active", "emerging")
    again = after.loc[after["mention_id"].str.startswith("c-cold"), "topic_id"]
    assert (again == cold).mean() > 0.8
