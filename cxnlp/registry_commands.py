"""`cxnlp models`: list, show, promote and roll back the versions in models/."""

from pathlib import Path

import typer

from cxnlp.options import Models

app = typer.Typer(help="List, show, promote and roll back model versions.", no_args_is_help=True)


@app.command("list")
def list_command(models: Models = None) -> None:
    """One line per version, the current one marked with a star."""
    from cxnlp.registry import list_versions

    folder = models or _shipped()
    versions = list_versions(folder)
    if not versions:
        typer.echo(f"No models in {folder}: make one with `cxnlp train`.")
    for v in versions:
        typer.echo(f"{'*' if v.current else ' '} {v.name}-{v.number}  {v.path}")


@app.command()
def show(model: str, models: Models = None) -> None:
    """The card of a version, after its files were checked."""
    from cxnlp.registry import resolve

    folder = resolve(model, models or _shipped())
    typer.echo(f"{folder.version}  {len(folder.sha256)} files, all as in the manifest")
    card = folder.path / "card.md"
    if card.exists():
        typer.echo(card.read_text(encoding="utf-8"))


@app.command()
def promote(name: str, version: str, models: Models = None) -> None:
    """Make VERSION of NAME the one that is used."""
    from cxnlp.registry import promote as promote_version

    typer.echo(f"Current: {promote_version(models or _shipped(), name, version).version}")


@app.command()
def rollback(name: str, models: Models = None) -> None:
    """Go back to the version of NAME that was used before the last promotion."""
    from cxnlp.registry import rollback as roll_back

    typer.echo(f"Current: {roll_back(models or _shipped(), name).version}")


def _shipped() -> Path:
    from cxnlp.config import Settings

    return Settings().models
