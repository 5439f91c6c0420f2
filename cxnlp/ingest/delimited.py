"""CSV, TSV and their kin → records. A broken row is mended or rejected alone; the rows after it survive.

The fast path is the strict csv reader. Where it fails, or a quoted cell has swallowed what looks like the next row,
the row's lines are handed back, gathered up to the next line that begins like a row, and read leniently.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from cxnlp.config import Source
from cxnlp.errors import InputError, RejectReason
from cxnlp.ingest import encodings
from cxnlp.ingest.mapping import Broken, Mapper, Row
from cxnlp.ingest.shapes import Shapes

DELIMITERS = ",;\t|"
MAX_LINES, MAX_BROKEN, MAX_LINE = 500, 50, 1 << 22  # lines of a row, of a broken row; characters of a line
HEADER_LINES = 50
UNDECODED = re.compile(r"[\udc80-\udcff]")


def open_text(stream: BinaryIO, encoding: str | None, where: str) -> tuple[io.TextIOWrapper, list[str]]:
    """Text of a binary stream in its encoding (undecodable bytes as surrogates), and the first lines of it."""
    sample = stream.read(encodings.SAMPLE)
    name = encodings.choose(sample if len(sample) < encodings.SAMPLE else _telling(stream, sample), encoding, where)
    stream.seek(0)
    errors = "replace" if name.startswith(("utf-16", "utf-32")) else "surrogateescape"
    head = io.StringIO(sample.decode(name, errors).replace("\0", ""), newline="").readlines()
    text = io.TextIOWrapper(stream, name, errors=errors, newline="")
    return text, head[:-1] if len(sample) == encodings.SAMPLE and len(head) > 1 else head


def _telling(stream: BinaryIO, sample: bytes) -> bytes:
    """The first part of a long file that says something about its encoding."""
    part = sample
    while part.isascii() and b"\0" not in part and (more := stream.read(encodings.SAMPLE)):
        part = more[more.find(b"\n") + 1 :]
    return part


def read(stream: BinaryIO, source: Source, mapper: Mapper, where: str) -> Iterator[Row | Broken]:
    """Records of a delimited file whose header is found by the mapped column names.

    Raises InputError for a missing column or a wrong encoding, in a sentence.
    """
    text, head = open_text(stream, source.encoding, where)
    spaced = sum(', "' in line for line in head) > 0.3 * len(head)  # as some write: 1, "text", 5
    delimiter, header, skip = find_header(head, source, mapper, spaced, where)
    mapper.resolve(header, where)
    lines = Lines(text)
    for _ in range(skip):
        next(lines, None)
    lines.take()
    wanted = mapper.columns.text
    texts = [header.index(mapper.actual[n]) for n in ((wanted,) if isinstance(wanted, str) else wanted or ())]
    shapes = Shapes(head[skip:], delimiter, len(header), texts)
    place = max(texts, key=lambda i: shapes.lengths[i], default=None)  # where unquoted delimiters are to be expected
    blanks: list[Broken] = []
    for record in _records(lines, spaced, header, shapes, place):
        if isinstance(record, Broken) and record.message == BLANK:
            blanks.append(record)  # those at the end of the file are no rows
            continue
        yield from blanks
        blanks.clear()
        yield record


BLANK = "blank line"


def find_header(
    head: list[str], source: Source, mapper: Mapper, spaced: bool, where: str
) -> tuple[str, list[str], int]:
    """Delimiter, column names and the number of physical lines up to the data."""
    best: tuple[int, int, int, str, list[str]] = (-1, 0, 0, ",", [])
    for delimiter in source.delimiter or DELIMITERS:
        reader = csv.reader((line for line in head), delimiter=delimiter, skipinitialspace=spaced)
        for place in range(1, HEADER_LINES + 1):
            fields = _next(reader)
            if fields is None:
                break
            if source.header_row is not None and reader.line_num != source.header_row:
                continue
            best = max(best, (mapper.matches(fields), len(fields), -place, delimiter, [*fields, str(reader.line_num)]))
    if not best[4]:
        raise InputError(f"{where} has no header row; export it with its column names in a row")
    return best[3], unique(best[4][:-1]), int(best[4][-1])


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error:
        return None


def unique(names: list[str]) -> list[str]:
    """Header cells as names: blanks numbered by their place, repeated ones marked (2), (3) …"""
    out: list[str] = []
    for place, cell in enumerate(names, 1):
        name = cell.strip() or f"column {place}"
        count = 1 + sum(o == name or o.startswith(f"{name} (") for o in out)
        out.append(name if count == 1 else f"{name} ({count})")
    return out


class Lines:
    """Physical lines without NUL; remembers those of the current record and can take them back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.taken, self.back, self.number = text, list[str](), deque[str](), 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES:
            raise StopIteration  # a quote left open: the strict reader complains, and we resynchronise
        line = self.back.popleft() if self.back else self._read()
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.number += 1
        return line

    def _read(self) -> str:
        line = self.text.readline(MAX_LINE)
        if len(line) == MAX_LINE and line[-1] not in "\r\n":
            while (more := self.text.readline(MAX_LINE)) and more[-1] not in "\r\n":
                pass
        return line.replace("\0", "") or ("\n" if line else "")

    def take(self) -> tuple[int, list[str]]:
        """Number of the record's first line, and its lines; the next record starts after them."""
        taken, self.taken = self.taken, []
        return self.number - len(taken) + 1, taken

    def give_back(self, lines: list[str]) -> None:
        """These lines are to be read again."""
        self.back.extendleft(reversed(lines))
        self.number -= len(lines)


