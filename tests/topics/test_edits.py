"""People's edits: they survive every run, and can be taken back."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from cxnlp import tables, topics
from cxnlp.config import Topics
from cxnlp.errors import CxnlpError
from cxnlp.topics import edits
from cxnlp.topics.run import parts_of
from tests.topics.conftest import said
from tests.topics.test_update import AT, carried

SETTINGS = Topics(min_size=6)


@pytest.fixture(scope="module")
def mined() -> tuple[pd.DataFrame, topics.TopicUpdate]:
    mentions = said()
    update = topics.update(mentions, tables.empty("topics"), None, SETTINGS, AT)
    return carried(mentions, update), update


def log(*entries: tuple[str, dict[str, object]]) -> pd.DataFrame:
    rows = [
        (f"{i:08d}", AT, "sara", op, json.dumps(args, ensure_ascii=False)) for i, (op, args) in enumerate(entries, 1)
    ]
    return pd.DataFrame(rows, columns=edits.COLUMNS)


def topic(mined: tuple[pd.DataFrame, topics.TopicUpdate], thing: str) -> str:
    rows = mined[0]
    return str(rows.loc[rows["mention_id"].str.contains(f"-{thing}-"), "topic_id"].mode()[0])


def rerun(
    mined: tuple[pd.DataFrame, topics.TopicUpdate], entries: pd.DataFrame, month: str = "n"
) -> tuple[pd.DataFrame, topics.TopicUpdate]:
    """One more month with its own news, after the edits."""
    rows = pd.concat([mined[0], said(["late", "fast"], prefix=month, each=6, start="2024-07-01")])
    update = topics.update(rows, mined[1].topics, entries, SETTINGS, AT)
    return carried(rows, update), update


def test_a_rename_outlives_runs_and_can_be_undone(mined: tuple[pd.DataFrame, topics.TopicUpdate]) -> None:
    """Pitfall 8: a label that a person gave stays through refits; undo gives the machine's back."""
    late = topic(mined, "late")
    entries = log(("rename", {"topic": late, "fa": "دیرکرد پیک", "en": "Late courier"}))
    once = rerun(mined, entries)
    twice = rerun(once, entries, "o")[1].topics.set_index("topic_id").loc[late]
    assert (twice["label_fa"], twice["label_en"], twice["label_source"]) == ("دیرکرد پیک", "Late courier", "person")
    back = topics.update(once[0], once[1].topics, log(
        ("rename", {"topic": late, "fa": "دیرکرد پیک", "en": "Late courier"}), ("undo", {"edit": "00000001"})
    ), SETTINGS, AT).topics.set_index("topic_id").loc[late]  # fmt: skip
    assert (back["label_en"], back["label_source"]) == (
        mined[1].topics.set_index("topic_id").loc[late, "label_en"],
        "machine",
    )


def test_a_merge_takes_old_and_new_mentions_and_undo_gives_them_back(
    mined: tuple[pd.DataFrame, topics.TopicUpdate],
) -> None:
    """What is merged stays merged for texts of later months; undone, every mention is where it was."""
    late, cold = topic(mined, "late"), topic(mined, "cold")
    entries = log(("merge", {"topics": [cold], "into": late}))
    rows, update = rerun(mined, entries)
    assert set(rows.loc[rows["mention_id"].str.contains("-cold-"), "topic_id"].dropna()) == {late}
    assert update.topics.set_index("topic_id").loc[cold, "status"] == "merged"
    undone = pd.concat([entries, log(("undo", {"edit": "00000001"})).assign(edit_id="00000002")])
    back = topics.update(rows, update.topics, undone, SETTINGS, AT)
    was = mined[1].assignments.set_index("mention_id")["topic_id"]
    pd.testing.assert_series_equal(back.assignments.set_index("mention_id")["topic_id"].loc[was.index], was)


