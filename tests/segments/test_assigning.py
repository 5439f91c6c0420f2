"""Segment columns of a text: attributes, age as of the date, declared rules; and files that people hand over."""

import json

import pandas as pd
import pytest

from cxnlp.config import Rule, Segments, Settings, Table
from cxnlp.errors import ConfigError, InputError
from cxnlp.segments import assign, read_customers, read_orders
from cxnlp.tables import conform

CUSTOMERS = pd.DataFrame(
    {"customer_id": ["C1", "C2"], "city": ["تهران", "Shiraz"], "birth_year": [1990.0, None],
     "joined_on": ["2023-01-01", None]}
)  # fmt: skip
ORDERS = pd.DataFrame(
    {"order_id": ["O1", "O2"], "customer_id": ["C1", "C1"], "amount": [10.0, 20.0], "status": ["delivered", "returned"],
     "ordered_at": pd.to_datetime(["2024-01-01", "2024-02-01"], utc=True)}
)  # fmt: skip


def feedback(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "created_at", "attributes", "rating"])
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True)
    frame["feedback_id"] = [f"F{i}" for i in range(len(frame))]
    return conform(frame, "feedback").to_pandas().set_index(pd.Index([10 * i for i in range(len(frame))]))


TEXTS = feedback(
    ("C1", "2024-03-01", json.dumps({"plan": "طلایی", "age": 33}), 2.0),
    ("C2", "2024-03-01", json.dumps({"plan": " "}), 5.0),
    ("C9", None, None, None),
)


def test_attributes_as_of_the_text():
    """Age is that of the day of the text, not of today; unknown customers get null, never a word for it."""
    settings = Settings(segments=Segments(dimensions=("plan",)))
    found = assign(TEXTS, CUSTOMERS, ORDERS, settings)
    assert found.index.equals(TEXTS.index)
    assert found["city"].tolist()[:2] == ["تهران", "Shiraz"] and pd.isna(found["city"].iloc[2])
    assert found["age_band"].iloc[0] == "25-34" and found["age_band"].iloc[1:].isna().all()
    assert found["tenure"].iloc[0] == "1-3y" and found["plan"].iloc[0] == "طلایی" and pd.isna(found["plan"].iloc[1])
    assert found[["recency", "has_returns", "buyer"]].iloc[0].tolist() == ["31-90", "yes", "new"]
    assert "birth_year" not in found


def test_jalali_birth_years():
    """Persian customer tables carry 1369, not 1990."""
    found = assign(TEXTS, pd.DataFrame({"customer_id": ["C1"], "birth_year": [1369]}), None, Settings())
    assert found["age_band"].iloc[0] == "25-34"


def test_arguments_are_not_touched():
    """A stage never changes what it is given."""
    before = TEXTS.copy(deep=True), CUSTOMERS.copy(deep=True), ORDERS.copy(deep=True)
    assign(TEXTS, CUSTOMERS, ORDERS, Settings(segments=Segments(dimensions=("plan",))))
    for old, new in zip(before, (TEXTS, CUSTOMERS, ORDERS), strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_nothing_given():
    """Without customers and orders there are no dimensions, but every row is there."""
    assert assign(TEXTS, None, None, Settings()).columns.tolist() == ["feedback_id"]


def test_rules_know_yes_no_and_unknown():
    """A rule over an unknown value is null; SQL's three values must survive."""
    rules = (
        Rule(name="unhappy_buyer", when="rating <= 2 AND orders >= 1"),
        Rule(name="capital", when="city = 'تهران'"),
    )
    found = assign(TEXTS, CUSTOMERS, ORDERS, Settings(segments=Segments(rules=rules)))
    assert found["unhappy_buyer"].tolist()[:2] == ["yes", "no"] and pd.isna(found["unhappy_buyer"].iloc[2])
    assert found["capital"].tolist()[:2] == ["yes", "no"]


@pytest.mark.parametrize(
    "when", ["no_such_column = 1", "rating <", "rating IN (SELECT * FROM read_csv('/etc/passwd'))"]
)
def test_bad_rules_name_themselves(when):
    """A typing error, or a rule that reaches for files, ends in one sentence that names the rule."""
    with pytest.raises(ConfigError, match="'odd' cannot be computed"):
        assign(TEXTS, None, None, Settings(segments=Segments(rules=(Rule(name="odd", when=when),))))


def write(tmp_path, name, text, **settings):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return Settings(home=tmp_path, project={"raw": "."}, segments=settings)


def test_reading_customers_and_orders(tmp_path):
    """Column names are mapped, local times become UTC, ids stay text, the last row of a customer wins."""
    (tmp_path / "people.csv").write_text("کد,شهر\n7,تهران\n7,مشهد\n,قم\n", encoding="utf-8-sig")
    settings = write(
        tmp_path, "orders.csv", "no,who,at,paid\n1,7,2024-05-01T00:10:00,100\n2,7,bad,5\n",
        customers=Table(file="people.csv", id="کد", attributes=("شهر",)),
        orders=Table(file="orders.csv", id="who", columns={"order_id": "no", "ordered_at": "at", "amount": "paid"}),
    )  # fmt: skip
    assert read_customers(settings).to_dict("records") == [{"customer_id": "7", "شهر": "مشهد"}]
    orders = read_orders(settings)
    assert orders["ordered_at"].tolist() == [pd.Timestamp("2024-04-30T20:40Z")]
    assert orders["customer_id"].tolist() == ["7"] and orders["status"].isna().all()


def test_missing_things_are_named(tmp_path):
    """A missing file or column says which, and what there is."""
    settings = write(tmp_path, "c.csv", "id,city\n1,x\n", customers=Table(file="c.csv", id="customer_id"))
    with pytest.raises(ConfigError, match=r"c\.csv has no column 'customer_id'; its columns are id, city"):
        read_customers(settings)
    with pytest.raises(ConfigError, match="there is no"):
        read_orders(write(tmp_path, "x", "", orders=Table(file="none.csv")))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match="cannot read"):
        read_orders(write(tmp_path, "x", "", orders=Table(file="broken.parquet")))
    assert read_customers(Settings()) is None and read_orders(Settings()) is None
