"""Labelled texts as files, and the model's answers to them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxnlp.errors import InputError

Label = dict[str, Any]
LABELS = ("id", "sentiment", "mentions")


def read(path: Path, *, with_text: bool = True) -> list[Label]:
    """Records of a labelled JSONL file; raise InputError naming the line and what it lacks.

    Gold needs id, text, lang, sentiment and mentions; predictions (`with_text=False`) no text or lang.
    """
    needed = (*LABELS, "text", "lang") if with_text else LABELS
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as UTF-8 text ({error}); give a JSONL file of labelled texts"
        ) from None
    records = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            records.append(_record(line, f"{path}, line {number}", needed))
    if not records:
        raise InputError(f"{path} holds no labelled texts; give a JSONL file with one object per line")
    return records


def _record(line: str, place: str, needed: Sequence[str]) -> Label:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{place}: not JSON ({error.msg}); mend or remove the line") from None
    missing = [key for key in needed if key not in record] if isinstance(record, dict) else list(needed)
    if missing:
        raise InputError(f"{place} lacks {', '.join(missing)}; the labelled format needs {', '.join(needed)}")
    return record  # type: ignore[no-any-return]


def predict(records: Sequence[Label], model: str, models: Path | None = None) -> tuple[dict[str, Label], str]:
    """What the model says about each text, by id, and the model's version."""
    from cxnlp.annotate import Annotator
    from cxnlp.config import Settings
    from cxnlp.registry import resolve

    reader = Annotator(resolve(model, models or Settings().models))
    readings = reader.read([record["text"] for record in records])
    answers = {
        record["id"]: {"id": record["id"], "sentiment": reading.sentiment or "neu", "mentions": list(reading.mentions)}
        for record, reading in zip(records, readings)
    }
    return answers, reader.version
