"""kill -9 at random moments, a full disk, two runs at once: the next run finishes the work, row by row the same."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from cxnlp import pipeline
from cxnlp.config import load
from cxnlp.errors import CxnlpError
from cxnlp.lake import Lake
from cxnlp.stages.run import Run

ROOT = Path(__file__).parents[1]
TABLES = ("feedback", "mentions", "topics", "insights", "rejected", "files")
CHILDREN = multiprocessing.get_context("spawn")  # a fork keeps the locks of threads that do not come with it
PATIENCE = 900  # seconds; no run takes as long


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


def work(out: Path, raw: Path, notes: Connection | None = None) -> None:
    """A whole run in a process of its own; the name of each stage goes to `notes` when it begins."""
    os.setsid()
    if notes is not None:
        pipeline.STAGES.update({name: partial(noted, notes, name, stage) for name, stage in pipeline.STAGES.items()})
    try:
        pipeline.run(settings(out, raw))
    except CxnlpError:
        os._exit(1)
    os._exit(0)


def noted(notes: Connection, name: str, stage: pipeline.Stage, run: Run) -> dict[str, Any]:
    notes.send(name)
    return stage(run)


def start(out: Path, raw: Path, notes: Connection | None = None):
    child = CHILDREN.Process(target=work, args=(out, raw, notes))
    child.start()
    if notes is not None:
        notes.close()  # the child has its own end
    return child


def note(notes: Connection) -> str:
    """The stage that has begun; EOFError when the run has ended."""
    assert notes.poll(PATIENCE), f"nothing was heard of the run in {PATIENCE} seconds"
    return notes.recv()


def ended(child: Any) -> int | None:
    """How it ended: its exit code, None if it had to be ended."""
    child.join(PATIENCE)
    code = child.exitcode
    if code is None:
        os.killpg(child.pid, signal.SIGKILL)
    return code


def killed(out: Path, raw: Path, stage: str, seconds: float) -> str | None:
    """A run that dies by kill -9, with all its children, `seconds` after `stage` began: the stage it died in, None if
    it had ended before."""
    ours, theirs = CHILDREN.Pipe(duplex=False)
    child = start(out, raw, theirs)
    at = None
    with ours, suppress(EOFError):  # raised when the run has ended
        while at != stage:
            at = note(ours)
        moment = time.monotonic() + seconds
        while ours.poll(max(0.0, moment - time.monotonic())):
            at = ours.recv()
        os.killpg(child.pid, signal.SIGKILL)
    assert ended(child) in (0, -signal.SIGKILL)
    return at if child.exitcode else None


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, raw):
    """The lake of a run that nobody disturbed, and the seconds of each stage."""
    out = tmp_path_factory.mktemp("undisturbed") / "lake"
    ours, theirs = CHILDREN.Pipe(duplex=False)
    child = start(out, raw, theirs)
    names, begun = [], []
    with ours, suppress(EOFError):
        while True:
            names.append(note(ours))
            begun.append(time.monotonic())
    begun.append(time.monotonic())
    assert ended(child) == 0
    assert names == list(pipeline.STAGES)
    return rows(out), {name: begun[i + 1] - begun[i] for i, name in enumerate(names)}


def _differing(expected: str, found: str) -> dict[str, Any]:
    """What differs of a row, without its vectors."""
    a, b = json.loads(expected), json.loads(found)
    return {c: (a[c], b[c]) for c in a if str(a[c]) != str(b[c]) and c not in ("vector", "centroid")}


def check(out: Path, raw: Path, expected: dict[str, list[str]]) -> None:
    child = start(out, raw)
    assert ended(child) == 0
    found = rows(out)
    for table in TABLES:
        assert len(found[table]) == len(expected[table]), table
        assert [_differing(a, b) for a, b in zip(expected[table], found[table], strict=True) if a != b] == [], table


@pytest.mark.slow
def test_a_hundred_kills(tmp_path, raw, undisturbed, capsys):
    """Power fails when it likes: 100 kills at random moments, in every stage, leave the lake of an undisturbed run."""
    expected, seconds = undisturbed
    seconds, chance, kills = dict(seconds), random.Random(0), Counter()
    for number in itertools.count():
        out = tmp_path / f"lake-{number}"
        for stage in sorted([*pipeline.STAGES] * 2, key=list(pipeline.STAGES).index):  # each life a little further on
            if at := killed(out, raw, stage, chance.uniform(0, seconds[stage])):
                kills[at] += 1
            else:
                seconds[stage] /= 2  # what is done is not done again: later lives are shorter
        check(out, raw, expected)
        shutil.rmtree(out)
        with capsys.disabled():
            print(f"{number + 1} lakes, {kills.total()} kills:", dict(kills))
        if kills.total() >= 100:
            break
    assert min(kills[stage] for stage in pipeline.STAGES) >= 5


def test_three_kills(tmp_path, raw, undisturbed):
    """The same in small, for every day."""
    expected, seconds = undisturbed
    for stage in ("ingest", "annotate", "topics"):
        killed(tmp_path / "lake", raw, stage, seconds[stage] / 2)
    check(tmp_path / "lake", raw, expected)


@pytest.mark.slow
def test_two_writers(tmp_path, raw, undisturbed):
    """Two runs at once: one works, the other is told to wait, nothing is doubled."""
    expected, _ = undisturbed
    first, second = start(tmp_path / "lake", raw), start(tmp_path / "lake", raw)
    assert sorted([ended(first), ended(second)]) in ([0, 1], [0, 0])
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
        assert ended(child) == 1
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        check(disk / "lake", raw, expected)
    finally:
        subprocess.run(["umount", disk], check=True)
