"""Who may ask at all: this machine's browser, with the token of the printed address, from the desk's own pages.

The token is traded for a cookie on first use and leaves the address bar. Every other request is answered 403:
another Host (DNS rebinding), no or another cookie, a form sent from another site.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "cxnlp_desk"
OPEN = ("/static/",)  # style, script, font: no feedback in them
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; "
    "img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class Keys:
    """The secrets of one running desk, all made from its token."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(32)
        self.cookie = self._made("cookie")
        self.form = self._made("form")

    def _made(self, use: str) -> str:
        return hmac.new(self.token.encode(), use.encode(), hashlib.sha256).hexdigest()


class Guard:
    """ASGI middleware that lets only the holder of the token through."""

    def __init__(self, app: ASGIApp, keys: Keys, hosts: set[str]) -> None:
        self.app, self.keys, self.hosts = app, keys, {h.lower() for h in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, trade the token, or pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(k, v) for k, v in message["headers"] if k.decode().lower() != "server"]
                message["headers"] = kept + [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
            await send(message)

        answer = self._answer(scope)
        await (answer or self.app)(scope, receive, hardened)

    def _answer(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if (urlsplit(f"//{host}").hostname or "").lower() not in self.hosts:
            return _refused("this desk does not answer to that name; open the address that `cxnlp serve` printed")
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        if "token" in query and scope["method"] == "GET":
            if not _same(query.pop("token"), self.keys.token):
                return _refused("the token is not this desk's; open the address that `cxnlp serve` printed")
            answer = RedirectResponse(scope["path"] + (f"?{urlencode(query)}" if query else ""), status_code=303)
            answer.set_cookie(COOKIE, self.keys.cookie, httponly=True, samesite="strict", path="/")
            return answer
        if not scope["path"].startswith(OPEN) and not _same(_cookie(headers), self.keys.cookie):
            return _refused("open the address that `cxnlp serve` printed: it carries the key to this desk")
        if scope["method"] not in ("GET", "HEAD"):
            origin, site = headers.get("origin"), headers.get("sec-fetch-site")
            if (origin and urlsplit(origin).netloc != host) or (site and site != "same-origin"):
                return _refused("this form was sent from another site")
        return None


def _cookie(headers: Headers) -> str:
    from http.cookies import CookieError, SimpleCookie

    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode("utf-8", "replace"), b.encode())


def _refused(why: str) -> Any:
    return PlainTextResponse(f"403: {why}\n", status_code=403)
