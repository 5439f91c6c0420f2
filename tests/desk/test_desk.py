"""The desk by requests: who may ask, what is found, and what a correction leaves behind."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pandas as pd
import pyarrow.compute as pc
import pytest
from starlette.testclient import TestClient

from cxnlp.desk.guard import COOKIE, Keys
from cxnlp.stages.decisions import decided, decisions
from cxnlp.stages.run import Run
from tests.desk.helpers import EVIL, HOST


def form(client: TestClient, path: str) -> dict[str, str]:
    """The fields of a text's form as a browser would send them."""
    html = client.get(path).text
    found = {}
    for name, value in re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', html):
        found[name] = value
    for name, body in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', html, re.S):
        found[name] = body
    for name, body in re.findall(r'<select name="(\w+)">(.*?)</select>', html, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body.replace('title="', 't="')) or re.search(
            r'value="(\w+)"[^>]* selected', body
        )
        found[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', body)[1]
    return {k: v for k, v in found.items() if not k.endswith("_gone") and k != "q"}


def found(client: TestClient, **asked: str) -> list[str]:
    """Texts that a search finds, as addresses in the order of the page."""
    return re.findall(r'class="open" href="/text/([^"]+)"', client.get("/texts", params=asked).text)


# ---- who may ask


@pytest.mark.parametrize("path", ["/", "/texts", "/text/F1", "/customer/C0", "/topics", "/alerts", "/log"])
def test_without_the_token_nothing_is_shown(app, path: str) -> None:
    """Other programs and users of this machine can reach the port; what customers wrote is not theirs."""
    stranger = TestClient(app, base_url=HOST)
    for asked in ({}, {"token": "wrong"}):
        answer = stranger.get(path, params=asked)
        assert answer.status_code == 403
        assert "پیک" not in answer.text and "set-cookie" not in answer.headers
    stranger.cookies.set(COOKIE, "guessed")
    assert stranger.get(path).status_code == 403


def test_the_token_leaves_the_address_for_a_strict_cookie(app, keys: Keys) -> None:
    """Addresses end in histories and screenshots: the token is traded at once, and scripts cannot read the cookie."""
    answer = TestClient(app, base_url=HOST).get(f"/texts?q=jar&token={keys.token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/texts?q=jar")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    assert keys.token not in cookie


def test_another_host_is_refused(app, keys: Keys) -> None:
    """DNS rebinding: a page of another site that resolves to this machine has the wrong Host."""
    evil = TestClient(app, base_url="http://evil.example:8010", cookies={COOKIE: keys.cookie})
    assert evil.get("/").status_code == 403


@pytest.mark.parametrize(
    ("headers", "key"),
    [({"origin": "http://evil.example"}, True), ({"sec-fetch-site": "cross-site"}, True), ({}, False)],
)
def test_forms_of_other_sites_are_refused(client: TestClient, run: Run, headers: dict, key: bool) -> None:
    """Cross-site request forgery: a cookie alone must not be enough to change a label."""
    sent = form(client, "/text/F5") | {"m1_severity": "3"}
    sent["key"] = sent["key"] if key else "no"
    assert client.post("/text/F5", data=sent, headers=headers).status_code == 403
    assert run.lake.read("corrections").empty


def test_pages_forbid_scripts_of_strangers(client: TestClient) -> None:
    """Feedback is written by strangers: it is escaped, and the policy would stop it anyway."""
    answer = client.get("/text/" + quote("F<b>"))
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "<script>document" not in answer.text and "<img src=x" not in answer.text
    assert "&lt;script&gt;document" in answer.text


# ---- what is found


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("رسیدن", ["F0"]),
        ("پیک‌ها", ["F0"]),
        ("پولمان", ["F1"]),
        ("freezing apps", ["F4"]),
        ("parcels", ["F5"]),
        ("cracked jars", ["F5"]),
        ('"jar inside"', ["F5"]),
        ('"inside jar"', []),
        ("پیک jar", []),
        ("هد", ["F2"]),
    ],
)
def test_search_finds_every_form_of_a_word(client: TestClient, query: str, texts: list[str]) -> None:
    """Both languages: verbs, plurals, phrases as written, beginnings of words that nothing else matches."""
    assert found(client, q=query) == texts


