"""What undone edits give back, and what they leave alone."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cxnlp import tables, topics
from cxnlp.config import Topics
from cxnlp.topics import edits
from cxnlp.topics.labels import is_fallback
from cxnlp.topics.run import parts_of
from tests.topics.conftest import said
from tests.topics.test_update import AT, carried

SETTINGS = Topics(min_size=6)


@pytest.fixture(scope="module")
def mined() -> tuple[pd.DataFrame, pd.DataFrame]:
    mentions = said()
    update = topics.update(mentions, tables.empty("topics"), None, SETTINGS, AT, refits=False)
    return carried(mentions, update), update.topics


def log(*entries: tuple[str, dict[str, object]]) -> pd.DataFrame:
    rows = [(f"{i:08d}", AT, "sara", op, json.dumps(args)) for i, (op, args) in enumerate(entries, 1)]
    return pd.DataFrame(rows, columns=edits.COLUMNS)


UNDO = ("undo", {"edit": "00000001"})


def replay(
    rows: pd.DataFrame, known: pd.DataFrame, entries: pd.DataFrame, **options: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    update = topics.update(rows, known, entries, SETTINGS, AT, **{"discovering": False, **options})
    return carried(rows, update), update.topics


def of(rows: pd.DataFrame, thing: str) -> str:
    return str(rows.loc[rows["mention_id"].str.contains(f"-{thing}-"), "topic_id"].mode()[0])


def topic_of(rows: pd.DataFrame) -> pd.Series:
    return rows.set_index("mention_id")["topic_id"].sort_index()


def test_a_moved_mention_goes_back(mined: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Nobody wants it where it was moved to any more."""
    rows, known = mined
    late, cold = of(rows, "late"), of(rows, "cold")
    one = rows.loc[rows["topic_id"] == late, "mention_id"].iloc[0]
    move = ("move", {"mentions": [one], "to": cold})
    moved, after = replay(rows, known, log(move))
    assert topic_of(moved)[one] == cold
    pd.testing.assert_series_equal(topic_of(replay(moved, after, log(move, UNDO))[0]), topic_of(rows))


@pytest.mark.parametrize("op", ["retire", "split"])
def test_a_topic_opened_again_has_its_mentions_again(mined: tuple[pd.DataFrame, pd.DataFrame], op: str) -> None:
    """Those too that another topic took meanwhile."""
    rows, known = mined
    late, cold = of(rows, "late"), of(rows, "cold")
    own = rows[rows["topic_id"] == late]
    edit: dict[str, object] = (
        {"topic": late, "into": parts_of(late, own, known)} if op == "split" else {"topics": [late]}
    )
    closed, after = replay(rows, known, log((op, edit)))
    assert late not in set(closed["topic_id"])
    taken = own["mention_id"].iloc[:8]
    closed.loc[closed["mention_id"].isin(taken), "topic_id"] = cold
    pd.testing.assert_series_equal(topic_of(replay(closed, after, log((op, edit), UNDO))[0]), topic_of(rows))


def test_an_undone_merge_leaves_the_rest_of_the_other_topic(mined: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """A mention that the other topic had for long stays, though today it would go elsewhere."""
    rows, known = mined
    late, cold, dear = of(rows, "late"), of(rows, "cold"), of(rows, "dear")
    odd = rows["mention_id"].isin(rows.loc[rows["topic_id"] == dear, "mention_id"].iloc[:2])
    rows = rows.assign(topic_id=rows["topic_id"].mask(odd, late))
    merge = ("merge", {"topics": [cold], "into": late})
    merged, after = replay(rows, known, log(merge))
    assert cold not in set(merged["topic_id"])
    pd.testing.assert_series_equal(topic_of(replay(merged, after, log(merge, UNDO))[0]), topic_of(rows))


def test_a_label_given_in_one_language_leaves_the_other_to_the_run() -> None:
    """A person who names a topic in Persian does not want `≈ Delivery` in English for ever."""
    both = said(["late", "cold", "kind"])
    first = both[(both["language"] == "fa") | ~both["mention_id"].str.contains("-late-")]
    update = topics.update(first, tables.empty("topics"), None, SETTINGS, AT, refits=False)
    late = of(carried(first, update), "late")
    assert is_fallback(update.topics.set_index("topic_id").loc[late, "label_en"])
    name = log(("rename", {"topic": late, "fa": "دیرکرد"}))
    rows, known = replay(carried(first, update), update.topics, name)
    rows = pd.concat([rows, both[~both["mention_id"].isin(first["mention_id"])]])
    row = replay(rows, known, name, discovering=True, refits=False)[1].set_index("topic_id").loc[late]
    assert row["label_fa"] == "دیرکرد" and not is_fallback(row["label_en"]) and row["label_source"] == "person"
