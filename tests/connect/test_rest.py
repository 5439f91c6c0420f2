"""REST connectors against a local API that pages, limits, fails and changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("dlt", reason="the extra `connect` is not installed")

from cxnlp.config import load
from cxnlp.connect import pull
from cxnlp.connect.resources import PRESETS, with_preset
from cxnlp.connector import Connector
from cxnlp.errors import ConfigError, InputError
from tests.connect.api import FIRST, LATER, Api, serve

CONFIG = """
[project]
raw = "raw"
out = "lake"
[connectors.reviews]
url = "{url}"
path = "reviews"
params = {{ since = "{{incremental.start_value}}" }}
records = "reviews"
auth = {{ type = "bearer", token = "$REVIEWS_TOKEN" }}
paginator = {{ type = "cursor", cursor_path = "next", cursor_param = "after" }}
cursor = "updated_at"
start = "2025-01-01T00:00:00Z"
key = "id"
[sources.reviews]
files = "reviews/*.jsonl"
[sources.reviews.columns]
id = "id"
text = "body.text"
created_at = "updated_at"
rating = "rating"
"""


@pytest.fixture
def api():
    held = Api()
    server = serve(held)
    yield held
    server.shutdown()


@pytest.fixture
def home(tmp_path, api, monkeypatch):
    (tmp_path / "cxnlp.toml").write_text(CONFIG.format(url=api.url), encoding="utf-8")
    monkeypatch.setenv("REVIEWS_TOKEN", api.token)
    return tmp_path


def landed(home) -> list[dict]:
    files = sorted((home / "raw" / "reviews").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_pages_limits_and_errors_lose_nothing(home, api):
    """429 with Retry-After and a 500 are waited out; every page arrives once."""
    api.trouble = [429, 200, 500]
    assert pull("reviews", load(home / "cxnlp.toml")).records == len(FIRST)
    assert [r["id"] for r in landed(home)] == [1, 2, 3, 4, 5]
    assert landed(home)[0]["body"]["text"] == FIRST[0]["body"]["text"]


def test_the_second_pull_fetches_only_what_is_new_and_no_change_of_fields_loses_a_row(home, api):
    """The cursor is told to the API; a field of another type, a new one and a lost one are all kept as they come."""
    settings = load(home / "cxnlp.toml")
    pull("reviews", settings)
    assert pull("reviews", settings).records == 0
    api.reviews = [*FIRST[:1], *FIRST[2:], *LATER]
    api.asked.clear()
    assert pull("reviews", settings).records == 2
    assert {q["since"] for q in api.asked} == {"2025-05-03T11:00:00Z"}
    second, sixth = landed(home)[-2:]
    assert (second["rating"], second["city"], second["body"]["text"]) == ("۳ از ۵", "Yazd", "It has got slow")
    assert sixth["rating"] is None
    assert sixth["body"] == {"lang": "fa", "text": None}


def test_what_was_pulled_is_mapped_by_the_same_sources(home, api):
    """Nested fields by dotted paths; a row written again replaces its old self; a row without text is rejected."""
    from cxnlp import ingest

    settings = load(home / "cxnlp.toml")
    pull("reviews", settings)
    api.reviews = LATER
    pull("reviews", settings)
    found = ingest.discover(settings)
    assert not found.uncovered and len(found) == 2
    batches = [b for file in found for b in ingest.read(file, settings)]
    assert sum(b.read for b in batches) == 7
    texts = [t for b in batches for t in b.feedback["text"]]
    assert len(texts) == 6 and "It has got slow" in texts
    assert [r for b in batches for r in b.rejected["reason"]] == ["empty_text"]


def test_a_file_in_which_no_record_has_a_mapped_field_stops_nothing(home, api):
    """A pull may bring one review, without rating and with an empty text: no reason to call the mapping wrong."""
    from cxnlp import ingest

    settings = load(home / "cxnlp.toml")
    pull("reviews", settings)
    api.reviews = LATER[1:]
    pull("reviews", settings)
    assert [b.read for file in ingest.discover(settings) for b in ingest.read(file, settings)] == [5, 1]


def test_a_killed_pull_is_finished_by_the_next(home):
    """What was fetched and not landed lands in the next pull; the cursor never runs ahead of the files."""
    killed = (
        "import os; from cxnlp.connect import landing, pull; from cxnlp.config import load;"
        "landing.Landing.write = lambda *a: os._exit(9); pull('reviews', load('cxnlp.toml'))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", killed], cwd=home, env=environment).returncode == 9
    assert not landed(home)
    pull("reviews", load(home / "cxnlp.toml"))
    assert sorted({r["id"] for r in landed(home)}) == [1, 2, 3, 4, 5]


def test_secrets_stay_in_the_environment(home, api, monkeypatch):
    """A token in the file is refused, a missing one is named, a wrong one is not told to anybody."""
    settings = load(home / "cxnlp.toml")
    monkeypatch.setenv("REVIEWS_TOKEN", "a-wrong-token")
    with pytest.raises(InputError, match="401") as caught:
        pull("reviews", settings)
    assert "a-wrong-token" not in str(caught.value) and "\n" not in str(caught.value)
    monkeypatch.delenv("REVIEWS_TOKEN")
    with pytest.raises(ConfigError, match=r"\$REVIEWS_TOKEN, which is not set"):
        pull("reviews", settings)
    (home / "cxnlp.toml").write_text(CONFIG.format(url=api.url).replace("$REVIEWS_TOKEN", "abc123"), "utf-8")
    with pytest.raises(ConfigError, match="holds a secret") as caught:
        pull("reviews", load(home / "cxnlp.toml"))
    assert "abc123" not in str(caught.value)
    kept = b"".join(p.read_bytes() for p in (home / "raw").rglob("*") if p.is_file())
    assert b"a-wrong-token" not in kept and api.token.encode() not in kept


def test_a_server_that_is_not_there_is_one_sentence(home, api, monkeypatch):
    """No traceback, and the next pull starts where the last one ended."""
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    (home / "cxnlp.toml").write_text(CONFIG.format(url="http://127.0.0.1:9/v1"), "utf-8")
    with pytest.raises(InputError, match="could not be pulled"):
        pull("reviews", load(home / "cxnlp.toml"))


def test_without_a_cursor_everything_is_fetched_again_and_kept_once(home, api):
    """Otherwise the raw folder grows by a copy of everything at every pull."""
    text = CONFIG.format(url=api.url).replace('cursor = "updated_at"', "").replace("{incremental.start_value}", "2020")
    (home / "cxnlp.toml").write_text(text, "utf-8")
    for _ in range(2):
        assert pull("reviews", load(home / "cxnlp.toml")).records == 5
    assert len(landed(home)) == 5


def test_every_preset_is_a_resource_dlt_accepts(tmp_path):
    """Presets are only as good as their spelling; what they ask for is said when it is missing."""
    import yaml

    from cxnlp.connect.resources import resource

    options = dict.fromkeys(["subdomain", "package", "app", "media", "sheet", "range"], "x")
    presets = yaml.safe_load(PRESETS.read_text("utf-8"))
    for name in presets:
        connector = Connector(preset=name, options=options, auth={"type": "bearer", "token": "t"})
        made, _ = resource(name, connector, tmp_path)
        assert made.name == "records"
        assert "<" not in str(with_preset(name, connector).url)
    with pytest.raises(ConfigError, match="subdomain"):
        with_preset("z", Connector(preset="zendesk"))
    with pytest.raises(ConfigError, match="known: app_store"):
        with_preset("z", Connector(preset="zendsk"))


def test_apple_signs_what_apple_can_check():
    """App Store Connect wants ES256 tokens that live for less than 20 minutes."""
    import jwt
    import requests
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from cxnlp.connect.auth import make

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    auth = make("apps", {"type": "apple", "issuer": "i", "key_id": "k", "private_key": pem})
    request = auth(requests.Request("GET", "http://127.0.0.1/").prepare())
    token = request.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, key.public_key(), algorithms=["ES256"], audience="appstoreconnect-v1")
    assert claims["iss"] == "i" and claims["exp"] - claims["iat"] < 1200
    assert jwt.get_unverified_header(token)["kid"] == "k"


def test_sheets_take_their_names_from_the_first_row(home, api):
    """Google Sheets answers with lists; empty rows and short rows are usual."""
    api.answer = lambda query: {"values": [["id", "text"], ["1", "عالی بود"], [], ["2"], ["3", "Fine"]]}
    text = CONFIG.format(url=api.url).replace('records = "reviews"', 'records = "values"\nfirst_row_names = true')
    text = text.replace('cursor = "updated_at"', "").replace("{incremental.start_value}", "2020")
    (home / "cxnlp.toml").write_text(text.replace('key = "id"', ""), "utf-8")
    pull("reviews", load(home / "cxnlp.toml"))
    assert landed(home) == [{"id": "1", "text": "عالی بود"}, {"id": "2", "text": None}, {"id": "3", "text": "Fine"}]
