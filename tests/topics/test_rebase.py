"""A new model after texts were deleted: topics are found again by the mentions that are left."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cxnlp import tables, topics
from cxnlp.config import Topics
from tests.topics.conftest import said
from tests.topics.test_update import AT, carried

SETTINGS = Topics(min_size=6)


@pytest.fixture(scope="module")
def mined() -> tuple[pd.DataFrame, pd.DataFrame]:
    mentions = said(each=40)
    update = topics.update(mentions, tables.empty("topics"), None, SETTINGS, AT, refits=False)
    return carried(mentions, update), update.topics


def turned(mentions: pd.DataFrame, width: int) -> pd.DataFrame:
    """The mentions as another model sees them."""
    turn = np.random.default_rng(7).normal(size=(64, width))
    seen = np.stack([np.frombuffer(v, "<f2").astype(float) for v in mentions["vector"]]) @ turn
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    return mentions.assign(vector=[v.astype("<f2").tobytes() for v in seen])


def without(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """What is left when the texts that stand for topics are deleted."""
    return rows[~rows["mention_id"].isin(known["representatives"].dropna().explode())]


def test_who_stands_for_a_topic_is_chosen_anew(mined: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Deleted mentions stand for nothing, though labels stay."""
    left = without(*mined)
    after = topics.update(left, mined[1], None, SETTINGS, AT, refits=False).topics
    live = after[(after["level"] == "topic") & (after["status"] == "active")]
    assert len(live) == 7 and live["representatives"].explode().isin(left["mention_id"]).all()
    labels = mined[1].set_index("topic_id")["label_fa"]
    pd.testing.assert_series_equal(after.set_index("topic_id")["label_fa"], labels)


@pytest.mark.parametrize("width", [48, 64])
def test_deleted_texts_and_a_new_model_at_once(mined: tuple[pd.DataFrame, pd.DataFrame], width: int) -> None:
    """A topic is not lost while mentions of its own are left."""
    left = without(*mined)
    update = topics.update(turned(left, width), mined[1], None, SETTINGS, AT, refits=False)
    assert (update.topics.loc[update.topics["level"] == "topic", "status"] == "active").sum() == 7
    both = left.merge(update.assignments, on="mention_id").dropna(subset="topic_id_x")
    assert (both["topic_id_x"] == both["topic_id_y"]).all()


@pytest.mark.parametrize("pinned", [False, True])
def test_a_kind_of_which_nothing_is_left(mined: tuple[pd.DataFrame, pd.DataFrame], pinned: bool) -> None:
    """Its topics are retired as lost, but not the pinned ones; and new texts of the kind are grouped all the same."""
    rows, known = mined
    dark = str(rows.loc[rows["mention_id"].str.contains("-dark-"), "topic_id"].mode()[0])
    args = json.dumps({"topics": [dark]})
    columns = ["edit_id", "at", "who", "op", "args"]
    log = pd.DataFrame([("00000001", AT, "sara", "pin", args)] * pinned, columns=columns)
    known = topics.update(rows, known, log, SETTINGS, AT, discovering=False).topics
    fresh = pd.concat([rows[rows["kind"] != "request"], said(["dark"], each=20, prefix="n")])
    update = topics.update(turned(fresh, 48), known, log, SETTINGS, AT, refits=False)
    assert update.topics.set_index("topic_id").loc[dark, "status"] == ("active" if pinned else "retired")
    again = update.assignments.loc[update.assignments["mention_id"].str.startswith("n-"), "topic_id"]
    assert again.notna().mean() > 0.8 and dark not in set(again)
    later = topics.update(carried(turned(fresh, 48), update), update.topics, log, SETTINGS, AT, refits=False)
    assert later.topics["topic_id"].tolist() == update.topics["topic_id"].tolist()


@pytest.mark.parametrize("width", [48, 64])
def test_no_mention_that_was_known_is_left(mined: tuple[pd.DataFrame, pd.DataFrame], width: int) -> None:
    """By a new model all topics are lost; by the old one, which the new texts show, they are what they were."""
    known = mined[1]
    ids = known.loc[known["level"] == "topic", "topic_id"]
    fresh = said(each=20, prefix="n")
    same = topics.update(fresh, known, None, SETTINGS, AT, refits=False)
    assert set(same.assignments["topic_id"].dropna()) == set(ids)
    other = topics.update(turned(fresh, width), known, None, SETTINGS, AT, refits=False)
    assert (other.topics.set_index("topic_id").loc[ids, "status"] == "retired").all()
    assert other.assignments["topic_id"].notna().mean() > 0.8
