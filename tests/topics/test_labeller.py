"""A generative labeller: asked once per topic, with masked quotes only; believed only as far as a label goes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pandas as pd
import pytest

from cxnlp import tables, topics
from cxnlp.config import Labeller, Topics
from cxnlp.errors import CxnlpError
from cxnlp.topics import labeller
from tests.topics.conftest import said

AT = pd.Timestamp("2024-07-01", tz="UTC")
GOOD = '```json\n{"fa": "پیک دیر می‌رسد", "en": "Courier arrives late"}\n```'


class Endpoint(HTTPServer):
    asked: list[dict[str, Any]]
    keys: list[str | None]
    answer: str


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked | {"path": self.path})
        self.server.keys.append(self.headers["Authorization"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [{"message": {"content": self.server.answer}}]}).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint(("127.0.0.1", 0), Handler)
    server.asked, server.keys, server.answer = [], [], GOOD
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def settings_of(endpoint: Endpoint) -> Labeller:
    return Labeller(url=f"http://127.0.0.1:{endpoint.server_port}/v1/", model="any", timeout_s=5)


@pytest.fixture(scope="module")
def mined() -> tuple[pd.DataFrame, pd.DataFrame]:
    mentions = said(["late", "cold"])
    return mentions, topics.update(mentions, tables.empty("topics"), None, Topics(min_size=6), AT).topics


def test_topics_are_named_once(
    endpoint: Endpoint, mined: tuple[pd.DataFrame, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both labels come from the answer, the key from the environment, and no topic is paid for twice."""
    monkeypatch.setenv(labeller.KEY, "secret")
    mentions, registry = mined
    found, told = labeller.relabelled(registry, mentions, settings_of(endpoint), AT)
    level = found[found["level"] == "topic"]
    assert set(level["label_en"]) == {"Courier arrives late"} and set(level["label_fa"]) == {"پیک دیر می‌رسد"}
    assert told == "2 named" and set(endpoint.keys) == {"Bearer secret"}
    assert endpoint.asked[0]["path"] == "/v1/chat/completions"
    quotes = endpoint.asked[0]["messages"][1]["content"]
    assert any(quote in quotes for quote in mentions["quote"])
    labeller.relabelled(found, mentions, settings_of(endpoint), AT)
    assert len(endpoint.asked) == 2
    tables.conform(found, "topics")


@pytest.mark.parametrize(
    "answer",
    [
        "I cannot help with that",
        "[]",
        '{"fa": "Late courier", "en": "پیک دیر"}',
        '{"en": "Top 10 problems of 2024"}',
        "{}",
    ],
)
def test_bad_answers_change_no_label(endpoint: Endpoint, mined: tuple[pd.DataFrame, pd.DataFrame], answer: str) -> None:
    """Chatter, the wrong language and digits are no labels; a run must not fail for them."""
    endpoint.answer = answer
    mentions, registry = mined
    found, told = labeller.relabelled(registry, mentions, settings_of(endpoint), AT)
    assert told == "0 named" and len(endpoint.asked) == 2
    pd.testing.assert_frame_equal(found[["label_fa", "label_en"]], registry[["label_fa", "label_en"]])


def test_no_endpoint_and_names_by_people(mined: tuple[pd.DataFrame, pd.DataFrame], endpoint: Endpoint) -> None:
    """A dead endpoint is said, not raised; what a person named is not even asked for."""
    mentions, registry = mined
    dead = Labeller(url="http://127.0.0.1:9/v1", model="any", timeout_s=1)
    found, told = labeller.relabelled(registry, mentions, dead, AT)
    assert "failed" in told and (found["label_en"] == registry["label_en"]).all()
    labeller.relabelled(registry.assign(label_source="person"), mentions, settings_of(endpoint), AT)
    assert endpoint.asked == []


def test_what_the_configuration_must_say() -> None:
    """Nothing unmasked leaves the house, and an address that is none is told in one sentence."""
    labeller.check(Labeller(), ("email",))
    for wrong, redact in (
        (Labeller(url="http://x/v1", model="m"), ("email",)),
        (Labeller(url="file:///etc/passwd", model="m"), None),
        (Labeller(url="http://x/v1"), None),
    ):
        with pytest.raises(CxnlpError, match=r"topics\.labeller"):
            labeller.check(wrong, redact)
