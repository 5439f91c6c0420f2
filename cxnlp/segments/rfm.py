"""What each customer had bought by a given day: recency, frequency, money, and the groups that marketing knows.

As of a day means: orders before its first instant (local midnight). What comes later never leaks into a text's
segment. The grid is daily; where days × customers exceeds `MAX_CELLS` it is the first day of each week (Saturday)
instead, so that the cost stays bounded. Cancelled and returned orders are no purchases; returns are kept as a trait.
The status is the one that the table states today: when an order was returned is not known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxnlp import periods
from cxnlp.config import Settings

MAX_CELLS = 20_000_000
NEW_DAYS = 90  # a customer counts as new for so long after the first purchase, while there is only one


def as_of(
    customers: pd.Series,
    times: pd.Series,
    orders: pd.DataFrame,
    settings: Settings,
    registered: pd.Series | None = None,
) -> pd.DataFrame:
    """State of each (customer, time) pair: recency_days, orders, amount, returns, first_days, r, f, m, rfm_group.

    `customers` and `times` (UTC) share an index, which the result carries. Known are the `registered` customers and
    those who ordered before; all is null for others, and on days before the first order of the table. r, f, m are
    quintiles 1…5 by percentile, `rank(method="first")`, over the customers with a purchase in the window.
    """
    zone = settings.project.timezone
    known = pd.Series(dtype="str") if registered is None else registered.dropna()
    ids = pd.Index(pd.concat([orders["customer_id"], known]).unique()).sort_values()
    seen = np.zeros(len(ids), dtype=bool)
    seen[ids.get_indexer(pd.Index(known))] = True
    codes = pd.Series(ids.get_indexer(pd.Index(customers)), index=customers.index)
    days = periods.days_since_epoch(times, zone)
    order_days = periods.days_since_epoch(orders["ordered_at"], zone).astype(int).to_numpy()
    can = days.notna() & (codes >= 0) & (days.fillna(-np.inf) > order_days.min(initial=2**31))
    grid = days[can].astype(int)
    if grid.nunique() * len(ids) > MAX_CELLS:
        grid -= (grid + 5) % 7
    wanted = pd.DataFrame({"day": grid, "code": codes[can]})
    state = _sweep(wanted.drop_duplicates(), _events(orders, order_days, ids, settings), seen)
    joined = wanted.merge(state, on=["day", "code"], how="left").set_index(wanted.index)
    return joined.drop(columns=["day", "code"]).reindex(customers.index)


def _events(orders: pd.DataFrame, days: np.ndarray, ids: pd.Index, settings: Settings) -> pd.DataFrame:
    """Orders as +1 when they enter the window and −1 when they leave it, sorted by day."""
    status = orders["status"].astype("str").str.strip().str.lower()
    returned = status.isin([s.lower() for s in settings.segments.returned_status]).to_numpy()
    cancelled = status.isin([s.lower() for s in settings.segments.cancelled_status]).to_numpy()
    window = round(settings.segments.rfm_months * 30.4375)
    enters = pd.DataFrame(
        {
            "day": days,
            "code": ids.get_indexer(pd.Index(orders["customer_id"])),
            "purchase": (~returned & ~cancelled).astype(int),
            "returned": (returned & ~cancelled).astype(int),
            "amount": orders["amount"].fillna(0).to_numpy(dtype=float),
            "sign": 1,
        }
    )
    leaves = enters.assign(day=enters["day"] + window, sign=-1)
    return pd.concat([enters, leaves]).sort_values("day", kind="stable")


def _sweep(wanted: pd.DataFrame, events: pd.DataFrame, registered: np.ndarray) -> pd.DataFrame:
    """Walk through the days once, keeping each customer's sums; read them off where they are wanted."""
    n, seen = len(registered), registered.copy()
    count, money, returns = np.zeros(n), np.zeros(n), np.zeros(n)
    first, last = np.full(n, np.nan), np.full(n, np.nan)
    day, code, sign = (events[c].to_numpy() for c in ("day", "code", "sign"))
    purchase, returned, amount = (events[c].to_numpy() for c in ("purchase", "returned", "amount"))
    parts: list[pd.DataFrame] = []
    done = 0
    for today, asked in ((int(str(d)), c) for d, c in wanted.groupby("day", sort=True)["code"]):
        stop = int(np.searchsorted(day, today, side="left"))  # strictly before today
        now = slice(done, stop)
        seen[code[now]] = True
        np.add.at(count, code[now], sign[now] * purchase[now])
        np.add.at(money, code[now], sign[now] * purchase[now] * amount[now])
        np.add.at(returns, code[now], sign[now] * returned[now])
        bought = np.flatnonzero((sign[now] > 0) & (purchase[now] > 0)) + done
        np.fmax.at(last, code[bought], day[bought].astype(float))
        np.fmin.at(first, code[bought], day[bought].astype(float))
        done = stop
        codes = asked.to_numpy()
        parts.append(_state(today, codes, count, money, returns, first, last)[seen[codes]])
    columns = ["day", "code", "recency_days", "orders", "amount", "returns", "first_days", "r", "f", "m", "rfm_group"]
    return pd.concat(parts) if parts else pd.DataFrame(columns=columns)


def _state(
    today: int, asked: np.ndarray, count: np.ndarray, money: np.ndarray, returns: np.ndarray, first: np.ndarray,
    last: np.ndarray,
) -> pd.DataFrame:  # fmt: skip
    active = np.flatnonzero(count > 0)
    scores = np.full((3, len(count)), np.nan)
    for row, values in enumerate((last, count, money)):
        order = active[np.argsort(values[active], kind="stable")]  # stable = rank(method="first")
        scores[row, order] = np.ceil(5 * np.arange(1, len(order) + 1) / max(len(order), 1))
    r, f, m = scores[:, asked]
    return pd.DataFrame(
        {
            "day": today, "code": asked, "recency_days": today - last[asked], "orders": count[asked],
            "amount": money[asked], "returns": returns[asked], "first_days": today - first[asked],
            "r": r, "f": f, "m": m, "rfm_group": group(r, f, m),
        }
    )  # fmt: skip


def group(r: np.ndarray, f: np.ndarray, m: np.ndarray) -> np.ndarray:
    """Names of RFM codes, first match wins; no_purchase where there is none in the window.

    Champions 5-4/5-4/5, loyal 4/5-4/5-3+, potential loyalist 4/5-3+-2+, new 4/5-1/2, at risk 1/2-4+-4+,
    hibernating 1/2-1/2, the others need attention.
    """
    return np.select(
        [
            np.isnan(r),
            (r == 5) & (f >= 4) & (m >= 4),
            (r >= 4) & (f >= 4) & (m >= 3),
            (r >= 4) & (f >= 3) & (m >= 2),
            (r >= 4) & (f <= 2),
            (r <= 2) & (f >= 4) & (m >= 4),
            (r <= 2) & (f <= 2),
        ],
        ["no_purchase", "champions", "loyal", "potential_loyalist", "new_buyer", "at_risk", "hibernating"],
        default="needs_attention",
    )
