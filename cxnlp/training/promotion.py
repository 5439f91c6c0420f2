"""A new version replaces the current one only when no language loses by it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxnlp.errors import ModelError

GATES = ("sentiment_f1", "polarity_f1", "mention_f1", "located_f1", "pain_f1", "stage_f1", "severity_kappa")
ERRORS = ("map_error", "ece")  # less is better


def promote_if_better(
    candidate: Path, models: Path, tolerance: float = 0.02, current_figures: Mapping[str, Any] | None = None
) -> str:
    """Promote a version folder below `models/<name>/` and return the comparison; raise ModelError when it is worse.

    Compares ``metrics.json`` of both, so both must have been measured on the same dev file; where dev has grown, give
    the current version's figures on it as ``current_figures``. In every language the mean
    of the gates must not fall, and no gate may fall (no error rise) by more than ``tolerance``. A figure is the mean of
    dev's and that of the texts for calibration, where both versions were measured on these: one text of dev's few
    neutral ones is .03 of Persian sentiment F1. With no current version any candidate passes.
    """
    from cxnlp.registry import CURRENT, current_number, promote

    home = candidate.parent
    if not (home / CURRENT).exists():
        promote(models, home.name, candidate.name)
        return f"{candidate.name} is the first version of {home.name}: promoted."
    current = home / current_number(models, home.name)
    old, new = (json.loads((p / "metrics.json").read_text(encoding="utf-8")) for p in (current, candidate))
    old = old if current_figures is None else current_figures
    worse = losses(old, new, tolerance)
    table = compare(old, new)
    if worse:
        raise ModelError(
            f"{candidate.name} is not promoted over {current.name}: worse in {', '.join(worse)}; train longer or on "
            f"more labels, or widen model.gate_tolerance.\n{table}"
        )
    promote(models, home.name, candidate.name)
    return table


def losses(old: Mapping[str, Any], new: Mapping[str, Any], tolerance: float) -> list[str]:
    """Which figures of which languages are worse than allowed."""
    found = []
    for lang in languages(old):
        if lang not in new:
            found.append(f"{lang} (not measured)")
            continue
        a, b = _judged(old, new, lang)
        found += [f"{k} ({lang})" for k in GATES if b.get(k, 0.0) < a.get(k, 0.0) - tolerance]
        found += [f"{k} ({lang})" for k in ERRORS if b.get(k, 1.0) > a.get(k, 1.0) + tolerance]
        if _mean(b) < _mean(a):
            found.append(f"mean of the gates ({lang})")
    return found


def languages(figures: Mapping[str, Any]) -> list[str]:
    """The languages that were measured."""
    return [k for k in figures if k not in ("mean", "alignment", "check")]


def _judged(old: Mapping[str, Any], new: Mapping[str, Any], lang: str) -> list[Mapping[str, float]]:
    """Figures of both versions in a language: the means of both sets, or dev's where a version lacks the other."""
    sides = [side.get(lang, {}) for side in (old, new)]
    checks = [side.get("check", {}).get(lang) for side in (old, new)]
    if not all(checks):
        return sides
    return [{k: (dev[k] + c[k]) / 2 for k in dev if k in c} for dev, c in zip(sides, checks, strict=True)]


def _mean(figures: Mapping[str, float]) -> float:
    return sum(figures.get(k, 0.0) for k in GATES) / len(GATES)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Both versions side by side, a line per figure and language."""
    lines = [f"{'figure':<16}{'lang':<6}{'current':>9}{'new':>9}"]
    for lang in languages(old):
        a, b = _judged(old, new, lang)
        for k in (*GATES, *ERRORS):
            lines.append(f"{k:<16}{lang:<6}{a.get(k, float('nan')):>9.3f}{b.get(k, float('nan')):>9.3f}")
    return "\n".join(lines)
