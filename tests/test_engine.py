"""One logic, two engines: this process and Ray give the same tables, also when a worker dies in the middle."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxnlp import engine, ingest, pipeline
from cxnlp.config import Engine, Settings, load
from cxnlp.engine import _pack, _unpack, _Worker, slices, spread
from cxnlp.errors import ConfigError
from cxnlp.lake import Lake
from cxnlp.registry import resolve
from cxnlp.stages.ingest import KNOWN, _changes, _masked, _Reading
from cxnlp.stages.reader import Reader
from cxnlp.stages.run import Run
from cxnlp.stages.topics import _assigned
from cxnlp.tables import conform
from cxnlp.topics.vectors import to_bytes

ROOT = Path(__file__).parents[1]
TABLES = ("feedback", "mentions", "topics", "insights", "rejected", "files")
TEXTS = [
    ("fa", "پیک نیم ساعت زودتر رسید و غذا هنوز داغ بود، شماره‌م ۰۹۱۲۳۴۵۶۷۸۹"),
    ("en", "The refund took three weeks and nobody answered jane.doe@example.com"),
    ("fa", "برنامه بعد از به‌روزرسانی باز نمی‌شود"),
    ("en", "Lovely packaging, fair price, will order again"),
    ("mixed", "app خوبیه ولی notification زیاد میاد"),
    ("other", ""),
]
LOCAL = Settings(engine=Engine(batch=6, threads=1))
RAY = Settings(engine=Engine(batch=6, threads=1, name="ray", workers=2))


@pytest.fixture(scope="module")
def texts():
    """48 rows of both languages, the last ones without anything to read."""
    many = [(language, text and f"{text} ({i})") for i in range(8) for language, text in TEXTS]
    return pd.DataFrame(
        {
            "feedback_id": [f"{i:032x}" for i in range(len(many))],
            "text": [text for _, text in many],
            "language": [language for language, _ in many],
        }
    )


@pytest.fixture(scope="module")
def redaction(texts, tmp_path_factory):
    """Batches as ingest reads them: fresh rows with personal data in them, and rejected ones."""
    home = tmp_path_factory.mktemp("ingest")
    (home / "raw").mkdir()
    texts.to_csv(home / "raw" / "texts.csv", index=False)
    columns = '[sources.r.columns]\nid = "feedback_id"\ntext = "text"\nattributes = ["language"]\n'
    (home / "cxnlp.toml").write_text(f'[sources.r]\nfiles = "*.csv"\n{columns}[engine]\nbatch = 6\n', encoding="utf-8")
    settings = load(home / "cxnlp.toml", raw=home / "raw", out=home / "lake")
    run = Run(settings, Lake.of(settings))
    known = run.lake.read("feedback", KNOWN).set_index("feedback_id")
    return list(_changes(run, ingest.discover(settings).files[0], _Reading(known)))


@pytest.fixture(scope="module")
def mentions():
    """50 mentions with vectors (one without), and a registry of four topics."""
    dice = np.random.default_rng(0)
    vectors = [to_bytes(v) for v in dice.normal(size=(54, 8))]
    rows = pd.DataFrame(
        {
            "mention_id": [f"{i:032x}" for i in range(50)],
            "kind": ["pain", "praise", "request", "question", "fact"] * 10,
            "vector": [*vectors[:49], None],
        },
        index=range(100, 150),
    )
    kinds = {"kind": ["pain", "pain", "praise", "request"], "centroid": vectors[50:], "threshold": 0.1}
    named = {"topic_id": ["T1", "T2", "T3", "T4"], "level": "topic", "status": "active", "merged_into": None}
    return rows, pd.DataFrame(named | kinds)


@pytest.fixture(scope="module")
def jobs(texts, redaction, mentions):
    """The work of each stage that may run elsewhere: work, its batches, what it is given, its tables."""
    rows, registry = mentions
    folder = resolve("reader", Settings().models)
    return {
        "redact": (_masked, redaction, (LOCAL,), ("feedback", "feedback", "feedback", "rejected")),
        "annotate": (Reader, list(slices(texts, LOCAL)), (folder, 1), ("feedback", "mentions")),
        "assign": (_assigned, list(slices(rows, LOCAL)), (registry,), ("mentions",)),
    }


def stored(results, tables):
    """Results as the lake gets them."""
    return [[conform(frame, table) for frame, table in zip(found, tables, strict=True)] for found in results]


def test_batches_are_drawn_one_by_one():
    """A file of gigabytes is masked and stored batch by batch, not first read to its end."""
    drawn = []

    def batches():
        for i in range(3):
            drawn.append(i)
            yield (pd.DataFrame({"n": [i]}),)

    found = spread(lambda tables, k: (tables[0] * k,), batches(), LOCAL, 2)
    assert next(found)[0]["n"].tolist() == [0]
    assert drawn == [0]
    assert [tables[0]["n"].tolist() for tables in found] == [[2], [4]]


def test_a_single_batch_starts_no_cluster(monkeypatch):
    """The daily run of a small lake must not wait for Ray."""
    monkeypatch.setattr(engine, "start_ray", None)
    one = (pd.DataFrame({"n": [1]}),)
    assert list(spread(lambda tables: tables, [one], RAY)) == [one]
    assert list(spread(lambda tables: tables, [], RAY)) == []


@pytest.mark.parametrize("name", ["redact", "annotate", "assign"])
def test_the_way_to_a_worker_and_back_changes_nothing(jobs, name):
    """Nulls, empty tables, vectors, indexes and half-spaces survive the wire: both engines store the same rows."""
    work, batches, given, tables = jobs[name]
    local = list(spread(work, batches, LOCAL, *given))
    worker = _Worker(work, given)
    there = [_unpack(worker({"place": 0, "tables": _pack(batch)})["tables"]) for batch in batches]
    assert stored(there, tables) == stored(local, tables)
    assert [[list(frame.index) for frame in found] for found in there] == [
        [list(frame.index) for frame in found] for found in local
    ]
    assert sum(len(found[-1]) for found in local) > 0


def mortal(work, folder):
    """`work`, whose process is killed once, at the third batch or soon after."""

    def strike():
        calls = len(list(folder.glob("call*")))
        (folder / f"call-{os.getpid()}-{calls}").touch()
        if calls >= 3:
            try:
                (folder / "struck").touch(exist_ok=False)
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)

    if not isinstance(work, type):
        return lambda tables, *given: (strike(), work(tables, *given))[1]

    class Mortal(work):
        def __call__(self, tables):
            strike()
            return work.__call__(self, tables)

    return Mortal


@pytest.fixture(scope="module")
def ray():
    """Ray of this test's own, with two workers."""
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    engine.start_ray(RAY)
    yield ray
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["redact", "annotate", "assign"])
def test_a_worker_that_dies_costs_nothing(ray, jobs, name, tmp_path):
    """Scale is a change of engine, never of logic; machines die."""
    work, batches, given, tables = jobs[name]
    local = list(spread(work, batches, LOCAL, *given))
    found = list(spread(mortal(work, tmp_path), batches, RAY, *given))
    assert (tmp_path / "struck").exists()
    assert stored(found, tables) == stored(local, tables)


