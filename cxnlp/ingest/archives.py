"""Bytes of a raw file, or of a member of a gz or zip, under limits: nothing is unpacked to a path it names."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from cxnlp.errors import InputError

MAX_RATIO = 200  # unpacked : packed, once MIN_CHECKED bytes came out
MIN_CHECKED = 64 * 2**20
MAX_BYTES = 16 * 2**30
MAX_MEMBERS = 10_000
IN_MEMORY = 64 * 2**20
DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def members(path: Path) -> list[str]:
    """Names of the files inside a zip, sorted; raises InputError for damage, encryption or names that climb out."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if not i.is_dir()]
    except DAMAGE as error:
        raise InputError(f"{path} is not a readable zip file ({error}); export or copy it again") from None
    if len(infos) > MAX_MEMBERS:
        raise InputError(f"{path} holds more than {MAX_MEMBERS} files; unpack what you need into the raw folder")
    for info in infos:
        if not _safe(info.filename):
            raise InputError(f"{path} names a file outside itself ({info.filename!r}); don't use this archive")
        if info.flag_bits & 1:
            raise InputError(f"{path} is encrypted; unpack it into the raw folder")
    return sorted(i.filename for i in infos if not _hidden(i.filename))


def _safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name)


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX", "~$")) for part in PurePosixPath(name).parts)


@contextmanager
def open_bytes(path: Path, member: str | None = None, *, seekable: bool = False) -> Iterator[BinaryIO]:
    """Open a file, gunzipped if its name ends in .gz, or a member of a zip (gunzipped likewise).

    `seekable` spools what was packed to memory or a temporary file. Raises InputError where it cannot be read.
    """
    where = f"{path}!{member}" if member else str(path)
    try:
        with _raw(path, member, where) as stream:
            if not seekable or stream.seekable():
                yield stream
                return
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
                shutil.copyfileobj(stream, spool)
                spool.seek(0)
                yield cast(BinaryIO, spool)
    except FileNotFoundError:
        raise InputError(f"{where} does not exist any more; run again") from None
    except PermissionError:
        raise InputError(f"{where} may not be read by this user; change its permissions (chmod u+r)") from None
    except DAMAGE as error:
        raise InputError(f"{where} cannot be read ({error or type(error).__name__}); export or copy it again") from None


@contextmanager
def _raw(path: Path, member: str | None, where: str) -> Iterator[BinaryIO]:
    packed = path.stat().st_size
    if member is None:
        if path.suffix.lower() != ".gz":
            with path.open("rb") as plain:
                yield plain
            return
        with gzip.open(path) as unpacked:
            yield _limited(unpacked, packed, where)
        return
    with zipfile.ZipFile(path) as archive, archive.open(member) as inner:
        size = archive.getinfo(member).compress_size
        if member.lower().endswith(".gz"):
            with gzip.open(_limited(inner, size, where)) as unpacked:
                yield _limited(unpacked, size, where)
        else:
            yield _limited(inner, size, where)


class _Limited(io.RawIOBase):
    """Counts what comes out of a compressed stream and stops a bomb before it fills memory or disk."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, packed: int, where: str) -> None:
        self.stream, self.packed, self.where, self.count = stream, packed, where, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self.stream.read(len(view))
        view[: len(data)] = data
        self.count += len(data)
        if self.count > MAX_BYTES or (self.count > MIN_CHECKED and self.count > MAX_RATIO * max(self.packed, 1)):
            raise InputError(
                f"{self.where} unpacks to more than {self.count // 2**20} MB from {self.packed} bytes; "
                "if it is really yours, unpack it into the raw folder"
            )
        return len(data)


def _limited(stream: IO[bytes] | gzip.GzipFile, packed: int, where: str) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Limited(stream, packed, where), 1 << 16))


def fingerprint(path: Path, member: str | None = None) -> str:
    """sha256 of the file's bytes, or of a zip member's unpacked bytes."""
    if member is None:
        with path.open("rb") as plain:
            return hashlib.file_digest(plain, "sha256").hexdigest()
    digest = hashlib.sha256()
    with open_bytes(path, member) as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
