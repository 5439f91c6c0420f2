"""What the columns of an unknown file hold: samples of records, and figures per column that guesses rest on."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

from cxnlp.config import Source
from cxnlp.errors import InputError
from cxnlp.ingest import dates, delimited, objects, sheets, values

ANY = Source(files="*")
SAMPLE, DATES = 2_000, 300  # records looked at; cells of a column that are tried as dates
_SLASHED = re.compile(r"\s*(\d{1,2})\s?[/.\-]\s?(\d{1,2})\s?[/.\-]\s?\d{4}\b")
_ZONED = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})\s*$")


@dataclass(frozen=True)
class Profile:
    """A column: its name, how many records were looked at, and its cells that hold something."""

    name: str
    records: int
    cells: list[Any] = field(repr=False)

    @cached_property
    def texts(self) -> list[str]:
        """The cells as text."""
        return [t for c in self.cells if (t := values.text_of(c))]

    @cached_property
    def folded(self) -> str:
        """Name in the form in which names are compared, words apart."""
        return values.fold(re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.]+", " ", self.name))

    @property
    def filled(self) -> float:
        """Share of records with something in this column."""
        return len(self.texts) / self.records if self.records else 0.0

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each content occurs."""
        return Counter(self.texts)

    @property
    def unique(self) -> float:
        """Distinct contents per cell."""
        return len(self.counts) / len(self.texts) if self.texts else 0.0

    @cached_property
    def words(self) -> float:
        """Mean number of words."""
        return sum(len(t.split()) for t in self.texts) / len(self.texts) if self.texts else 0.0

    @cached_property
    def numbers(self) -> list[float]:
        """Cells that are plainly numbers."""
        return [n for t in self.texts if len(t) < 20 and (n := values.number(t)) is not None]

    @property
    def numeric(self) -> bool:
        """Whether nearly all cells are numbers."""
        return bool(self.texts) and len(self.numbers) >= 0.9 * len(self.texts)

    def date_share(self, day_first: bool = True) -> float:
        """Share of cells that are dates."""
        tried = self.cells[:DATES]
        read = sum(dates.to_utc(c, "UTC", day_first=day_first) is not None for c in tried)
        return read / len(tried) if tried else 0.0

    @cached_property
    def slashed(self) -> list[tuple[int, int]]:
        """First and second number of dates such as 24/02/2015."""
        return [(int(m[1]), int(m[2])) for t in self.texts if (m := _SLASHED.match(t.translate(values.ASCII)))]

    @property
    def zoned(self) -> bool:
        """Whether the dates say their time zone."""
        return bool(self.texts) and all(_ZONED.search(t) for t in self.texts[:DATES])

    @cached_property
    def persian(self) -> float:
        """Share of cells with Persian letters."""
        return sum(bool(re.search(r"[\u0600-\u06ff]", t)) for t in self.texts) / max(len(self.texts), 1)


def profile(records: Sequence[dict[str, Any]]) -> list[Profile]:
    """Profiles of the fields of records, nested objects by dotted paths, in the order of their first occurrence."""
    cells: dict[str, list[Any]] = {}
    for record in records:
        _flatten("", record, cells)
    return [Profile(name, len(records), found) for name, found in cells.items()]


def _flatten(prefix: str, value: Any, cells: dict[str, list[Any]]) -> None:
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, dict) and inner:
            _flatten(f"{name}.", inner, cells)
            continue
        listed = cells.setdefault(name, [])
        if not values.is_missing(inner) and inner not in ([], {}):
            listed.append(inner)


@dataclass(frozen=True)
class Sample:
    """The first records of a file and what was found on the way to them."""

    records: list[dict[str, Any]]
    encoding: str | None = None
    delimiter: str | None = None
    sheets: list[str] = field(default_factory=list)


def sample(stream: BinaryIO, form: str, where: str) -> Sample:
    """First records of a table whose columns are not known; raises InputError where it cannot be read."""
    if form == "csv":
        return _csv(stream, where)
    if form == "xlsx":
        return _book(stream, where)
    if form == "jsonl":
        text, _ = delimited.open_text(stream, None, where)
        rows = objects.lines(delimited.Lines(text))
        found = [r.fields for _, r in zip(range(SAMPLE), rows) if isinstance(r, objects.Row)]
        return Sample([dict(r) for r in found])
    if form == "parquet":
        return Sample(objects.first_of_parquet(stream, SAMPLE, where))
    raise InputError(f"{where} is no table")


def _csv(stream: BinaryIO, where: str) -> Sample:
    text, head = delimited.open_text(stream, None, where)
    best: tuple[float, str, list[list[str]]] = (0.0, ",", [])
    for delimiter in delimited.DELIMITERS:
        try:
            rows = [r for _, r in zip(range(SAMPLE + 50), csv.reader(head, delimiter=delimiter)) if r]
        except csv.Error:
            continue
        width, count = Counter(len(r) for r in rows).most_common(1)[0] if rows else (0, 0)
        score = count / len(rows) * min(width, 4) if width > 1 else 0.0
        if score > best[0]:
            best = (score, delimiter, rows)
    if not best[2]:
        raise InputError(f"{where} has no columns; is it a table?")
    encoding = {"cp1256": "windows-1256"}.get(text.encoding, text.encoding)
    return Sample(_table(best[2]), encoding, best[1])


def _table(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Records below the header: the first row as wide as most rows are, all of whose cells are words."""
    width = Counter(_width(r) for r in rows).most_common(1)[0][0]
    for place, cells in enumerate(rows[:50]):
        names = [c for c in cells if not values.is_missing(c)]
        if _width(cells) >= width and len(names) >= 0.8 * len(cells) and all(isinstance(c, str) for c in names):
            header = delimited.unique([str(c) for c in cells])
            return [dict(zip(header, r)) for r in rows[place + 1 :] if len(r) == len(cells)][:SAMPLE]
    return []


def _width(cells: list[Any]) -> int:
    return max((i + 1 for i, c in enumerate(cells) if not values.is_missing(c)), default=0)


def _book(stream: BinaryIO, where: str) -> Sample:
    book = sheets.open_book(stream, where)
    tables = {name: _table(rows) for name in book.sheet_names if (rows := sheets.rows_of(book, name))}
    largest = max(tables.values(), key=len, default=[])
    if not largest:
        raise InputError(f"{where} has no table")
    alike = [name for name, table in tables.items() if table and set(table[0]) == set(largest[0])]
    return Sample([r for name in alike for r in tables[name]][:SAMPLE], sheets=alike)


def found_turns(records: Sequence[Any]) -> str | None:
    """Field that holds lists of objects with text, if these records are conversations."""
    lists = Counter(
        key
        for r in records[:100]
        if isinstance(r, dict)
        for key, value in r.items()
        if isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
    )
    return lists.most_common(1)[0][0] if lists else None
