"""What the numbers rest on: duplicates, undated texts, texts that say nothing particular, mentions without a topic."""

from __future__ import annotations

import pandas as pd

from cxnlp.insight import stats
from cxnlp.insight.facts import Facts
from cxnlp.insight.rows import joined, objects


def quality(facts: Facts) -> pd.DataFrame:
    """Rows of type quality, by all, source and language; see README.md."""
    raw, texts, said = facts.raw, facts.texts, facts.mentions
    spoken = pd.Series(texts.index.isin(said["text"]), index=texts.index)
    flags = [
        ("duplicate", raw, raw["duplicate_of"].notna()),
        ("near_duplicate", texts, texts["near_duplicate_of"].notna()),
        ("undated", texts, texts["created_at"].isna()),
        ("no_mention", texts, ~spoken),
        ("no_customer", texts, texts["customer_id"].isna()),
        ("masked", raw, raw["pii"].notna()),
        ("unread", texts, texts["language"] == "other"),
        ("unassigned", _placed(facts), said["topic_id"].isna()),
    ]
    parts = [_rows(table, flag, what, by) for what, table, flag in flags for by in ("all", "source", "language")]
    return joined(parts)


def _placed(facts: Facts) -> pd.DataFrame:
    source = facts.texts["source"].to_numpy()[facts.mentions["text"]]
    return facts.mentions[["mention_id", "language"]].assign(source=source)


def _rows(table: pd.DataFrame, flag: pd.Series, what: str, by: str) -> pd.DataFrame:
    group = pd.Series("", index=table.index) if by == "all" else table[by]
    counts = flag.groupby(group).agg(["sum", "size"])
    counts = counts[counts["size"] > 0]
    low, high = stats.wilson(counts["sum"].to_numpy(), counts["size"].to_numpy())
    name = "mention_id" if what == "unassigned" else "feedback_id"
    ids = table.loc[flag, name].groupby(group[flag]).agg(lambda s: s.head(20).tolist())
    rows = pd.DataFrame(
        {
            "value": 100 * counts["sum"] / counts["size"], "low": low, "high": high, "n": counts["sum"],
            "base": counts["size"], "evidence": [ids.get(g, []) for g in counts.index],
        }
    )  # fmt: skip
    kind = "mention" if what == "unassigned" else "feedback"
    rows["details"] = objects(rows, [{"what": what, "evidence": kind} for _ in range(len(rows))])
    if by != "all":
        rows[by] = counts.index
    return rows.reset_index(drop=True).assign(type="quality", metric="share", by=by)
