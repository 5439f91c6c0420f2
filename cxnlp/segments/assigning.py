"""Every feedback row gets the segments of its customer as of the day it was written."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd

from cxnlp.config import Settings
from cxnlp.errors import ConfigError
from cxnlp.segments import rfm

_AGES = (0, 18, 25, 35, 45, 55, 65, 121)
_AGE_LABELS = ("<18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
_RECENCY = (0, 31, 91, 181, np.inf)
_RECENCY_LABELS = ("0-30", "31-90", "91-180", "181+")


def assign(
    feedback: pd.DataFrame, customers: pd.DataFrame | None, orders: pd.DataFrame | None, settings: Settings
) -> pd.DataFrame:
    """feedback_id and one string column per segment dimension, in the rows and index of `feedback`; null = unknown.

    `customers`: customer_id and attributes (birth_year becomes age_band, joined_on becomes tenure, both as of
    the text's date). `orders`: order_id, customer_id, ordered_at (UTC), amount, status.
    Raises ConfigError for a rule that DuckDB refuses.
    """
    parts = [feedback[["feedback_id"]], _attributes(feedback, customers), _own(feedback, settings)]
    numbers = pd.DataFrame(index=feedback.index)
    if orders is not None and len(orders):
        registered = None if customers is None else customers["customer_id"]
        numbers = rfm.as_of(feedback["customer_id"], feedback["created_at"], orders, settings, registered)
        parts.append(_behaviour(numbers))
    segments = pd.concat(parts, axis=1)
    segments = segments.loc[:, ~segments.columns.duplicated(keep="last")]
    rules = _rules(feedback, segments, numbers, settings)
    return pd.concat([segments, rules], axis=1).astype("str").where(lambda s: s.notna())


def _attributes(feedback: pd.DataFrame, customers: pd.DataFrame | None) -> pd.DataFrame:
    if customers is None:
        return pd.DataFrame(index=feedback.index)
    table = customers.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    found = table.reindex(feedback["customer_id"]).set_axis(feedback.index)
    for born in [c for c in found if c in ("birth_year", "birthyear")]:
        found["age_band"] = _age_band(found.pop(born), feedback["created_at"])
    for joined in [c for c in found if c in ("joined_on", "joined_at", "created_on")]:
        found["tenure"] = _tenure(found.pop(joined), feedback["created_at"])
    return found.apply(_texts)


def _age_band(born: pd.Series, times: pd.Series) -> pd.Series:
    """Age group when the text was written; Jalali birth years (1250–1450) are brought to Gregorian ones."""
    years = pd.to_numeric(born, errors="coerce")
    years = years.where(~years.between(1250, 1450), years + 621)
    age = times.dt.year - years
    return pd.cut(age, _AGES, right=False, labels=_AGE_LABELS).astype("str").where(age.between(0, 120))


def _tenure(joined: pd.Series, times: pd.Series) -> pd.Series:
    """Years with us when the text was written; null for texts from before the customer joined."""
    since = pd.to_datetime(joined, errors="coerce", utc=True)
    years = (times - since).dt.days / 365.25
    return pd.cut(years, (0, 1, 3, np.inf), right=False, labels=("<1y", "1-3y", "3y+")).astype("str").where(years >= 0)


def _own(feedback: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Dimensions that stand in the feedback's own attributes (a JSON object per row)."""
    names = settings.segments.dimensions
    if not names:
        return pd.DataFrame(index=feedback.index)
    stated = feedback["attributes"].dropna()
    objects = {text: json.loads(text) for text in stated.unique()}
    columns = {name: stated.map({text: o.get(name) for text, o in objects.items()}) for name in names}
    return pd.DataFrame(columns, index=feedback.index).apply(_texts)


def _behaviour(numbers: pd.DataFrame) -> pd.DataFrame:
    known = numbers["rfm_group"].notna()
    bands = pd.cut(numbers["recency_days"], _RECENCY, right=False, labels=_RECENCY_LABELS)
    lasting = (numbers["orders"] >= 2) | (numbers["first_days"] > rfm.NEW_DAYS)
    bought = numbers["first_days"].notna()
    return pd.DataFrame(
        {
            "rfm_group": numbers["rfm_group"],
            "recency": bands.astype("str").where(numbers["recency_days"].notna()),
            "has_returns": pd.Series(np.where(numbers["returns"] > 0, "yes", "no"), numbers.index).where(known),
            "buyer": pd.Series(np.where(lasting, "returning", "new"), numbers.index).where(known & bought),
        }
    )


def _rules(feedback: pd.DataFrame, segments: pd.DataFrame, numbers: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Declared conditions, evaluated by DuckDB over feedback, segments and RFM numbers: "yes", "no", null = unknown."""
    rules = settings.segments.rules
    if not rules:
        return pd.DataFrame(index=feedback.index)
    import duckdb

    extra = segments.drop(columns="feedback_id")
    table = pd.concat([feedback.drop(columns=[c for c in extra if c in feedback]), extra], axis=1)
    table = pd.concat([table, numbers.drop(columns=[c for c in numbers if c in table])], axis=1).reset_index(drop=True)
    found = {}
    with duckdb.connect(config={"enable_external_access": "false"}) as base:
        base.register("rows_", table.assign(row_=np.arange(len(table))))
        for rule in rules:
            case = f"CASE WHEN ({rule.when}) THEN 'yes' WHEN NOT ({rule.when}) THEN 'no' END"
            query = f"SELECT {case} AS v FROM rows_ ORDER BY row_"  # noqa: S608 - the user's own configuration, on data in memory
            try:
                found[rule.name] = base.sql(query).df()["v"].to_numpy()
            except duckdb.Error as error:
                line = re.sub(r"\s+", " ", str(error).split("LINE 1")[0]).strip()
                raise ConfigError(f"segments.rules: {rule.name!r} cannot be computed: {line}") from None
    return pd.DataFrame(found, index=feedback.index)


def _texts(values: pd.Series) -> pd.Series:
    """Values as text; whole numbers without a decimal point, blanks as null."""
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    texts = values.astype("str").str.strip().where(values.notna())
    return texts.where(texts != "")
