"""cxnlp on the command line: run · annotate · report · train · evaluate · label · serve · doctor …

Users' mistakes end in one sentence and an exit status (2 for configuration, 1 for the rest), never in a traceback.
"""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer

from cxnlp.errors import CxnlpError
from cxnlp.options import Config, Out, Raw

cli = typer.Typer(
    help="Customer feedback in Persian and English → a journey map that says what to fix first.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@cli.command()
def run(
    config: Config = None,
    raw: Raw = None,
    out: Out = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run to end")] = 0,
) -> None:
    """Mine everything new in the raw folder into the lake, and write a report."""
    from cxnlp import pipeline
    from cxnlp.config import load
    from cxnlp.console import Bars, show_summary

    settings = load(config, raw=raw, out=out)
    with Bars() as bars:
        summary = pipeline.run(settings, bars, wait=wait)
    show_summary(summary)


@cli.command()
def report(
    as_of: Annotated[str | None, typer.Option(help="As the lake was then, e.g. 2026-11-01T09:30")] = None,
    config: Config = None,
    out: Out = None,
) -> None:
    """Write a report of the lake as it is now, corrections included, or as it was; reads no exports."""
    import pandas as pd

    from cxnlp import pipeline
    from cxnlp.config import load
    from cxnlp.console import say
    from cxnlp.errors import InputError

    settings, at = load(config, out=out), None
    if as_of is not None:
        try:
            time = pd.Timestamp(as_of)
        except ValueError:
            raise InputError(f"--as-of {as_of!r} is no time such as 2026-11-01T09:30") from None
        time = time if time.tzinfo else time.tz_localize(settings.project.timezone)
        at = time.tz_convert("UTC").to_pydatetime()
    say(f"report: {pipeline.report_of(settings, at)}")


@cli.command()
def forget(
    customer: Annotated[str, typer.Argument(help="Customer id, as the lake holds it")],
    config: Config = None,
    out: Out = None,
) -> None:
    """Remove a customer from every table, from history and from old reports, and refuse them in later files."""
    import getpass

    import pandas as pd

    from cxnlp import maintenance
    from cxnlp.config import load
    from cxnlp.console import say

    now = pd.Timestamp.now(tz="UTC")
    removed = maintenance.forget(load(config, out=out), customer, at=now, who=getpass.getuser())
    say(f"removed: {', '.join(f'{n:,} {table}' for table, n in removed.items())}; run `cxnlp run` for a new report")


@cli.command()
def maintain(config: Config = None, out: Out = None) -> None:
    """Compact the lake, remove its old states, and expire texts past their retention."""
    import pandas as pd

    from cxnlp import maintenance
    from cxnlp.config import load
    from cxnlp.console import say

    done = maintenance.maintain(load(config, out=out), now=pd.Timestamp.now(tz="UTC"))
    say(f"expired rows: {done['expired'] or 'none'}; files removed: {done['files_removed']:,}")


@cli.command()
def doctor(config: Config = None) -> None:
    """Look at configuration, models and folders, and say what would stop a run."""
    from cxnlp.config import load
    from cxnlp.console import say
    from cxnlp.ingest import discover
    from cxnlp.registry import in_force

    settings = load(config)
    found = discover(settings)
    say(f"configuration: {len(settings.sources)} sources, {len(found.files)} files below {settings.raw}")
    for warning in found.warnings:
        say(f"  warning: {warning}")
    say(f"model: {in_force(settings).version}, files verified")
    say("ready: `cxnlp run` would start")


# Commands of the rooms: (module, attribute, name). A Typer becomes a group, a function a command.
ROOMS = [
    ("cxnlp.connect.commands", "pull", "pull"),
    ("cxnlp.annotate.commands", "annotate", "annotate"),
    ("cxnlp.prepare.commands", "redact", "redact"),
    ("cxnlp.evaluation.commands", "evaluate", "evaluate"),
    ("cxnlp.ingest.commands", "app", "sources"),
    ("cxnlp.topics.commands", "app", "topics"),
    ("cxnlp.registry_commands", "app", "models"),
    ("cxnlp.training.commands", "train", "train"),
    ("cxnlp.compare_commands", "compare", "compare"),
    ("cxnlp.desk.corrections", "app", "corrections"),
    ("cxnlp.desk.terminal", "label", "label"),
    ("cxnlp.desk.commands", "serve", "serve"),
    ("cxnlp.desk.commands", "customer", "customer"),
]


def _mount() -> None:
    for module, attribute, name in ROOMS:
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, typer.Typer):
            cli.add_typer(command, name=name)
        else:
            cli.command(name)(command)


def app() -> None:
    """Entry point: run the command; a mistake of the user is one sentence."""
    _mount()
    try:
        cli()
    except CxnlpError as error:
        print(f"cxnlp: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from None
    except OSError as error:
        if error.errno != 28:  # ENOSPC
            raise
        print("cxnlp: the disk is full; free some space and run again: what is committed stays", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    app()
