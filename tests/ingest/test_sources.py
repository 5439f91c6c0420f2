"""Which files belong to which source, and the sentences for what does not fit."""

from __future__ import annotations

import pytest

from cxnlp import ingest
from cxnlp.config import Settings
from cxnlp.errors import ConfigError, InputError
from cxnlp.ingest.sources import glob_to_regex

TEXT = {"columns": {"text": "body"}}


def configured(raw, sources, **more):
    return Settings.model_validate({"project": {"raw": raw}, "sources": sources} | more)


@pytest.fixture
def raw(tmp_path):
    for name in (
        "reviews_may.csv",
        "reviews_june.csv",
        "nps.csv",
        "customers.csv",
        "README.md",
        ".hidden.csv",
        "sub/x.csv",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("body\nخوب بود\n", encoding="utf-8")
    return tmp_path


def test_discovery(raw):
    """Files by source; what nobody claims is listed, customers and hidden files are not; an idle pattern warns."""
    sources = {"reviews": {"files": "reviews*.csv", **TEXT}, "old": {"files": "old/*.csv", **TEXT}}
    found = ingest.discover(configured(raw, sources, segments={"customers": {"file": "customers.csv"}}))
    assert [f.file for f in found] == ["reviews_june.csv", "reviews_may.csv"]
    assert found.uncovered == ["nps.csv", "sub/x.csv"]
    assert found.warnings == [f"source 'old': no file below {raw} matches files = 'old/*.csv'"]


def test_fingerprint_is_of_the_content(raw):
    """Equal bytes, equal fingerprint: an unchanged file needs no second reading."""
    found = ingest.discover(configured(raw, {"reviews": {"files": "reviews*.csv", **TEXT}})).files
    assert found[0].fingerprint == found[1].fingerprint
    (raw / "reviews_may.csv").write_text("body\nبد بود\n", encoding="utf-8")
    again = ingest.discover(configured(raw, {"reviews": {"files": "reviews*.csv", **TEXT}})).files
    assert again[1].fingerprint != found[1].fingerprint


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({}, "sources suggest"),
        ({"a": {"files": "*.csv", **TEXT}, "b": {"files": "nps*", **TEXT}}, "claimed by sources 'a' and 'b'"),
        ({"a": {"files": "*.csv"}}, "columns.text is missing"),
        ({"a": {"files": "*.csv", "format": "pdf", **TEXT}}, "format = 'pdf' is not known; use one of csv"),
        ({"a": {"files": "*.csv", "format": "vtt", **TEXT}}, "kind 'table' cannot have format 'vtt'"),
    ],
)
def test_wrong_configuration(raw, sources, message):
    """Each mistake is a ConfigError that says what to do."""
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        ingest.discover(configured(raw, sources))


def test_unknown_stage(raw):
    """A stage that the journey doesn't have is found before any row is read."""
    source = {"files": "nps.csv", "columns": {"text": "body"}, "values": {"stage": {"Order": "purchase"}}}
    loaded = configured(raw, {"a": source})
    with pytest.raises(ConfigError, match=r"names 'purchase'; journey stages are acquisition, action"):
        list(ingest.read(ingest.discover(loaded).files[0], loaded))


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_no_files(tmp_path, name):
    """A missing or empty raw folder says what to do."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="put exports there"):
        ingest.discover(configured(tmp_path / name, {"a": {"files": "*", **TEXT}}))


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "sub/a.csv", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "x/y/a.csv", True),
        ("نظر*.csv", "نظرات (۱).csv", True),
        ("a[0-9].csv", "a7.csv", True),
        ("a[!0-9].csv", "a7.csv", False),
        ("a+b?.csv", "a+b1.csv", True),
        ("export/result.json", "export/result.json", True),
    ],
)
def test_patterns(pattern, name, matches):
    """Patterns mean what shells mean by them."""
    assert bool(glob_to_regex(pattern).fullmatch(name)) is matches
