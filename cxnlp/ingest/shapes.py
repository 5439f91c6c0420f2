"""What rows of a delimited file look like, so that a broken row does not take its neighbours along.

A column is structured when its cells have few shapes (`gp:12` and `gp:7` share the shape `a:9`). A line that begins
with the structured columns of the file is the beginning of a row, whatever quotes were left open before it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence

MIN_ROWS = 10  # lines from which shapes are learnt; below that nothing is claimed
MAX_SHAPES, FREQUENT, COVERED = 12, 0.005, 0.97  # of a structured column: shapes, least share of each, share of all
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+(?: [^\W\d_]+){0,2}")


def shape(cell: str) -> str:
    """Signature of a cell: runs of digits are 9, up to three words a; cut after 24 characters."""
    return _DIGITS.sub("9", _LETTERS.sub("a", cell.strip()[:60]))[:24]


class Shapes:
    """Shapes of the structured columns of a file with `width` columns; those at `free` hold free text."""

    def __init__(self, lines: Iterable[str], delimiter: str, width: int, free: Sequence[int] = ()) -> None:
        self.delimiter, self.width = delimiter, width
        self.lengths = [0] * width  # characters in each column
        rows = []
        for line in lines:
            try:
                fields = next(csv.reader([line], delimiter=delimiter, strict=True), [])
            except csv.Error:
                continue
            if len(fields) == width:
                rows.append([shape(f) for f in fields])
                self.lengths = [total + len(f) for total, f in zip(self.lengths, fields)]
        self.columns: dict[int, set[str]] = {}
        for place in range(width if len(rows) >= MIN_ROWS else 0):
            counts = Counter(row[place] for row in rows)
            often = {s for s, n in counts.most_common(MAX_SHAPES) if n >= max(2, FREQUENT * len(rows))}
            if place not in free and often - {""} and sum(counts[s] for s in often) >= COVERED * len(rows):
                self.columns[place] = often
        self.prefix = next((i for i in range(width) if i not in self.columns), width)

    def wrong(self, fields: Sequence[str]) -> float:
        """Share of the structured columns whose cells don't look as elsewhere in the file; 1 where nothing is known."""
        if len(fields) != self.width or not self.columns:
            return 1.0
        found = {place: shape(fields[place]) for place in self.columns}
        return sum(s not in self.columns[p] for p, s in found.items()) / len(found) if any(found.values()) else 1.0

    def row_like(self, fields: Sequence[str]) -> bool:
        """Whether at most a third of the structured columns look strange."""
        return self.wrong(fields) <= 1 / 3

    def starts_like(self, line: str) -> bool:
        """Whether a line begins as a row does: two structured columns, or one that is no bare number or word."""
        fields = line.rstrip("\r\n").split(self.delimiter)
        if not self.prefix or len(fields) < min(self.prefix + 1, self.width):
            return self.row_like(fields)
        found = [shape(f.strip('"')) for f in fields[: self.prefix]]
        if not all(s in self.columns[p] for p, s in enumerate(found)):
            return False
        telling = [s for s in found if s]
        return len(telling) >= 2 or any(s not in ("9", "a") for s in telling) or self.row_like(fields)
