"""raw files → feedback | rejected: nothing lost, nothing doubled.

A file whose bytes and mapping are known is not read again. A row is known by its key: the same content changes
nothing, other content replaces its old self, and where two files give one key, the file whose name sorts last wins
(exports are named by date), whatever the order of reading. What loses is kept in `rejected` as a repeated row. So per
source: read + retained = kept + duplicates + rejected (`counts`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.compute as pc

from cxnlp.engine import spread
from cxnlp.errors import InputError, RejectReason
from cxnlp.maintenance import blank, digest, forgotten
from cxnlp.stages.run import Run, fingerprint

if TYPE_CHECKING:
    from cxnlp.config import Settings
    from cxnlp.engine import Tables
    from cxnlp.ingest import Batch, SourceFile

VERSION = 2  # raise it when reading or masking changes what is stored of a row: every text is then read anew
FILES = 3  # raise it when more rows of a file are kept: files are then opened again, rows that are the same stay
KNOWN = ["feedback_id", "content_hash", "file", "row"]
MARKS = ["duplicate_of", "near_duplicate_of"]


def ingest(run: Run) -> dict[str, Any]:
    """Read every new or changed file; then mark duplicates over the whole lake."""
    from cxnlp import ingest as room

    found = room.discover(run.settings)
    ledger = run.lake.read("files").set_index(["source", "file"])["fingerprint"].to_dict()
    known = run.lake.read("feedback", KNOWN).set_index("feedback_id")
    new = 0
    for done, file in enumerate(found.files):
        run.progress("ingest", done, len(found.files))
        mark = _mark(run, file)
        if ledger.get((file.source_name, file.file)) == mark:
            continue
        known = _read(run, file, mark, known)
        new += 1
    run.progress("ingest", len(found.files), len(found.files))
    _mark_duplicates(run)
    lost = run.lake.read("rejected", ["reason", "message"]).query("reason == 'unreadable_file'")["message"].tolist()
    return {
        "files": len(found.files),
        "new_files": new,
        "warnings": [
            *found.warnings,
            *lost,
            *(f"{name}: no source of cxnlp.toml covers this file" for name in found.uncovered),
        ],
        "sources": counts(run).to_dict("index"),
        "wordless": len(run.lake.read("feedback", ["feedback_id"], where=pc.field("text").is_null())),
        "rejected": run.lake.read("rejected", ["reason"])["reason"].value_counts().to_dict(),
    }


def counts(run: Run) -> pd.DataFrame:
    """Per source: read, retained, kept, duplicates, rejected, and `open` = what does not add up (always 0)."""
    read = run.lake.read("files", ["source", "read", "retained"]).groupby("source").sum(numeric_only=True)
    stored = run.lake.read("feedback", ["source", "duplicate_of"])
    refused = run.lake.read("rejected", ["source", "reason"])
    repeated = refused["reason"] == RejectReason.REPEATED_ROW
    table = read.reindex(sorted(set(read.index) | set(stored["source"]) | set(refused["source"])), fill_value=0)
    table["kept"] = stored[stored["duplicate_of"].isna()].groupby("source").size()
    table["duplicates"] = stored[stored["duplicate_of"].notna()].groupby("source").size()
    table = table.fillna(0)
    table["duplicates"] += refused[repeated].groupby("source").size().reindex(table.index, fill_value=0)
    table["rejected"] = refused[~repeated].groupby("source").size()
    table = table.fillna(0).astype(int)
    table["open"] = table["read"] + table["retained"] - table[["kept", "duplicates", "rejected"]].sum(axis=1)
    return table


def _mark(run: Run, file: SourceFile) -> str:
    source = run.settings.sources[file.source_name].model_dump(mode="json", exclude={"label_fa", "label_en"})
    project, privacy = run.settings.project, run.settings.privacy.model_dump(mode="json")
    return fingerprint(FILES, file.fingerprint, source, project.timezone, privacy)


@dataclass
class _Reading:
    """One file as it is read: the rows `known` so far, the records `read`, and the ids `seen` in it."""

    known: pd.DataFrame
    read: int = 0
    seen: list[pd.Series] = field(default_factory=list)


def _read(run: Run, file: SourceFile, mark: str, known: pd.DataFrame) -> pd.DataFrame:
    """One file into the lake; returns `known` with its rows added."""
    run.lake.delete_where("rejected", {"source": file.source_name, "file": file.file})
    reading = _Reading(known)
    for tables in spread(_masked, _changes(run, file, reading), run.settings, run.settings):
        _store(run, *tables)
    mine = reading.known.index[reading.known["file"] == file.file]
    seen = pd.Index(pd.concat(reading.seen)) if reading.seen else pd.Index([])
    row: dict[str, Any] = {
        "file_id": fingerprint(file.source_name, file.file),
        "source": file.source_name,
        "file": file.file,
    }
    row |= {"fingerprint": mark, "read": reading.read, "retained": len(mine.difference(seen))}
    run.lake.upsert("files", pd.DataFrame([row]))
    return reading.known


def _changes(run: Run, file: SourceFile, reading: _Reading) -> Iterator[Tables]:
    """What each batch of a file changes: rows that are fresh, changed, moved (their place alone), and rejected."""
    for batch in _batches(file, run.settings):
        reading.read += batch.read
        rows = batch.feedback.assign(content_hash=[fingerprint(VERSION, h) for h in batch.feedback["content_hash"]])
        reading.seen.append(rows["feedback_id"])
        fresh, changed, moved, lost = _compare(rows, reading.known)
        repeated = _repeated(run, lost)
        changes = pd.concat([fresh, changed, moved])[KNOWN].set_index("feedback_id")
        reading.known = pd.concat([reading.known.drop(changes.index, errors="ignore"), changes])
        rejected = pd.concat([batch.rejected, repeated], ignore_index=True)
        yield fresh, changed, moved[["feedback_id", "file", "row"]], rejected


def _batches(file: SourceFile, settings: Settings) -> Iterator[Batch]:
    """Batches of a file; if it cannot be read (any further), that is one rejected row and the run goes on."""
    from cxnlp import ingest as room

    try:
        yield from room.read(file, settings)
    except InputError as error:
        yield room.unreadable(file, error)


def _compare(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Split rows into fresh, changed (they replace what is stored), moved (same content, later file) and lost.

    `lost` are rejected rows: of two files with one key, those of the file whose name sorts first.
    """
    old = known.reindex(rows["feedback_id"]).reset_index().set_axis(rows.index)
    is_known = old["file"].notna()
    own = old["file"] == rows["file"]
    later = is_known & (rows["file"] > old["file"].fillna(""))
    same = old["content_hash"] == rows["content_hash"]
    taken = old.assign(source=rows["source"], raw=None, winner=rows["file"], same=same)[later]
    loses = rows.assign(raw=rows["text"].fillna("").mask(same), winner=old["file"], same=same)[is_known & ~own & ~later]
    lost = pd.concat([taken, loses])[["feedback_id", "source", "file", "row", "raw", "winner", "same"]]
    return rows[~is_known], rows[(own | later) & ~same], rows[later & same], lost


