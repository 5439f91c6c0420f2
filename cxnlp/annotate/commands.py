"""`cxnlp annotate INPUT --out OUT`: texts in, one row per text out, nothing dropped."""

from pathlib import Path
from typing import Annotated

import typer

from cxnlp.options import IdColumn, Model, Models, TextColumn


def annotate(
    input: Annotated[Path, typer.Argument(help="CSV, JSONL, XLSX or Parquet with a column of texts")],
    out: Annotated[Path, typer.Option(help="File to write: .jsonl, .csv or .parquet")],
    text_column: TextColumn = "text",
    id_column: IdColumn = "id",
    model: Model = "reader",
    models: Models = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; default: all that this process may use")] = None,
) -> None:
    """Sentiment and mentions of each text: quote, kind, touchpoint, stage, polarity, severity, target, confidence."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from cxnlp import taxonomy
    from cxnlp.annotate.engine import Annotator
    from cxnlp.annotate.output import record, writer
    from cxnlp.config import Settings
    from cxnlp.prepare.language import detect_many
    from cxnlp.registry import resolve
    from cxnlp.tabular import read_rows

    stages = taxonomy.load().stage_by_touchpoint
    columns = (TextColumn("annotate"), SpinnerColumn(), TextColumn("{task.completed} texts"), TimeElapsedColumn())
    done = 0
    with writer(out) as write, Progress(*columns, transient=True) as progress:
        task = progress.add_task("annotate", total=None)
        reader = Annotator(resolve(model, models or Settings().models), threads=threads)
        for chunk in read_rows(input, text_column, id_column):
            texts = ["" if text is None else text for text in chunk["text"]]
            languages = detect_many(texts)
            rows = zip(chunk["id"], languages, reader.read(texts))
            write([record(id_, language, reading, stages) for id_, language, reading in rows])
            done += len(texts)
            progress.update(task, completed=done)
    typer.echo(f"{done} texts → {out} ({reader.version})")
