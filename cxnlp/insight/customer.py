"""Everything one customer said and did, in order: for the care team."""

from __future__ import annotations

import pandas as pd


def timeline(
    feedback: pd.DataFrame, mentions: pd.DataFrame, orders: pd.DataFrame | None, customer_id: str
) -> pd.DataFrame:
    """Events of one customer, oldest first, undated last.

    Columns: at, event, text, feedback_id, source, channel, score, mentions.

    `event`: said (the customer), answered (agent or bot), ordered, returned, cancelled or another status. `score`: the
    score given with the text, as words ("NPS 3"). `mentions`: list of {kind, touchpoint, quote, severity}.
    """
    said = feedback[feedback["customer_id"] == customer_id]
    mine = mentions[mentions["feedback_id"].isin(said["feedback_id"])]
    parts = {
        str(key): block[["kind", "touchpoint", "quote", "severity"]].to_dict("records")
        for key, block in mine.groupby("feedback_id")
    }
    spoke = said["role"].isna() | (said["role"] == "customer")
    events = pd.DataFrame(
        {
            "at": said["created_at"],
            "event": spoke.map({True: "said", False: "answered"}),
            "text": said["text"],
            "feedback_id": said["feedback_id"],
            "source": said["source"],
            "channel": said["channel"],
            "score": _scores(said),
            "mentions": [parts.get(i, []) for i in said["feedback_id"]],
            "turn": said["turn"],
        }
    )
    if orders is not None:
        bought = orders[orders["customer_id"] == customer_id]
        status = bought["status"].fillna("ordered").replace({"delivered": "ordered"})
        text = bought["order_id"].astype("str") + " · " + bought["amount"].map("{:,.0f}".format).astype("str")
        events = pd.concat([events, pd.DataFrame({"at": bought["ordered_at"], "event": status, "text": text})])
    return events.sort_values(["at", "turn"], kind="stable").drop(columns="turn").reset_index(drop=True)


def _scores(said: pd.DataFrame) -> pd.Series:
    text = pd.Series(None, index=said.index, dtype=object)
    for column in ("nps", "csat", "ces", "rating"):
        given = said[column].notna()
        top = said[f"{column}_max"] if f"{column}_max" in said else pd.Series(10.0, index=said.index)
        shown = column.upper() + " " + said[column].map("{:g}".format).astype("str")
        text = text.where(~given, shown + "/" + top.map("{:g}".format).astype("str"))
    return text
