"""A folder to mine, a real Prefect server, and a webhook that remembers what it was told."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 900  # seconds; nothing waits longer than it must, but a machine may be busy
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
def home(tmp_path: Path) -> Path:
    """A folder with one export and its configuration."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "reviews.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "cxnlp.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list[Any]]]:
    """The webhook's address, and what it was told."""
    told: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}", told
    server.shutdown()


@contextmanager
def prefect_server(home: Path, **more: str) -> Iterator[dict[str, str]]:
    """`prefect server start` on a free port, with a home of its own; gives the environment that reaches it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PREFECT_HOME": str(home),
        "TMPDIR": str(home),  # where Prefect's runner keeps /tmp/runner_storage, whoever ran before
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PYTHONPATH": str(ROOT),
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]
    log = home / "server.log"
    with log.open("wb") as told:
        process = subprocess.Popen(command, env={**environment, **more}, stdout=told, stderr=subprocess.STDOUT)
    try:
        for _ in range(2 * PATIENCE):  # it ends when the server answers
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        else:
            pytest.fail(f"the Prefect server did not start in time: {log.read_text()[-2000:]}")
        yield environment
    finally:
        process.kill()  # its records go with its folder
        process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server on SQLite, as one machine has it."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as environment:
        yield environment


def run_flow(home: Path, environment: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """The mine flow in a process of its own, on the server that `environment` reaches."""
    command = [sys.executable, "-m", "flows.mine_feedback", str(home / "cxnlp.toml")]
    return subprocess.run(
        command, env={**environment, **more}, capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT
    )


def api(environment: dict[str, str], path: str, **body: Any) -> Any:
    """What the server answers to a POST."""
    import httpx

    answer = httpx.post(f"{environment['PREFECT_API_URL']}/{path}", json=body, timeout=PATIENCE)
    return answer.raise_for_status().json()