def test_a_split_makes_two_topics_with_new_ids(mined: tuple[pd.DataFrame, topics.TopicUpdate]) -> None:
    """After merging two things by mistake, a split finds the two again; the whole is closed, its id never reused."""
    late, cold = topic(mined, "late"), topic(mined, "cold")
    merged = log(("merge", {"topics": [cold], "into": late}))
    rows, update = rerun(mined, merged)
    parts = parts_of(late, rows[rows["topic_id"] == late], update.topics)
    entries = log(("merge", {"topics": [cold], "into": late}), ("split", {"topic": late, "into": parts}))
    after = topics.update(rows, update.topics, entries, SETTINGS, AT)
    found = carried(rows, after).dropna(subset="topic_id")
    for thing in ("late", "cold"):
        own = found.loc[found["mention_id"].str.contains(f"-{thing}-"), "topic_id"]
        assert own.nunique() == 1 and own.iloc[0] in {part["id"] for part in parts}
    assert after.topics.set_index("topic_id").loc[late, "status"] == "retired"


def test_marks_and_moves(mined: tuple[pd.DataFrame, topics.TopicUpdate]) -> None:
    """pin, ignore, retire and move do what their names say; a retired topic is not found again under another id."""
    late, cold, kind, dear = (topic(mined, thing) for thing in ("late", "cold", "kind", "dear"))
    theme = mined[1].topics.set_index("topic_id").loc[kind, "parent_id"]
    one = mined[0].loc[mined[0]["topic_id"] == dear, "mention_id"].iloc[0]
    entries = log(
        ("pin", {"topics": [late]}), ("ignore", {"topics": [kind]}), ("retire", {"topics": [cold]}),
        ("move", {"topics": [late], "to": theme}), ("move", {"mentions": [one], "to": late}),
    )  # fmt: skip
    rows, update = rerun(mined, entries)
    after = update.topics.set_index("topic_id")
    assert after.loc[late, "pinned"] and after.loc[late, "parent_id"] == theme
    assert after.loc[kind, "status"] == "ignored" and (rows["topic_id"] == kind).sum() > 10
    assert rows.loc[rows["mention_id"].str.contains("-cold-"), "topic_id"].isna().all()
    assert rows.set_index("mention_id").loc[one, "topic_id"] == late
    assert len(after[(after["level"] == "topic")]) == (mined[1].topics["level"] == "topic").sum()


def test_the_log_goes_through_yaml_and_back() -> None:
    """The YAML that people review in git must say exactly what the log says."""
    entries = log(("rename", {"topic": "T0001", "fa": "دیرکرد"}), ("undo", {"edit": "00000001"}))
    text = edits.to_yaml(entries)
    assert "دیرکرد" in text
    back = edits.from_yaml(text)
    assert [json.loads(a) for a in back["args"]] == [json.loads(a) for a in entries["args"]]
    assert edits.log_of(back) == []
    with pytest.raises(CxnlpError, match="entry 1 has no known op"):
        edits.from_yaml("- {op: explode, topic: T0001}")


def test_impossible_edits_say_why(mined: tuple[pd.DataFrame, topics.TopicUpdate]) -> None:
    """A typing mistake must not enter the log."""
    late, kind = topic(mined, "late"), topic(mined, "kind")
    for op, args, said_so in [
        ("rename", {"topic": "T9999", "fa": "الف"}, "no topic T9999"),
        ("rename", {"topic": late}, "needs a label"),
        ("merge", {"topics": [kind], "into": late}, "different kinds"),
        ("undo", {"edit": "7"}, "no edit 7"),
        ("merge", {"topics": [late], "into": late}, "into itself"),
        ("move", {"topics": [late], "to": kind}, "is a topic, and topics are moved into a theme"),
        ("move", {"mentions": ["T9999"], "to": late}, "T9999 is neither a topic nor a mention"),
        ("move", {"mentions": ["m1", late], "to": kind}, f"{late} cannot be moved along with mentions"),
        ("split", {"topic": late, "into": [{"id": kind, "mentions": ["m1"]}]}, f"{kind} is there already"),
    ]:
        with pytest.raises(CxnlpError, match=said_so):
            edits.check({"op": op, "args": args}, mined[1].topics, None, {"m1"})
    theme = mined[1].topics.set_index("topic_id").loc[late, "parent_id"]
    for args, said_so in [
        ({"mentions": ["m1"], "to": theme}, "is a theme"),
        ({"topics": [theme], "to": theme}, "theme"),
    ]:
        with pytest.raises(CxnlpError, match=said_so):
            edits.check({"op": "move", "args": args}, mined[1].topics, None, {"m1"})
    edits.check({"op": "move", "args": {"mentions": ["m1"], "to": late}}, mined[1].topics, None, {"m1"})
    edits.check({"op": "move", "args": {"topics": [late], "to": theme}}, mined[1].topics, None)


