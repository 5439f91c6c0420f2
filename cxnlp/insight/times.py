"""When people speak, how long they wait for an answer, and where they meet the next problem."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as laws

from cxnlp import periods
from cxnlp.insight import stats
from cxnlp.insight.evidence import evidence
from cxnlp.insight.facts import Facts
from cxnlp.insight.groups import members
from cxnlp.insight.rows import joined, objects, suppress

_DATE_ONLY = 0.5  # share of a source's times at one and the same minute of the day, above which they are mere dates
_NEXT_DAYS = 90


def hours(facts: Facts) -> pd.DataFrame:
    """Rows of type hours: texts and net sentiment by hour and weekday, local time; see README.md."""
    zone = facts.settings.project.timezone
    time = facts.texts["created_at"].dropna().dt.tz_convert(zone)
    minute = time.dt.hour * 60 + time.dt.minute
    usual = minute.groupby(facts.texts["source"].reindex(time.index)).transform(
        lambda m: m.value_counts(normalize=True).iloc[0]
    )
    real = minute[usual <= _DATE_ONLY]
    weekday = periods.weekday(facts.texts["created_at"], zone).dropna()
    parts = [_clock(facts, "hour", real // 60, 24), _clock(facts, "weekday", weekday, 7)]
    return joined(parts)


def _clock(facts: Facts, name: str, value: pd.Series, k: int) -> pd.DataFrame:
    if not len(value):
        return pd.DataFrame()
    slot = np.full(len(facts.texts), -1)
    slot[value.index] = value.to_numpy(dtype=int)
    n = np.bincount(slot[slot >= 0], minlength=k)
    low, high = stats.wilson(n, np.full(k, n.sum()))
    shown = pd.DataFrame({"segment": name, "segment_value": [str(i) for i in range(k)]})
    said = slot[facts.mentions["text"].to_numpy()]
    inside = np.flatnonzero(said >= 0)
    lists = evidence(facts, inside, said[inside], k)
    share = shown.assign(metric="share", value=100 * n / n.sum(), low=low, high=high, n=n, base=n.sum())
    share["details"] = objects(share, ({} for _ in range(k)))
    voiced = inside[facts.mentions["sign"].notna().to_numpy()[inside]]
    sign, cluster = facts.mentions["sign"].to_numpy()[voiced], facts.mentions["cluster"].to_numpy()[voiced]
    means = stats.clustered_means(said[voiced], cluster, 100 * sign, k)
    low, high = stats.mean_interval(means, -100, 100)
    mood = shown.assign(metric="net_sentiment", value=means.mean, low=low, high=high, n=means.n, base=means.n)
    mood["details"] = objects(mood, [{} for _ in range(k)])
    mood = suppress(mood, mood["n"] < facts.settings.insight.min_n, facts.settings.insight.min_n)
    rows = joined([share, mood])
    rows["evidence"] = objects(rows, lists + lists)
    return rows.assign(type="hours", by="segment")


def responses(facts: Facts) -> pd.DataFrame:
    """Rows of type response: minutes from a customer's turn to the agent's next one (bots do not count)."""
    turns = facts.turns
    if not (turns["role"] == "agent").any():
        return pd.DataFrame()
    turns = turns[turns["role"] != "bot"].sort_values(
        ["source", "conversation_id", "turn", "created_at"], kind="stable"
    )
    talk = turns.groupby(["source", "conversation_id"], sort=False)
    customer = turns["role"].isna() | (turns["role"] == "customer")
    before = customer.groupby([turns["source"], turns["conversation_id"]], sort=False).shift(1, fill_value=False)
    answer = turns["created_at"].where(turns["role"] == "agent").groupby(talk.ngroup()).bfill()
    waits = turns[customer & ~before].assign(conversation=talk.ngroup())
    waits["minutes"] = (answer.reindex(waits.index) - waits["created_at"]).dt.total_seconds() / 60
    waits = waits[waits["created_at"].notna() & ~(waits["minutes"] < 0)]
    first = waits.drop_duplicates("conversation")
    parts = []
    for what, table in (("first", first), ("any", waits)):
        parts.append(_waits(table.assign(group=""), what, "all"))
        parts += [_waits(table.assign(group=table[by]), what, by) for by in ("channel", "source")]
    rows, least = joined(parts), facts.settings.insight.min_n
    if not len(rows):
        return rows
    rows = suppress(rows, rows["n"] < least, least)
    return rows.assign(type="response", metric="median_minutes")


def _waits(table: pd.DataFrame, what: str, by: str) -> pd.DataFrame:
    rows = []
    for value, block in table.groupby("group"):
        minutes = np.sort(block["minutes"].dropna().to_numpy())
        low, high = _median_interval(minutes)
        slow = block.sort_values("minutes", ascending=False)["feedback_id"].head(20).tolist()
        details = {
            "what": what,
            "p90": float(np.quantile(minutes, 0.9)) if len(minutes) else None,
            "evidence": "feedback",
        }
        details |= {"unanswered": int(block.groupby("conversation")["minutes"].count().eq(0).sum())}
        details |= {"conversations": int(block["conversation"].nunique())}
        row = {"value": np.median(minutes) if len(minutes) else np.nan, "low": low, "high": high, "n": len(minutes)}
        rows.append(
            {**row, "base": len(block), "by": by, "details": details, "evidence": slow}
            | ({by: value} if by != "all" else {})
        )
    return pd.DataFrame(rows)


def _median_interval(ordered: np.ndarray) -> tuple[float, float]:
    """Distribution-free 95 % interval of the median from order statistics."""
    n = len(ordered)
    below = int(laws.binom.ppf(0.025, n, 0.5))
    if n < 6 or below < 1:
        return np.nan, np.nan
    return float(ordered[below - 1]), float(ordered[n - below])


def paths(facts: Facts) -> pd.DataFrame:
    """Rows of type path: the stage of a customer's next pain within 90 days; see README.md."""
    pains = (facts.mentions["kind"] == "pain").to_numpy()
    staged = members(facts, "stage", "mention")
    staged = staged.where(pains[staged.unit]).mapped(facts.mentions["text"].to_numpy())
    text = facts.texts
    table = pd.DataFrame({"text": staged.unit, "stage": staged.groups["stage"].to_numpy()[staged.key]})
    table = table.assign(
        customer=text["customer"].to_numpy()[table["text"]], time=text["created_at"].to_numpy()[table["text"]]
    )
    table = table[(table["customer"] >= 0) & table["time"].notna()]
    if not len(table) or facts.as_of is None:
        return pd.DataFrame()
    order = table.drop_duplicates("text").sort_values(["customer", "time", "text"])
    later = order.groupby("customer")[["text", "time"]].shift(-1)
    soon = (later["time"] - order["time"]) <= pd.Timedelta(days=_NEXT_DAYS)
    order = order.assign(next=later["text"].where(soon))
    past = order["time"] <= facts.as_of - pd.Timedelta(days=_NEXT_DAYS)  # later ones would count only if followed
    seen = table.merge(order.loc[past, ["text", "next"]], on="text")
    if not len(seen):
        return pd.DataFrame()
    pairs = seen.merge(table[["text", "stage"]].set_axis(["next", "next_stage"], axis=1), on="next", how="left")
    pairs["next_stage"] = pairs["next_stage"].fillna("none")
    pairs = pairs.drop_duplicates(["text", "stage", "next_stage"])
    n = pairs.groupby(["stage", "next_stage"]).size().rename("n").reset_index()
    n["base"] = n["stage"].map(seen.drop_duplicates(["text", "stage"]).groupby("stage").size())
    low, high = stats.wilson(n["n"].to_numpy(), n["base"].to_numpy())
    rows = n.assign(
        value=100 * n["n"] / n["base"], low=low, high=high, segment="next_stage", segment_value=n["next_stage"]
    )
    first = pairs.groupby(["stage", "next_stage"])["text"].agg(lambda s: text["feedback_id"].iloc[s.head(20)].tolist())
    rows["evidence"] = objects(rows, [first[(a, b)] for a, b in zip(n["stage"], n["next_stage"], strict=True)])
    rows["details"] = objects(rows, [{"days": _NEXT_DAYS, "evidence": "feedback"} for _ in range(len(rows))])
    least = facts.settings.insight.min_n
    rows = suppress(rows, rows["base"] < least, least)
    return rows.drop(columns="next_stage").assign(type="path", metric="share", by="stage+segment")
