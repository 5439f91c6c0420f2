"""`cxnlp compare`: what changed between two times, or between two values of a column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxnlp.options import Config, Language, Out

if TYPE_CHECKING:
    import pandas as pd

    from cxnlp.config import Settings

_Date = Annotated[str | None, typer.Option(help="A period key (1403-07, 2024-10, 1403-W30), or FROM..TO of two keys.")]


def compare(
    before: _Date = None,
    after: _Date = None,
    column: Annotated[
        str | None, typer.Option(help="Compare two values of a column instead, or of a segment (city, rfm_group …).")
    ] = None,
    a: Annotated[str | None, typer.Option(help="Value of --column for the first sample (before).")] = None,
    b: Annotated[str | None, typer.Option(help="Value of --column for the second sample (after).")] = None,
    config: Config = None,
    out: Out = None,
    save: Annotated[Path | None, typer.Option(help="Write all rows here (.csv or .parquet).")] = None,
    language: Language = "en",
    top: Annotated[int, typer.Option(help="How many findings to print.")] = 15,
) -> None:
    """Compare two samples of feedback: shares of what is said, and scores, with tests and effect sizes."""
    from rich.console import Console

    from cxnlp import config as configuration
    from cxnlp.insight.comparing import compare as run
    from cxnlp.lake import Lake
    from cxnlp.tables import SCHEMAS

    settings = configuration.load(config, out=out)
    lake = Lake.of(settings).require()
    feedback = lake.read("feedback")
    if column is not None and column not in feedback:
        from cxnlp.pipeline import open_run
        from cxnlp.stages.findings import segment

        feedback = feedback.merge(segment(open_run(settings), feedback), on="feedback_id", how="left")
    side = sides(feedback, settings, before, after, column, a, b)
    rows = run(
        feedback[SCHEMAS["feedback"].names],
        lake.read("mentions").drop(columns="vector"),
        lake.read("topics"),
        side,
        settings,
    )
    console = Console()
    spoke = (feedback["role"].isna() | (feedback["role"] == "customer")) & feedback["duplicate_of"].isna()
    spoke &= feedback["text"].notna()
    counts = side[spoke].value_counts()
    console.print(f"before: {counts.get(False, 0)} texts of customers, after: {counts.get(True, 0)}")
    shown = rows[rows["value"].notna()].sort_values("rank").head(top)
    for sentence in shown[f"text_{language}"]:
        console.print(f"· {sentence}", highlight=False)
    if save is not None:
        rows.to_parquet(save) if save.suffix == ".parquet" else rows.to_csv(save, index=False)
        console.print(f"{len(rows)} rows in {save}")


def sides(
    feedback: pd.DataFrame,
    settings: Settings,
    before: str | None,
    after: str | None,
    column: str | None,
    a: str | None,
    b: str | None,
) -> pd.Series:
    """True (after), False (before) or null per feedback row. Raises ConfigError where the choice is not complete."""
    import pandas as pd

    from cxnlp.errors import ConfigError

    side = pd.Series(pd.NA, index=feedback.index, dtype="boolean")
    if column is not None:
        if a is None or b is None or column not in feedback:
            raise ConfigError(
                f"--column needs --a and --b and must be a segment or one of {', '.join(feedback.columns)}; "
                f"given: {column}"
            )
        values = feedback[column].astype("str")
        for wanted in (a, b):
            if not (values == wanted).any():
                known = ", ".join(values.dropna().value_counts().index[:12])
                raise ConfigError(f"no feedback has {column} = {wanted}; its values are {known}")
        return side.mask(values == b, True).mask(values == a, False)
    if before is None or after is None:
        raise ConfigError("say --before 1403-06 --after 1403-07 (periods, or FROM..TO), or --column with --a and --b")
    for keys, value in ((before, False), (after, True)):
        start, end = _bounds(keys, settings.project.timezone)
        within = (feedback["created_at"] >= start) & (feedback["created_at"] < end)
        if not within.any():
            raise ConfigError(f"there is no feedback in {keys}; choose periods in which customers spoke")
        side = side.mask(within, value)
    return side


def _bounds(keys: str, timezone: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    from cxnlp import periods
    from cxnlp.errors import ConfigError

    first, _, last = keys.partition("..")
    try:
        return periods.start(first, timezone), periods.start(periods.shift(last or first, 1), timezone)
    except ValueError as error:
        raise ConfigError(f"{keys}: {error}; a range is written FROM..TO") from None
