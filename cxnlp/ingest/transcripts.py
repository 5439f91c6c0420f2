"""Conversations → one record per turn: JSON with lists of turns, plain text with speaker labels, WebVTT and SRT."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from cxnlp.config import Columns, Source
from cxnlp.errors import ConfigError, InputError, RejectReason
from cxnlp.ingest import objects, values
from cxnlp.ingest.delimited import UNDECODED, Lines, open_text
from cxnlp.ingest.mapping import Broken, Mapper, Row, dig, digest, raw_of

# labels above a conversation, folded → what they hold
HEADERS = {
    "created_at": "تماس|تاریخ|زمان|تاریخ تماس|زمان تماس|تاریخ گفتگو|call|date|time|started|start|call date|datetime",
    "customer_id": "شماره مشتری|کد مشتری|شناسه مشتری|customer id|caller id|client id",
    "conversation_id": "شناسه|شناسه تماس|شناسه گفتگو|تیکت|شماره تیکت|call id|ticket|ticket id|conversation|chat id|id",
    "channel": "کانال|channel",
    "": "مدت|مدت تماس|صف|موضوع|نام کارشناس|duration|length|queue|subject|agent name|agent id|کد کارشناس",
}
HEADER_OF = {values.fold(w): kind for kind, words in HEADERS.items() for w in words.split("|")}
STARTS = {values.fold(w) for w in ("تماس", "تیکت", "شناسه تماس", "call", "call id", "ticket", "conversation")}
_SEPARATOR = re.compile(r"(?:([-=_*~—–#])\1{4,}|[-=*#~_]{3}.*[-=*#~_]{3})")
_LABEL = re.compile(r"\s*(?:[\[(]([^\])]{3,40})[\])]\s*)?([^:：\d\n][^:：\n]{0,39}?)\s*[:：]\s*(.*)", re.DOTALL)
_ID = re.compile(r"[A-Za-z]{0,6}[-_#]?\d[\w-]*")
_ASIDE = re.compile(r"\s*[\[(][^\])]*[\])]\s*")


def columns(source: Source) -> Columns:
    """Names of the fields of labelled text; the source's own names (labels in the header) take precedence."""
    given = {k: v for k, v in source.columns if v and k not in ("text", "role", "turns")}
    standard = {k: k for k in ("created_at", "customer_id", "conversation_id", "channel")}
    return Columns(**({"text": "text", "role": "speaker"} | standard | given))


def read_json(stream: BinaryIO, source: Source, mapper: Mapper, where: str, form: str) -> Iterator[Row | Broken]:
    """Turns of the conversations in a JSON or JSON Lines file; a turn's own fields go before the conversation's."""
    if not source.columns.turns or not source.columns.text:
        raise ConfigError(
            f"sources.{mapper.name}.columns needs turns (the list of turns in a conversation) and text (in a turn)"
        )
    if form == "jsonl":
        text, _ = open_text(stream, source.encoding, where)
        found: Iterator[Any] = (r.fields if isinstance(r, Row) else r for r in objects.lines(Lines(text)))
    else:
        found = iter(objects.records(objects.load_json(stream, source, where), source, where))
    first = list(itertools.islice(found, objects.PEEK))
    path = source.columns.turns
    objects.check_paths(_merged(first, path), mapper, where)
    yield from _turns(itertools.chain(first, found), path)


def _turns(found: Iterable[Any], path: str) -> Iterator[Row | Broken]:
    """Records of conversations that are objects with a list of turns at `path`."""
    number = 0
    for conversation in found:
        listed = dig(conversation, path) if isinstance(conversation, dict) else None
        if not isinstance(listed, list):
            number += 1
            lost = conversation if isinstance(conversation, Broken) else None
            message = lost.message if lost else f"a conversation without {path!r}"
            yield Broken(number, RejectReason.BROKEN_ROW, message, lost.raw if lost else str(conversation))
            continue
        about = {k: v for k, v in conversation.items() if k != path.split(".")[0]}
        key = digest(content_of(about), content_of(listed))[:12]
        for place, turn in enumerate(listed, 1):
            number += 1
            row = objects.as_row(number, turn)
            if isinstance(row, Row):
                row.outer, row.turn, row.conversation_id = about, place, key
            yield row