def _records(
    lines: Lines, spaced: bool, header: list[str], shapes: Shapes, place: int | None
) -> Iterator[Row | Broken]:
    while True:
        reader = csv.reader(lines, delimiter=shapes.delimiter, strict=True, skipinitialspace=spaced)
        try:
            for fields in reader:
                number, taken = lines.take()
                if len(fields) > len(header) and not any(fields[len(header) :]):
                    fields = fields[: len(header)]
                if not fields:
                    yield Broken(number, RejectReason.EMPTY_TEXT, BLANK, "")
                elif len(fields) != len(header) or (len(taken) > 1 and swallowed(fields, taken, shapes)):
                    lines.give_back(taken)
                    yield _mend(lines, header, shapes, place)
                else:
                    yield _row(number, fields, taken, header)
            return
        except csv.Error:
            _, taken = lines.take()
            lines.give_back(taken)
            yield _mend(lines, header, shapes, place)


def _row(number: int, fields: list[str], taken: list[str], header: list[str], note: str | None = None) -> Row | Broken:
    if fields == header:
        return Broken(number, RejectReason.NOT_A_MESSAGE, "the header again", "".join(taken))
    raw = "".join(taken)
    if not raw.isascii() and UNDECODED.search(raw):
        readable = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return Broken(number, RejectReason.BAD_ENCODING, "bytes that the file's encoding does not allow", readable)
    return Row(number, dict(zip(header, fields)), notes={"_row_mended": note} if note else {})


def swallowed(fields: list[str], taken: list[str], shapes: Shapes) -> bool:
    """Whether a quoted cell of several lines holds another row of the file."""
    return bool(shapes.columns) and (shapes.wrong(fields) > 0.5 or any(shapes.starts_like(line) for line in taken[1:]))


def _mend(lines: Lines, header: list[str], shapes: Shapes, place: int | None) -> Row | Broken:
    """The next record, read leniently: its lines are those up to the next one that begins like a row."""
    next(lines)
    while shapes.columns and len(lines.taken) <= MAX_BROKEN and (line := next(lines, None)) is not None:
        if shapes.starts_like(line):
            break
    number, taken = lines.take()
    keep = len(taken) if len(taken) <= MAX_BROKEN else 1  # no next row in sight: only the first line is broken
    if len(taken) > 1 and shapes.starts_like(taken[-1]):
        keep = len(taken) - 1
    lines.give_back(taken[keep:])
    taken = taken[:keep]
    raw = "".join(taken)
    fields = lenient(raw.rstrip("\r\n"), shapes.delimiter)
    if place is not None and len(fields) > len(header):
        extra = len(fields) - len(header)
        fields[place : place + extra + 1] = [shapes.delimiter.join(fields[place : place + extra + 1])]
    if shapes.row_like(fields):
        return _row(number, fields, taken, header, "quotes or line breaks out of place")
    if raw.count('"') % 2:
        message = "a quote is opened in this row and never closed"
    else:
        message = f"{len(lenient(raw.rstrip(), shapes.delimiter))} fields where the header has {len(header)}"
    broken = _row(number, [], taken, header)  # raw text, readable
    readable = broken.raw if isinstance(broken, Broken) else raw
    return Broken(number, RejectReason.BROKEN_ROW, message, readable)


def lenient(text: str, delimiter: str) -> list[str]:
    """Fields of a row whose quotes are not doubled or not closed: a quote closes only before a delimiter or the end."""
    mark = re.escape(delimiter)
    close = rf" *(?:{mark}|\Z)"
    pattern = re.compile(rf'"((?:[^"]|"(?!{close}))*+)" *(?={mark}|\Z)|([^{mark}]*)')
    fields: list[str] = []
    at = 0
    while True:
        match = pattern.match(text, at)
        if match is None:  # cannot be: the second form matches the empty text
            return fields
        fields.append(match[1].replace('""', '"') if match[1] is not None else match[2])
        at = match.end() + len(delimiter)
        if match.end() >= len(text):
            return fields
