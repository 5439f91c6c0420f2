"""Alerts are told once: to a webhook of this machine, through the same door as Telegram and Slack."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas as pd
import pytest

from cxnlp import alerting
from cxnlp.lake import Lake

NOW = pd.Timestamp("2025-09-20T06:00Z")


@pytest.fixture
def webhook():
    """A listener that remembers what it was told, and refuses while `status` is not 200."""
    told: list[dict] = []
    answer = {"status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if answer["status"] == 200:
                told.append(body)
            self.send_response(answer["status"])
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}", told, answer
    server.shutdown()


def alert(since: str, until: str, period: str) -> pd.DataFrame:
    row = {"insight_id": period, "type": "alert", "metric": "rate_ratio", "by": "touchpoint", "kind": "pain"}
    row |= {"touchpoint": "delivery", "period": period, "rank": 1, "evidence": ["M1"], "n": 40, "value": 2.1}
    row |= {"text_fa": "گلایه از «تحویل» ۲٫۱ برابرِ پیش از آن شده است (q کمتر از ۰٫۰۰۱).", "text_en": "Late @all <b>."}
    details = {"alert": "rise", "from": since, "to": until, "test": "exact conditional (Poisson)"}
    return pd.DataFrame([row | {"details": json.dumps(details)}])


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path)
    made.append("mentions", pd.DataFrame({"mention_id": ["M1"], "feedback_id": ["F1"], "quote": ["پیک دیر رسید"]}))
    made.append("insights", alert("2025-08-23", "2025-09-19", "1404-06"))
    return made


def test_an_alert_is_told_once_with_its_words(lake, webhook, monkeypatch):
    """Twice the same alarm teaches people to look away; a month's turn or a rise that goes on is the same alarm."""
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    from flows.notify import targets

    address, told, answer = webhook
    monkeypatch.setenv("CXNLP_NOTIFY", address)
    answer["status"] = 500
    assert alerting.deliver(lake, targets(), "fa", NOW) == 0  # what did not arrive is tried again
    answer["status"] = 200
    assert alerting.deliver(lake, targets(), "fa", NOW) == 1
    assert (
        "۲٫۱ برابر" in told[0]["message"] and "پیک دیر رسید" in told[0]["message"] and "Poisson" in told[0]["message"]
    )
    for since, until, period, times in [
        ("2025-08-23", "2025-09-19", "1404-07", 1),  # another month, the same weeks
        ("2025-09-13", "2025-10-10", "1404-07", 1),  # it goes on
        ("2025-10-11", "2025-11-07", "1404-08", 2),  # a window that begins after the one that was told
    ]:
        lake.overwrite("insights", alert(since, until, period))
        alerting.deliver(lake, targets(), "fa", NOW)
        assert len(told) == times, since
    assert address not in lake.read("sent").to_csv()  # addresses are secrets


def test_words_of_strangers_are_neutralised(lake):
    """Feedback must not call a whole channel, nor become markup there; no alert is said as such."""
    assert "@all" not in alerting.markdown(lake, "en") and "<b>" not in alerting.markdown(lake, "en")
    lake.overwrite("insights", alert("", "", "1404-06").iloc[:0])
    assert alerting.markdown(lake, "en") == "No alerts."
