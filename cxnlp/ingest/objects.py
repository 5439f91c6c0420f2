"""JSON, JSON Lines and Parquet → records, with nested fields reached by dotted paths."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from cxnlp.config import Source
from cxnlp.errors import ConfigError, InputError, RejectReason
from cxnlp.ingest import encodings
from cxnlp.ingest.delimited import BLANK, UNDECODED, Lines, open_text
from cxnlp.ingest.mapping import Broken, Mapper, Row, dig, missing_column

PEEK = 2_000  # records in which a mapped path must occur


def load_json(stream: BinaryIO, source: Source, where: str) -> Any:
    """Content of a JSON file; raises InputError naming the line that is wrong."""
    data = stream.read()
    name = encodings.choose(data[: encodings.SAMPLE], source.encoding, where)
    try:
        return json.loads(data.decode(name))
    except UnicodeDecodeError as error:
        raise InputError(f"{where} has bytes that are not {name} at {error.start}; export it again as UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{where} is not valid JSON in line {error.lineno} ({error.msg}); export it again") from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{where} cannot be read as JSON ({error}); export it again") from None


def records(data: Any, source: Source, where: str) -> list[Any]:
    """The list of records in a JSON value: at `records`, or the only list of objects in it."""
    if source.records:
        found = dig(data, source.records)
        if not isinstance(found, list):
            raise InputError(f"{where} has no list at records = {source.records!r}; it has {_keys(data)}")
        return found
    if isinstance(data, list):
        return data
    lists = [k for k, v in data.items() if isinstance(v, list)] if isinstance(data, dict) else []
    if len(lists) != 1:
        raise InputError(f'{where}: say where its records are, records = "…"; it has {_keys(data)}')
    return list(data[lists[0]])


def read_json(stream: BinaryIO, source: Source, mapper: Mapper, where: str) -> Iterator[Row | Broken]:
    """Records of a JSON file."""
    found = records(load_json(stream, source, where), source, where)
    check_paths((r for r in found if isinstance(r, dict)), mapper, where)
    for number, record in enumerate(found, 1):
        yield as_row(number, record)


def read_jsonl(stream: BinaryIO, source: Source, mapper: Mapper, where: str) -> Iterator[Row | Broken]:
    """Records of a JSON Lines file; a line that is no object is rejected."""
    text, _ = open_text(stream, source.encoding, where)
    rows = lines(Lines(text))
    first = list(itertools.islice(rows, PEEK))
    check_paths((r.fields for r in first if isinstance(r, Row)), mapper, where)
    blanks: list[Broken] = []
    for row in itertools.chain(first, rows):
        if isinstance(row, Broken) and row.message == BLANK:
            blanks.append(row)
            continue
        yield from blanks
        blanks.clear()
        yield row


def lines(physical: Lines) -> Iterator[Row | Broken]:
    """A record per line; blank lines are Broken with message BLANK."""
    for line in physical:
        number, _ = physical.take()
        if not line.strip():
            yield Broken(number, RejectReason.EMPTY_TEXT, BLANK, "")
        elif not line.isascii() and UNDECODED.search(line):
            raw = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            yield Broken(number, RejectReason.BAD_ENCODING, "bytes that the file's encoding does not allow", raw)
        else:
            try:
                yield as_row(number, json.loads(line))
            except (ValueError, RecursionError) as error:
                yield Broken(number, RejectReason.BROKEN_ROW, f"not valid JSON: {error}", line)


def as_row(number: int, record: Any) -> Row | Broken:
    """A record that is an object; anything else is broken."""
    if isinstance(record, dict):
        return Row(number, record)
    return Broken(number, RejectReason.BROKEN_ROW, "not a JSON object", json.dumps(record, ensure_ascii=False))


def check_paths(found: Iterable[Any], mapper: Mapper, where: str, outer: Any = ()) -> None:
    """Raise InputError for a mapped path that no record has (objects leave out what they don't know)."""
    open_paths, names, seen = set(mapper.wanted()), dict[str, None](), False
    for record in found:
        seen = True
        names.update(dict.fromkeys(k for k in record if len(names) < 50))
        open_paths = {p for p in open_paths if p not in record and not _has(record, p)}
        if not open_paths:
            return
    if seen and open_paths:
        raise ConfigError(missing_column(mapper.name, sorted(open_paths)[0], [*names], where))


def _has(record: Any, path: str) -> bool:
    """Whether a record has something at a dotted path, be it null."""
    parent, _, last = path.rpartition(".")
    holder = dig(record, parent) if parent else record
    return last in holder if isinstance(holder, dict) else dig(record, path) is not None


def read_parquet(stream: BinaryIO, source: Source, mapper: Mapper, where: str) -> Iterator[Row | Broken]:
    """Records of a Parquet file, the mapped columns only."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
        names = file.schema_arrow.names
        tops = {w: w if w in names else w.split(".")[0] for w in mapper.wanted()}
        plain = [w for w in tops if tops[w] == w]
        for name in plain if len(plain) == len(tops) else [t for t in tops.values() if t not in names]:
            if name not in names:
                mapper.resolve(names, where)
        columns = [n for n in names if n in {mapper.actual.get(t, t) for t in tops.values()}]
        number = 0
        for batch in file.iter_batches(batch_size=4096, columns=columns):
            for record in batch.to_pylist():
                number += 1
                yield Row(number, record)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{where} is not a readable Parquet file ({error}); export it again") from None


def _keys(data: Any) -> str:
    return ", ".join(map(repr, list(data)[:20])) if isinstance(data, dict) else f"a {type(data).__name__}"


def first_of_parquet(stream: BinaryIO, count: int, where: str) -> list[dict[str, Any]]:
    """The first records of a Parquet file with all their columns; raises InputError for damage."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        batches = pq.ParquetFile(stream).iter_batches(batch_size=count)
        return next((batch.to_pylist() for batch in batches), [])
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{where} is not a readable Parquet file ({error}); export it again") from None
