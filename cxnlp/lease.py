"""The lock of a lake on object storage, where no file lock works: a lease in a small Delta table, `lease`.

Who wants the lease commits the table's next version, and the store takes one such commit only (put-if-absent; S3,
GCS and Azure have it). The holder renews it from a thread; if it cannot, writing stops before the lease ends, and after
that another run may take it. Clocks of the machines must agree within `SLACK` seconds.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cxnlp.errors import LakeError

if TYPE_CHECKING:
    import pandas as pd
    from deltalake import DeltaTable

SECONDS, RENEW, SLACK = 300, 60, 30
TABLE = "lease"
_held: dict[str, Lease] = {}  # leases of this process by lake: every Lake of the same address asks here


class Lease:
    """A right to write that ends by itself; `holder` says who has it, for people."""

    def __init__(self, uri: str, options: dict[str, str] | None, seconds: float = SECONDS) -> None:
        self.uri, self.options, self.seconds = f"{uri.rstrip('/')}/{TABLE}", options, seconds
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.until = 0.0
        self._stop = threading.Event()

    def take(self) -> str | None:
        """Take or renew it; None if we have it now, else who has."""
        from deltalake.exceptions import CommitFailedError

        table = self._open()
        now = time.time()
        rows = self._read(table)
        if len(rows) and rows["holder"].iloc[0] != self.holder and rows["until"].iloc[0] + SLACK > now:
            return str(rows["holder"].iloc[0])
        try:
            self._write(table, now + self.seconds)
        except CommitFailedError:  # another was quicker, or the answer to our own commit was lost
            rows = self._read(self._open())
            if not len(rows) or rows["holder"].iloc[0] != self.holder:
                return str(rows["holder"].iloc[0]) if len(rows) else "another run"
        self.until = now + self.seconds
        return None

    def release(self) -> None:
        """Let the next one in; if the store is away, the lease ends by itself."""
        self._stop.set()
        try:
            if self.until > time.time():
                self._write(self._open(), 0.0)
        except Exception:  # the error that ended the run is the one to tell  # noqa: BLE001, S110
            pass

    def check(self) -> None:
        """Raise LakeError if writing now could meet another writer."""
        if time.time() > self.until - SLACK:
            raise LakeError("the store could not be reached for so long that the lock was lost; run again")

    def renew(self) -> None:
        """Renew until released; a failure is tried again, and `check` notices when it lasts."""
        while not self._stop.wait(self.seconds * RENEW / SECONDS):
            try:
                if self.take() is not None:
                    self.until = 0.0
                    return
            except Exception:  # the network may come back  # noqa: BLE001, S112
                continue

    def _open(self) -> DeltaTable:
        import pyarrow as pa
        from deltalake import DeltaTable

        if not DeltaTable.is_deltatable(self.uri, storage_options=self.options):
            schema: Any = pa.schema([("holder", pa.string()), ("until", pa.float64())])
            DeltaTable.create(self.uri, schema=schema, mode="ignore", storage_options=self.options)
        return DeltaTable(self.uri, storage_options=self.options)

    def _read(self, table: DeltaTable) -> pd.DataFrame:
        return table.to_pyarrow_table().to_pandas()

    def _write(self, table: DeltaTable, until: float) -> None:
        import pyarrow as pa
        from deltalake import CommitProperties, write_deltalake

        row = pa.table({"holder": [self.holder], "until": [until]})
        write_deltalake(table, row, mode="overwrite", commit_properties=CommitProperties(max_commit_retries=0))


@contextmanager
def hold(uri: str, options: dict[str, str] | None, wait: float, seconds: float = SECONDS) -> Iterator[Lease]:
    """Be the only writer of the lake at `uri`; waits `wait` seconds, then raises LakeError."""
    lease = Lease(uri, options, seconds)
    deadline = time.monotonic() + wait
    while (other := _take(lease)) is not None:
        if time.monotonic() >= deadline:
            raise LakeError(
                f"another run ({other}) is writing to {uri}; wait for it to end, or, if it was killed, "
                f"{(lease.seconds + SLACK) / 60:.0f} minutes, then run again"
            )
        time.sleep(min(5, max(0.1, deadline - time.monotonic())))
    _held[uri] = lease
    threading.Thread(target=lease.renew, name="cxnlp-lease", daemon=True).start()
    try:
        yield lease
    finally:
        del _held[uri]
        lease.release()


def _take(lease: Lease) -> str | None:
    from deltalake.exceptions import DeltaError

    try:
        return lease.take()
    except (DeltaError, OSError) as error:
        raise LakeError(f"the lake's storage cannot be used ({plain(error)}); mend that and run again") from None


def plain(error: Exception) -> str:
    """An error of the store on one line, without colours."""
    return " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split())[:300]


def held(uri: str) -> bool:
    """Whether this process holds the lease of `uri`."""
    return uri in _held


def check(uri: str) -> None:
    """Raise LakeError if this process holds the lease of `uri` and may have lost it."""
    if uri in _held:
        _held[uri].check()
