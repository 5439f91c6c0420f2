"""A desk over a small shop's lake: in this process for requests, on a port for a browser."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient

from cxnlp.config import Segments, Table
from cxnlp.desk.app import application
from cxnlp.desk.guard import Keys
from cxnlp.prepare.normalize import normalize
from cxnlp.stages.run import Run
from tests.corrections import shop
from tests.desk.helpers import EVIL, HOST, ORDERS, alert, evil_rows, topics


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The shop, with topics, an alert, orders, and a text that attacks the page."""
    made = shop.lake(tmp_path)
    bought = Segments(orders=Table(file="orders.csv", columns={}))
    made = replace(made, settings=made.settings.model_copy(update={"segments": bought}))
    (tmp_path / "raw" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    rows = made.lake.read("feedback", ["feedback_id", "text"])
    forms = pd.DataFrame({"feedback_id": rows["feedback_id"], "normalized": [normalize(t) for t in rows["text"]]})
    made.lake.update("feedback", forms)
    text, mention = evil_rows()
    made.lake.append("feedback", text.assign(normalized=[normalize(EVIL)]))
    made.lake.append("mentions", mention)
    made.lake.append("topics", topics())
    topic = {"mention_id": made.lake.read("mentions").query("feedback_id == 'F0'")["mention_id"], "topic_id": "T0001"}
    made.lake.update("mentions", pd.DataFrame(topic))
    made.lake.append("insights", alert())
    return made


@pytest.fixture
def keys() -> Keys:
    return Keys("a-token-of-this-test")


@pytest.fixture
def app(run: Run, keys: Keys):
    return application(run, keys, {"127.0.0.1", "localhost"}, "Sara")


@pytest.fixture
def client(app, keys: Keys) -> TestClient:
    """A browser that has opened the printed address."""
    made = TestClient(app, base_url=HOST)
    assert made.get(f"/?token={keys.token}").status_code == 200
    return made


@pytest.fixture
def served(app):
    """The desk on a free port of this machine; gives its address."""
    import uvicorn

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # the page may ask before the server is up: it waits then
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
