"""Whether what comes in is still what the model learned to read: the newest weeks against the time before.

Four signs, each with its test: the mix of languages (chi-square), the reader's confidence (Welch's t), mentions that no
topic takes (chi-square), and where mentions lie in the embedding (distance of means, by permutation). A sign raises an
alarm if it is significant after false-discovery control and larger than chance alone would make interesting.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats as laws

from cxnlp.insight.names import LANGUAGES, number
from cxnlp.tables import INSIGHTS

RECENT, REFERENCE = 28, 365  # days
LEAST = 100  # texts or mentions on either side
FDR, SHUFFLES, SAMPLE = 0.01, 999, 2_000
WORTH = {"language_mix": 10.0, "confidence": 0.05, "unassigned": 10.0, "embedding": 0.1}  # least change that matters
TAKEN = ("pain", "praise", "request", "question")  # kinds that topics gather
PERSON = "person"
WORDS = {
    "language_mix": (
        "ترکیب زبان‌ها {value} واحد درصد جابه‌جا شده است",
        "The mix of languages moved by {value} points",
    ),
    "confidence": (
        "اطمینان مدل{of_fa} {value} تغییر کرده است",
        "The reader's confidence{of_en} changed by {value}",
    ),
    "unassigned": (
        "سهم اشاره‌های بدون موضوع{of_fa} {value} واحد درصد تغییر کرده است",
        "The share of mentions without a topic{of_en} changed by {value} points",
    ),
    "embedding": (
        "گفته‌ها{of_fa} از آنچه بودند {value} دور شده‌اند",
        "What is said{of_en} moved by {value} from what it was",
    ),
}
WRITTEN = {  # metric → decimals, signed
    "language_mix": (0, False), "confidence": (2, True), "unassigned": (0, True), "embedding": (2, False),
}  # fmt: skip
NAMES = {"fa": ("متن‌های فارسی", "Persian texts"), "en": ("متن‌های انگلیسی", "English texts")}


def drift(feedback: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """Rows of type drift in the columns of insights, one per sign (and language); `details.alarm` says which matter.

    `mentions` with their vectors. `value`: points (language_mix, unassigned), difference of means (confidence, 0…1),
    1 − cosine of the mean vectors (embedding). `n`, `base`: the newest side and the reference. Too little: no rows.
    """
    texts = feedback[(feedback["role"].isna() | (feedback["role"] == "customer")) & feedback["created_at"].notna()]
    texts = texts[texts["duplicate_of"].isna() & texts["language"].notna()]
    if texts.empty:
        return pd.DataFrame(columns=INSIGHTS.names)
    age = (texts["created_at"].max() - texts["created_at"]).dt.days
    side = pd.Series(np.where(age < RECENT, 1, np.where(age < RECENT + REFERENCE, 0, -1)), index=texts["feedback_id"])
    said = mentions.assign(side=mentions["feedback_id"].map(side).fillna(-1).astype(int))
    said = said[(said["side"] >= 0) & (said["model_version"] != PERSON)]
    rows = [_mix(side.to_numpy(), texts["language"])]
    for language in (None, "fa", "en"):
        mine = said if language is None else said[said["language"] == language]
        rows += [_confidence(mine, language), _unassigned(mine, language), _embedding(mine, language)]
    known = [row for row in rows if row is not None]
    if not known:
        return pd.DataFrame(columns=INSIGHTS.names)
    found = pd.DataFrame(known)
    found["q_value"] = laws.false_discovery_control(found["p_value"])
    return _finished(found)


def _row(metric: str, language: str | None, value: float, p: float, new: int, old: int, test: str) -> dict[str, Any]:
    return {"metric": metric, "language": language, "value": value, "p_value": p, "n": new, "base": old, "test": test}


def _sides(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    new, old = rows[rows["side"] == 1], rows[rows["side"] == 0]
    return (new, old) if min(len(new), len(old)) >= LEAST else None


def _mix(side: NDArray[Any], languages: pd.Series) -> dict[str, Any] | None:
    codes, names = pd.factorize(languages)
    table = np.array([np.bincount(codes[side == s], minlength=len(names)) for s in (1, 0)])
    new, old = table.sum(axis=1)
    if min(new, old) < LEAST:
        return None
    table = table[:, table.sum(axis=0) > 0]
    p = float(laws.chi2_contingency(table, correction=False).pvalue) if table.shape[1] > 1 else 1.0
    moved = 50 * np.abs(table[0] / new - table[1] / old).sum()  # total variation distance, in points
    return _row("language_mix", None, float(moved), p, int(new), int(old), "chi-square")


def _confidence(rows: pd.DataFrame, language: str | None) -> dict[str, Any] | None:
    if (sides := _sides(rows[rows["confidence"].notna()])) is None:
        return None
    new, old = (s["confidence"].to_numpy(float) for s in sides)
    p = float(laws.ttest_ind(new, old, equal_var=False).pvalue) if new.std() + old.std() else 1.0
    return _row("confidence", language, float(new.mean() - old.mean()), p, len(new), len(old), "Welch's t")


def _unassigned(rows: pd.DataFrame, language: str | None) -> dict[str, Any] | None:
    if (sides := _sides(rows[rows["kind"].isin(TAKEN) & rows["topic_version"].notna()])) is None:
        return None
    table = np.array([[s["topic_id"].isna().sum(), s["topic_id"].notna().sum()] for s in sides])
    shares = 100 * table[:, 0] / table.sum(axis=1)
    p = float(laws.chi2_contingency(table, correction=False).pvalue) if (table.sum(axis=0) > 0).all() else 1.0
    new, old = map(int, table.sum(axis=1))
    return _row("unassigned", language, float(shares[0] - shares[1]), p, new, old, "chi-square")


def _embedding(rows: pd.DataFrame, language: str | None) -> dict[str, Any] | None:
    if (sides := _sides(rows[rows["vector"].notna()])) is None:
        return None
    rng = np.random.default_rng(0)
    new, old = (_vectors(s.sample(min(len(s), SAMPLE), random_state=0)) for s in sides)
    if new.shape[1] != old.shape[1]:
        return None
    whole = np.vstack([new, old])
    seen = _distance(new.mean(axis=0), old.mean(axis=0))
    chosen = rng.permuted(np.tile(np.arange(len(whole)) < len(new), (SHUFFLES, 1)), axis=1)
    parts = chosen.astype(float) @ whole
    rest = whole.sum(axis=0) - parts
    cosines = (parts * rest).sum(axis=1) / (np.linalg.norm(parts, axis=1) * np.linalg.norm(rest, axis=1))
    p = ((1 - cosines >= seen).sum() + 1) / (SHUFFLES + 1)
    return _row("embedding", language, seen, float(p), len(sides[0]), len(sides[1]), f"{SHUFFLES} permutations")


def _vectors(rows: pd.DataFrame) -> NDArray[np.float64]:
    return np.stack([np.frombuffer(v, dtype="<f2") for v in rows["vector"]]).astype(np.float64)


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b) or 1))


def _finished(found: pd.DataFrame) -> pd.DataFrame:
    """Sentences, ids and details; a fall of confidence alarms, a rise does not."""
    rows = []
    for one in found.to_dict("records"):
        value, metric, language = one["value"], one["metric"], one["language"]
        size = -value if metric == "confidence" else value
        alarm = bool(size >= WORTH[metric] and one["q_value"] <= FDR)
        fa, en = NAMES.get(str(language), ("", ""))
        parts = {"of_fa": f" در {fa}" if fa else "", "of_en": f" in {en}" if en else ""}
        key = f"drift\x1f{metric}\x1f{language or ''}"
        details = {"alarm": alarm, "test": one["test"], "recent_days": RECENT, "reference_days": REFERENCE}
        digits, signed = WRITTEN[metric]
        told = [
            words.format(**parts, value=number(value, tongue, digits, signed=signed))
            for words, tongue in zip(WORDS[metric], LANGUAGES, strict=True)
        ]
        rows.append({
            "insight_id": hashlib.sha256(key.encode()).hexdigest()[:16], "type": "drift", "metric": metric,
            "by": "language" if language else "all", "language": language if isinstance(language, str) else None,
            "period": "all", "value": value, "p_value": one["p_value"], "q_value": one["q_value"], "n": one["n"],
            "base": one["base"], "details": json.dumps(details), "evidence": [], "text_fa": told[0], "text_en": told[1],
        })  # fmt: skip
    undated = pd.Series(pd.NaT, index=range(len(rows)), dtype="datetime64[us, UTC]")
    return pd.DataFrame(rows).assign(period_start=undated).reindex(columns=INSIGHTS.names)
