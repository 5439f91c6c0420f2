"""The gate: a version may not buy one language with the other."""

import json
from pathlib import Path

import pytest

from cxnlp.errors import ModelError
from cxnlp.registry import current_number, write_manifest
from cxnlp.training.promotion import ERRORS, GATES, promote_if_better

GOOD = dict.fromkeys(GATES, 0.7) | dict.fromkeys(ERRORS, 0.05)


def version(models: Path, number: str, fa: dict[str, float], en: dict[str, float]) -> Path:
    folder = models / "reader" / number
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"fa": fa, "en": en, "mean": en}), encoding="utf-8")
    write_manifest(folder)
    return folder


def test_better_everywhere_is_promoted(tmp_path: Path) -> None:
    """The ordinary case, and the first version of all."""
    promote_if_better(version(tmp_path, "2026.1.1", GOOD, GOOD), tmp_path)
    better = {k: v + (0.02 if k in GATES else -0.01) for k, v in GOOD.items()}
    promote_if_better(version(tmp_path, "2026.1.2", better, better), tmp_path)
    assert current_number(tmp_path, "reader") == "2026.1.2"


@pytest.mark.parametrize(("figure", "change"), [("pain_f1", -0.04), ("ece", 0.03)])
@pytest.mark.parametrize("lang", ["fa", "en"])
def test_one_worse_figure_in_one_language_is_refused(tmp_path: Path, figure: str, change: float, lang: str) -> None:
    """A gain in English must not hide a loss in Persian; the message shows both columns."""
    promote_if_better(version(tmp_path, "2026.1.1", GOOD, GOOD), tmp_path)
    better = {k: v + (0.05 if k in GATES else 0) for k, v in GOOD.items()}
    both = {"fa": dict(better), "en": dict(better)}
    both[lang][figure] = GOOD[figure] + change
    folder = version(tmp_path, "2026.1.2", **both)
    with pytest.raises(ModelError, match=rf"{figure} \({lang}\)") as refusal:
        promote_if_better(folder, tmp_path)
    assert "current" in str(refusal.value)
    assert current_number(tmp_path, "reader") == "2026.1.1"


def test_tolerance_is_respected(tmp_path: Path) -> None:
    """Noise within the tolerance passes where the mean does not fall."""
    promote_if_better(version(tmp_path, "2026.1.1", GOOD, GOOD), tmp_path)
    near = GOOD | {"pain_f1": 0.697, "mention_f1": 0.71}
    promote_if_better(version(tmp_path, "2026.1.2", near, near), tmp_path, tolerance=0.005)
    assert current_number(tmp_path, "reader") == "2026.1.2"


def test_both_sets_judge_where_both_versions_know_them(tmp_path: Path) -> None:
    """One neutral text of dev must not outweigh a thousand others; where a version lacks them, dev alone decides."""
    worse = GOOD | {"sentiment_f1": 0.66}
    better = {k: v + (0.04 if k in GATES else -0.01) for k, v in GOOD.items()}
    for number, own, check in (("2026.1.1", GOOD, GOOD), ("2026.1.2", worse, better)):
        folder = version(tmp_path, number, own, own)
        figures = {"fa": own, "en": own, "check": {"fa": check, "en": check}}
        (folder / "metrics.json").write_text(json.dumps(figures), encoding="utf-8")
        write_manifest(folder)
    first, second = (tmp_path / "reader" / number for number in ("2026.1.1", "2026.1.2"))
    promote_if_better(first, tmp_path)
    with pytest.raises(ModelError, match=r"sentiment_f1 \(fa\)"):
        promote_if_better(second, tmp_path, current_figures={"fa": GOOD, "en": GOOD})
    promote_if_better(second, tmp_path)
    assert current_number(tmp_path, "reader") == "2026.1.2"
