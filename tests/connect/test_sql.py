"""SQL connectors against a real PostgreSQL: cursor, changed rows, changed tables."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("dlt", reason="the extra `connect` is not installed")

from cxnlp.config import load
from cxnlp.connect import pull
from cxnlp.errors import ConfigError, InputError
from tests.postgres import postgres

CONFIG = """
[project]
raw = "raw"
out = "lake"
[connectors.reviews]
kind = "sql"
url = "postgresql+psycopg://postgres:$DB_PASSWORD@{host}/postgres"
table = "shop.reviews"
cursor = "changed"
key = "id"
[sources.reviews]
files = "reviews/*.jsonl"
columns = {{ id = "id", text = "body", created_at = "changed", rating = "stars" }}
"""
TABLE = """
drop schema if exists shop cascade; create schema shop;
create table shop.reviews (id int primary key, body text not null, stars int, price numeric(12,2), tags jsonb,
                           changed timestamptz not null);
insert into shop.reviews values
  (1, 'ارسال رایگان نبود و کسی نگفت', 2, 12.50, '["delivery"]', '2025-04-01 08:00+03:30'),
  (2, 'Courier called ahead, thank you', 5, null, null, '2025-04-02 09:00+03:30'),
  (3, 'کیفیت پارچه با عکس فرق داشت', 1, 99, '[]', '2025-04-02 09:00+03:30');
"""


@pytest.fixture(scope="module")
def host():
    with postgres() as address:
        yield address


@pytest.fixture
def sql(host):
    import psycopg

    with psycopg.connect(f"postgresql://postgres:pass-of-tests@{host}/postgres", autocommit=True) as connection:
        connection.execute(TABLE)
        yield connection.execute


@pytest.fixture
def home(tmp_path, host, sql, monkeypatch):
    (tmp_path / "cxnlp.toml").write_text(CONFIG.format(host=host), encoding="utf-8")
    monkeypatch.setenv("DB_PASSWORD", "pass-of-tests")
    return tmp_path


def landed(home) -> list[dict]:
    files = sorted((home / "raw" / "reviews").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_only_new_and_changed_rows_come_again(home, sql):
    """Two rows share the cursor's last value: neither is lost, neither comes twice; a row that arrives late with the
    same value comes too."""
    settings = load(home / "cxnlp.toml")
    assert pull("reviews", settings).records == 3
    assert pull("reviews", settings).records == 0
    sql("insert into shop.reviews values (4, 'Box was torn', 2, 1, null, '2025-04-02 09:00+03:30')")
    sql("update shop.reviews set stars = 4, changed = '2025-05-01' where id = 1")
    assert pull("reviews", settings).records == 2
    assert [r["id"] for r in landed(home)][:3] == [1, 2, 3]
    assert {(r["id"], r["stars"]) for r in landed(home)[3:]} == {(1, 4), (4, 2)}


def test_a_changed_table_loses_no_rows(home, sql):
    """A column is added, one is dropped, one changes its type: the rows still come, with what they have."""
    settings = load(home / "cxnlp.toml")
    pull("reviews", settings)
    sql("alter table shop.reviews add city text, drop price, alter stars type text using stars || ' stars'")
    sql("insert into shop.reviews values (5, 'دیر رسید', 'two', null, '2025-06-01', 'Yazd')")
    assert pull("reviews", settings).records == 1
    last = landed(home)[-1]
    assert (last["stars"], last["city"], last["price"]) == ("two", "Yazd", None)
    assert last["changed"].startswith("2025-06-01")


def test_the_rows_are_mined_like_any_export(home):
    """Money, JSON and timestamps must survive the way; a timestamp keeps its zone."""
    from cxnlp import ingest

    settings = load(home / "cxnlp.toml")
    pull("reviews", settings)
    assert [(r["price"], r["tags"]) for r in landed(home)] == [("12.50", ["delivery"]), (None, None), ("99.00", [])]
    (file,) = ingest.discover(settings)
    (batch,) = ingest.read(file, settings)
    assert batch.feedback["rating"].tolist() == [2, 5, 1]
    assert str(batch.feedback["created_at"].iloc[0]) == "2025-04-01 04:30:00+00:00"


def test_mistakes_are_one_sentence(home, host, monkeypatch):
    """A wrong password is not told, a missing table and a missing column are named."""
    text = CONFIG.format(host=host)
    (home / "cxnlp.toml").write_text(text.replace("shop.reviews", "shop.nothing"), "utf-8")
    with pytest.raises(InputError, match="nothing"):
        pull("reviews", load(home / "cxnlp.toml"))
    (home / "cxnlp.toml").write_text(text.replace('"changed"\nkey', '"changd"\nkey'), "utf-8")
    with pytest.raises(InputError, match="changd"):
        pull("reviews", load(home / "cxnlp.toml"))
    (home / "cxnlp.toml").write_text(text.replace("$DB_PASSWORD", "pass-of-tests"), "utf-8")
    with pytest.raises(ConfigError, match="holds a secret"):
        pull("reviews", load(home / "cxnlp.toml"))
    (home / "cxnlp.toml").write_text(text, "utf-8")
    monkeypatch.setenv("DB_PASSWORD", "not-the-password")
    with pytest.raises(InputError, match="password authentication failed") as caught:
        pull("reviews", load(home / "cxnlp.toml"))
    assert "not-the-password" not in str(caught.value)
