"""`cxnlp serve`: the desk in a browser; `cxnlp customer`: one customer's story in the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from cxnlp.options import Config, Language, Out

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    port: Annotated[int, typer.Option(help="Port; 0 = a free one")] = 8010,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's reach it then")
    ] = LOOPBACK[0],
    name: Annotated[list[str] | None, typer.Option(help="Another name that the desk answers to")] = None,
    who: Annotated[str | None, typer.Option(help="Who corrects, until they say; default: your account")] = None,
    config: Config = None,
    out: Out = None,
) -> None:
    """Open a lake in the browser: findings, search, every text, and corrections in place."""
    import socket

    import uvicorn

    from cxnlp.console import say
    from cxnlp.desk.app import application
    from cxnlp.desk.corrections import account, open_lake
    from cxnlp.desk.guard import Keys
    from cxnlp.errors import InputError

    run, keys = open_lake(config, out), Keys()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise InputError(
            f"{host}:{port} cannot be listened on ({error.strerror}); name another with --port, or --port 0"
        ) from None
    say("reading the lake …")
    app = application(run, keys, {*LOOPBACK, host, *(name or ())}, who or account())
    listening.listen()  # who is quicker than the server waits for it
    shown = f"[{host}]" if ":" in host else host
    say(f"the desk is open: http://{shown}:{listening.getsockname()[1]}/?token={keys.token}")
    say("Ctrl-C closes it. The address is a key: whoever has it can read and correct.")
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])


def customer(
    customer_id: Annotated[str, typer.Argument(help="Customer id, as the lake holds it")],
    language: Language = "en",
    config: Config = None,
    out: Out = None,
) -> None:
    """Everything one customer said and did, oldest first."""
    from rich.console import Console

    from cxnlp import taxonomy
    from cxnlp.desk.corrections import open_lake
    from cxnlp.desk.pages import Speech
    from cxnlp.desk.views import events
    from cxnlp.errors import InputError

    if language not in ("fa", "en"):
        raise InputError(f"--language {language}: it is fa or en")
    run = open_lake(config, out)
    w = Speech(language, taxonomy.load(run.settings.taxonomy_path), timezone=run.settings.project.timezone)
    told, console = events(run, customer_id), Console(highlight=False, markup=False, soft_wrap=True)
    if not told:
        raise InputError(f"nothing of customer {customer_id!r} is in the lake; ids are those of feedback.customer_id")
    for event in told:
        about = " · ".join(str(event[k]) for k in ("event", "source", "score") if event[k])
        console.print(f"{w.date(event['at']) if event['at'] else w.say('undated')} · {about}", style="bold")
        if event["text"]:
            console.print(f"  {event['text']}")
        for m in event["mentions"] or ():
            console.print(f"    {w.name('kind', m['kind'])} · {w.place(m['touchpoint'])}: “{m['quote']}”", style="dim")
