"""`cxnlp sources suggest DIR`: propose a configuration for a folder of exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Which exports there are and how they are mapped.")


@app.callback()
def sources() -> None:
    """Which exports there are and how they are mapped."""


@app.command()
def suggest(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with exports.")],
) -> None:
    """Look at the files of DIR and print a commented cxnlp.toml for them."""
    from cxnlp.ingest.suggest import suggest as propose

    print(propose(folder), end="")
