"""What a stage is given, and the fingerprints by which it knows that nothing changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cxnlp.config import Settings
from cxnlp.lake import Lake

Progress = Callable[[str, int, int | None], None]  # stage, done, total (None = unknown)


def quiet(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Run:
    """Settings, lake and progress; `earlier` and `seconds` are those of the stages before."""

    settings: Settings
    lake: Lake
    progress: Progress = quiet
    earlier: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def with_earlier(self, earlier: dict[str, dict[str, Any]], seconds: dict[str, float]) -> Run:
        """A copy that knows what the stages before reported."""
        return replace(self, earlier=dict(earlier), seconds=dict(seconds))

    def last(self, stage: str) -> tuple[str | None, dict[str, Any]]:
        """Fingerprint of what `stage` last worked on, and its result then."""
        stages = self.lake.read("stages")
        row = stages[stages["stage"] == stage]
        return (None, {}) if row.empty else (row["inputs"].iloc[0], json.loads(row["result"].iloc[0]))

    def remember(self, stage: str, inputs: str, result: dict[str, Any]) -> dict[str, Any]:
        """Note that `stage` has worked on `inputs`, and give `result` back."""
        import pandas as pd

        row = {"stage": stage, "inputs": inputs, "result": json.dumps(result, ensure_ascii=False, sort_keys=True)}
        self.lake.upsert("stages", pd.DataFrame([row]))
        return result


def fingerprint(*parts: Any) -> str:
    """Hash of values that JSON can hold (anything else by its text)."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
