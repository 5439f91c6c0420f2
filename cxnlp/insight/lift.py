"""Who says it more than others: rate ratios between segment values, with repeated customers and many tests allowed for.

Also the reasons of those who leave and of those who promote: the same comparison between them and everybody else.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from cxnlp.insight import stats
from cxnlp.insight.evidence import evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import Members, members
from cxnlp.insight.ranked import of_kind
from cxnlp.insight.rows import objects

KINDS = ("pain", "praise", "request")
_SHOWN = 0.05  # rows with a larger p are left out
_LEAST_CUSTOMERS = 3  # on either side, and of those who say it on the side that says it more
_OWN = ("retention", "advocacy", "general")  # touchpoints that define leaving and promoting: no reasons for it


def segments(facts: Facts) -> pd.DataFrame:
    """Rows of type segment; see README.md."""
    groups = members(facts, "segment")
    if not len(groups):
        return pd.DataFrame()
    parts = [_lifts(facts, groups, by, kind) for by in ("touchpoint", "topic") for kind in KINDS]
    rows = _controlled([p for p in parts if len(p)])
    if not len(rows):
        return rows
    rows = rows[rows["p_value"] <= _SHOWN].copy()
    rows["by"] = "segment+" + rows["by"]
    return rows.assign(type="segment")


def reasons(facts: Facts) -> pd.DataFrame:
    """Rows of types leaver and promoter; see README.md."""
    found = []
    for name, kind, flag in (("leaver", "pain", _leavers(facts)), ("promoter", "praise", _promoters(facts))):
        anchor = facts.texts["anchor"].to_numpy()
        flag = flag | np.isin(anchor, anchor[flag])  # what is said anywhere in the conversation
        groups = Members(
            np.arange(len(flag)), flag.astype(int), pd.DataFrame({"segment": name, "segment_value": ["no", "yes"]})
        )
        if not flag.any() or flag.all():
            continue
        low, high = stats.wilson(np.array([flag.sum()]), np.array([len(flag)]))
        whole = {"by": "all", "metric": "share", "value": 100 * flag.mean(), "low": low[0], "high": high[0]}
        whole |= {"n": int(flag.sum()), "base": len(flag), "details": {}, "evidence": _own(facts, flag, kind)}
        rows = _controlled([_lifts(facts, groups, "touchpoint", kind)])
        if len(rows):
            rows = rows[(rows["segment_value"] == "yes") & ~rows["touchpoint"].isin(_OWN) & (rows["n"] > 0)]
            rows = rows.drop(columns=["segment", "segment_value"])
        rows = pd.concat([pd.DataFrame([whole]), rows], ignore_index=True)
        rank = rows["value"].where(rows["by"] != "all").rank(method="first", ascending=False)
        found.append(rows.assign(type=name, kind=kind, rank=rank))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _lifts(facts: Facts, groups: Members, by: str, kind: str) -> pd.DataFrame:
    said = of_kind(facts, by, kind)
    if not len(said):
        return pd.DataFrame()
    texts = said.mapped(facts.mentions["text"].to_numpy())
    rows, keep = _table(facts, groups, texts)
    inside = sparse.csr_matrix((np.ones(len(groups.unit)), (groups.unit, groups.key)), (len(facts.texts), len(groups)))
    rows["evidence"] = objects(rows, _evidence(facts, said, inside, keep, len(texts)))
    return rows.assign(by=by, kind=kind, metric="lift")


def _table(facts: Facts, groups: Members, texts: Members) -> tuple[pd.DataFrame, np.ndarray]:
    """One row per pair (segment value, theme) with enough said; and the pair's number g·t + theme."""
    s, t, n_texts = len(groups), len(texts), len(facts.texts)
    cluster = facts.texts["cluster"].to_numpy()
    width = int(cluster.max(initial=0)) + 1
    pairs, cell = np.unique(groups.key.astype(np.int64) * width + cluster[groups.unit], return_inverse=True)
    of_cell = pairs // width  # a cell = one customer in one segment value
    theme = sparse.csr_matrix((np.ones(len(texts.unit)), (texts.unit, texts.key)), (n_texts, t))
    member = sparse.csr_matrix((np.ones(len(cell)), (cell, groups.unit)), (len(pairs), n_texts))
    said = (member @ theme).tocsr()  # cells × themes
    size = np.asarray(member.sum(axis=1)).ravel()
    up = sparse.csr_matrix((np.ones(len(pairs)), (of_cell, np.arange(len(pairs)))), (s, len(pairs)))
    who = said > 0  # before the products, which share indices with `said`: comparing sorts them
    squares, products = said.multiply(said), said.multiply(size[:, None])
    sums = [np.asarray((up @ m).todense()) for m in (said, who, squares, products)]
    sizes = [np.repeat((up @ v)[:, None], t, axis=1) for v in (size, size**2, np.ones(len(pairs)))]
    dimension = pd.factorize(groups.groups["segment"])[0]
    whole = [_sum_by(dimension, a) for a in (*sums, *sizes)]
    inside = _rates(*sums, *sizes)
    others = _rates(*(w - a for w, a in zip(whole, (*sums, *sizes), strict=True)))
    return _compared(facts, groups, texts, inside, others)


