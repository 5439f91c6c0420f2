"""Where the heavy, row-wise stages run: in this process, or inside Ray Data on many machines.

Scale is a change of engine, never of logic: both call the same pure functions on the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cxnlp.config import Settings
from cxnlp.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

Annotated = tuple["pd.DataFrame", "pd.DataFrame"]


def annotate_batches(rows: pd.DataFrame, folder: Any, settings: Settings) -> Iterator[Annotated]:
    """Texts and mentions of `rows` (feedback_id, text, language), batch by batch, in order."""
    if settings.engine.name == "ray":
        yield from _by_ray(rows, folder, settings)
        return
    reader = Reader(folder, settings.engine.threads)
    size = settings.engine.batch
    for start in range(0, len(rows), size):
        yield reader.read(rows.iloc[start : start + size])


class Reader:
    """The model, loaded once per process, with the language of each quote."""

    def __init__(self, folder: Any, threads: int | None) -> None:
        from cxnlp.annotate import Annotator

        self._annotator = Annotator(folder, threads=threads)

    def read(self, rows: pd.DataFrame) -> Annotated:
        """Texts and mentions of `rows`."""
        import pandas as pd

        texts, mentions = self._annotator.annotate(rows[["feedback_id", "text"]])
        return texts, mentions.assign(
            language=pd.Series(_languages(rows, mentions), index=mentions.index, dtype=object)
        )

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The same for Ray Data: one row that carries both tables as Arrow IPC bytes."""
        import pandas as pd

        texts, mentions = self.read(rows)
        return pd.DataFrame(
            {"first": [rows["feedback_id"].iloc[0]], "texts": [_pack(texts)], "mentions": [_pack(mentions)]}
        )


def _by_ray(rows: pd.DataFrame, folder: Any, settings: Settings) -> Iterator[Annotated]:
    """Ray Data over a pool of actors, streamed in the order of `rows`; Ray runs a lost worker's batch again."""
    ray = start_ray(settings)
    engine = settings.engine
    columns = rows[["feedback_id", "text", "language"]]
    blocks = [columns.iloc[start : start + engine.batch] for start in range(0, len(rows), engine.batch)]
    workers = engine.workers or int(ray.cluster_resources().get("CPU", 1))
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    packed = ray.data.from_pandas(blocks).map_batches(
        Reader,
        fn_constructor_args=(folder, engine.threads or 1),
        batch_size=None,
        batch_format="pandas",
        compute=ray.data.ActorPoolStrategy(size=max(1, min(workers, len(blocks)))),
    )
    for block, row in zip(blocks, packed.iter_rows(), strict=True):
        if row["first"] != block["feedback_id"].iloc[0]:
            raise RuntimeError("Ray gave its results in another order than asked")
        yield _unpack(row["texts"]), _unpack(row["mentions"])


def start_ray(settings: Settings) -> Any:
    """The module `ray`, joined to the cluster at `engine.address` or to one started here; nothing is reported home."""
    import os

    os.environ |= {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    }
    try:
        import ray
    except ImportError:
        raise ConfigError('engine.name = "ray" needs Ray: install it with `uv sync --extra ray`') from None
    address, workers = settings.engine.address, settings.engine.workers
    if not ray.is_initialized():
        try:
            ray.init(
                address=address,
                num_cpus=workers if address is None else None,
                log_to_driver=False,
                include_dashboard=None if address else False,
                logging_level="ERROR",
            )
        except ConnectionError as error:
            raise ConfigError(f"engine.address = {address!r}: no Ray cluster answers there ({error})") from None
    return ray


def _pack(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpack(data: bytes) -> pd.DataFrame:
    import pyarrow as pa

    return pa.ipc.open_stream(data).read_pandas()


def _languages(rows: pd.DataFrame, mentions: pd.DataFrame) -> list[str | None]:
    """Language of each quote; a quote too short to tell has that of its text."""
    from cxnlp.prepare.language import detect_many

    whole = rows.set_index("feedback_id")["language"].reindex(mentions["feedback_id"])
    own = detect_many(mentions["quote"].tolist())
    return [quote if quote in ("fa", "en", "finglish", "mixed") else text for quote, text in zip(own, whole)]
