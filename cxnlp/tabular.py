"""Rows of a user's CSV, JSON Lines, XLSX or Parquet file, for the commands that take `INPUT --out OUT`.

`read_rows` is shared by `cxnlp annotate` and `cxnlp redact`: one row out per row in, in order, nothing dropped, texts
exactly as given (offsets refer to them). Exports with all their quirks are the business of ingest/, not of this module.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxnlp.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".parquet")
_HEADER_ROWS = 20  # an XLSX header is looked for in so many rows

Row = tuple[Any, Any]  # id, text


def read_rows(
    path: Path | str, text_column: str = "text", id_column: str = "id", size: int = 4096
) -> Iterator[pd.DataFrame]:
    """Chunks of at most `size` rows as frames with object columns `id` (str or None) and `text` (str or None).

    Where the file has no `id_column`, ids are positions from "1". Raises InputError, naming file and line, for a
    missing or unreadable file, an unknown suffix, or a missing text column. An empty table yields no chunk.
    """
    import pandas as pd

    path = Path(path)
    readers = {".jsonl": _jsonl, ".ndjson": _jsonl, ".xlsx": _xlsx, ".parquet": _parquet, ".csv": _csv, ".tsv": _csv}
    if path.suffix.lower() not in readers:
        raise InputError(f"{path}: unknown suffix; give one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise InputError(f"no file at {path}")
    with _readable(path):
        position = 0
        for rows in batched(readers[path.suffix.lower()](path, text_column, id_column), size):
            ids = [str(position + i) if row[0] is _NO_ID else _string(row[0]) for i, row in enumerate(rows, 1)]
            texts = [_string(row[1]) for row in rows]
            position += len(rows)
            yield pd.DataFrame({"id": pd.Series(ids, dtype=object), "text": pd.Series(texts, dtype=object)})


def json_line(record: dict[str, Any]) -> str:
    """`record` as one line of JSON and its newline; escapes only where UTF-8 cannot hold the text."""
    line = json.dumps(record, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # lone surrogates
        line = json.dumps(record)
    return line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n"


_NO_ID = object()


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else str(int(value)) if value.is_integer() else str(value)
    return str(value)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8 and try again") from None
    except (OSError, csv.Error, ValueError, RuntimeError) as error:
        raise InputError(f"{path} cannot be read as {path.suffix.lstrip('.').upper()}: {error}") from None


def _columns(path: Path, header: list[Any], text_column: str, id_column: str) -> tuple[int, int | None]:
    names = [str(name).strip() if name is not None else "" for name in header]
    if text_column not in names:
        known = ", ".join(name for name in names if name) or "none"
        raise InputError(f"{path} has no column {text_column!r}; name one of its columns with --text-column: {known}")
    return names.index(text_column), names.index(id_column) if id_column in names else None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _csv(path: Path, text_column: str, id_column: str) -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding=_encoding(path), newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = max(",;\t|", key=head.count)
        reader = csv.reader(file, delimiter=delimiter)
        text, id_ = _columns(path, next(reader, []), text_column, id_column)
        for row in reader:
            if row:
                yield _at(row, id_), _at(row, text)


def _at(row: list[Any], index: int | None) -> Any:
    if index is None:
        return _NO_ID
    return row[index] if index < len(row) else None


def _jsonl(path: Path, text_column: str, id_column: str) -> Iterator[Row]:
    seen, found = 0, False
    with path.open(encoding=_encoding(path), newline="\n") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"{path}, line {number}: not JSON ({error.msg}); mend or remove the line") from None
            if not isinstance(record, dict):
                raise InputError(f'{path}, line {number}: not a JSON object; each line must be like {{"text": …}}')
            seen, found = seen + 1, found or text_column in record
            yield record.get(id_column, _NO_ID), record.get(text_column)
            if seen == 1000 and not found:
                _columns(path, list(record), text_column, id_column)
    if seen and not found:
        _columns(path, list(record), text_column, id_column)


def _xlsx(path: Path, text_column: str, id_column: str) -> Iterator[Row]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheets = CalamineWorkbook.from_path(str(path))
        tables = [sheets.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in sheets.sheet_names]
    except CalamineError as error:
        raise InputError(f"{path} cannot be read as XLSX: {error}") from None
    for rows in tables:
        for number, header in enumerate(rows[:_HEADER_ROWS]):
            if text_column in [str(name).strip() for name in header]:
                text, id_ = _columns(path, header, text_column, id_column)
                yield from ((_at(row, id_), _at(row, text)) for row in rows[number + 1 :])
                return
    _columns(path, tables[0][0] if tables and tables[0] else [], text_column, id_column)


def _parquet(path: Path, text_column: str, id_column: str) -> Iterator[Row]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        _, id_ = _columns(path, list(file.schema_arrow.names), text_column, id_column)
        columns = [text_column] if id_ is None else [text_column, id_column]
        for batch in file.iter_batches(columns=columns):
            texts = batch.column(text_column).to_pylist()
            yield from zip([_NO_ID] * len(texts) if id_ is None else batch.column(id_column).to_pylist(), texts)