@pytest.mark.parametrize(
    ("asked", "texts"),
    [
        ({"kind": "pain", "language": "fa"}, ["F1", "F0"]),
        ({"touchpoint": "staff_support"}, ["F4", "F3"]),
        ({"kind": "pain", "touchpoint": "staff_support"}, []),
        ({"topic": "T0100"}, ["F0"]),
        ({"sentiment": "neu"}, ["F6", "F2"]),
        ({"period": "1404-02", "source": "shop", "language": "en"}, ["F7", "F6", "F5", "F4"]),
        ({"q": "رسید", "kind": "praise"}, ["F0"]),
    ],
)
def test_filters_meet_in_one_mention(client: TestClient, asked: dict, texts: list[str]) -> None:
    """A pain about staff is not a pain and, elsewhere, a praise of staff."""
    assert found(client, **asked) == texts


@pytest.mark.parametrize(("language", "digits", "date"), [("fa", "۱۲", "اردیبهشت ۱۴۰۴"), ("en", "12", "May 2025")])
def test_pages_speak_both_languages(client: TestClient, language: str, digits: str, date: str) -> None:
    """Right to left, Persian digits and Jalali dates in Persian; the choice stays."""
    page = client.get("/alerts", params={"lang": language}).text
    assert f'lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}"' in page and digits in page
    assert date in client.get("/texts").text
    for path in ("/", "/topics", "/log", "/text/F0", "/customer/C0"):
        assert f'<html lang="{language}"' in client.get(path).text


# ---- what people say


def test_a_correction_is_seen_found_and_logged(client: TestClient, run: Run) -> None:
    """The whole loop: correct in place, reload, find it by filter, find it in the log and in the lake."""
    sent = form(client, "/text/F1") | {"m1_touchpoint": "returns_refunds", "person": "مریم", "sentiment": "mixed"}
    answer = client.post("/text/F1", data=sent)
    assert answer.status_code == 200 and "مریم" in answer.text
    assert found(client, touchpoint="returns_refunds") == ["F1"]
    assert found(client, sentiment="mixed", language="fa") == ["F1", "F0"]
    assert "مریم" in client.get("/log").text
    log = run.lake.read("corrections").iloc[0]
    assert (log["who"], log["origin"]) == ("مریم", "desk")
    assert {c["what"] for c in json.loads(log["changes"])} == {"touchpoint", "sentiment"}
    stored = run.lake.read("mentions", where=pc.field("feedback_id") == "F1")
    assert stored["touchpoint"].tolist() == ["returns_refunds"]


def test_a_correction_keeps_its_stage_when_the_lake_is_read_anew(client: TestClient, run: Run, app) -> None:
    """Corrected mentions come from the log without a stage: the source's word wins, else the touchpoint says it."""
    run.lake.update("feedback", pd.DataFrame({"feedback_id": ["F5"], "source_stage": ["loyalty"]}))
    app.state.desk.renew()
    for text, touchpoint in (("F1", "returns_refunds"), ("F5", "order_accuracy")):
        sent = form(client, f"/text/{text}") | {"m1_touchpoint": touchpoint}
        client.post(f"/text/{text}", data=sent)
    for _ in range(2):
        assert found(client, stage="service", touchpoint="returns_refunds") == ["F1"]
        assert found(client, stage="loyalty", touchpoint="order_accuracy") == ["F5"]
        app.state.desk.renew()


def test_missed_mentions_are_added_and_wrong_ones_removed(client: TestClient, run: Run) -> None:
    """Both kinds of error that no edited field can mend."""
    sent = form(client, "/text/F5")
    sent |= {"m1_gone": "1", "m2_quote": "Second parcel in a row", "m2_kind": "pain", "m2_severity": "2"}
    sent |= {"m2_touchpoint": "issue_resolution", "m2_polarity": "neg"}
    assert client.post("/text/F5", data=sent).status_code == 200
    stored = run.lake.read("mentions", where=pc.field("feedback_id") == "F5")
    assert stored[["quote", "touchpoint"]].to_numpy().tolist() == [["Second parcel in a row", "issue_resolution"]]


