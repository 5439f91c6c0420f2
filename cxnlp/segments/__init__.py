"""Segments of customers, always as of the day they spoke: attributes, RFM, behaviour, declared rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from cxnlp.config import Settings


def assign(
    feedback: pd.DataFrame, customers: pd.DataFrame | None, orders: pd.DataFrame | None, settings: Settings
) -> pd.DataFrame:
    """Segments of each feedback row: see `cxnlp.segments.assigning`."""
    from cxnlp.segments.assigning import assign

    return assign(feedback, customers, orders, settings)


def read_customers(settings: Settings) -> pd.DataFrame | None:
    """The customers' table, if one is configured: see `cxnlp.segments.read`."""
    from cxnlp.segments.read import read_customers

    return read_customers(settings)


def read_orders(settings: Settings) -> pd.DataFrame | None:
    """The orders' table, if one is configured: see `cxnlp.segments.read`."""
    from cxnlp.segments.read import read_orders

    return read_orders(settings)
