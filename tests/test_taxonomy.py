"""The journey file: permanent ids, one stage a touchpoint."""

from __future__ import annotations

import pytest
import yaml

from cxnlp import taxonomy
from cxnlp.errors import ConfigError


def test_shipped_journey():
    """Six stages and 28 touchpoints, each with both labels and a definition."""
    journey = taxonomy.load()
    assert [s.id for s in journey.stages] == [
        "awareness",
        "consideration",
        "acquisition",
        "action",
        "service",
        "loyalty",
    ]
    assert len(journey.touchpoints) == 28
    assert all(t.en and t.fa and t.covers for t in journey.touchpoints)
    assert journey.stage_of("delivery") == "action"
    assert journey.stage_of("general") is None
    assert journey.label("delivery", "fa") == "تحویل و زمان‌بندی"
    assert journey.label(None, "en") == "Unknown"


def edited(tmp_path, change):
    data = yaml.safe_load(taxonomy.DEFAULT_PATH.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "journey.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def test_a_touchpoint_may_move_to_another_stage(tmp_path):
    """Teams draw their journey differently; that needs no retraining."""
    path = edited(tmp_path, lambda d: d["touchpoints"][11].update(stage="service"))
    assert taxonomy.load(path).stage_of("delivery") == "service"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["touchpoints"][0].update(stage="nowhere"), "nowhere"),
        (lambda d: d["touchpoints"].pop(3), "absent"),
        (lambda d: d["touchpoints"][1].update(id="advertising"), "twice"),
        (lambda d: d["touchpoints"][1].pop("fa"), "form"),
    ],
)
def test_mistakes_are_named(tmp_path, change, said):
    """The model speaks in these ids: losing one would lose mentions."""
    with pytest.raises(ConfigError, match=said):
        taxonomy.load(edited(tmp_path, change))
