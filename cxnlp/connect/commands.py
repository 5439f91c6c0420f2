"""`cxnlp pull [NAME …]`: fetch what is new from the connectors of cxnlp.toml."""

from __future__ import annotations

from typing import Annotated

import typer

from cxnlp.options import Config, Raw


def pull(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Connectors; default all.")] = None,
    config: Config = None,
    raw: Raw = None,
) -> None:
    """Fetch what is new from databases, APIs and buckets into the raw folder; `cxnlp run` then mines it."""
    from cxnlp.config import load
    from cxnlp.connect import pull as fetch
    from cxnlp.errors import ConfigError, CxnlpError

    settings = load(config, raw=raw)
    if not settings.connectors:
        raise ConfigError("no [connectors.<name>] in cxnlp.toml; docs/operations.md shows some")
    failed: list[CxnlpError] = []
    for name in names or settings.connectors:
        try:
            done = fetch(name, settings)
            where = f" → {settings.raw / name}" if done.records else ""
            typer.echo(f"{name}: {done.records:,} new{where}")
        except CxnlpError as error:
            failed.append(error)
            typer.echo(f"{name}: {error}", err=True)
    if failed:
        raise type(failed[0])(f"{len(failed)} of {len(names or settings.connectors)} connectors failed, see above")
