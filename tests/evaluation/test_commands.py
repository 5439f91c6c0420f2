"""`cxnlp evaluate`: the figures of a labelled file, printed and written."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cxnlp.errors import InputError
from cxnlp.evaluation.commands import evaluate
from tests.annotate.tiny import make
from tests.evaluation.test_metrics import gold


def run(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(evaluate)
    result = CliRunner().invoke(app, list(arguments))
    if result.exception:
        raise result.exception
    return result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in gold()), encoding="utf-8")
    return path


def test_figures_are_printed_and_written_per_language(file: Path, tmp_path: Path) -> None:
    """A model is promoted on these numbers: both languages, and their mean."""
    model = make(tmp_path / "reader" / "2026.1.1")
    printed = run(str(file), "--model", str(model), "--out", str(tmp_path / "metrics.json"))
    written = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert list(written) == ["en", "fa", "mean"]
    assert {"mention_f1", "severity_kappa", "map_error"} <= set(written["fa"])
    assert "sentiment_f1" in printed
    assert "reader-2026.1.1" in printed


def test_labels_of_another_reader_are_scored_too(file: Path) -> None:
    """A second person's or another tool's labels are compared with the same ruler; gold against itself is perfect."""
    assert "1.000" in run(str(file), "--predicted", str(file))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no labelled texts"),
        ("{", "line 1: not JSON"),
        ('{"id": "1", "text": "پیک دیر رسید"}', "lacks sentiment, mentions, lang"),
        ("[1]", "lacks id"),
    ],
)
def test_a_broken_gold_file_is_a_sentence(tmp_path: Path, content: str, says: str) -> None:
    """The person who labelled must know which line to mend."""
    path = tmp_path / "gold.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        run(str(path))
