"""Coverage-guided fuzzing (atheris) of everything that meets foreign bytes: `make fuzz`, one minute per target.

    python -m tests.fuzz TARGET [SECONDS]      # csv, jsonl, json, xlsx, zip, vtt, dates, redact, annotate

A target may reject what it is given (CxnlpError, rejected rows); any other exception is a finding, and the input that
made it is written to ./crash-*. Invariants are those of the tests beside the rooms.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cxnlp.ingest", "cxnlp.prepare.privacy", "cxnlp.annotate"]):
    from cxnlp import ingest
    from cxnlp.ingest import dates
    from cxnlp.prepare import redact

from cxnlp.config import Columns, Project, Settings, Source
from cxnlp.errors import CxnlpError

FOLDER = Path(tempfile.mkdtemp(prefix="cxnlp-fuzz-"))
COLUMNS = Columns(text="text", id="id", created_at="date", rating="rating")


def reader(suffix: str) -> Callable[[bytes], None]:
    """Bytes as an export of this suffix: every row is kept or rejected, none is lost, nothing else is raised."""
    kind = "transcript" if suffix in ("vtt", "txt") else "table"
    source = Source(files=f"*.{suffix}", kind=kind, columns=COLUMNS if kind == "table" else Columns())
    settings = Settings(project=Project(raw=FOLDER), sources={"fuzz": source})
    path = FOLDER / f"input.{suffix}"

    def one(data: bytes) -> None:
        path.write_bytes(data)
        try:
            for file in ingest.discover(settings):
                for batch in ingest.read(file, settings):
                    assert batch.read == len(batch.feedback) + len(batch.rejected)
        except CxnlpError:
            pass

    return one


def read_date(data: bytes) -> None:
    """Any cell is a moment in UTC or none."""
    found = dates.to_utc(atheris.FuzzedDataProvider(data).ConsumeUnicode(60), "Asia/Tehran")
    assert found is None or found.tzinfo is UTC


def mask(data: bytes) -> None:
    """Spans in order inside the text; a second time finds nothing."""
    text = atheris.FuzzedDataProvider(data).ConsumeUnicode(200)
    clean, found = redact(text)
    last = 0
    for pii in found:
        assert last <= pii.start < pii.end <= len(text)
        last = pii.end
    assert redact(clean) == (clean, [])


def annotator() -> Callable[[bytes], None]:
    """Quotes are exact whatever the text; the shipped reader."""
    from cxnlp.annotate import Annotator
    from cxnlp.registry import resolve

    reads = Annotator(resolve("reader", Settings().models), threads=1)

    def one(data: bytes) -> None:
        text = atheris.FuzzedDataProvider(data).ConsumeUnicode(300)
        for mention in reads.read([text])[0].mentions:
            assert mention["quote"] == text[mention["start"] : mention["end"]]

    return one


def target(name: str) -> Callable[[bytes], None]:
    """The function that a name stands for."""
    simple = {"dates": read_date, "redact": mask}
    if name == "annotate":
        return annotator()
    return simple[name] if name in simple else reader(name)


if __name__ == "__main__":
    chosen, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    limits = [f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=6000", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *limits], target(chosen))
    atheris.Fuzz()
