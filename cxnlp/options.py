"""Options that several commands have, declared once: same name, same help."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path | None, typer.Option("--config", help="Configuration; default ./cxnlp.toml")]
Raw = Annotated[Path | None, typer.Option("--raw", help="Folder of exports; overrides the configuration")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of lake and reports; overrides the configuration")]
Models = Annotated[Path | None, typer.Option("--models", help="Folder of the models; default: the shipped ones")]
Model = Annotated[str, typer.Option("--model", help="Name, version or folder of the model")]
Language = Annotated[str, typer.Option("--language", help="fa or en")]
TextColumn = Annotated[str, typer.Option("--text-column", help="Column of the texts")]
IdColumn = Annotated[str, typer.Option("--id-column", help="Column of the ids; without it rows are numbered from 1")]
