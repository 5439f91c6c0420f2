"""Which raw files belong to which source: patterns of cxnlp.toml against the raw folder and the archives in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from cxnlp.config import Settings, Source
from cxnlp.errors import ConfigError, InputError
from cxnlp.ingest import archives

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xlsb": "xlsx",
    ".xls": "xlsx",
    ".ods": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "txt",
    ".vtt": "vtt",
    ".srt": "srt",
}
ALIASES = {"tsv": "csv", "ndjson": "jsonl"}
KINDS = {
    "table": {"csv", "xlsx", "json", "jsonl", "parquet"},
    "transcript": {"csv", "xlsx", "json", "jsonl", "parquet", "txt", "vtt", "srt"},
    "telegram": {"json"},
}


@dataclass(frozen=True)
class SourceFile:
    """A raw file, or a member of an archive, that a source's pattern matches."""

    source_name: str
    path: Path
    member: str | None
    file: str  # as stored in the `file` column: path below the raw folder, member after '!'

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of its content: equal content needs no second reading. Reads the file at the first use."""
        return archives.fingerprint(self.path, self.member)


@dataclass(frozen=True)
class Discovery:
    """What lies in the raw folder; iterating gives the files."""

    files: list[SourceFile]
    uncovered: list[str] = field(default_factory=list)  # files below raw that no source, customers or orders names
    warnings: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[SourceFile]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def discover(settings: Settings) -> Discovery:
    """Files of every source, sorted by source and path.

    Raises InputError for a missing or empty raw folder, ConfigError for a file that two sources claim, for a source
    without the columns its kind needs, and for a format that its kind cannot have.
    """
    raw = settings.raw
    if not raw.is_dir():
        raise InputError(f"the raw folder {raw} does not exist; put exports there, or name another with --raw")
    if not settings.sources:
        raise ConfigError(f"no [sources.<name>] in cxnlp.toml; `cxnlp sources suggest {raw}` proposes them")
    found_files = list(candidates(raw))
    if not found_files:
        raise InputError(f"the raw folder {raw} is empty; put exports there, or name another folder with --raw")
    tables = {t.file for t in (settings.segments.customers, settings.segments.orders) if t}
    found: list[SourceFile] = []
    warnings, claimed = [], dict[str, str]()
    for name in sorted(settings.sources):
        source = settings.sources[name]
        check(name, source)
        pattern = glob_to_regex(source.files)
        matched = [c for c in found_files if any(pattern.fullmatch(n) for n in c.names) and c.file not in tables]
        for item in matched:
            if item.file in claimed:
                both = f"sources {claimed[item.file]!r} and {name!r}"
                raise ConfigError(f"{item.file} is claimed by {both}; narrow one of their `files` patterns")
            claimed[item.file] = name
            found.append(SourceFile(name, item.path, item.member, item.file))
        if not matched:
            warnings.append(f"source {name!r}: no file below {raw} matches files = {source.files!r}")
    uncovered = [c.file for c in found_files if c.file not in claimed and c.file not in tables and not _note(c.file)]
    return Discovery(found, uncovered, warnings)


def format_of(source: Source, name: str) -> str:
    """Format of a file of `source`, by its `format` or the suffix of `name`; raises ConfigError for an unknown one."""
    suffix = PurePosixPath(name.removesuffix(".gz")).suffix.lower()
    chosen = source.format or ("json" if source.kind == "telegram" else FORMATS.get(suffix))
    chosen = ALIASES.get(chosen or "", chosen)
    if chosen is None:
        raise ConfigError(f"{name} has no known suffix; set the format of its source to one of {_known()}")
    if chosen == "txt" and source.kind == "table":
        chosen = "csv"
    return chosen


def check(name: str, source: Source) -> None:
    """Raise ConfigError where the kind, format and columns of a source don't fit together."""
    form = ALIASES.get(source.format or "", source.format)
    if form and form not in FORMATS.values():
        raise ConfigError(f"sources.{name}.format = {source.format!r} is not known; use one of {_known()}")
    if form and form not in KINDS[source.kind] | {"txt"}:
        raise ConfigError(f"sources.{name}: kind {source.kind!r} cannot have format {source.format!r}")
    if source.kind == "table" and not source.columns.text:
        raise ConfigError(f"sources.{name}.columns.text is missing; name the column that holds what customers write")


def _known() -> str:
    return ", ".join(dict.fromkeys(FORMATS.values()))


@dataclass(frozen=True)
class Candidate:
    """A file or archive member below the raw folder."""

    path: Path
    member: str | None
    file: str
    names: tuple[str, ...]  # names under which a pattern may match it


def candidates(raw: Path) -> Iterator[Candidate]:
    """Every file below the raw folder but hidden ones, sorted; archives give their readable members."""
    for path in sorted(p for p in raw.rglob("*") if p.is_file()):
        name = path.relative_to(raw).as_posix()
        if any(part.startswith((".", "~$")) for part in PurePosixPath(name).parts):
            continue
        if path.suffix.lower() != ".zip":
            yield Candidate(path, None, name, (name, name.removesuffix(".gz")))
            continue
        folder = PurePosixPath(name).parent
        for member in archives.members(path):
            if PurePosixPath(member.removesuffix(".gz")).suffix.lower() in FORMATS:
                inside = (folder / member).as_posix()
                full = f"{name}!{member}"
                yield Candidate(path, member, full, (name, full, inside, inside.removesuffix(".gz")))


def _note(name: str) -> bool:
    return PurePosixPath(name).stem.lower() in {"readme", "license", "sources"}


def glob_to_regex(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within a folder, `**/` crosses folders, [abc] is a set; everything else is literal."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern.removeprefix("./"))
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    bracket = re.compile(r"\[[^\]]+\]")
    return re.compile(
        "".join(special.get(p) or (p.replace("[!", "[^") if bracket.fullmatch(p) else re.escape(p)) for p in parts)
    )
