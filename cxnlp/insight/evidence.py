"""The texts behind a number: most telling first, languages taking turns."""

from __future__ import annotations

import pandas as pd

from cxnlp.insight.facts import Facts

RANKED, OTHER = 50, 20  # most ids per row


def evidence(facts: Facts, table: pd.DataFrame, key: pd.Series, k: int, most: int = OTHER) -> list[list[str]]:
    """Up to `most` mention_ids for each group 0…k−1; `table.unit` are positions of mentions, `key` their groups.

    Most telling = confidence × severity × recency (halved every 180 days); within that, Persian and English (and the
    others) alternate, so that neither language hides the other.
    """
    said = facts.mentions
    chosen = pd.DataFrame({"unit": table["unit"].to_numpy(), "key": key.to_numpy()})
    chosen["language"] = said["language"].to_numpy()[chosen["unit"]]
    chosen["weight"] = said["weight"].to_numpy()[chosen["unit"]]
    chosen = chosen.sort_values("weight", ascending=False, kind="stable")
    chosen["turn"] = chosen.groupby(["key", "language"], dropna=False, sort=False).cumcount()
    chosen = chosen[chosen["turn"] < most].sort_values(["key", "turn", "weight"], ascending=[True, True, False])
    chosen = chosen[chosen.groupby("key").cumcount() < most]
    ids = said["mention_id"].to_numpy()[chosen["unit"]]
    lists: list[list[str]] = [[] for _ in range(k)]
    for group, block in pd.Series(ids).groupby(chosen["key"].to_numpy()):
        lists[int(str(group))] = block.tolist()
    return lists
