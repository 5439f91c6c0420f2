"""People correct, the model learns: corrections → gold → training → gate → re-annotation, and the old report again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pytest
import typer
from typer.testing import CliRunner

from cxnlp import pipeline, retraining, taxonomy
from cxnlp.corrections import gold, labels
from cxnlp.errors import InputError, LakeError
from cxnlp.registry import current_number, promote
from cxnlp.stages import corrections as stage
from cxnlp.stages.run import Run
from cxnlp.training import commands, promotion
from cxnlp.training.run import Budget, train
from tests.corrections import shop
from tests.training import gold as texts

ONCE = Budget(epochs=1, replay=0, window=64)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The shop, a tiny random reader in force, and a correction of every text."""
    monkeypatch.setenv("CXNLP_MODELS", str(tmp_path / "models"))
    made = shop.lake(tmp_path / "home")
    base, labelled = texts.encoder(tmp_path / "base"), texts.write(tmp_path)
    first = train(made.settings, gold=labelled, base=base, out=tmp_path / "models" / "reader", budget=ONCE)
    promote(tmp_path / "models", "reader", first.name)
    rows = []
    for feedback_id, (old, version) in stage.readings(made, [f"F{i}" for i in range(8)]).items():
        new = json.loads(json.dumps(old)) | {"sentiment": "neg" if old["sentiment"] == "mixed" else old["sentiment"]}
        new = labels.checked(new, old["text"], taxonomy.load())
        rows.append(labels.row(feedback_id, old, new, at=pd.Timestamp("2025-06-01T08:00Z"), who="سارا", origin="desk",
                               model_version=version))  # fmt: skip
    stage.record(made, rows)
    return made


def test_corrections_and_gold_are_split_by_id_for_ever(run: Run, tmp_path: Path) -> None:
    """A text that judges today's version must not have taught it tomorrow; dev stays dev."""
    learn, judge = retraining.split(run.settings, tmp_path / "train.jsonl")
    assert not {r["text"] for r in learn} & {r["text"] for r in judge}
    corrected = [r for r in learn + judge if r.get("source") == "corrections"]
    assert {r["id"] for r in corrected} == {f"F{i}" for i in range(8)}
    assert all(gold.held_out(r) == (r in judge) for r in corrected)
    assert all(r["provenance"]["who"] == "سارا" for r in corrected)
    assert {r["lang"] for r in learn} == {r["lang"] for r in judge} == {"fa", "en"}
    shares = [gold.held_out({"id": f"text {i}"}) for i in range(2000)]
    assert 0.17 < sum(shares) / len(shares) < 0.23


def test_what_people_corrected_wins_over_gold(run: Run, tmp_path: Path) -> None:
    """The same text in gold and in the log: the customer's own people have the last word."""
    lines = (tmp_path / "train.jsonl").read_text(encoding="utf-8").splitlines()
    same = json.loads(lines[0]) | {"id": "old", "text": shop.TEXTS[0][2], "sentiment": "pos", "mentions": []}
    (tmp_path / "train.jsonl").write_text("\n".join([*lines, json.dumps(same)]), encoding="utf-8")
    learn, judge = retraining.split(run.settings, tmp_path / "train.jsonl")
    assert [r["sentiment"] for r in learn + judge if r["text"] == shop.TEXTS[0][2]] == ["neg"]


def test_too_few_corrections_are_refused(run: Run) -> None:
    """Nobody should promote a model by eight texts."""
    with pytest.raises(InputError, match="cxnlp label"):
        retraining.retrain(run.settings)


@pytest.mark.parametrize("worse", [True, False])
def test_a_version_is_promoted_or_refused_with_the_table(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worse: bool
) -> None:
    """Refused: the current version stays. Promoted: it reads everything anew, and people's corrections stay."""
    monkeypatch.setattr(promotion, "losses", lambda *_: ["sentiment_f1 (fa)"] if worse else [])
    models, before = tmp_path / "models", current_number(tmp_path / "models", "reader")
    done = retraining.retrain(run.settings, gold=tmp_path / "train.jsonl", budget=ONCE)
    assert done.promoted is not worse
    assert "sentiment_f1" in done.told and "fa" in done.told and "en" in done.told
    assert current_number(models, "reader") == (before if worse else done.folder.name)
    told = (run.settings.out / "training" / "train.jsonl").read_text(encoding="utf-8")
    assert '"provenance"' in told
    if worse:
        return
    pipeline.STAGES["annotate"](run)
    assert set(run.lake.read("feedback")["model_version"]) == {f"reader-{done.folder.name}"}
    said = run.lake.read("mentions", where=pc.field("feedback_id") == "F1")
    assert said["quote"].tolist() == ["پولم را هنوز برنگردانده‌اند"] and said["model_version"].tolist() == ["person"]
    assert run.lake.read("feedback", where=pc.field("feedback_id") == "F0")["sentiment"].tolist() == ["neg"]


def test_an_old_report_can_be_made_again(run: Run) -> None:
    """The board asks for last month's figures: time travel, not memory."""
    pipeline.report_of(run.settings)
    then = datetime.now(UTC)
    run.lake.delete("feedback", "feedback_id", ["F0", "F1", "F2"])
    run.lake.delete("mentions", "feedback_id", ["F0", "F1", "F2"])
    old, new = pipeline.report_of(run.settings, then), pipeline.report_of(run.settings)
    rows = [len(pd.read_parquet(path.parent / "tables" / "texts.parquet")) for path in (old, new)]
    assert rows == [8, 5]
    with pytest.raises(LakeError, match="no findings yet"):
        pipeline.report_of(run.settings, datetime(2020, 1, 1, tzinfo=UTC))


def test_teachers_named_on_the_command_line_teach_the_corrected_reader_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cxnlp train --corrections --teacher fa=… --teacher en=…` once trained without them, and said nothing."""
    asked: dict[str, object] = {}
    monkeypatch.setattr("cxnlp.training.run.train", lambda settings, **given: asked.update(given) or tmp_path / "made")
    monkeypatch.setattr("cxnlp.config.load", lambda config: run.settings)
    (tmp_path / "persian").mkdir()
    (tmp_path / "english").mkdir()
    named = [part for side in ("fa=persian", "en=english") for part in ("--teacher", side)]
    monkeypatch.chdir(tmp_path)
    command = typer.Typer(add_completion=False)
    command.command()(commands.train)
    said = CliRunner().invoke(command, ["train.jsonl", "--corrections", "--no-promote", *named])
    assert said.exit_code == 0, said.output
    assert asked["teachers"] == {"fa": [Path("persian")], "en": [Path("english")]}
