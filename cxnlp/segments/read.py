"""Tables beside the feedback: customers and orders, from CSV, XLSX or Parquet below the raw folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cxnlp.config import Settings, Table
from cxnlp.errors import ConfigError, InputError

ORDER_COLUMNS = ("order_id", "customer_id", "ordered_at", "amount", "status")
_NEEDED = ("customer_id", "ordered_at")  # without an amount or a status, money and returns are unknown


def read_customers(settings: Settings) -> pd.DataFrame | None:
    """customer_id (str) and the declared attributes, one row per customer (the last one wins); None if not configured.

    Raises ConfigError for a column that the file lacks, InputError for a file that cannot be read.
    """
    table = settings.segments.customers
    if table is None:
        return None
    names = {"customer_id": table.id} | {a: table.columns.get(a, a) for a in table.attributes}
    frame = _read(settings, table, names, "segments.customers")
    frame["customer_id"] = _ids(frame["customer_id"])
    return frame.dropna(subset=["customer_id"]).drop_duplicates("customer_id", keep="last").reset_index(drop=True)


def read_orders(settings: Settings) -> pd.DataFrame | None:
    """order_id, customer_id, ordered_at (UTC), amount, status; orders without customer or date are left out."""
    table = settings.segments.orders
    if table is None:
        return None
    unknown = set(table.columns) - set(ORDER_COLUMNS)
    if unknown:
        raise ConfigError(
            f"segments.orders.columns: {sorted(unknown)[0]!r} is no column of orders; known: {', '.join(ORDER_COLUMNS)}"
        )
    names = {ours: table.columns.get(ours, ours) for ours in ORDER_COLUMNS} | {"customer_id": table.id}
    names |= {"customer_id": table.columns["customer_id"]} if "customer_id" in table.columns else {}
    optional = {ours for ours in ORDER_COLUMNS if ours not in table.columns and ours not in _NEEDED}
    frame = _read(settings, table, names, "segments.orders", optional)
    frame["customer_id"] = _ids(frame["customer_id"])
    frame["ordered_at"] = _times(frame["ordered_at"], settings.project.timezone, "segments.orders.columns.ordered_at")
    frame["amount"] = pd.to_numeric(frame["amount"], errors="coerce")
    return frame.dropna(subset=["customer_id", "ordered_at"]).reset_index(drop=True)


def _read(
    settings: Settings, table: Table, names: dict[str, str], where: str, optional: set[str] | None = None
) -> pd.DataFrame:
    path = settings.raw / table.file
    found = _open(path, where)
    missing = [theirs for ours, theirs in names.items() if theirs not in found and ours not in (optional or set())]
    if missing:
        raise ConfigError(
            f"{where}: {path.name} has no column {missing[0]!r}; its columns are {', '.join(map(str, found.columns))}"
        )
    return pd.DataFrame({ours: found.get(theirs) for ours, theirs in names.items()}, index=found.index)


def _open(path: Path, where: str) -> pd.DataFrame:
    if not path.exists():
        raise ConfigError(f"{where}.file: there is no {path}; put the file there or mend the name (it is below raw)")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if path.suffix in (".xlsx", ".xls"):
            return pd.read_excel(path, engine="calamine")
        return pd.read_csv(path, encoding="utf-8-sig", sep="\t" if path.suffix == ".tsv" else ",", low_memory=False)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise InputError(f"{where}: cannot read {path} ({error}); save it as UTF-8 CSV, XLSX or Parquet") from None


def _ids(values: pd.Series) -> pd.Series:
    """Ids as text; numbers that were read as 17.0 because some are missing become "17"."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype("str").where(values.notna())


def _times(values: pd.Series, timezone: str, where: str) -> pd.Series:
    times = pd.to_datetime(values, errors="coerce", format=None if values.dtype.kind == "M" else "ISO8601")
    if len(values) and times.isna().all():
        raise ConfigError(f"{where}: no value is an ISO date such as 2024-05-13T10:00, e.g. {values.iloc[0]!r}")
    if times.dt.tz is None:
        times = times.dt.tz_localize(timezone, nonexistent="shift_forward", ambiguous=True)  # type: ignore[arg-type]
    return times.dt.tz_convert("UTC")