def _repeated(run: Run, lost: pd.DataFrame) -> pd.DataFrame:
    """Rejected rows of what lost its place; other words than the winner's are kept with them."""
    replaced = lost[lost["raw"].isna() & ~lost["same"].astype(bool)]["feedback_id"].tolist()
    stored = run.lake.read("feedback", ["feedback_id", "text"], where=pc.field("feedback_id").isin(replaced or [""]))
    words = lost["feedback_id"].map(stored.set_index("feedback_id")["text"])
    ids = [fingerprint(*key) for key in zip(lost["source"], lost["file"], lost["feedback_id"])]
    what = lost["same"].map({True: "the same record", False: "another version of this record"})
    message = what.astype(str) + " stands in " + lost["winner"].astype(str) + ", which counts"
    columns = lost.drop(columns=["feedback_id", "winner", "same"])
    reason = str(RejectReason.REPEATED_ROW)
    return columns.assign(
        rejected_id=ids, reason=reason, message=message, raw=lost["raw"].where(lost["raw"].notna(), words)
    )


def _masked(tables: Tables, settings: Settings) -> Tables:
    """The same tables without personal data, ready to be stored."""
    from cxnlp import prepare as room

    fresh, changed, moved, rejected = tables
    kinds = settings.privacy.redact
    raw = [None if pd.isna(text) else room.redact(str(text), kinds)[0][:2000] for text in rejected["raw"]]
    rejected = rejected.assign(raw=pd.Series(raw, index=rejected.index, dtype=object))
    return room.prepare(fresh, settings), room.prepare(changed, settings), moved, rejected


def _store(run: Run, fresh: pd.DataFrame, changed: pd.DataFrame, moved: pd.DataFrame, rejected: pd.DataFrame) -> None:
    """Write what is masked: nothing unmasked ever reaches the disk."""
    gone = forgotten(run.lake)
    ready = []
    for rows in (fresh, changed):
        refuse = rows["customer_id"].map(lambda c: pd.notna(c) and digest(c) in gone).astype(bool)
        ready.append(rows[~refuse])
        rejected = pd.concat([rejected, blank(rows[refuse], RejectReason.FORGOTTEN)], ignore_index=True)
    run.lake.append("feedback", ready[0])
    run.lake.upsert("feedback", ready[1])
    run.lake.delete("mentions", "feedback_id", ready[1].loc[ready[1]["text"].isna(), "feedback_id"])
    run.lake.upsert("rejected", rejected)
    run.lake.update("feedback", moved)


def _mark_duplicates(run: Run) -> None:
    """Mark exact and near duplicates over the whole lake, so that the order of files does not matter."""
    from cxnlp.prepare.duplicates import mark_duplicates

    inputs = fingerprint(VERSION, run.lake.read("feedback", ["feedback_id", "content_hash"]).to_numpy().tolist())
    if run.last("duplicates")[0] == inputs:
        return
    columns = ["feedback_id", "source", "normalized", "customer_id", "created_at", "role", *MARKS]
    rows = run.lake.read("feedback", columns)
    marked = mark_duplicates(rows.drop(columns=MARKS), None)[["feedback_id", *MARKS]]
    before = rows.set_index("feedback_id")[MARKS].reindex(marked["feedback_id"]).fillna("")
    differs = (before.to_numpy() != marked[MARKS].fillna("").to_numpy()).any(axis=1)
    run.lake.update("feedback", marked[differs])
    run.remember("duplicates", inputs, {})
