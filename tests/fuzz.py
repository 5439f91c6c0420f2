"""Coverage-guided fuzzing (atheris) of everything that meets foreign bytes: `make fuzz`, one minute per target.

    python -m tests.fuzz TARGET [SECONDS]      # csv, jsonl, json, xlsx, zip, vtt, dates, redact, annotate

A target may reject what it is given (CxnlpError, rejected rows); any other exception is a finding, and the input that
made it is written to ./crash-*. Invariants are those of the tests beside the rooms. Ends with the number of inputs
that were tried (stat::number_of_executed_units).
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import atheris

COVERED = atheris.instrument_imports(include=["cxnlp"])  # around every import of ours, the late ones too
with COVERED:
    from cxnlp import ingest
    from cxnlp.config import Columns, Project, Settings, Source
    from cxnlp.errors import CxnlpError
    from cxnlp.ingest import dates
    from cxnlp.prepare import redact

FOLDER = Path(tempfile.mkdtemp(prefix="cxnlp-fuzz-"))
COLUMNS = Columns(text="text", id="id", created_at="date", rating="rating")
TABLE = 'id,text,date,rating\n1,"پیک، ""دیر"" رسید",1404/03/02,۲\n2,Lovely courier,2025-06-01 10:30,5\n3,,,\n'
OBJECTS = '{"id": 1, "text": "پیک دیر رسید", "date": "1404/03/02", "rating": 2}'
CAPTIONS = (
    "WEBVTT\n\n00:01.000 --> 00:02.000\n<v مریم>سفارشم نرسید\n\n00:03.000 --> 00:04.000\nAgent: Sorry to hear it\n"
)
TEXTS = (
    "سلام من مریم رضایی هستم، ۰۹۱۲ ۳۴۵ ۶۷۸۹، کد ملی 0084575948",
    "I'm Sarah Miller, card 6037-9911-1234-5678, a@b.co, 12 Main Street",
    "بسته پاره بود ولی پشتیبانی خیلی خوب بود 😀",
    "The app froze twice; courier was lovely!",
)
DATES = ("1404/03/02 10:30", "۲ خرداد ۱۴۰۴ ساعت ۸ صبح", "Mon, 2 June 2025 3:04 pm +03:30", "45810.5", "1748800000000")


def zipped(**files: bytes) -> bytes:
    """A zip of files, slashes in their names written as two underscores."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return made.getvalue()


def workbook() -> bytes:
    """A small XLSX."""
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, line in enumerate(TABLE.splitlines()):
            sheet.write_row(place, 0, line.split(",")[:4])
    return made.getvalue()


def sheet_in(data: bytes) -> bytes:
    """The small XLSX with `data` as its sheet's XML: past the checksums, where random bytes never come."""
    whole, made = zipfile.ZipFile(io.BytesIO(workbook())), io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, data if name.endswith("sheet1.xml") else whole.read(name))
    return made.getvalue()


def wrapped(inside: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Half of the inputs as they are, half inside a good container; the first byte says which."""
    return lambda data: data[1:] if data[:1] < b"\x80" else inside(data[1:])


def reader(suffix: str, shape: Callable[[bytes], bytes] = bytes) -> Callable[[bytes], None]:
    """Bytes as an export of this suffix: every row is kept or rejected, none is lost, nothing else is raised."""
    kind = "transcript" if suffix in ("vtt", "txt") else "table"
    source = Source(files=f"*.{suffix}", kind=kind, columns=COLUMNS if kind == "table" else Columns())
    settings = Settings(project=Project(raw=FOLDER / "raw"), sources={"fuzz": source})
    path = settings.raw / f"input.{suffix}"
    path.parent.mkdir()

    def one(data: bytes) -> None:
        path.write_bytes(shape(data))
        try:
            for file in ingest.discover(settings).files:
                for batch in ingest.read(file, settings):
                    assert batch.read == len(batch.feedback) + len(batch.rejected)
        except CxnlpError:
            pass

    return one


def read_date(data: bytes) -> None:
    """Any cell is a moment in UTC or none."""
    found = dates.to_utc(text_of(data), "Asia/Tehran")
    assert found is None or found.tzinfo is UTC


def mask(data: bytes) -> None:
    """Spans in order inside the text; a second time finds nothing."""
    text = text_of(data)
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
        text = text_of(data)
        for mention in reads.read([text])[0].mentions:
            assert mention["quote"] == text[mention["start"] : mention["end"]]

    return one


def text_of(data: bytes) -> str:
    """Any text, lone surrogates included."""
    return data[:600].decode("utf-8", "surrogateescape")


def target(name: str) -> tuple[Callable[[bytes], None], list[bytes]]:
    """What a name stands for: the function, and inputs to begin with."""
    texts = [t.encode() for t in (DATES if name == "dates" else TEXTS)]
    sheet = zipfile.ZipFile(io.BytesIO(workbook())).read("xl/worksheets/sheet1.xml")
    packed = zipped(a_dot_csv=TABLE.encode(), b__c_dot_csv=TABLE.encode())
    inner = wrapped(lambda data: zipped(**{"input_dot_csv": data}))
    known: dict[str, tuple[Callable[[], Callable[[bytes], None]], list[bytes]]] = {
        "csv": (lambda: reader("csv"), [TABLE.encode(), TABLE.encode("cp1256", "replace"), TABLE.encode("utf-16")]),
        "jsonl": (lambda: reader("jsonl"), [f"{OBJECTS}\n{OBJECTS}\n".encode()]),
        "json": (lambda: reader("json"), [f"[{OBJECTS}]".encode(), f'{{"rows": [{OBJECTS}]}}'.encode()]),
        "xlsx": (lambda: reader("xlsx", wrapped(sheet_in)), [b"\x00" + workbook(), b"\xff" + sheet]),
        "zip": (lambda: reader("zip", inner), [b"\x00" + packed, b"\xff" + TABLE.encode()]),
        "vtt": (lambda: reader("vtt"), [CAPTIONS.encode()]),
        "dates": (lambda: read_date, texts),
        "redact": (lambda: mask, texts),
        "annotate": (annotator, texts),
    }
    make, seeds = known[name]
    return make(), seeds


if __name__ == "__main__":
    chosen, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    with COVERED:  # the libraries that ours import late come in here, outside the fuzzer's clock
        one, begin = target(chosen)
        for place, seed in enumerate(begin):
            (corpus / str(place)).write_bytes(seed)
            one(seed)
    limits = [f"-max_total_time={seconds}", "-timeout=120", "-rss_limit_mb=6000", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, "-verbosity=0", str(corpus)], one)
    atheris.Fuzz()
