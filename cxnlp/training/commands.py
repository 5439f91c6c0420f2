"""`cxnlp train`: a new version of the reader, promoted if it is better."""

from pathlib import Path
from typing import Annotated

import typer

from cxnlp.options import Config


def train(
    gold: Annotated[Path | None, typer.Argument(help="train.jsonl in the labelled format, dev.jsonl beside it")] = None,
    base: Annotated[str | None, typer.Option(help="Model or encoder folder, or hub name; default: the current")] = None,
    datasets: Annotated[Path | None, typer.Option(help="Folder of public sets for weak labels and alignment")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the versions; default: models/reader")] = None,
    teacher: Annotated[
        list[str] | None, typer.Option(help="fa=FOLDER or en=FOLDER: a model that labels texts; default: the base")
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over gold; default: 6, or 2 with --datasets, whose labels are more"),
    ] = None,
    vectors_only: Annotated[
        bool, typer.Option("--vectors-only", help="Fit only the vectors of a reader, for topics: what it reads stays")
    ] = False,
    seed: Annotated[int, typer.Option(help="Same seed, same weights")] = 7,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint of a run that was cut off")] = True,
    promote: Annotated[bool, typer.Option(help="Promote the new version if it beats the current one")] = True,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="Also learn from what people corrected in the lake")
    ] = False,
    config: Config = None,
) -> None:
    """Train the reader on labelled texts and write a new version with its card."""
    from cxnlp.config import load
    from cxnlp.errors import ConfigError
    from cxnlp.evaluation.gold import read
    from cxnlp.retraining import gate, retrain
    from cxnlp.training.run import Budget
    from cxnlp.training.run import train as run

    settings = load(config)
    if corrections and vectors_only:
        raise ConfigError("--corrections teaches labels, --vectors-only none: name one of them")
    if corrections:
        done = retrain(
            settings, gold=gold, base=base, datasets=datasets, out=out, teachers=by_language(teacher),
            budget=Budget(epochs=epochs), seed=seed, resume=resume, promote=promote, log=typer.echo,
        )  # fmt: skip
        typer.echo(f"New version: {done.folder}\n{done.told}")
        raise typer.Exit(0 if done.promoted or not promote else 1)
    if gold is None:
        raise ConfigError("name the gold file to train on, or add --corrections to learn from what people corrected")
    folder = run(
        settings, gold=gold, base=base, out=out, datasets=datasets, teachers=by_language(teacher),
        vectors_only=vectors_only, resume=resume, seed=seed, budget=Budget(epochs=epochs), log=typer.echo,
    )  # fmt: skip
    typer.echo(f"New version: {folder}")
    if promote:
        done = gate(settings, folder, read(gold.with_name("dev.jsonl")))
        typer.echo(done.told)
        raise typer.Exit(0 if done.promoted else 1)


def by_language(named: list[str] | None) -> dict[str, list[Path]] | None:
    """``["fa=a", "en=b"]`` → ``{"fa": [a], "en": [b]}``."""
    from cxnlp.errors import ConfigError

    out: dict[str, list[Path]] = {}
    for word in named or []:
        lang, _, folder = word.partition("=")
        if lang not in ("fa", "en") or not Path(folder).is_dir():
            raise ConfigError(f"--teacher {word} is not fa=FOLDER or en=FOLDER with a folder that is there.")
        out.setdefault(lang, []).append(Path(folder))
    return out or None