def content_of(value: Any) -> str:
    """Text of a JSON value that depends on its content only."""
    return raw_of(Row(0, {"": value}))


def _merged(found: list[Any], path: str) -> Iterator[dict[str, Any]]:
    for conversation in found:
        if isinstance(conversation, dict):
            for turn in dig(conversation, path) or ():
                if isinstance(turn, dict):
                    yield conversation | turn


@dataclass(slots=True)
class _Talk:
    """One conversation of labelled text: header labels and turns (line, speaker, time, text)."""

    header: dict[str, str] = field(default_factory=dict)
    turns: list[tuple[int, str, str | None, list[str]]] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        said = [(speaker, lines) for _, speaker, _, lines in self.turns]
        key = digest(content_of(self.header), content_of(said))[
            :12
        ]  # many begin alike: all that is said tells them apart
        for place, (number, speaker, at, lines) in enumerate(self.turns, 1):
            fields: dict[str, Any] = {"speaker": speaker or None, "text": "\n".join(lines).strip()}
            if at:
                fields["created_at"] = at
            yield Row(number, fields, self.header, place, key)


def _labelled(lines: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """(label, whether it stands in a header) of every line that has one; a header ends where a label comes again."""
    block: set[str] | None = None
    blank = True
    for line in lines:
        match = _LABEL.match(line)
        label = values.fold(match[2]) if match else ""
        empty = not line.strip() or _separates(line)
        if blank and label in HEADER_OF:
            block = set()
        elif empty or label in (block or ()):
            block = None
        if block is not None:
            block.add(label)
        if match:
            yield match[2].strip(), block is not None
        blank = empty


def header_labels(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """(labels that begin several lines, labels that stand above conversations) in text of unknown kind."""
    found = Counter(_labelled(lines))
    above = [label for (label, header) in found if header and values.fold(label) not in values.ROLE_OF]
    said = [label for (label, header), n in found.most_common() if not header and n >= 2 and len(label.split()) <= 3]
    return said[:20], above


def _separates(line: str) -> bool:
    return bool(_SEPARATOR.fullmatch(line.strip()[:200]))


class Labels:
    """Which words before a colon are speakers: known roles, configured ones, and names that begin lines repeatedly."""

    def __init__(self, lines: Iterable[str], mapper: Mapper) -> None:
        self.roles, self.known = mapper.roles, set(mapper.roles) | mapper.agents
        counts = Counter(values.fold(label) for label, header in _labelled(lines) if not header)
        odd = {label for label in counts if len(label.split()) > 3 or label in HEADER_OF or "/" in label}
        self.names = {label for label, count in counts.items() if count >= 2} - odd
        mapper.named_customers = any(self.roles.get(label) == "agent" for label in counts)

    def split(self, line: str) -> tuple[str | None, str, str] | None:
        """(time, speaker, words) of a line that a speaker begins."""
        match = _LABEL.match(line)
        if match and values.fold(match[2]) in self.known | self.names:
            return match[1], match[2].strip(), match[3]
        return None


def read_text(stream: BinaryIO, source: Source, mapper: Mapper, where: str) -> Iterator[Row | Broken]:
    """Turns of plain text: separators or header labels part conversations, labels part turns; other lines go on.

    A line before any speaker, or a lone remark in brackets, is no one's turn and is rejected as not_a_message.
    """
    text, head = open_text(stream, source.encoding, where)
    labels = Labels(head, mapper)
    for chunk in _chunks(Lines(text), labels):
        talk = _Talk()
        body = _without_header(chunk, labels, talk.header)
        broken = [b for number, line in body if line.strip() and (b := _turn(talk, labels, number, line))]
        records: list[Row | Broken] = [*talk.rows(), *broken]
        yield from sorted(records, key=lambda r: r.number)


def _chunks(lines: Lines, labels: Labels) -> Iterator[list[tuple[int, str]]]:
    """Numbered lines of one conversation after another."""
    chunk: list[tuple[int, str]] = []
    spoken = False
    for line in lines:
        number, _ = lines.take()
        line = line.strip("\r\n\ufeff")
        match = _LABEL.match(line)
        begins = spoken and match and values.fold(match[2]) in STARTS and not chunk[-1][1].strip()
        if begins or _separates(line):
            yield chunk
            chunk, spoken = [], False
        if not _separates(line):
            chunk.append((number, line))
            spoken = spoken or labels.split(line) is not None
    yield chunk


def _without_header(chunk: list[tuple[int, str]], labels: Labels, header: dict[str, str]) -> list[tuple[int, str]]:
    """Put the labels above a conversation, up to the first blank line, into `header`; the other lines."""
    start = next((i for i, (_, line) in enumerate(chunk) if _LABEL.match(line)), 0)
    stop, contiguous = start, True
    for place, (_, line) in enumerate(chunk[start : start + 12], start):
        match = _LABEL.match(line)
        if not match:
            break
        label, about = values.fold(match[2]), bool(_ID.fullmatch(match[3].strip().translate(values.ASCII)))
        speaker = label in labels.known | labels.names
        contiguous = contiguous and (not speaker or (about and labels.roles.get(label) == "customer"))
        if contiguous or label in HEADER_OF:
            stop = place + 1
        if place == start and not (stop > start and (label in HEADER_OF or about)):
            return chunk
    for _, line in chunk[start:stop]:
        if match := _LABEL.match(line):
            _put(header, values.fold(match[2]), match[2], match[3], labels)
    return chunk[:start] + chunk[stop:]


def _put(header: dict[str, str], label: str, name: str, value: str, labels: Labels) -> None:
    """Store a header line under its own label and under what it holds."""
    header.setdefault(name.strip(), value.strip())
    kind = "customer_id" if labels.roles.get(label) == "customer" else HEADER_OF.get(label)
    if kind:
        header.setdefault(kind, value.strip())


def _turn(talk: _Talk, labels: Labels, number: int, line: str) -> Broken | None:
    """Add a line to the conversation; Broken where nobody says it."""
    if not line.isascii() and UNDECODED.search(line):
        raw = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return Broken(number, RejectReason.BAD_ENCODING, "bytes that the file's encoding does not allow", raw)
    said = labels.split(line)
    if said:
        at, speaker, words = said
        talk.turns.append((number, speaker, at, [words]))
    elif talk.turns and not _ASIDE.fullmatch(line):
        talk.turns[-1][3].append(line)
    else:
        return Broken(number, RejectReason.NOT_A_MESSAGE, "no speaker says this line", line)
    return None


_CUE = re.compile(r"\s*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{3})\s*-->")


def read_captions(stream: BinaryIO, source: Source, mapper: Mapper, where: str, form: str) -> Iterator[Row | Broken]:
    """Turns of WebVTT or SRT: consecutive cues of one speaker are one turn; malformed cues are rejected."""
    import webvtt

    text, _ = open_text(stream, source.encoding, where)
    content = text.read().replace("\0", "").replace("\r\n", "\n")
    try:
        captions = list(webvtt.from_buffer(content.split("\n"), format=form))
    except webvtt.errors.MalformedFileError as error:
        raise InputError(f"{where} is not a valid {form.upper()} file ({error}); export it again") from None
    labels = Labels((c.text for c in captions), mapper)
    talk = _Talk()
    broken: list[Broken] = []
    for number, caption in _numbered(content, captions):
        if isinstance(caption, str):
            broken.append(Broken(number, RejectReason.BROKEN_ROW, "a cue that cannot be read", caption))
            continue
        said = labels.split(caption.text)
        speaker, words = (caption.voice, caption.text) if caption.voice else said[1:] if said else ("", caption.text)
        last = talk.turns[-1] if talk.turns else None
        if last and (not speaker or values.fold(last[1]) == values.fold(speaker)):
            last[3].append(words)
        else:
            talk.turns.append((number, speaker, None, [words]))
    yield from broken
    yield from talk.rows()


def _numbered(content: str, captions: list[Any]) -> Iterator[tuple[int, Any]]:
    """(line, caption) for every cue of the file; the timing line for those that the library left out."""
    queue = list(reversed(captions))
    for number, line in enumerate(content.split("\n"), 1):
        if "-->" not in line:
            continue
        match = _CUE.match(line)
        if match and queue and _seconds(queue[-1].start) == _seconds(match[1]):
            yield number, queue.pop()
        else:
            yield number, line


def _seconds(clock: str) -> float:
    total = 0.0
    for part in clock.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total
