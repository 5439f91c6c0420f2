"""`cxnlp topics` on a real lake: what a person types must reach the log, the registry and the mentions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from cxnlp import tables, topics
from cxnlp.config import Topics
from cxnlp.lake import Lake
from cxnlp.topics.commands import app
from tests.topics.conftest import said
from tests.topics.test_update import AT, carried


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and a mined lake."""
    home = tmp_path_factory.mktemp("topics")
    (home / "cxnlp.toml").write_text('[project]\nout = "out"\n', encoding="utf-8")
    mentions = said()
    update = topics.update(mentions, tables.empty("topics"), None, Topics(min_size=6), AT)
    lake = Lake(home / "out")
    lake.append("feedback", mentions[["feedback_id", "created_at"]])
    lake.append("mentions", carried(mentions, update).drop(columns="created_at"))
    lake.overwrite("topics", update.topics)
    return home


def run(home: Path, *words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--config", str(home / "cxnlp.toml")])
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.output


def test_look_edit_and_undo(home: Path) -> None:
    """One session of an analyst: list, show, rename, merge, split, move, ignore, history, undo."""
    rows, listed = Lake(home / "out").read("topics").set_index("topic_id"), run(home, "list")
    assert len(rows) > 7 and all(f"{topic} " in listed for topic in rows.index)
    pains = rows[(rows["kind"] == "pain") & (rows["level"] == "topic")].index
    first, second, third = pains[:3]
    assert first in run(home, "show", first)
    assert f"{first}:" in run(home, "rename", first, "--fa", "نام تازه", "--en", "New name", "--yes")
    out = run(home, "merge", second, "--into", first, "--yes")
    assert f"{second}: " in out and "merged" in out
    assert run(home, "split", third, "--yes").count("T00") > 2
    run(home, "ignore", first, "--yes")
    assert "New name" not in run(home, "list") and "New name" in run(home, "list", "--all")
    history = run(home, "history")
    assert "نام تازه" in history and history.count("op:") == 4
    run(home, "undo", "00000002", "--yes")
    lake = Lake(home / "out")
    assert lake.read("topics").set_index("topic_id").loc[second, "status"] == "active"
    told = lake.read("mentions", ["mention_id", "topic_id"])["topic_id"].value_counts()
    assert told[second] > 10


def test_a_move_of_what_is_not_there_is_refused(home: Path) -> None:
    """A mistyped topic was once logged as a mention, which does nothing."""
    lake = Lake(home / "out")
    logged, mention = lake.read("edits"), lake.read("mentions", ["mention_id"])["mention_id"].iloc[0]
    for what, why in ((["T9999"], "neither a topic nor a mention"), ([mention, "T0001"], "T0001 cannot be moved")):
        result = CliRunner().invoke(
            app, ["move", *what, "--to", "T0002", "--yes", "--config", str(home / "cxnlp.toml")]
        )
        assert result.exit_code != 0 and why in str(result.exception)
    pd.testing.assert_frame_equal(lake.read("edits"), logged)


def test_the_preview_changes_nothing(home: Path) -> None:
    """Without a yes, neither log nor lake changes."""
    before = Lake(home / "out").read("topics")
    result = CliRunner().invoke(app, ["retire", "T0001", "--config", str(home / "cxnlp.toml")], input="n\n")
    assert result.exit_code == 1 and "T0001: " in result.output
    pd.testing.assert_frame_equal(Lake(home / "out").read("topics"), before)
