"""`cxnlp evaluate GOLD`: read labelled texts with the model and compare."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cxnlp.options import Model, Models


def evaluate(
    gold: Annotated[Path, typer.Argument(help="JSONL in the labelled format: id, text, lang, sentiment, mentions")],
    out: Annotated[Path | None, typer.Option(help="Also write the figures as JSON")] = None,
    predicted: Annotated[Path | None, typer.Option(help="Score these labels (JSONL) instead of the model's")] = None,
    model: Model = "reader",
    models: Models = None,
) -> None:
    """Print, per language, how well the model reads the texts of GOLD."""
    from rich.console import Console
    from rich.table import Table

    from cxnlp import taxonomy
    from cxnlp.evaluation import gold as files
    from cxnlp.evaluation.metrics import evaluate as score

    records = files.read(gold)
    if predicted is not None:
        answers, name = {r["id"]: r for r in files.read(predicted, with_text=False)}, predicted.name
    else:
        answers, name = files.predict(records, model, models)
    figures = score(records, answers, taxonomy.load().stage_by_touchpoint)
    table = Table("figure", *(str(language) for language in figures), title=f"{name} on {gold.name}")
    for figure in figures["mean"]:
        table.add_row(figure, *(_cell(figure, values.get(figure)) for values in figures.values()))
    Console().print(table)
    if out is not None:
        out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _cell(figure: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if figure == "texts" else f"{value:.3f}"
