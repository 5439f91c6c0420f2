"""RFM as of a date: the arithmetic of the sweep, and that nothing later leaks in."""

import numpy as np
import pandas as pd
import pytest

from cxnlp.config import Settings
from cxnlp.segments import rfm

DAY = pd.Timedelta(days=1)


def orders_of(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "status"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"], utc=True, format="ISO8601")
    return frame.assign(order_id=[f"O{i}" for i in range(len(frame))])


def random_orders(n=2000, customers=200, seed=1):
    rng = np.random.default_rng(seed)
    times = pd.Timestamp("2023-01-01", tz="UTC") + rng.integers(0, 900 * 24 * 60, n) * pd.Timedelta(minutes=1)
    ids = [f"C{i:03d}" for i in (customers * rng.random(n) ** 2).astype(int)]
    status = rng.choice(["delivered", "returned", "cancelled"], n, p=[0.85, 0.1, 0.05])
    return orders_of(*zip(ids, times, rng.lognormal(3, 1, n), status, strict=True))


def ask(orders, pairs, settings=None):
    customers = pd.Series([c for c, _ in pairs])
    times = pd.Series(pd.to_datetime([t for _, t in pairs], utc=True, format="ISO8601"))
    return rfm.as_of(customers, times, orders, settings or Settings())


def test_agrees_with_a_plain_computation():
    """The sweep over days must equal filtering and ranking anew for every text (the slow, obvious way)."""
    orders = random_orders()
    rng = np.random.default_rng(2)
    pairs = [(f"C{rng.integers(0, 200):03d}", f"2024-{rng.integers(1, 13):02d}-15T15:00") for _ in range(20)]
    found = ask(orders, pairs)
    for (customer, time), row in zip(pairs, found.itertuples(), strict=True):
        midnight = pd.Timestamp(time, tz="UTC").tz_convert("Asia/Tehran").normalize()
        past = orders[(orders["ordered_at"] < midnight) & (orders["status"] == "delivered")]
        inside = past[past["ordered_at"] >= midnight - 730 * DAY]
        sums = inside.groupby("customer_id").agg(f=("amount", "size"), m=("amount", "sum"))
        if customer not in sums.index:
            assert np.isnan(row.r)
            continue
        quintiles = np.ceil(sums.rank(method="first") * 5 / len(sums)).loc[customer]
        assert (row.orders, row.f, row.m) == (sums["f"][customer], quintiles["f"], quintiles["m"])
        assert row.amount == pytest.approx(sums["m"][customer])


def test_later_orders_change_nothing():
    """A text's segment is what was known that day: deleting or inventing the future must not move it."""
    orders = random_orders()
    pairs = [(f"C{i:03d}", "2024-03-10T12:00") for i in range(200)]
    past = orders[orders["ordered_at"] < pd.Timestamp("2024-03-09T20:30Z")]
    invented = orders_of(*[(f"C{i:03d}", "2024-03-10T13:00", 1e9, "delivered") for i in range(200)])
    alone, whole = ask(past, pairs), ask(pd.concat([orders, invented], ignore_index=True), pairs)
    pd.testing.assert_frame_equal(alone, whole)
    assert alone["rfm_group"].nunique() > 4


def test_same_day_orders_do_not_count():
    """Grid is daily: an order an hour before a text may be its consequence or its cause; it waits until tomorrow."""
    orders = orders_of(("C1", "2024-01-01", 5, "delivered"), ("C1", "2024-02-01T08:00", 5, "delivered"))
    assert ask(orders, [("C1", "2024-02-01T10:00"), ("C1", "2024-02-02T10:00")])["orders"].tolist() == [1, 2]


def test_cancelled_and_returned_are_no_purchases():
    """Money that was never kept must not make a champion; a return is remembered as a trait."""
    orders = orders_of(
        ("C1", "2024-01-01", 5, "delivered"),
        ("C1", "2024-01-02", 900, "Returned"),
        ("C1", "2024-01-03", 900, "canceled"),
    )
    row = ask(orders, [("C1", "2024-02-01")]).iloc[0]
    assert (row["orders"], row["amount"], row["returns"], row["recency_days"]) == (1, 5, 1, 31)


def test_purchases_leave_the_window():
    """After rfm_months nothing is left of a purchase but that there was one: no_purchase; never seen before: null."""
    orders = orders_of(("C1", "2020-01-01", 5, "delivered"), ("C2", "2023-01-01", 5, "delivered"))
    rows = ask(orders, [("C1", "2021-06-01"), ("C1", "2022-06-01"), ("C2", "2021-06-01")])
    assert rows["rfm_group"].iloc[1] == "no_purchase" and pd.isna(rows["rfm_group"].iloc[2])
    assert rows["orders"].tolist()[:2] == [1, 0]


def test_unknown_stays_null():
    """No orders at all, no date, or a date before the table begins: nothing is known, and "new" would be a guess."""
    orders = orders_of(("C1", "2023-01-01", 5, "delivered"))
    pairs = [("C9", "2024-01-01"), ("C1", None), ("C1", "2018-05-01"), (None, "2024-01-01")]
    assert ask(orders, pairs)["rfm_group"].isna().all() and ask(orders, pairs)["orders"].isna().all()
    registered = rfm.as_of(
        pd.Series(["C9"]), pd.Series([pd.Timestamp("2024-01-01", tz="UTC")]), orders, Settings(), pd.Series(["C9"])
    )
    assert registered["rfm_group"].tolist() == ["no_purchase"]


def test_ties_are_spread_over_quintiles():
    """Equal width or averaged ranks put a shop of one-time buyers into one class; rank(method="first") does not."""
    orders = orders_of(*[(f"C{i:02d}", "2024-01-01", 10, "delivered") for i in range(50)])
    rows = ask(orders, [(f"C{i:02d}", "2024-02-01") for i in range(50)])
    assert rows["f"].value_counts().tolist() == [10] * 5


@pytest.mark.parametrize(
    ("code", "name"),
    [("555", "champions"), ("554", "champions"), ("545", "champions"), ("444", "loyal"), ("433", "potential_loyalist"),
     ("511", "new_buyer"), ("155", "at_risk"), ("154", "at_risk"), ("144", "at_risk"), ("111", "hibernating"),
     ("112", "hibernating"), ("333", "needs_attention")],
)  # fmt: skip
def test_groups_have_the_fields_names(code, name):
    """Marketing reads these names with fixed meanings."""
    assert rfm.group(*(np.array([float(d)]) for d in code))[0] == name


def test_weekly_grid_bounds_the_cost(monkeypatch):
    """Above MAX_CELLS the grid is the Saturday of each week: still nothing later than the text."""
    monkeypatch.setattr(rfm, "MAX_CELLS", 1)
    orders = orders_of(("C1", "2024-01-01T12:00", 5, "delivered"), ("C1", "2024-01-07T12:00", 5, "delivered"))
    assert ask(orders, [("C1", "2024-01-09T12:00"), ("C1", "2024-01-13T12:00")])["orders"].tolist() == [1, 2]
