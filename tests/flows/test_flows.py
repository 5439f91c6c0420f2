"""The flows against a real Prefect server: deploy, trigger, a schedule that fires, a failure that is told, a re-run
that heals; on SQLite, and on the PostgreSQL that teams give it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.environment import prepare_environment

prepare_environment()

from tests.flows.conftest import CONFIG, PATIENCE, ROOT, ROWS, api, prefect_server, run_flow  # noqa: E402
from tests.postgres import postgres  # noqa: E402

NEVER, EVERY_MINUTE = "0 0 29 2 *", "* * * * *"
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def test_a_run_leaves_its_record_on_the_server(home, server):
    """Teams look at runs, stages, progress and the summary in Prefect; the last line is the path of the report."""
    done = run_flow(home, server)
    assert done.returncode == 0, done.stderr[-2000:]
    report = Path(done.stdout.split("report:")[-1].strip())
    assert report.name == "report.html"
    assert report.exists()
    assert {r["name"] for r in api(server, "task_runs/filter")} >= {"ingest", "annotate", "topics", "insight", "report"}
    assert {a["key"] for a in api(server, "artifacts/filter")} >= {"cxnlp-ingest", "cxnlp-summary", "cxnlp-report"}


def test_a_failure_is_told_and_a_rerun_heals(home, server, listener):
    """A mistake is not retried, is told in one sentence without customers' words, and needs no cleaning up."""
    address, told = listener
    told.clear()
    (home / "cxnlp.toml").write_text(CONFIG.replace('"text"', '"txt"'), encoding="utf-8")
    failed = run_flow(home, server, CXNLP_NOTIFY=address)
    assert failed.returncode == 2
    assert failed.stderr.strip().splitlines()[-1].startswith("cxnlp: ")
    assert "txt" in failed.stderr.strip().splitlines()[-1]
    assert len(told) == 1
    assert "mine-feedback failed" in told[0]["title"]
    assert "پیک" not in json.dumps(told, ensure_ascii=False)
    (home / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
    assert run_flow(home, server).returncode == 0


@pytest.mark.slow
def test_connectors_are_pulled_first_and_one_that_fails_stops_nothing(home, server):
    """A nightly run fetches by itself; secrets may be Prefect blocks; what is missing is said, the rest is mined."""
    pytest.importorskip("dlt", reason="the extra `connect` is not installed")
    (home / "share").mkdir()
    (home / "share" / "more.csv").write_text(ROWS.replace("1,", "3,").replace("2,", "4,"), encoding="utf-8")
    more = """
[connectors.share]
kind = "files"
url = "$SHARE_ADDRESS"
files = "*.csv"
[connectors.shop]
kind = "sql"
url = "postgresql+psycopg://reader:$NOBODY_KNOWS@127.0.0.1:9/shop"
table = "reviews"
"""
    (home / "cxnlp.toml").write_text(CONFIG.replace('"*.csv"', '"**/*.csv"') + more, encoding="utf-8")
    code = (
        "import sys; from flows import mine_feedback as m; from prefect.blocks.system import Secret;"
        "Secret(value=sys.argv[2]).save('share-address'); m.mine_feedback(sys.argv[1], pull=True)"
    )
    command = [sys.executable, "-c", code, str(home / "cxnlp.toml"), f"file://{home}/share"]
    done = subprocess.run(command, env=server, capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    (told,) = [a["data"] for a in api(server, "artifacts/filter") if a["key"] == "cxnlp-pull"]
    assert "share: 1 new" in told and "shop: failed" in told and "$NOBODY_KNOWS" in told
    from cxnlp.lake import Lake

    assert len(Lake(home / "lake").read("feedback", ["feedback_id"])) == 4


# --- deployments, as `python -m flows.serve` makes them ---


@contextmanager
def serving(home: Path, environment: dict[str, str], schedule: str, **more: str) -> Iterator[None]:
    """The command of the operations page, beside the test; ends with it."""
    known = {**environment, "CXNLP_CONFIG": str(home / "cxnlp.toml"), "CXNLP_SCHEDULE": schedule, **more}
    process = subprocess.Popen([sys.executable, "-m", "flows.serve"], env=known, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def until(seen: Callable[[], list[dict] | None], environment: dict[str, str]) -> list[dict]:
    """What `seen` gives as soon as it gives something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := seen():
            return found
        time.sleep(2)
    left = [(r["name"], r["state_name"], r["expected_start_time"]) for r in api(environment, "flow_runs/filter")]
    pytest.fail(f"it did not come in {PATIENCE} seconds; runs on the server: {left}")


def trigger(environment: dict[str, str]) -> None:
    """A run now, as people ask for one."""
    command = [sys.executable, "-m", "prefect", "deployment", "run", "mine-feedback/scheduled"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE, cwd=ROOT)


def triggered(environment: dict[str, str], count: int) -> list[dict] | None:
    """The runs that people asked for, oldest first, once `count` of them have ended."""
    runs = api(environment, "flow_runs/filter", sort="EXPECTED_START_TIME_ASC")
    ended = [r for r in runs if r["deployment_id"] and not r["auto_scheduled"] and r["state_type"] in ENDED]
    return ended if len(ended) >= count else None


def fired(environment: dict[str, str]) -> list[dict] | None:
    """Runs that a schedule started and that came to a good end."""
    done = api(environment, "flow_runs/filter", flow_runs={"state": {"type": {"any_": ["COMPLETED"]}}})
    return [r for r in done if r["auto_scheduled"]]


def deployed(environment: dict[str, str]) -> list[dict] | None:
    """The deployments, once all are there."""
    found = [d for d in api(environment, "deployments/filter") if not d["paused"]]
    return found if len(found) == 3 else None


@pytest.mark.slow
def test_a_schedule_fires(home, server):
    """All flows are deployed, one run of each at a time, and a due run really starts and ends."""
    with serving(home, server, EVERY_MINUTE):
        known = until(lambda: deployed(server), server)
        assert [d["name"] for d in known].count("scheduled") == 2  # mining and maintenance; training is asked for
        assert {d["global_concurrency_limit"]["limit"] for d in known} == {1}
        assert {d["concurrency_options"]["collision_strategy"] for d in known} == {"CANCEL_NEW"}
        until(lambda: fired(server), server)
    assert list((home / "lake" / "reports").glob("*/report.html"))


@pytest.mark.slow
def test_a_triggered_run_that_fails_is_told_and_the_next_one_heals(home, tmp_path_factory, listener):
    """What a person sees who is at home: a message, a mended file, one more run; runs that came due while nobody
    served are one run, since it covers them all."""
    address, told = listener
    told.clear()
    with prefect_server(tmp_path_factory.mktemp("prefect")) as server:
        (home / "cxnlp.toml").write_text(CONFIG.replace('"text"', '"txt"'), encoding="utf-8")
        with serving(home, server, NEVER, CXNLP_NOTIFY=address):
            until(lambda: deployed(server), server)
            trigger(server)
            (failed,) = until(lambda: triggered(server, 1), server)
            assert failed["state_type"] == "FAILED"
            until(lambda: told, server)
            assert "mine-feedback failed" in told[0]["title"] and failed["name"] in told[0]["message"]
            (home / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
            trigger(server)
            assert until(lambda: triggered(server, 2), server)[-1]["state_type"] == "COMPLETED"
        assert list((home / "lake" / "reports").glob("*/report.html"))
        assert len(told) == 1
        for _ in range(3):
            trigger(server)
        with serving(home, server, NEVER):
            late = Counter(r["state_type"] for r in until(lambda: triggered(server, 5), server)[2:])
        assert late == {"COMPLETED": 1, "CANCELLED": 2}


@pytest.mark.slow
def test_a_team_keeps_prefects_records_in_postgresql(home, tmp_path):
    """The one setting that the operations page names is enough: the flow runs, and its record is in that database."""
    (tmp_path / "prefect").mkdir()
    with postgres() as host:
        address = f"postgresql+asyncpg://postgres:pass-of-tests@{host}/postgres"
        with prefect_server(tmp_path / "prefect", PREFECT_API_DATABASE_CONNECTION_URL=address) as server:
            done = run_flow(home, server)
            assert done.returncode == 0, done.stderr[-2000:]
            (run,) = api(server, "flow_runs/filter")
            assert run["state_type"] == "COMPLETED"
        import psycopg

        with psycopg.connect(f"postgresql://postgres:pass-of-tests@{host}/postgres") as database:
            rows = database.execute("select name, state_type::text from flow_run").fetchall()
        assert rows == [(run["name"], "COMPLETED")]
        assert not list((tmp_path / "prefect").glob("*.db"))


def test_schedules_need_a_server_that_stays():
    """Prefect cannot schedule on an ephemeral server; say so instead of failing late."""
    environment = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "flows.serve"], env=environment, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert "prefect server start" in done.stderr
