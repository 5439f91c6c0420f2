"""What findings rest on, put together from lake and tables beside it; and the comparison of segments from there."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

from cxnlp import config
from cxnlp.cli import _mount, cli
from cxnlp.pipeline import open_run
from cxnlp.prepare.privacy.pseudonyms import pseudonymise
from cxnlp.stages.findings import segment
from tests.insight.example import frames

KEY = "a key of the tests, long enough"
TOML = """
[project]
raw = "raw"
out = "lake"
[segments.customers]
file = "customers.csv"
attributes = ["city"]
[segments.orders]
file = "orders.csv"
[insight]
bootstrap = 0
"""


@pytest.fixture
def home(tmp_path):
    """A configuration with customers and orders, and a lake of the shop's texts."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "key").write_text(KEY, encoding="utf-8")
    (tmp_path / "cxnlp.toml").write_text(TOML, encoding="utf-8")
    shop = frames(150)
    shop.customers[["customer_id", "city"]].to_csv(tmp_path / "raw" / "customers.csv", index=False)
    orders = pd.DataFrame({"order_id": ["O1"], "customer_id": ["C005"], "ordered_at": ["2024-01-01"], "amount": [9.0]})
    orders.to_csv(tmp_path / "raw" / "orders.csv", index=False)
    return tmp_path, shop


def test_pseudonyms_meet_the_tables_beside(home):
    """Customers get other names on their way into the lake; the tables must follow, or every segment is empty."""
    folder, shop = home
    plain = segment(open_run(config.load(folder / "cxnlp.toml")), shop.feedback)
    with (folder / "cxnlp.toml").open("a", encoding="utf-8") as file:
        file.write('[privacy]\npseudonym_key_file = "key"\n')
    hidden = shop.feedback.assign(
        customer_id=[None if pd.isna(c) else pseudonymise(c, KEY.encode()) for c in shop.feedback["customer_id"]]
    )
    keyed = segment(open_run(config.load(folder / "cxnlp.toml")), hidden)
    assert plain["city"].notna().sum() > 100
    pd.testing.assert_frame_equal(keyed, plain)
    assert keyed["rfm_group"].notna().any()


def test_segments_are_compared_from_the_command_line(home):
    """`--column city` is no column of feedback: the customers' table gives it."""
    folder, shop = home
    lake = open_run(config.load(folder / "cxnlp.toml")).lake
    for table in ("feedback", "mentions", "topics"):
        lake.overwrite(table, getattr(shop, table))
    _mount()
    asked = ["compare", "--config", str(folder / "cxnlp.toml"), "--column", "city", "--a", "تهران", "--b", "Shiraz"]
    done = CliRunner().invoke(cli, asked)
    assert done.exit_code == 0, done.exception
    counted = (shop.feedback["role"] == "customer") & shop.feedback["duplicate_of"].isna()
    assert f"before: {(shop.segments.loc[counted, 'city'] == 'تهران').sum()}" in done.output