@pytest.mark.slow
def test_a_mistake_on_a_worker_is_told_as_here(ray, redaction):
    """A key file that one machine lacks is one sentence, not a page of another machine's traceback."""
    lacking = LOCAL.model_copy(update={"privacy": LOCAL.privacy.model_copy(update={"pseudonym_key_file": "none.key"})})
    told = []
    for settings in (LOCAL, RAY):
        with pytest.raises(ConfigError) as caught:
            list(spread(_masked, redaction, settings, lacking))
        told.append(str(caught.value))
    assert told[0] == told[1]


@pytest.mark.slow
def test_a_whole_run_makes_the_same_lake(ray, tmp_path):
    """Whoever moves to a cluster must find the same topics, numbers and report."""
    raw = tmp_path / "raw"
    shutil.copytree(ROOT / "data" / "raw", raw)
    for big in (raw / "shop_reviews.csv", raw / "orders.csv"):
        big.write_bytes(b"".join(big.read_bytes().splitlines(keepends=True)[:120]))
    lakes = {}
    for name in ("local", "ray"):
        settings = load(ROOT / "cxnlp.toml", raw=raw, out=tmp_path / name)
        where = {"name": name, "batch": 64, "threads": 1, "workers": 2}
        changes = {
            "engine": settings.engine.model_copy(update=where),
            "insight": settings.insight.model_copy(update={"bootstrap": 20}),
        }
        pipeline.run(settings.model_copy(update=changes))
        lake = Lake(tmp_path / name)
        lakes[name] = {t: [json.dumps(r, default=str) for r in lake.read(t).to_dict("records")] for t in TABLES}
    for table in TABLES:
        assert lakes["ray"][table] == lakes["local"][table], table
    assert all(lakes["local"][table] for table in ("feedback", "mentions", "topics", "insights", "files"))
