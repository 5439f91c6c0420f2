"""kill -9 at random moments, a full disk, two runs at once: the next run finishes the work, row by row the same."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
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
CHILDREN.set_forkserver_preload(["cxnlp.pipeline", "deltalake", "pandas", "sklearn", "scipy.stats", "onnxruntime"])


def settings(out: Path):
    """The sample, in small commits, so that a kill finds work half done."""
    loaded = load(ROOT / "cxnlp.toml", out=out)
    return loaded.model_copy(update={"engine": loaded.engine.model_copy(update={"batch": 32, "threads": 1})})


def rows(out: Path) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    lake = Lake(out)
    return {t: [json.dumps(r, default=str) for r in lake.read(t).to_dict("records")] for t in TABLES}


def work(out: Path) -> None:
    """A whole run in a process of its own."""
    os.setsid()
    try:
        pipeline.run(settings(out))
    except CxnlpError:
        os._exit(1)
    os._exit(0)


def start(out: Path):
    child = CHILDREN.Process(target=work, args=(out,))
    child.start()
    return child


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The lake of a run that nobody disturbed, and the seconds it took."""
    out = tmp_path_factory.mktemp("undisturbed") / "lake"
    started = time.monotonic()
    child = start(out)
    child.join()
    assert child.exitcode == 0
    return rows(out), time.monotonic() - started


def check(out: Path, expected: dict[str, list[str]]) -> None:
    child = start(out)
    child.join()
    assert child.exitcode == 0
    found = rows(out)
    for table in TABLES:
        assert found[table] == expected[table], table


@pytest.mark.slow
def test_a_hundred_kills(tmp_path, undisturbed):
    """Power fails when it likes; 100 kills at random moments leave the lake that an undisturbed run makes."""
    expected, seconds = undisturbed
    chance = random.Random(0)
    kills = 0
    while kills < 100:
        out = tmp_path / f"lake-{kills}"
        for _ in range(10):  # ten kills of one lake, each somewhere in what is left to do
            child = start(out)
            child.join(chance.uniform(0, seconds))
            if child.is_alive():
                os.killpg(child.pid, signal.SIGKILL)
                kills += 1
            child.join()
        check(out, expected)


def test_three_kills(tmp_path, undisturbed):
    """The same in small, for every day."""
    expected, seconds = undisturbed
    for share in (0.2, 0.5, 0.8):
        child = start(tmp_path / "lake")
        child.join(seconds * share)
        if child.is_alive():
            os.killpg(child.pid, signal.SIGKILL)
        child.join()
    check(tmp_path / "lake", expected)


@pytest.mark.slow
def test_two_writers(tmp_path, undisturbed):
    """Two runs at once: one works, the other is told to wait, nothing is doubled."""
    expected, _ = undisturbed
    first, second = start(tmp_path / "lake"), start(tmp_path / "lake")
    first.join()
    second.join()
    assert sorted([first.exitcode, second.exitcode]) in ([0, 1], [0, 0])
    check(tmp_path / "lake", expected)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_full_disk(tmp_path, undisturbed):
    """A disk that fills up stops a run with one sentence; with more room the next run finishes."""
    expected, _ = undisturbed
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        child = start(disk / "lake")
        child.join()
        assert child.exitcode == 1
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        check(disk / "lake", expected)
    finally:
        subprocess.run(["umount", disk], check=True)
