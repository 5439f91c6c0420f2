"""The training flow's decisions, without a server: what follows a promotion, and what a refusal leaves alone."""

from __future__ import annotations

import pytest

from flows import train_models as flow


@pytest.mark.parametrize(("promoted", "anew", "reads"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_everything_is_read_anew_only_after_a_promotion(
    monkeypatch: pytest.MonkeyPatch, promoted: bool, anew: bool, reads: int
) -> None:
    """A refused version must not cost a night of reading; the table is shown either way."""
    told, read = [], []
    monkeypatch.setattr(flow, "work_training", lambda *_: ("models/reader/2026.12.1", promoted, "figure fa en"))
    monkeypatch.setattr(flow, "create_markdown_artifact", lambda text, **_: told.append(text))
    monkeypatch.setattr(flow, "mine_feedback", lambda **where: read.append(where) or "report.html")
    made = flow.train_models.fn(config="cxnlp.toml", read_anew=anew)
    assert read == [{"config": "cxnlp.toml"}] * reads
    assert made == ("report.html" if reads else None)
    assert ("promoted" if promoted else "refused") in told[0] and "figure fa en" in told[0]
