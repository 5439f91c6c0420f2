"""The flows against a real Prefect server: a run, a failure that is told, a schedule that fires, a re-run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.environment import prepare_environment

prepare_environment()

ROOT = Path(__file__).parents[2]
CONFIG = """
[project]
raw = "raw"
out = "lake"
[sources.reviews]
files = "*.csv"
columns = { id = "id", text = "text", created_at = "date" }
"""
ROWS = "id,text,date\n1,پیک خیلی دیر رسید,1404/03/02\n2,The courier was lovely,2025-06-01\n"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "reviews.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def listener():
    """A webhook that remembers what it was told."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}", told
    server.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """`prefect server start` on a free port, with a home of its own; gives the environment that reaches it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PYTHONPATH": str(ROOT),
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):  # it ends when the server answers
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        else:
            pytest.fail("the Prefect server did not start in five minutes")
        yield environment
    finally:
        process.terminate()
        process.wait(20)


def flow(home: Path, environment: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.mine_feedback", str(home / "cxnlp.toml")]
    return subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, timeout=300, cwd=ROOT)


def records(environment: dict[str, str], kind: str) -> list[dict]:
    """What the server holds, as its own API tells it."""
    import httpx

    answer = httpx.post(f"{environment['PREFECT_API_URL']}/{kind}/filter", json={}, timeout=30)
    return answer.raise_for_status().json()


def test_a_run_leaves_its_record_on_the_server(home, server):
    """Teams look at runs, stages, progress and the summary in Prefect; the last line is the path of the report."""
    done = flow(home, server)
    assert done.returncode == 0, done.stderr[-2000:]
    report = Path(done.stdout.split("report:")[-1].strip())
    assert report.name == "report.html"
    assert report.exists()
    assert {r["name"] for r in records(server, "task_runs")} >= {"ingest", "annotate", "topics", "insight", "report"}
    assert {a["key"] for a in records(server, "artifacts")} >= {"cxnlp-ingest", "cxnlp-summary", "cxnlp-report"}


def test_a_failure_is_told_and_a_rerun_heals(home, server, listener):
    """A mistake is not retried, is told in one sentence without customers' words, and needs no cleaning up."""
    address, told = listener
    (home / "cxnlp.toml").write_text(CONFIG.replace('"text"', '"txt"'), encoding="utf-8")
    failed = flow(home, server, CXNLP_NOTIFY=address)
    assert failed.returncode == 2
    assert failed.stderr.strip().splitlines()[-1].startswith("cxnlp: ")
    assert "txt" in failed.stderr.strip().splitlines()[-1]
    assert len(told) == 1
    assert "mine-feedback failed" in told[0]["title"]
    assert "پیک" not in json.dumps(told, ensure_ascii=False)
    (home / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
    assert flow(home, server).returncode == 0


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
    done = subprocess.run(command, env=server, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    (told,) = [a["data"] for a in records(server, "artifacts") if a["key"] == "cxnlp-pull"]
    assert "share: 1 new" in told and "shop: failed" in told and "$NOBODY_KNOWS" in told
    from cxnlp.lake import Lake

    assert len(Lake(home / "lake").read("feedback", ["feedback_id"])) == 4


@pytest.mark.slow
def test_a_schedule_fires(home, server):
    """`python -m flows.serve` registers the deployments, and a due run really starts and ends."""
    environment = {**server, "CXNLP_CONFIG": str(home / "cxnlp.toml"), "CXNLP_SCHEDULE": "* * * * *"}
    serving = subprocess.Popen([sys.executable, "-m", "flows.serve"], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            runs = [r for r in records(server, "flow_runs") if r["auto_scheduled"]]
            if any(r["state_type"] == "COMPLETED" for r in runs):
                break
            time.sleep(3)
        else:
            pytest.fail("no scheduled run was completed in five minutes")
    finally:
        serving.terminate()
        serving.wait(60)
    assert list((home / "lake" / "reports").glob("*/report.html"))
    assert {d["name"] for d in records(server, "deployments")} == {"scheduled"}


def test_schedules_need_a_server_that_stays():
    """Prefect cannot schedule on an ephemeral server; say so instead of failing late."""
    environment = {k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "flows.serve"], env=environment, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert "prefect server start" in done.stderr