def _sum_by(dimension: np.ndarray, table: np.ndarray) -> np.ndarray:
    """For each row the sum over all rows of its dimension."""
    total = np.zeros((dimension.max(initial=-1) + 1, table.shape[1]))
    np.add.at(total, dimension, table)
    return total[dimension]


def _rates(
    x: np.ndarray, who: np.ndarray, xx: np.ndarray, xn: np.ndarray, n: np.ndarray, nn: np.ndarray, g: np.ndarray
) -> dict[str, np.ndarray]:
    """Count, size, rate (½ added), design effect from sums over customers of x, x > 0, x², x·n, n, n², 1."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = x / n
        variance = (xx - 2 * rate * xn + rate**2 * nn) / n**2
    effect = stats.design_effect(variance, rate, n, g)
    return {"x": x, "n": n, "rate": (x + 0.5) / (n + 1), "effect": effect, "customers": g, "who": who}


def _compared(
    facts: Facts, groups: Members, texts: Members, a: dict[str, np.ndarray], b: dict[str, np.ndarray]
) -> tuple[pd.DataFrame, np.ndarray]:
    setting = facts.settings.insight
    x, n = a["x"] + b["x"], a["n"] + b["n"]
    lift = a["rate"] / b["rate"]
    keep = (x >= setting.alert_min_count) & (a["n"] >= setting.min_n) & (b["n"] >= setting.min_n)
    keep &= np.minimum(a["customers"], b["customers"]) >= _LEAST_CUSTOMERS
    keep &= np.where(lift > 1, a["who"], b["who"]) >= _LEAST_CUSTOMERS
    with np.errstate(invalid="ignore", divide="ignore"):
        common = x / n
        spread = np.sqrt(common * (1 - common) * (a["effect"] / a["n"] + b["effect"] / b["n"]))
        z = (a["x"] / a["n"] - b["x"] / b["n"]) / spread
        half = stats.Z * np.sqrt(
            a["effect"] * (1 - a["rate"]) / (a["n"] * a["rate"]) + b["effect"] * (1 - b["rate"]) / (b["n"] * b["rate"])
        )
    g, t = np.nonzero(keep)
    segment, theme = groups.groups.take(g).reset_index(drop=True), texts.groups.take(t).reset_index(drop=True)
    rows = pd.concat([segment, theme], axis=1)
    pick = (g, t)
    rows = rows.assign(value=lift[pick], low=(lift * np.exp(-half))[pick], high=(lift * np.exp(half))[pick])
    rows = rows.assign(n=a["x"][pick].astype(int), base=a["n"][pick].astype(int), p_value=stats.two_sided(z[pick]))
    rows["details"] = objects(
        rows,
        [
            {"rate": r, "rate_others": o}
            for r, o in zip(100 * (a["x"] / a["n"])[pick], 100 * (b["x"] / np.maximum(b["n"], 1))[pick], strict=True)
        ],
    )
    return rows, g * len(texts) + t


def _evidence(facts: Facts, said: Members, inside: sparse.csr_matrix, keep: np.ndarray, t: int) -> list[list[str]]:
    text = facts.mentions["text"].to_numpy()[said.unit]
    spoken = inside[text].tocoo()  # mentions × segment values
    pair = spoken.col.astype(np.int64) * t + said.key[spoken.row]
    place = np.full(inside.shape[1] * t, -1)
    place[keep] = np.arange(len(keep))
    chosen = place[pair] >= 0
    return evidence(facts, said.unit[spoken.row[chosen]], place[pair[chosen]], len(keep))


def _controlled(parts: list[pd.DataFrame]) -> pd.DataFrame:
    parts = [p for p in parts if len(p)]
    if not parts:
        return pd.DataFrame()
    rows = pd.concat(parts, ignore_index=True)
    rows["q_value"] = stats.benjamini_hochberg(rows["p_value"].to_numpy())
    tests = len(rows)
    rows["details"] = objects(
        rows,
        [
            {**d, "significant": bool(q <= stats.FDR), "family": "lifts", "tests": tests}
            for d, q in zip(rows["details"], rows["q_value"], strict=True)
        ],
    )
    return rows


def _leavers(facts: Facts) -> np.ndarray:
    said = facts.mentions
    leaving = (said["kind"] == "pain") & said["touchpoint"].isin(["retention", "advocacy"])
    return facts.texts.index.isin(said.loc[leaving, "text"])


def _promoters(facts: Facts) -> np.ndarray:
    said, texts = facts.mentions, facts.texts
    praising = (said["kind"] == "praise") & (said["touchpoint"] == "advocacy")
    stated = (texts["nps"] >= 9).fillna(False) | texts["recommended"].eq(True).fillna(False)
    return stated.to_numpy(dtype=bool) | texts.index.isin(said.loc[praising, "text"])


def _own(facts: Facts, flag: np.ndarray, kind: str) -> list[str]:
    said = facts.mentions
    chosen = np.flatnonzero(flag[said["text"].to_numpy()] & (said["kind"] == kind).to_numpy())
    return evidence(facts, chosen, np.zeros(len(chosen), dtype=int), 1, 50)[0]