@pytest.mark.parametrize("op", ["merge", "retire"])
def test_nothing_goes_into_a_closed_topic(mined: tuple[pd.DataFrame, topics.TopicUpdate], op: str) -> None:
    """Its mentions would be nobody's."""
    late, cold, dear = (topic(mined, thing) for thing in ("late", "cold", "dear"))
    closing = log((op, {"topics": [cold], **({"into": late} if op == "merge" else {})}))
    known = edits.apply(mined[1].topics, mined[0], closing)
    for closed in ({"op": "merge", "args": {"topics": [dear], "into": cold}},
                   {"op": "move", "args": {"mentions": ["m1"], "to": cold}}):  # fmt: skip
        with pytest.raises(CxnlpError, match=f"{cold} is {'merged into ' + late if op == 'merge' else 'retired'}"):
            edits.check(closed, known, closing, {"m1"})


def test_merges_never_run_in_a_circle(mined: tuple[pd.DataFrame, topics.TopicUpdate]) -> None:
    """A merge that was undone, then its reverse, then the undo undone: both topics would be gone."""
    late, cold = topic(mined, "late"), topic(mined, "cold")
    entries = log(
        ("merge", {"topics": [cold], "into": late}), ("undo", {"edit": "00000001"}),
        ("merge", {"topics": [late], "into": cold}),
    )  # fmt: skip
    known = edits.apply(mined[1].topics, mined[0], entries)
    again = {"edit_id": "00000004", "at": AT, "who": "sara", "op": "undo", "args": {"edit": "00000002"}}
    with pytest.raises(CxnlpError, match=f"{late} into {cold} into {late}; undo one"):
        edits.check(again, known, entries)
    edits.check(again | {"args": {"edit": "00000003"}}, known, entries)


def test_an_id_is_given_once() -> None:
    """Entries struck out in review, and those with a tail (alerts), must not make two edits of one id."""
    assert edits.next_edit(None) == "00000001"
    entries = log(*[("pin", {"topics": ["T0001"]})] * 4)
    assert edits.next_edit(entries.iloc[[0, 3]]) == "00000005"
    assert edits.next_edit([{"edit_id": "00000011-ab12"}, {"edit_id": "00000002"}]) == "00000012"


def test_a_part_never_takes_another_topic(mined: tuple[pd.DataFrame, topics.TopicUpdate]) -> None:
    """A split written by hand, with an id that is taken: it does nothing, and above all nothing to that topic."""
    late, cold, kind = (topic(mined, thing) for thing in ("late", "cold", "kind"))
    said_late = mined[0].loc[mined[0]["topic_id"] == late, "mention_id"].tolist()
    parts = [{"id": "T0900", "mentions": said_late[:9]}, {"id": kind, "mentions": said_late[9:]}]
    entries = log(("retire", {"topics": [kind]}), ("split", {"topic": late, "into": parts}))
    after = edits.apply(mined[1].topics, mined[0], entries).set_index("topic_id")
    assert (after.loc[kind, "status"], after.loc[late, "status"]) == ("retired", "active")
    assert "T0900" not in after.index and after.loc[cold, "status"] == "active"
