"""Where records arrive: JSON Lines below <raw>/<connector>/, one file per load, complete or not there at all.

A field that earlier records had and a record lacks is written as null, so that a mapping of it keeps working when an
API leaves out or drops a field; what is new or of another type is kept as it comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LINE = "line"  # the one column that dlt sees: a record as JSON, so that no schema of its own gets in the way
Shape = dict[str, Any]


def to_line(record: dict[str, Any]) -> dict[str, str]:
    """A record as dlt is given it."""
    return {LINE: json.dumps(record, ensure_ascii=False, default=str)}


class Landing:
    """Writes load jobs of dlt into `folder`; `files` are the ones written, `records` their lines."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.folder, self._shape_file = folder, state / "shape.json"
        self.files: list[Path] = []
        self.records = 0

    def destination(self) -> Any:
        """This landing as a destination of dlt."""
        import dlt

        return dlt.destination(self._sink(), batch_size=0, name="landing", max_parallel_load_jobs=1)

    def _sink(self) -> Callable[[str, dict[str, Any]], None]:
        def land(items: str, table: dict[str, Any]) -> None:
            self.write(Path(items))

        return land

    def write(self, job: Path) -> None:
        """Write one load job; the same job written again replaces itself."""
        load = datetime.fromtimestamp(float(job.parents[1].name), UTC)
        target = self.folder / f"{load:%Y%m%dT%H%M%S.%f}-{job.name.split('.')[1]}.jsonl"
        shape = json.loads(self._shape_file.read_text("utf-8")) if self._shape_file.exists() else {}
        for record in _records(job):
            learn(record, shape)
        draft = self.folder / ".draft"
        count = 0
        with draft.open("w", encoding="utf-8") as file:
            for record in _records(job):
                file.write(json.dumps(fill(record, shape), ensure_ascii=False) + "\n")
                count += 1
        _replace(self._shape_file, json.dumps(shape, ensure_ascii=False))
        draft.replace(target)
        self.files.append(target)
        self.records += count

    def drop_earlier(self) -> None:
        """Remove what earlier pulls landed: this one fetched everything again."""
        for file in self.folder.glob("*.jsonl"):
            if self.files and file not in self.files:
                file.unlink()


def learn(record: dict[str, Any], shape: Shape) -> None:
    """Note which fields there are, object by object."""
    for name, value in record.items():
        inner = shape.setdefault(name, {})
        if isinstance(value, dict):
            learn(value, inner)


def fill(record: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """The record with null for every field that others have."""
    filled = {name: None if not inner else fill({}, inner) for name, inner in shape.items() if name not in record}
    for name, value in record.items():
        filled[name] = fill(value, shape.get(name, {})) if isinstance(value, dict) else value
    return filled


def _records(job: Path) -> Iterator[dict[str, Any]]:
    from dlt.common.storages import FileStorage

    with FileStorage.open_zipsafe_ro(str(job), "r", encoding="utf-8") as file:
        for line in file:
            for row in json.loads(line):  # dlt's typed-jsonl: a list of rows per line
                yield json.loads(row[LINE])


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
