"""Buckets: what is new there is copied as it is; a folder stands for one, and an S3 server of the tests' own."""

from __future__ import annotations

import os
import time

import pytest

pytest.importorskip("dlt", reason="the extra `connect` is not installed")

from cxnlp.config import load
from cxnlp.connect import pull
from cxnlp.errors import ConfigError
from tests.s3 import s3

ROWS = "id,text\n1,خیلی راضی بودم\n2,Never again\n"


def config(home, url: str, options: str = "") -> None:
    (home / "cxnlp.toml").write_text(
        f'[project]\nraw = "raw"\n[connectors.bucket]\nkind = "files"\nurl = "{url}"\nfiles = "**/*.csv"\n{options}',
        encoding="utf-8",
    )


def test_new_and_changed_files_are_copied_once(tmp_path):
    """A nightly export lands in a share; names in folders are kept, other files stay where they are."""
    share = tmp_path / "share"
    (share / "2025").mkdir(parents=True)
    (share / "2025" / "may.csv").write_text(ROWS, "utf-8")
    (share / "notes.txt").write_text("not an export", "utf-8")
    config(tmp_path, f"file://{share}")
    settings = load(tmp_path / "cxnlp.toml")
    assert pull("bucket", settings).records == 1
    assert pull("bucket", settings).records == 0
    copy = tmp_path / "raw" / "bucket" / "2025" / "may.csv"
    assert copy.read_text("utf-8") == ROWS
    (share / "2025" / "may.csv").write_text(ROWS + "3,بد نبود\n", "utf-8")
    os.utime(share / "2025" / "may.csv", (time.time() + 5,) * 2)
    (share / "june.csv").write_text(ROWS, "utf-8")
    os.utime(share / "june.csv", (time.time() + 9,) * 2)
    assert pull("bucket", settings).records == 2
    assert "بد نبود" in copy.read_text("utf-8")
    assert not (tmp_path / "raw" / "bucket" / "notes.txt").exists()


def test_an_s3_bucket(tmp_path, monkeypatch):
    """The keys come from the environment, and a key in the file is refused."""
    with s3("exports") as store:
        store.client.put_object(Bucket="exports", Key="day/1.csv", Body=ROWS.encode())
        monkeypatch.setenv("S3_KEY", "testing")
        options = f'options = {{ key = "$S3_KEY", secret = "$S3_KEY", endpoint_url = "{store.url}" }}'
        config(tmp_path, "s3://exports", options)
        settings = load(tmp_path / "cxnlp.toml")
        assert pull("bucket", settings).records == 1
        assert (tmp_path / "raw" / "bucket" / "day" / "1.csv").read_text("utf-8") == ROWS
        assert pull("bucket", settings).records == 0
        config(tmp_path, "s3://exports", options.replace("$S3_KEY", "testing"))
        with pytest.raises(ConfigError, match="holds a secret"):
            pull("bucket", load(tmp_path / "cxnlp.toml"))
