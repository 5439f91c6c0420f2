"""The lake on S3-compatible storage: the same rows, one writer at a time, and a lost network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from cxnlp import lease
from cxnlp.errors import LakeError
from cxnlp.lake import Lake
from tests.s3 import s3

ROOT = Path(__file__).parents[1]
TABLES = ("feedback", "mentions", "topics", "insights", "rejected", "files")
PATIENT = {"timeout": "20s", "retry_timeout": "40s", "max_retries": "2"}
IMPATIENT = {"timeout": "2s", "retry_timeout": "4s", "max_retries": "1"}


@pytest.fixture(scope="module")
def store():
    with s3("lakes") as running:
        yield running


@pytest.fixture
def options(store, monkeypatch):
    """Secrets come from the environment; what is not secret may stand in the configuration."""
    for name, value in store.options().items():
        monkeypatch.setenv(name, value)
    return PATIENT


def mentions(*ids: str, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"mention_id": list(ids), "quote": [f"نقل‌قول {i}" for i in ids], **columns})


def test_tables_work_as_in_a_folder(options):
    """The same calls, the same rows, and old states."""
    lake = Lake("s3://lakes/plain", options)
    assert not lake.exists()
    lake.append("mentions", mentions("b", "a"))
    lake.upsert("mentions", mentions("b", "c", kind="pain"))
    lake.delete("mentions", "mention_id", ["a"])
    lake.update("mentions", pd.DataFrame({"mention_id": ["b"], "topic_id": ["T0001"]}))
    rows = lake.read("mentions", ["mention_id", "kind", "topic_id"])
    assert rows.fillna("").to_numpy().tolist() == [["b", "pain", "T0001"], ["c", "pain", ""]]
    assert lake.read("mentions", ["mention_id"], version=1)["mention_id"].tolist() == ["a", "b"]


def test_one_writer_at_a_time(options):
    """A file lock does not work on S3; without a lease two runs would both add the same rows."""
    lake = Lake("s3://lakes/locked", options)
    with lake.lock():
        with pytest.raises(LakeError, match=r"another run .* is writing"), Lake(lake.path, options).lock():
            pass
        lake.append("mentions", mentions("a"))
    with Lake(lake.path, options).lock():
        assert lake.read("mentions", ["mention_id"])["mention_id"].tolist() == ["a"]


def test_many_want_the_lease_and_one_gets_it(options):
    """They read the same state at the same moment; the store takes one commit only."""
    ready, got = threading.Barrier(4), []

    def want():
        mine = lease.Lease("s3://lakes/raced", options)
        mine._open()
        ready.wait()
        got.append(mine.take() is None)

    people = [threading.Thread(target=want) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(got) == [False, False, False, True]


def test_a_killed_runs_lease_ends_and_its_late_writes_are_refused(options, monkeypatch):
    """Nobody removes a lock by hand; a holder that slept through its lease must not write into the next run."""
    monkeypatch.setattr(lease, "SLACK", 0)
    lake = Lake("s3://lakes/lost", options)
    with lease.hold(lake.path, options, 0, seconds=1) as mine:
        mine._stop.set()  # nobody renews it: as if the process had slept
        lake.append("mentions", mentions("a"))
        time.sleep(1.2)
        with pytest.raises(LakeError, match="lock was lost"):
            lake.append("mentions", mentions("b"))
        other = lease.Lease(lake.path, options)
        assert other.take() is None
    assert other._read(other._open())["holder"].item() == other.holder  # the late one took nothing away
    assert lake.read("mentions", ["mention_id"])["mention_id"].tolist() == ["a"]


def test_a_lease_is_renewed_while_work_goes_on(options, monkeypatch):
    """A run of hours must not lose its lock after minutes."""
    monkeypatch.setattr(lease, "SLACK", 0)
    with lease.hold("s3://lakes/long", options, 0, seconds=3) as mine:
        time.sleep(5)
        mine.check()
        assert lease.Lease("s3://lakes/long", options).take() == mine.holder


def test_a_store_that_is_away_is_one_sentence(options, store):
    """No traceback, and nothing hangs for minutes."""
    lake = Lake("s3://lakes/away", options)
    lake.append("mentions", mentions("a"))
    lake.storage_options = IMPATIENT
    os.kill(store.process.pid, signal.SIGSTOP)
    try:
        for work in (lambda: lake.append("mentions", mentions("b")), lambda: lake.read("mentions"), lake.exists):
            with pytest.raises(LakeError, match="storage"):
                work()
        with pytest.raises(LakeError, match="storage cannot be used"), lake.lock():
            pass
    finally:
        os.kill(store.process.pid, signal.SIGCONT)
    lake.storage_options = options
    lake.append("mentions", mentions("c"))
    assert set(lake.read("mentions", ["mention_id"])["mention_id"]) >= {"a", "c"}


# --- whole runs ---


def config(home: Path, lake: str) -> Path:
    text = (ROOT / "cxnlp.toml").read_text("utf-8").replace('raw = "data/raw"', f'raw = "{ROOT}/data/raw"')
    timeouts = ", ".join(f'{k} = "{v}"' for k, v in PATIENT.items())
    home.mkdir()
    file = home / "cxnlp.toml"
    file.write_text(f'{text}\n[engine]\nbatch = 128\nlake = "{lake}"\nstorage_options = {{ {timeouts} }}\n', "utf-8")
    return file


def start(file: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from cxnlp.cli import app; app()", "run", "--config", str(file)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def rows(lake: Lake) -> dict[str, list[str]]:
    return {t: [json.dumps(r, default=str) for r in lake.read(t).to_dict("records")] for t in TABLES}


@pytest.mark.slow
def test_runs_on_s3_make_the_lake_of_a_folder(options, store, tmp_path):
    """Two runs at once, then a network that goes away in the middle: row by row what a local run makes."""
    local = tmp_path / "local"
    first = start(config(local, str(local / "lake")))
    assert first.wait() == 0, first.stderr.read()
    expected = rows(Lake(local / "lake"))

    two = [start(config(tmp_path / f"two{i}", "s3://lakes/two")) for i in range(2)]
    ended = [(p.wait(), p.stderr.read()) for p in two]
    assert sorted(code for code, _ in ended) in ([0, 0], [0, 1]), ended
    assert all("another run" in told for code, told in ended if code)
    assert rows(Lake("s3://lakes/two", options)) == expected

    file = config(tmp_path / "lost", "s3://lakes/lost-run")
    run = start(file)
    lake = Lake("s3://lakes/lost-run", options)
    while not lake.exists() or not len(lake.read("feedback", ["feedback_id"])):
        time.sleep(0.5)
    os.kill(store.process.pid, signal.SIGSTOP)
    assert run.wait() == 1
    os.kill(store.process.pid, signal.SIGCONT)
    assert "storage" in run.stderr.read().strip().splitlines()[-1]
    with lease.hold(lake.path, options, wait=lease.SECONDS + lease.SLACK + 10):  # or wait until the lease has ended
        pass
    again = start(file)
    assert again.wait() == 0, again.stderr.read()
    assert rows(lake) == expected
