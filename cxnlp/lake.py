"""The only reader and writer of the lake: Delta tables under one folder, local or on object storage.

Every write is one atomic commit of rows checked against `tables.SCHEMAS`; a killed writer leaves the table as it
was. `lock()` lets one writer in at a time: by a file lock on a local lake (it dies with its process), by a lease on
object storage (`lease.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxnlp import lease
from cxnlp.errors import LakeError
from cxnlp.tables import KEYS, SCHEMAS, conform, to_pandas

if TYPE_CHECKING:
    import pandas as pd
    from deltalake import CommitProperties, DeltaTable

    from cxnlp.config import Settings

PUBLIC = ("feedback", "mentions", "topics", "insights", "rejected")


@contextmanager
def _in_words(doing: str) -> Iterator[None]:
    """Storage errors as one sentence that says what to do; what is committed stays, and the next run goes on."""
    from deltalake.exceptions import CommitFailedError, DeltaError

    try:
        yield
    except CommitFailedError:
        raise LakeError(f"another writer changed the lake while {doing}; run again") from None
    except (DeltaError, OSError) as error:
        if "os error 28" in str(error) or "No space left" in str(error):
            raise LakeError(
                f"the disk is full ({doing}); free some space and run again: what is committed stays"
            ) from None
        told = lease.plain(error)
        raise LakeError(f"the lake's storage failed while {doing}: {told}; mend that and run again") from error


def _matching(dataset: Any, columns: list[str], where: Any) -> Any:
    """Rows that match, chosen batch by batch: so the whole table is never in memory.

    Not by the reader itself: files of a MERGE hold string_view, which pyarrow cannot compare while it reads.
    """
    import pyarrow as pa

    if where is None:
        return dataset.to_table(columns=columns)
    found = [pa.Table.from_batches([batch]).filter(where) for batch in dataset.to_batches(columns=columns)]
    return pa.concat_tables([pa.schema([dataset.schema.field(c) for c in columns]).empty_table(), *found])


class Lake:
    """Tables by name in the folder or URI `path`; made on first use. `at`: as they were at that instant, to read."""

    def __init__(
        self, path: Path | str, storage_options: dict[str, str] | None = None, at: datetime | None = None
    ) -> None:
        self.path = str(path)
        self.storage_options = storage_options or None
        self.at = at

    @classmethod
    def of(cls, settings: Settings, at: datetime | None = None) -> Lake:
        """The lake that a configuration names."""
        return cls(settings.lake_uri, settings.engine.storage_options, at)

    @property
    def is_local(self) -> bool:
        """Whether the lake is a folder of this machine."""
        return "://" not in self.path

    def _uri(self, table: str) -> str:
        return f"{self.path.rstrip('/')}/{table}"

    @contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        """Storage errors in words, and nothing is written by a run that may have lost its lock."""
        lease.check(self.path)
        with _in_words(doing):
            yield

    def _once(self) -> CommitProperties | None:
        """The holder of a lease commits once: if the answer is lost, trying again could add its rows twice."""
        from deltalake import CommitProperties

        return CommitProperties(max_commit_retries=0) if lease.held(self.path) else None

    def _open(self, table: str, version: int | None = None) -> DeltaTable:
        with _in_words(f"opening {table}"):
            return self._opened(table, version)

    def _opened(self, table: str, version: int | None) -> DeltaTable:
        from deltalake import DeltaTable

        uri = self._uri(table)
        if not DeltaTable.is_deltatable(uri, storage_options=self.storage_options):
            if self.is_local:
                Path(uri).mkdir(parents=True, exist_ok=True)
            DeltaTable.create(
                uri,
                schema=SCHEMAS[table],
                mode="ignore",
                name=table,
                storage_options=self.storage_options,
                configuration={"delta.dataSkippingStatsColumns": KEYS[table]},  # else its log keeps people's words
            )
        opened = DeltaTable(uri, version=version, storage_options=self.storage_options)
        if self.at is not None:
            opened.load_as_version(self.at)
        return opened if version is not None or self.at is not None else self._grown(opened, table)

    def _grown(self, opened: DeltaTable, table: str) -> DeltaTable:
        """A table that an earlier version of cxnlp made gets the columns declared since; they are null in its rows."""
        import pyarrow as pa
        from deltalake import Schema

        known = {field.name for field in opened.schema().fields}
        if fresh := [field for field in SCHEMAS[table] if field.name not in known]:
            opened.alter.add_columns(Schema.from_arrow(pa.schema(fresh)).fields)
        return opened

    def exists(self) -> bool:
        """Whether anything was mined into this folder."""
        from deltalake import DeltaTable

        with _in_words("looking for the lake"):
            return DeltaTable.is_deltatable(self._uri("feedback"), storage_options=self.storage_options)

    def require(self) -> Lake:
        """Itself, if there is a lake to read; else LakeError that says how to make one."""
        if not self.exists():
            raise LakeError(f"there is no lake in {self.path}; run `cxnlp run` first, or name its folder with --out")
        return self

    def version(self, table: str) -> int:
        """Number of the table's latest commit."""
        return self._open(table).version()

    def read(
        self, table: str, columns: list[str] | None = None, *, where: Any = None, version: int | None = None
    ) -> pd.DataFrame:
        """Rows of `table` in the order of their keys; `where` is a pyarrow expression, `version` an old state."""
        key = KEYS[table]
        wanted = columns if columns is None or key in columns else [*columns, key]
        dataset = self._open(table, version).to_pyarrow_dataset()
        named = "" if where is None else str(where)  # the filter's columns, and maybe more
        known = [c for c in dataset.schema.names if wanted is None or c in wanted or c in named]
        try:
            rows = _matching(dataset, known, where).sort_by(key)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                with _in_words(f"reading {table}"):
                    raise
            raise LakeError(
                f"that state of {table} is no longer kept ([privacy] history_days), or a run is tidying up; try again"
            ) from None
        return to_pandas(rows).reindex(columns=columns or SCHEMAS[table].names)

    def append(self, table: str, frame: pd.DataFrame) -> None:
        """Add rows whose keys are new; the caller vouches for that."""
        from deltalake import write_deltalake

        if len(frame):
            rows = conform(frame, table)
            with self._writing(f"adding to {table}"):
                write_deltalake(self._open(table), rows, mode="append", commit_properties=self._once())

    def overwrite(self, table: str, frame: pd.DataFrame) -> None:
        """Replace all rows; the earlier state stays reachable by its version."""
        from deltalake import write_deltalake

        rows = conform(frame, table)
        with self._writing(f"rewriting {table}"):
            write_deltalake(self._open(table), rows, mode="overwrite", commit_properties=self._once())

    def upsert(self, table: str, frame: pd.DataFrame) -> None:
        """MERGE by key: rows that are there are replaced, the others added."""
        if len(frame):
            rows = conform(frame, table)
            with self._writing(f"merging into {table}"):
                self._merge(table, rows).when_matched_update_all().when_not_matched_insert_all().execute()

    def update(self, table: str, frame: pd.DataFrame) -> None:
        """MERGE by key, only the columns that `frame` has; keys that are not there are passed over."""
        if len(frame):
            columns = [c for c in frame.columns if c != KEYS[table]]
            source = conform(frame, table).select([KEYS[table], *columns])
            with self._writing(f"updating {table}"):
                self._merge(table, source).when_matched_update({c: f"new.`{c}`" for c in columns}).execute()

    def delete(self, table: str, column: str, values: Iterable[str]) -> None:
        """Remove the rows whose `column` is one of `values`."""
        import pyarrow as pa

        wanted = pa.table({column: pa.array(sorted(set(values)), pa.string())})
        if wanted.num_rows:
            with self._writing(f"deleting from {table}"):
                self._merge(table, wanted, on=column).when_matched_delete().execute()

    def delete_where(self, table: str, equals: dict[str, str]) -> None:
        """Remove the rows in which every column of `equals` has that value."""
        where = " AND ".join(f"`{c}` = '{v.replace(chr(39), chr(39) * 2)}'" for c, v in equals.items())
        with self._writing(f"deleting from {table}"):
            self._open(table).delete(where, commit_properties=self._once())

    def _merge(self, table: str, source: Any, on: str | None = None) -> Any:
        on = on or KEYS[table]
        return self._open(table).merge(
            source,
            f"old.`{on}` = new.`{on}`",
            source_alias="new",
            target_alias="old",
            commit_properties=self._once(),
        )

    def tidy(self, table: str, keep_hours: float) -> int:
        """Compact small files and remove those of states older than `keep_hours`; returns how many files went."""
        with self._writing(f"tidying {table}"):
            opened = self._open(table)
            opened.optimize.compact()
            opened.create_checkpoint()
            return len(opened.vacuum(retention_hours=int(keep_hours), dry_run=False, enforce_retention_duration=False))

    def sql(self, query: str) -> pd.DataFrame:
        """Answer SQL (DuckDB) over the five tables, named as they are."""
        import duckdb

        with duckdb.connect() as connection:
            for table in (t for t in PUBLIC if t in query):
                connection.register(table, self._open(table).to_pyarrow_dataset().to_table())
            return connection.execute(query).df()

    @contextmanager
    def lock(self, wait: float = 0) -> Iterator[None]:
        """Be the only writer; waits `wait` seconds, then raises LakeError."""
        if not self.is_local:
            with lease.hold(self.path, self.storage_options, wait):
                yield
            return
        from filelock import FileLock, Timeout

        Path(self.path).mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(f"{self.path}/.lock", timeout=wait):
                yield
        except Timeout:
            raise LakeError(
                f"another run is writing to {self.path}; wait for it to end (its lock ends with it), then run again"
            ) from None
