"""`cxnlp redact INPUT --out OUT`: personal data out of a file of texts."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from cxnlp.options import IdColumn, TextColumn


def redact(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="CSV, TSV, JSONL, XLSX or Parquet file.")],
    out: Annotated[Path, typer.Option("--out", help="JSON Lines file to write.")],
    text_column: TextColumn = "text",
    id_column: IdColumn = "id",
    kinds: Annotated[
        str | None, typer.Option("--kinds", help="Kinds to mask, separated by commas; default all.")
    ] = None,
) -> None:
    """Mask personal data: one JSON line per row, with id, text and pii (kind, start, end in the text as given)."""
    from cxnlp.prepare.privacy.core import redact as redact_text
    from cxnlp.tabular import json_line, read_rows

    wanted = None if kinds is None else [kind.strip() for kind in kinds.split(",") if kind.strip()]
    redact_text("", wanted)  # an unknown kind is said before anything is written
    total, masked = 0, Counter[str]()
    partial = out.with_name(out.name + ".partial")
    out.parent.mkdir(parents=True, exist_ok=True)
    with partial.open("w", encoding="utf-8") as file:
        for chunk in read_rows(source, text_column, id_column):
            for row_id, text in zip(chunk["id"], chunk["text"]):
                clean, found = (None, []) if text is None else redact_text(text, wanted)
                pii = [{"kind": p.kind, "start": p.start, "end": p.end} for p in found]
                file.write(json_line({"id": row_id, "text": clean, "pii": pii}))
                masked.update(p.kind for p in found)
            total += len(chunk)
    partial.replace(out)
    details = ", ".join(f"{kind} {count:,}" for kind, count in masked.most_common()) or "nothing personal found"
    typer.echo(f"{total:,} rows → {out}: {details}")
