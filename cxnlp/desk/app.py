"""Addresses → pages: START READING HERE. What is shown comes from the lake; what is sent back is a log entry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from fastapi import Depends, FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from cxnlp.desk import pages, views
from cxnlp.desk.guard import Guard, Keys
from cxnlp.desk.snapshot import Desk
from cxnlp.errors import CxnlpError
from cxnlp.report.words import LANGUAGES, RESOURCES
from cxnlp.stages.run import Run

MOST = 1 << 20  # bytes of a form
STATIC = {
    "desk.css": (pages.RESOURCES / "desk.css", "text/css"),
    "desk.js": (pages.RESOURCES / "desk.js", "text/javascript"),
    "Vazirmatn.woff2": (RESOURCES / "fonts" / "Vazirmatn.woff2", "font/woff2"),
}


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """A form without the key that this desk's pages carry."""


def application(run: Run, keys: Keys, hosts: set[str], who: str) -> FastAPI:
    """The desk over the lake of `run`. `hosts`: names it answers to; `who`: who corrects unless they say otherwise."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    desk = Desk(run)
    app.state.desk = desk

    async def form(request: Request) -> dict[str, str]:
        body = await request.body() if int(request.headers.get("content-length") or MOST + 1) <= MOST else b""
        sent = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if sent.get("key") != keys.form:
            raise Refused
        return sent

    def page(
        request: Request, name: str, make: Callable[..., dict[str, Any]], *args: Any, status: int = 200
    ) -> Response:
        asked = dict(request.query_params)
        language = asked.pop("lang", None) or request.cookies.get("lang") or run.settings.report.language
        language = language if language in LANGUAGES else "fa"
        now = desk.now()
        w = pages.speech(run, now, language)
        told = make(run, now, w, *args)
        context = {"w": w, "key": keys.form, "active": name, "asked": asked, "title_of": run.settings.report}
        context["other"] = pages.address(request.url.path, asked | {"lang": "en" if w.rtl else "fa"})
        context["person"] = unquote(request.cookies.get("person", "")) or who
        html = pages.environment().get_template(f"{name}.html.j2").render(told | context)
        answer = HTMLResponse(html, status_code=status)
        answer.set_cookie("lang", language, samesite="strict", httponly=True)
        return answer

    def back(to: str, person: str = "") -> Response:
        answer = RedirectResponse(to, status_code=303)
        if person:
            answer.set_cookie("person", quote(person[:60]), samesite="strict", httponly=True)
        return answer

    _reading(app, page)
    _writing(app, desk, back, form, who)
    _answers(app, page)
    app.add_middleware(Guard, keys=keys, hosts=hosts)
    return app


def _reading(app: FastAPI, page: Callable[..., Response]) -> None:
    @app.get("/")
    def brief(request: Request) -> Response:
        return page(request, "brief", views.brief)

    @app.get("/texts")
    def texts(request: Request) -> Response:
        return page(request, "texts", views.texts, dict(request.query_params))

    @app.get("/text/{feedback_id}")
    def text(request: Request, feedback_id: str) -> Response:
        return page(request, "text", views.text, feedback_id, request.query_params.get("saved", ""))

    @app.get("/customer/{customer_id:path}")
    def customer(request: Request, customer_id: str) -> Response:
        return page(request, "customer", views.customer, customer_id)

    @app.get("/topics")
    def topics(request: Request) -> Response:
        return page(request, "topics", views.topics)

    @app.get("/alerts")
    def alerts(request: Request) -> Response:
        return page(request, "alerts", views.alerts)

    @app.get("/log")
    def log(request: Request) -> Response:
        return page(request, "log", views.log)

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in STATIC:
            raise views.Missing
        path, kind = STATIC[name]
        return FileResponse(Path(path), media_type=kind)


def _writing(app: FastAPI, desk: Desk, back: Callable[..., Response], form: Any, who: str) -> None:
    run = desk.run

    def person(sent: dict[str, str]) -> str:
        return sent.get("person", "").strip() or who

    @app.post("/text/{feedback_id}")
    def correct(feedback_id: str, sent: dict[str, str] = Depends(form)) -> Response:  # noqa: B008
        applied = views.correct(run, desk, feedback_id, sent, person(sent))
        return back(f"/text/{quote(feedback_id)}?saved={'now' if applied else 'later'}", person(sent))

    @app.post("/topics/{topic}")
    def rename(topic: str, sent: dict[str, str] = Depends(form)) -> Response:  # noqa: B008
        from cxnlp.topics.commands import edit

        args = {"topic": topic, "fa": sent.get("fa", "").strip() or None, "en": sent.get("en", "").strip() or None}
        edit(run.settings, run.lake, "rename", args, person(sent))
        desk.renew()
        return back(f"/topics#{quote(topic)}", person(sent))

    @app.post("/alerts/{insight_id}")
    def decide(insight_id: str, sent: dict[str, str] = Depends(form)) -> Response:  # noqa: B008
        from cxnlp.stages.decisions import decide

        decide(run, insight_id, sent.get("verdict", ""), person(sent), sent.get("why", ""))
        desk.renew()
        return back("/alerts", person(sent))


def _answers(app: FastAPI, page: Callable[..., Response]) -> None:
    def wrong(request: Request, error: Exception) -> Response:
        return page(request, "wrong", views.wrong, str(error), status=409)

    def refused(request: Request, error: Exception) -> Response:
        return Response("403: the form is not from this desk, or too large; reload the page\n", status_code=403)

    def missing(request: Request, error: Exception) -> Response:
        return page(request, "wrong", views.wrong, "", status=404)

    app.add_exception_handler(CxnlpError, wrong)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(views.Missing, missing)
    app.add_exception_handler(404, missing)
