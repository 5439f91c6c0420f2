"""A review API of the ugly kind: pages, a rate limit, an error now and then, and fields that change."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FIRST = [
    {
        "id": 1,
        "updated_at": "2025-05-01T08:00:00Z",
        "rating": 2,
        "body": {"text": "پیک دو ساعت دیر رسید و غذا سرد بود"},
    },
    {"id": 2, "updated_at": "2025-05-01T09:30:00Z", "rating": 5, "body": {"text": "The new app is a joy to use"}},
    {"id": 3, "updated_at": "2025-05-02T10:00:00Z", "rating": 4, "body": {"text": "پشتیبانی با حوصله جواب داد"}},
    {"id": 4, "updated_at": "2025-05-03T10:00:00Z", "rating": 1, "body": {"text": "Refund still missing after a week"}},
    {"id": 5, "updated_at": "2025-05-03T11:00:00Z", "rating": 3, "body": {"text": "بد نبود ولی گران شده"}},
]
LATER = [  # the rating is now a text, `body.text` is gone in one, `city` is new, and review 2 was written again
    {
        "id": 2,
        "updated_at": "2025-06-01T07:00:00Z",
        "rating": "۳ از ۵",
        "body": {"text": "It has got slow"},
        "city": "Yazd",
    },
    {"id": 6, "updated_at": "2025-06-02T07:00:00Z", "body": {"lang": "fa"}, "city": "تبریز"},
]


@dataclass
class Api:
    """What the server holds, and what was asked of it."""

    reviews: list[dict] = field(default_factory=lambda: [dict(r) for r in FIRST])
    size: int = 2
    token: str = "let-me-in-please"
    trouble: list[int] = field(default_factory=list)  # statuses of the next answers
    asked: list[dict] = field(default_factory=list)
    url: str = ""

    def answer(self, query: dict[str, str]) -> dict:
        since = query.get("since", "")
        found = [r for r in self.reviews if r["updated_at"] >= since]
        start = int(query.get("after", 0))
        more = start + self.size < len(found)
        return {"reviews": found[start : start + self.size], "next": str(start + self.size) if more else None}


def handler(api: Api) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
            api.asked.append(query)
            status = api.trouble.pop(0) if api.trouble else 200
            if self.headers.get("Authorization") != f"Bearer {api.token}":
                status = 401
            body = json.dumps(api.answer(query) if status == 200 else {"error": status}).encode()
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Quiet."""

    return Handler


def serve(api: Api) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(api))
    api.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
