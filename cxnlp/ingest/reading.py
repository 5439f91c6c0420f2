"""One raw file → batches of feedback and rejected rows, with counts that add up."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from cxnlp.config import Settings, Source
from cxnlp.errors import ConfigError, CxnlpError, InputError, RejectReason
from cxnlp.ingest import archives, delimited, objects, sheets, telegram, transcripts, values
from cxnlp.ingest.mapping import COLUMNS, Broken, Mapper, Row, digest, raw_of
from cxnlp.ingest.sources import SourceFile, format_of

if TYPE_CHECKING:
    import pandas as pd

RAW_LIMIT = 2_000  # characters of a rejected row that are kept
_REJECTED = ("rejected_id", "source", "file", "row", "reason", "message", "raw")


@dataclass(frozen=True)
class Batch:
    """Rows of one file: `feedback` (columns that ingest knows; text as given) and `rejected` (raw as read).

    read == len(feedback) + len(rejected); the rejected rows with reason repeated_row are the duplicates.
    """

    feedback: pd.DataFrame
    rejected: pd.DataFrame
    read: int

    @property
    def duplicates(self) -> int:
        """Rows that were read before in the same file, word for word."""
        return int((self.rejected["reason"] == RejectReason.REPEATED_ROW).sum())


def read(source_file: SourceFile, settings: Settings) -> Iterator[Batch]:
    """Batches of `settings.engine.batch` records of a file, in its order; the same file gives the same batches.

    Raises InputError, one sentence, for a file that cannot be read; ConfigError for a mapping that cannot be.
    """
    keeper = _Keeper(source_file)
    mapper = _mapper(source_file, settings)
    try:
        with archives.open_bytes(source_file.path, source_file.member, seekable=True) as stream:
            records = _records(stream, source_file, settings.sources[source_file.source_name], mapper)
            for chunk in itertools.batched(records, settings.engine.batch):
                yield keeper.batch(chunk, mapper)
    except (UnicodeError, RecursionError, MemoryError) as error:
        raise InputError(f"{source_file.file} cannot be read ({error}); export it again") from None


def unreadable(source_file: SourceFile, error: CxnlpError) -> Batch:
    """A batch that stores a file that cannot be opened as one rejected row, so that a run can go on without it."""
    broken = Broken(0, RejectReason.UNREADABLE_FILE, str(error), "")
    return _Keeper(source_file).batch((broken,), None)


def _mapper(file: SourceFile, settings: Settings) -> Mapper:
    """The source's mapping; messengers and labelled text have names of their own."""
    source = settings.sources[file.source_name]
    columns = None
    if source.kind == "telegram":
        columns = telegram.columns(source)
    elif source.kind == "transcript" and format_of(source, file.member or file.path.name) in ("txt", "vtt", "srt"):
        columns = transcripts.columns(source)
    return Mapper(settings, file.source_name, columns)


def _records(stream: BinaryIO, file: SourceFile, source: Source, mapper: Mapper) -> Iterator[Row | Broken]:
    form, where = format_of(source, file.member or file.path.name), file.file
    if source.kind == "telegram":
        return telegram.read(stream, source, where)
    if source.kind == "transcript" and form in ("json", "jsonl"):
        return transcripts.read_json(stream, source, mapper, where, form)
    if form == "txt":
        return transcripts.read_text(stream, source, mapper, where)
    if form in ("vtt", "srt"):
        return transcripts.read_captions(stream, source, mapper, where, form)
    readers = {
        "csv": delimited.read,
        "xlsx": sheets.read,
        "json": objects.read_json,
        "jsonl": objects.read_jsonl,
        "parquet": objects.read_parquet,
    }
    if not source.columns.text:
        raise ConfigError(f"sources.{mapper.name}.columns.text is missing; name the column that holds what is said")
    rows = readers[form](stream, source, mapper, where)
    return _with_turns(rows, mapper) if source.kind == "transcript" else rows


def _with_turns(rows: Iterator[Row | Broken], mapper: Mapper) -> Iterator[Row | Broken]:
    """Tables with a turn per row: turns are counted in each conversation, in the order of the file."""
    counts: dict[str, int] = {}
    for row in rows:
        if isinstance(row, Row):
            key = values.short(mapper.get(row, mapper.columns.conversation_id or "")) or ""
            row.turn = counts[key] = counts.get(key, 0) + 1
        yield row


class _Keeper:
    """Turns records into batches and remembers what this file already gave."""

    def __init__(self, source_file: SourceFile) -> None:
        self.file = source_file
        self.seen: dict[str, str] = {}  # feedback_id -> content_hash of its first row
        self.repeated: set[str] = set()  # content-bound ids of further rows with the same id
        self.alike: Counter[str] = Counter()  # further answers without words, customer or id that look like an earlier

    def batch(self, records: tuple[Row | Broken, ...], mapper: Mapper | None) -> Batch:
        kept, rejected = [], []
        for record in records:
            result = mapper.feedback(record) if isinstance(record, Row) and mapper else record
            if isinstance(result, dict):
                result = self._once(result, record)  # type: ignore[arg-type]
            if isinstance(result, dict):
                kept.append(result)
            else:
                rejected.append(self._rejected(result))  # type: ignore[arg-type]
        return Batch(_feedback(kept), _frame(rejected, _REJECTED, "rejected"), len(records))

    def _once(self, row: dict[str, Any], record: Row) -> dict[str, Any] | Broken:
        """The row, with a key of its own where its id came before with other content; Broken for a repetition."""
        row["file"] = self.file.file
        key, content = row["feedback_id"], row["content_hash"]
        if key not in self.seen:
            self.seen[key] = content
            return row
        if row["text"] is None and row["external_id"] is None and row["customer_id"] is None:
            self.alike[key] += 1  # two tens are two people: the second of them has the same key in every export
            return row | {"feedback_id": digest(key, str(self.alike[key]))}
        if self.seen[key] != content:
            second = digest(self.file.source_name, "id", row["external_id"] or "", content)
            if second not in self.repeated:
                self.repeated.add(second)
                return row | {"feedback_id": second}
        what = f"id {row['external_id']!r}" if row["external_id"] else "row"
        message = f"the same {what} with the same content came before"
        return Broken(record.number, RejectReason.REPEATED_ROW, message, raw_of(record), record.part)

    def _rejected(self, broken: Broken) -> dict[str, Any]:
        source, file, number = self.file.source_name, self.file.file, broken.number
        return {
            "rejected_id": digest(source, file, str(number), *filter(None, [broken.part])),
            "source": source,
            "file": file,
            "row": number or None,
            "reason": str(broken.reason),
            "message": f"sheet {broken.part!r}: {broken.message}" if broken.part else broken.message,
            "raw": broken.raw.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:RAW_LIMIT] or None,
        }


def _feedback(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return _frame(rows, COLUMNS, "feedback")


def _frame(rows: list[dict[str, Any]], columns: Any, table: str) -> pd.DataFrame:
    """Frame with the declared Arrow types, so that an empty or all-null column has its type too."""
    import pyarrow as pa

    from cxnlp.tables import SCHEMAS

    schema = pa.schema([SCHEMAS[table].field(c) for c in columns])
    return pa.Table.from_pylist(rows, schema=schema).to_pandas()  # type: ignore[no-any-return]
