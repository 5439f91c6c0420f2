"""XLSX, XLS, XLSB and ODS → records. The header is the row with the mapped column names."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from cxnlp.config import Source
from cxnlp.errors import InputError, RejectReason
from cxnlp.ingest.delimited import BLANK, HEADER_LINES, unique
from cxnlp.ingest.mapping import Broken, Mapper, Row
from cxnlp.ingest.values import is_missing

MAX_CELLS = 100_000_000
MAX_UNPACKED = 4 * 2**30
_REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')


def read(stream: BinaryIO, source: Source, mapper: Mapper, where: str) -> Iterator[Row | Broken]:
    """Records of a workbook; raises InputError for damage, an absent sheet or a missing column."""
    book = open_book(stream, where)
    chosen = (source.sheet,) if isinstance(source.sheet, str) else source.sheet
    for name in chosen or ():
        if name not in book.sheet_names:
            raise InputError(f"{where} has no sheet {name!r}; it has {', '.join(map(repr, book.sheet_names))}")
    sheets = [(name, rows_of(book, name)) for name in chosen or book.sheet_names]
    headers = [_header(rows, source, mapper) for _, rows in sheets]
    complete = [h is not None and mapper.matches(h[1]) == len(mapper.wanted()) for h in headers]
    if not any(complete):
        best = max((h[1] for h in headers if h), key=mapper.matches, default=[])
        mapper.resolve(best, where)  # says which column is missing
        raise InputError(f"{where} has no rows; export it again")
    several = sum(complete) > 1
    for (name, rows), header, good in zip(sheets, headers, complete):
        if good and header:
            mapper.resolve(header[1], where)
            yield from _rows(rows, header, name if several else "")


def _rows(rows: list[list[Any]], header: tuple[int, list[str]], part: str) -> Iterator[Row | Broken]:
    start, names = header
    used = [i for i, cells in enumerate(rows) if not all(map(is_missing, cells))]
    for place in range(start + 1, used[-1] + 1 if used else 0):
        cells = rows[place]
        if all(map(is_missing, cells)):
            yield Broken(place + 1, RejectReason.EMPTY_TEXT, BLANK, "", part)
        else:
            yield Row(place + 1, dict(zip(names, cells)), part=part)


def _header(rows: list[list[Any]], source: Source, mapper: Mapper) -> tuple[int, list[str]] | None:
    """Place (from 0) and names of the header row; None for an empty sheet."""
    if source.header_row is not None:
        places = [source.header_row - 1] if source.header_row <= len(rows) else []
    else:
        places = list(range(min(HEADER_LINES, len(rows))))
    best = max(places, key=lambda i: (mapper.matches(rows[i]), -i), default=None)
    return None if best is None else (best, unique([str(c) for c in rows[best]]))


def open_book(stream: BinaryIO, where: str) -> Any:
    """Workbook of a stream; raises InputError for damage and for sheets that would fill memory."""
    import python_calamine

    _check_size(stream, where)
    try:
        return python_calamine.CalamineWorkbook.from_filelike(stream)
    except Exception as error:  # noqa: BLE001 - the library raises many kinds for damaged files
        raise InputError(f"{where} is not a readable spreadsheet ({error}); save it again as XLSX") from None


def rows_of(book: Any, name: str) -> list[list[Any]]:
    """Cells of a sheet, its first row first; charts and damaged sheets have none."""
    try:
        return list(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
    except Exception:  # noqa: BLE001 - see open_book
        return []


def _check_size(stream: BinaryIO, where: str) -> None:
    """A sheet is read into a full grid: one cell far out, or a zip bomb, would take all memory."""
    if stream.read(2) != b"PK":  # XLS
        stream.seek(0)
        return
    try:
        with zipfile.ZipFile(stream) as archive:
            if sum(i.file_size for i in archive.infolist()) > MAX_UNPACKED:
                raise InputError(f"{where} unpacks to more than {MAX_UNPACKED // 2**30} GB; export it as CSV")
            for info in archive.infolist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", info.filename):
                    _check_grid(archive, info.filename, where)
    except zipfile.BadZipFile:
        raise InputError(f"{where} is not a readable spreadsheet; save it again as XLSX") from None
    stream.seek(0)


def _check_grid(archive: zipfile.ZipFile, name: str, where: str) -> None:
    width = height = 0
    with archive.open(name) as sheet:
        tail = b""
        while block := sheet.read(1 << 20):
            for letters, digits in set(_REFERENCE.findall(tail + block)):
                column = 0
                for letter in letters:
                    column = column * 26 + letter - 64
                width, height = max(width, column), max(height, int(digits))
            tail = block[-20:]
    if width * height > MAX_CELLS:
        raise InputError(f"{where} spans {height} × {width} cells; delete stray ones far out, or export it as CSV")
