"""gz and zip: read in place, under limits."""

from __future__ import annotations

import gzip
import zipfile

import pytest

from cxnlp.errors import InputError
from cxnlp.ingest import archives
from tests.ingest.folder import TEXTS, read, read_bytes

CSV = "id,body\n" + "\n".join(f'{i},"{t}"' for i, t in enumerate(TEXTS)) + "\n"
COLUMNS = {"text": "body", "id": "id"}


def test_gz(tmp_path):
    """A gzipped file is the file: the same keys as unpacked."""
    packed, _ = read_bytes(tmp_path, "reviews.csv.gz", gzip.compress(CSV.encode()), columns=COLUMNS, files="*.csv")
    (tmp_path / "reviews.csv.gz").unlink()
    plain, _ = read_bytes(tmp_path, "reviews.csv", CSV, columns=COLUMNS)
    assert packed["feedback_id"].tolist() == plain["feedback_id"].tolist()


@pytest.mark.parametrize("pattern", ["*.zip", "2025/*.csv", "may.zip!2025/*.csv"])
def test_zip(tmp_path, pattern):
    """Members are matched by the archive's name, by archive!member, or as if the archive were a folder."""
    with zipfile.ZipFile(tmp_path / "may.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2025/a.csv", CSV)
        archive.writestr("2025/b.csv.gz", gzip.compress(CSV.replace("0,", "9,").encode()))
        archive.writestr("__MACOSX/2025/._a.csv", "junk")
        archive.writestr("2025/photo.png", "junk")
    kept, _ = read(tmp_path, columns=COLUMNS, files=pattern)
    expected = {"may.zip!2025/a.csv"} if "!" in pattern else {"may.zip!2025/a.csv", "may.zip!2025/b.csv.gz"}
    assert set(kept["file"]) == expected


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "c:\\evil.csv"])
def test_names_that_climb_out(tmp_path, name):
    """An archive that names files outside itself is refused as a whole."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, CSV)
    with pytest.raises(InputError, match="outside itself"):
        read(tmp_path, columns=COLUMNS)


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_bombs(tmp_path, monkeypatch, kind):
    """What unpacks to far more than it holds is stopped on the way, not after filling the disk."""
    monkeypatch.setattr(archives, "MIN_CHECKED", 1 << 20)
    data = b"id,body\n" + b"1,\n" * 4_000_000
    if kind == "gz":
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data))
    else:
        with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", data)
    with pytest.raises(InputError, match="unpacks to more than"):
        read(tmp_path, columns=COLUMNS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv.gz", b"no gzip"),
        ("a.csv.gz", gzip.compress(CSV.encode() * 50)[:-30]),
        ("a.zip", b"PK\x03\x04 no zip"),
    ],
)
def test_damage(tmp_path, name, data):
    """Damaged archives are one sentence."""
    with pytest.raises(InputError, match="again"):
        read_bytes(tmp_path, name, data, columns=COLUMNS)
