"""Where the heavy, row-wise stages run: in this process, or inside Ray Data on many machines.

Scale is a change of engine, never of logic: both call the same pure functions on the same batches, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import batched, chain, islice
from typing import TYPE_CHECKING, Any

from cxnlp import errors
from cxnlp.config import Settings
from cxnlp.errors import ConfigError, CxnlpError

if TYPE_CHECKING:
    import pandas as pd

Tables = tuple["pd.DataFrame", ...]
# A function (tables, *given) -> tables, or a class (*given) whose objects take tables and give tables.
Work = Callable[..., Any]
# Of Ray's: a batch as bytes, which Ray carries and never looks into, nor quotes in its logs.
Row = dict[str, Any]

# Batches per worker that Ray gets at once: for functions, and for classes, which are slow to begin.
AHEAD = {False: 4, True: 32}


def spread(work: Work, batches: Iterable[Tables], settings: Settings, *given: Any) -> Iterator[Tables]:
    """What `work` makes of each batch of tables, in order; batches are drawn as they are needed.

    `work` is as Ray Data wants it: a function gets the tables and `given`; a class (a model that takes long to load)
    is made from `given` once per process and then called with tables. What a lost worker had is done again.
    """
    if settings.engine.name == "ray":
        batches = iter(batches)
        first = tuple(islice(batches, 2))
        batches = chain(first, batches)
        if len(first) > 1:  # a single batch is not worth the way
            yield from _by_ray(work, batches, settings, given)
            return
    yield from map(_here(work, given), batches)


def slices(rows: pd.DataFrame, settings: Settings) -> Iterator[Tables]:
    """`rows` in batches of `engine.batch`."""
    for start in range(0, len(rows), settings.engine.batch):
        yield (rows.iloc[start : start + settings.engine.batch],)


def _here(work: Work, given: tuple[Any, ...]) -> Callable[[Tables], Tables]:
    return work(*given) if isinstance(work, type) else lambda tables: work(tables, *given)


class _Worker:
    """A `work` at work in a process of Ray's; a mistake that the user can mend comes back as a row."""

    def __init__(self, work: Work, given: tuple[Any, ...]) -> None:
        self._work, self._given = work, given
        self._do: Callable[[Tables], Tables] | None = None

    def __call__(self, row: Row) -> Row:
        try:
            self._do = self._do or _here(self._work, self._given)
            return row | {"error": "", "tables": _pack(self._do(_unpack(row["tables"])))}
        except CxnlpError as error:
            return row | {"error": type(error).__name__, "tables": str(error).encode()}


def _task(row: Row, work: Work, given: tuple[Any, ...]) -> Row:
    return _Worker(work, given)(row)


def _pack(tables: Tables) -> bytes:
    """Arrow IPC streams, one after the other."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    for table in map(pa.Table.from_pandas, tables):
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _unpack(data: bytes) -> Tables:
    import pyarrow as pa

    source, tables = pa.BufferReader(data), []
    while source.tell() < source.size():
        tables.append(pa.ipc.open_stream(source).read_pandas())
    return tuple(tables)


def _by_ray(work: Work, batches: Iterable[Tables], settings: Settings, given: tuple[Any, ...]) -> Iterator[Tables]:
    """Over a window of batches at a time, so that neither this process nor Ray's memory holds all of them."""
    import pyarrow as pa

    ray, lasting = start_ray(settings), isinstance(work, type)
    cores = (settings.engine.threads or 1) if lasting else 1
    workers = settings.engine.workers or max(1, int(ray.cluster_resources().get("CPU", 1)) // cores)
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    for window in batched(batches, AHEAD[lasting] * workers):
        rows = ray.data.from_arrow(
            [pa.table({"place": [i], "tables": [_pack(tables)]}) for i, tables in enumerate(window)]
        )
        size = min(workers, len(window))
        if lasting:
            pool = ray.data.ActorPoolStrategy(size=size)
            done = rows.map(_Worker, fn_constructor_args=(work, given), compute=pool, num_cpus=cores)
        else:
            done = rows.map(_task, fn_args=(work, given), compute=ray.data.TaskPoolStrategy(size=size))
        for place, row in zip(range(len(window)), done.iter_rows(), strict=True):
            if row["error"]:
                raise getattr(errors, row["error"])(row["tables"].decode())
            if row["place"] != place:
                raise RuntimeError("Ray gave its results in another order than asked")
            yield _unpack(row["tables"])


def start_ray(settings: Settings) -> Any:
    """The module `ray`, joined to the cluster at `engine.address` or to one started here; nothing is reported home."""
    import logging
    import os

    os.environ |= {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    }
    try:
        import ray
        import ray.data
    except ImportError:
        raise ConfigError('engine.name = "ray" needs Ray: install it with `uv sync --extra ray`') from None
    address, workers = settings.engine.address, settings.engine.workers
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        try:
            ray.init(
                address=address,
                num_cpus=workers and workers * (settings.engine.threads or 1) if address is None else None,
                log_to_driver=False,
                include_dashboard=None if address else False,
                logging_level="ERROR",
            )
        except ConnectionError as error:
            raise ConfigError(f"engine.address = {address!r}: no Ray cluster answers there ({error})") from None
    return ray