def test_an_impossible_correction_is_one_sentence(client: TestClient, run: Run) -> None:
    """No traceback, nothing written."""
    answer = client.post("/text/F5", data=form(client, "/text/F5") | {"m1_quote": "a cracked jug"})
    assert answer.status_code == 409 and "does not stand in the text" in answer.text
    assert run.lake.read("corrections").empty


def test_corrections_are_taken_while_a_run_writes(client: TestClient, run: Run) -> None:
    """The lock is the run's: the desk reads a snapshot, writes to the log alone, and shows the correction at once."""
    sent = form(client, "/text/F5") | {"m1_touchpoint": "order_accuracy"}
    with run.lake.lock():
        assert client.post("/text/F5", data=sent, follow_redirects=False).headers["location"].endswith("saved=later")
        assert found(client, touchpoint="order_accuracy") == ["F5"]
        stored = run.lake.read("mentions", where=pc.field("feedback_id") == "F5")
        assert stored["touchpoint"].tolist() == ["packaging_condition"]
    assert len(run.lake.read("corrections")) == 1


def test_a_topic_is_renamed_through_the_log_of_edits(client: TestClient, run: Run) -> None:
    """The name stays: later runs replay the log."""
    key = form(client, "/text/F0")["key"]
    client.post("/topics/T0001", data={"key": key, "fa": "تأخیر پیک", "en": "courier late", "person": "Sara"})
    row = run.lake.read("topics", where=pc.field("topic_id") == "T0001").iloc[0]
    assert (row["label_fa"], row["label_en"], row["label_source"]) == ("تأخیر پیک", "courier late", "person")
    assert run.lake.read("edits")["op"].tolist() == ["rename"]
    assert "تأخیر پیک" in client.get("/topics?lang=fa").text


def test_alerts_are_dismissed_with_a_reason_until_they_move_again(client: TestClient, run: Run) -> None:
    """A false alarm must not come back every morning; a new one must."""
    key = form(client, "/text/F0")["key"]
    assert client.post("/alerts/a1", data={"key": key, "verdict": "dismiss", "why": " "}).status_code == 409
    said = {"key": key, "verdict": "dismiss", "why": "نوروز بود", "person": "مریم"}
    page = client.post("/alerts/a1", data=said).text
    assert "نوروز بود" in page and "مریم" in page
    insights = run.lake.read("insights")
    assert decided(insights, decisions(run))["type"].tolist() == ["dismissed"]
    details = json.loads(insights["details"].iloc[0]) | {"from": "2025-06-01", "to": "2025-06-07"}
    moved = insights.assign(details=json.dumps(details))
    assert decided(moved, decisions(run))["type"].tolist() == ["alert"]
    client.post("/alerts/a1", data=said | {"verdict": "approve", "why": ""})


def test_a_customers_story_is_in_order(run: Run, client: TestClient) -> None:
    """The care team reads what was said and what was bought as it happened; ids may hold anything."""
    page = client.get("/customer/C0?lang=en").text
    story = ["A1 · 420,000", "پیک خیلی دیر رسید", "A2 · 150,000", "Your app froze"]
    places = [page.index(words) for words in story]
    assert places == sorted(places) and "returned" in page
    assert EVIL[:8] not in client.get("/customer/C/9").text and "leaks" in client.get("/customer/C/9").text
    assert "Nothing of this customer" in client.get("/customer/nobody").text


def test_what_a_run_adds_appears(client: TestClient, run: Run, app) -> None:
    """The desk is open all day: this morning's feedback shows without a restart."""
    row = {"feedback_id": "F99", "source": "shop", "text": "چای سرد بود", "normalized": "چای سرد بود", "language": "fa"}
    row |= {"role": "customer", "sentiment": "neg", "created_at": pd.Timestamp("2025-06-09T08:00Z")}
    run.lake.append("feedback", pd.DataFrame([row]))
    app.state.desk.renew()
    assert found(client, q="چای") == ["F99"]


def test_unknown_addresses_are_404(client: TestClient) -> None:
    """A stale bookmark is told so."""
    for path in ("/text/nothing", "/nothing", "/static/../conf"):
        assert client.get(path).status_code == 404
