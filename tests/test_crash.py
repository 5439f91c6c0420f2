"""kill -9 at random moments, a full disk, two runs at once: the next run finishes the work, row by row the same."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from cxnlp import pipeline
from cxnlp.config import load
from cxnlp.errors import CxnlpError
from cxnlp.lake import Lake

ROOT = Path(__file__).parents[1]
TABLES = ("feedback", "mentions", "topics", "insights", "rejected", "files")
CHILDREN = multiprocessing.get_context("forkserver")  # imports once; Delta's threads do not survive a plain fork
HEAVY = [
    "deltalake",
    "pandas",
    "sklearn",
    "scipy.stats",
    "onnxruntime",
    "bertopic",
    "hazm",
    "spacy",
    "sknetwork.clustering",
]
CHILDREN.set_forkserver_preload(["cxnlp.pipeline", *HEAVY])


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """A part of the sample: a hundred kills need many runs."""
    folder = tmp_path_factory.mktemp("exports") / "raw"
    shutil.copytree(ROOT / "data" / "raw", folder)
    for big in (folder / "shop_reviews.csv", folder / "orders.csv"):
        big.write_bytes(b"".join(big.read_bytes().splitlines(keepends=True)[:120]))
    return folder


def settings(out: Path, raw: Path):
    """In small commits, so that a kill finds work half done, and with few random draws."""
    loaded = load(ROOT / "cxnlp.toml", out=out, raw=raw)
    changes = {
        "engine": loaded.engine.model_copy(update={"batch": 16, "threads": 1}),
        "insight": loaded.insight.model_copy(update={"bootstrap": 20}),
    }
    return loaded.model_copy(update=changes)


def rows(out: Path) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    lake = Lake(out)
    return {t: [json.dumps(r, default=str) for r in lake.read(t).to_dict("records")] for t in TABLES}


def work(out: Path, raw: Path) -> None:
    """A whole run in a process of its own."""
    os.setsid()
    try:
        pipeline.run(settings(out, raw))
    except CxnlpError:
        os._exit(1)
    os._exit(0)


def start(out: Path, raw: Path):
    child = CHILDREN.Process(target=work, args=(out, raw))
    child.start()
    return child


def kill(child) -> bool:
    """kill -9 with all its children; False if it had ended."""
    alive = child.is_alive()
    if alive:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:  # so young that it leads no group yet
            child.kill()
    child.join()
    return alive


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, raw):
    """The lake of a run that nobody disturbed, and the seconds it took."""
    out = tmp_path_factory.mktemp("undisturbed") / "lake"
    started = time.monotonic()
    child = start(out, raw)
    child.join()
    assert child.exitcode == 0
    return rows(out), time.monotonic() - started


def check(out: Path, raw: Path, expected: dict[str, list[str]]) -> None:
    child = start(out, raw)
    child.join()
    assert child.exitcode == 0
    found = rows(out)
    for table in TABLES:
        assert found[table] == expected[table], table


@pytest.mark.slow
def test_a_hundred_kills(tmp_path, raw, undisturbed):
    """Power fails when it likes; 100 kills at random moments leave the lake that an undisturbed run makes."""
    expected, seconds = undisturbed
    chance = random.Random(0)
    kills = 0
    while kills < 100:
        out = tmp_path / f"lake-{kills}"
        for _ in range(20):  # of one lake, each a little further on
            child = start(out, raw)
            child.join(chance.uniform(0, seconds / 4))
            if child.is_alive():
                os.killpg(child.pid, signal.SIGKILL)
                kills += 1
            child.join()
        check(out, raw, expected)


def test_three_kills(tmp_path, raw, undisturbed):
    """The same in small, for every day."""
    expected, seconds = undisturbed
    for share in (0.2, 0.5, 0.8):
        child = start(tmp_path / "lake", raw)
        child.join(seconds * share)
        kill(child)
    check(tmp_path / "lake", raw, expected)


@pytest.mark.slow
def test_two_writers(tmp_path, raw, undisturbed):
    """Two runs at once: one works, the other is told to wait, nothing is doubled."""
    expected, _ = undisturbed
    first, second = start(tmp_path / "lake", raw), start(tmp_path / "lake", raw)
    first.join()
    second.join()
    assert sorted([first.exitcode, second.exitcode]) in ([0, 1], [0, 0])
    check(tmp_path / "lake", raw, expected)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_full_disk(tmp_path, raw, undisturbed):
    """A disk that fills up stops a run with one sentence; with more room the next run finishes."""
    expected, _ = undisturbed
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        child = start(disk / "lake", raw)
        child.join()
        assert child.exitcode == 1
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        check(disk / "lake", raw, expected)
    finally:
        subprocess.run(["umount", disk], check=True)
