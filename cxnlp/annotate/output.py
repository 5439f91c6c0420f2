"""What `cxnlp annotate` writes: one row per text, in the format of the contract, by suffix of the file."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from cxnlp.errors import InputError
from cxnlp.tabular import json_line

MENTION = ("quote", "start", "end", "kind", "touchpoint", "stage", "polarity", "severity", "target", "confidence")
FLAT = ("id", "language", "sentiment", "sentiment_score", "mention_count", *MENTION, "mentions")
SUFFIXES = (".jsonl", ".csv", ".parquet")
SCHEMA = pa.schema(
    {
        "id": pa.string(), "language": pa.string(), "sentiment": pa.string(), "sentiment_score": pa.float64(),
        "mentions": pa.list_(pa.struct(
            {name: pa.string() for name in MENTION}
            | {"start": pa.int32(), "end": pa.int32(), "severity": pa.int8(), "confidence": pa.float64()}
        )),
    }
)  # fmt: skip


def record(id_: str | None, language: str | None, reading: Any, stages: Mapping[str, str | None]) -> dict[str, Any]:
    """One row of the contract from an `engine.Reading`.

    The contract knows four sentiments: a text with nothing to read has no attitude, hence neu and 0.0 (the labelling
    guide's rule for texts without content); its language is null and it has no mentions.
    """
    said = reading.mentions if language else ()
    return {
        "id": id_,
        "language": language,
        "sentiment": reading.sentiment or "neu",
        "sentiment_score": reading.score or 0.0,
        "mentions": [{k: stages[m["touchpoint"]] if k == "stage" else m[k] for k in MENTION} for m in said],
    }


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its mentions side by side: each field joined by " | ", and exactly, as JSON, in the last column."""
    mentions = row["mentions"]
    joined = {k: " | ".join("" if m[k] is None else str(m[k]) for m in mentions) for k in MENTION}
    exact = json.dumps(mentions, ensure_ascii=False)
    return {**row, **joined, "mention_count": len(mentions), "mentions": exact}


@contextmanager
def writer(path: Path) -> Iterator[Any]:
    """A function that takes rows of the contract, chunk by chunk; the file appears when all went well.

    Raises InputError for a suffix that is not one of SUFFIXES, or a folder that is not there.
    """
    kinds = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    if path.suffix.lower() not in kinds:
        raise InputError(f"{path}: unknown suffix for --out; give one of {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise InputError(f"no folder {path.parent} for --out; make it first")
    draft = path.with_name(f".{path.name}.part")
    try:
        with kinds[path.suffix.lower()](draft) as write:
            yield write
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _jsonl(path: Path) -> Iterator[Any]:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yield lambda rows: file.writelines(map(json_line, rows))


@contextmanager
def _csv(path: Path) -> Iterator[Any]:
    with path.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        table = csv.DictWriter(file, FLAT)
        table.writeheader()
        yield lambda rows: table.writerows(map(flat, rows))


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as file:

        def write(rows: Iterable[dict[str, Any]]) -> None:
            clean = json.loads(json.dumps(list(rows)), object_hook=_without_surrogates)
            file.write_table(pa.Table.from_pylist(clean, schema=SCHEMA))

        yield write


def _without_surrogates(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for k, v in row.items()}
