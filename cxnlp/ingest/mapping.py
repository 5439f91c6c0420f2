"""One record of a file → one row of feedback, by the source's column mapping."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cxnlp import taxonomy
from cxnlp.config import Columns, Settings, Source
from cxnlp.errors import ConfigError, RejectReason
from cxnlp.ingest import dates, values

ANSWERS = ("rating", "nps", "csat", "ces", "recommended")
SCORES = ("rating", "rating_max", "nps", "csat", "csat_max", "ces", "ces_max", "recommended")
COLUMNS = (
    *("feedback_id", "content_hash", "source", "external_id", "file", "row", "text", "created_at", "role"),
    *("conversation_id", "turn", "customer_id", "channel", "brand", "product", *SCORES, "source_stage", "attributes"),
)
_HASHED = [c for c in COLUMNS if c not in ("feedback_id", "content_hash", "source", "file", "row")]
_SHORT = ("customer_id", "channel", "brand", "product")


@dataclass(slots=True)
class Row:
    """A record as read: `fields` by the file's own names; `outer` is the conversation around a turn."""

    number: int
    fields: Mapping[str, Any]
    outer: Mapping[str, Any] = field(default_factory=dict)
    turn: int | None = None
    conversation_id: str | None = None  # where the file gives none
    notes: dict[str, str] = field(default_factory=dict)
    part: str = ""  # sheet, where a file has several


@dataclass(slots=True)
class Broken:
    """A record that cannot become a row, and why."""

    number: int
    reason: RejectReason
    message: str
    raw: str
    part: str = ""


def digest(*parts: str) -> str:
    """Key of 32 hexadecimal digits over the parts."""
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


class Mapper:
    """Reads records of one source. `resolve` first tells it the names that a file has."""

    def __init__(self, settings: Settings, name: str, columns: Columns | None = None) -> None:
        self.name = name
        self.source: Source = settings.sources[name]
        self.columns = columns or self.source.columns
        self.zone = self.source.timezone or settings.project.timezone
        self.actual: dict[str, str] = {}  # mapped name -> name in the file
        given = self.source.values
        self.missing = {kind: {values.fold(v) for v in listed} for kind, listed in given.missing.items()}
        self.recommended = {values.fold(k): v for k, v in given.recommended.items()}
        self.roles = values.ROLE_OF | {values.fold(k): v for k, v in given.role.items()}
        self.agents = {values.fold(a) for a in self.source.agents}
        self.named_customers = False  # labelled text with known agents: other names are customers
        self.stages = {values.fold(k): v for k, v in given.stage.items()}
        self.known_stages = _stages(settings)
        for stage in self.stages.values():
            if stage not in self.known_stages:
                known = ", ".join(sorted(self.known_stages))
                raise ConfigError(f"sources.{name}.values.stage names {stage!r}; journey stages are {known}")

    # names

    def wanted(self) -> list[str]:
        """Every column or path that the source maps, once."""
        listed: list[str] = []
        for kind, value in self.columns:
            if kind != "turns":
                listed.extend([value] if isinstance(value, str) else value or ())
        return list(dict.fromkeys(listed))

    def resolve(self, names: Iterable[str], where: str) -> None:
        """Match mapped names to a file's names (folded); raises ConfigError for one it lacks."""
        names = list(names)
        by_fold = {values.fold(n): n for n in reversed(names)}
        self.actual = {}
        for name in self.wanted():
            found = name if name in names else by_fold.get(values.fold(name))
            if found is None:
                raise ConfigError(missing_column(self.name, name, names, where))
            self.actual[name] = found

    def matches(self, names: Iterable[Any]) -> int:
        """How many mapped columns are among `names`: a header row has all of them."""
        folded = {values.fold(n) for n in names if not values.is_missing(n)}
        return sum(values.fold(w) in folded for w in self.wanted())

    def get(self, row: Row, name: str) -> Any:
        """Value of a mapped name: in the turn's own fields, else in the conversation's; dots walk into objects."""
        name = self.actual.get(name, name)
        for fields in (row.fields, row.outer):
            if name in fields:
                return fields[name]
            if "." in name:
                found = dig(fields, name)
                if found is not None:
                    return found
        return None

    # rows

    def feedback(self, row: Row) -> dict[str, Any] | Broken:
        """The row's feedback columns but `file`, or why there is none; `text` is null in an answer without words."""
        notes = dict(row.notes)
        out: dict[str, Any] = dict.fromkeys(COLUMNS)
        out.update(source=self.name, row=row.number, text=self._text(row), turn=row.turn)
        out["external_id"] = values.short(self._given(row, "id", self.columns.id))
        out["conversation_id"] = (
            values.short(self._given(row, "conversation_id", self.columns.conversation_id)) or row.conversation_id
        )
        for kind in _SHORT:
            out[kind] = self._short(row, kind)
        out["created_at"] = self._date(row, notes)
        out["role"] = self._role(row, notes)
        if out["role"] in ("customer", None):  # a conversation's scores are not the agent's
            self._scores(row, out, notes)
            out["recommended"] = self._recommended(row, notes)
        if out["text"] is None and (row.turn is not None or all(out[kind] is None for kind in ANSWERS)):
            message = "neither a score nor text in " + _listing(self.columns.text)
            return Broken(row.number, RejectReason.EMPTY_TEXT, message, raw_of(row), row.part)
        out["source_stage"] = self._stage(row, notes)
        out["attributes"] = self._attributes(row, notes)
        if row.turn is not None and out["external_id"] is None and out["conversation_id"] is not None:
            out["external_id"] = f"{out['conversation_id']}:{row.turn}"
        out["content_hash"] = digest(*("\0" if out[c] is None else str(out[c]) for c in _HASHED))
        identity = ("id", out["external_id"]) if out["external_id"] else (out["content_hash"],)
        out["feedback_id"] = digest(self.name, *identity)
        return out

    def _given(self, row: Row, kind: str, name: str | None) -> Any:
        """Value of a kind, None where blank or among values.missing."""
        if name is None:
            return None
        value = self.get(row, name)
        if values.is_missing(value) or value == "\0":
            return None
        if listed := self.missing.get(kind):
            number = values.number(value)
            if values.fold(value) in listed or (number is not None and f"{number:g}" in listed):
                return None
        return value

    def _text(self, row: Row) -> str | None:
        wanted = self.columns.text
        names = (wanted,) if isinstance(wanted, str) else wanted or ()
        parts = [values.text_of(self._given(row, "text", n)) for n in names]
        kept = [p for p in parts if p and values.fold(p) not in self.missing.get("text", ())]
        return (kept[0] if len(kept) == 1 else "\n".join(dict.fromkeys(kept))) if kept else None

    def _short(self, row: Row, kind: str) -> str | None:
        found = values.short(self._given(row, kind, getattr(self.columns, kind)))
        return found if found is not None else self.source.constants.get(kind)

    def _date(self, row: Row, notes: dict[str, str]) -> Any:
        wanted = self.columns.created_at
        if wanted is None:
            return None
        names = (wanted,) if isinstance(wanted, str) else wanted
        value = dates.join([self._given(row, "created_at", n) for n in names])
        found = dates.to_utc(value, self.zone, day_first=self.source.day_first, calendar=self.source.calendar)
        if found is None and value is not None:
            notes["_date_unread"] = str(value)[:100]
        return found

    def _role(self, row: Row, notes: dict[str, str]) -> str | None:
        value = self._given(row, "role", self.columns.role)
        if value is None:
            return self.source.constants.get("role") or ("customer" if self.source.kind == "table" else None)
        folded = values.fold(value)
        if folded in self.agents:
            return "agent"
        if folded in self.roles:
            return self.roles[folded]
        if self.agents or self.named_customers:
            return "customer"
        notes["_role_unread"] = str(value)[:100]
        return None

    def _scores(self, row: Row, out: dict[str, Any], notes: dict[str, str]) -> None:
        source = self.source
        tops = {"rating": source.rating_max, "nps": 10, "csat": source.csat_max, "ces": source.ces_max}
        for kind, top in tops.items():
            value = self._given(row, kind, getattr(self.columns, kind))
            if value is None:
                continue
            found = values.score(value, 0 if kind == "nps" else 1, top)
            if found is None:
                notes[f"_{kind}_unread"] = str(value)[:100]
                continue
            if kind == "ces" and not source.ces_higher_is_easier:
                found = source.ces_max + 1 - found
            out[kind] = found
            if kind != "nps":
                out[f"{kind}_max"] = float(top)

    def _recommended(self, row: Row, notes: dict[str, str]) -> bool | None:
        value = self._given(row, "recommended", self.columns.recommended)
        if value is None:
            return None
        folded = values.fold(value)
        if folded in self.recommended:
            return self.recommended[folded]
        if folded in values.YES or folded in values.NO:
            return folded in values.YES
        notes["_recommended_unread"] = str(value)[:100]
        return None

    def _stage(self, row: Row, notes: dict[str, str]) -> str | None:
        value = values.short(self._given(row, "stage", self.columns.stage)) or self.source.constants.get("stage")
        if value is None:
            return None
        found = self.stages.get(values.fold(value), value)
        if found in self.known_stages:
            return found
        notes["_stage_unread"] = value[:100]
        return None

    def _attributes(self, row: Row, notes: dict[str, str]) -> str | None:
        found = {k: v for k, v in self.source.constants.items() if k not in (*_SHORT, "role", "stage")}
        for name in self.columns.attributes:
            value = values.short(self._given(row, name, name))
            if value is not None:
                found[name] = value
        found.update((k, values.text_of(v) or "") for k, v in notes.items())
        return json.dumps(found, ensure_ascii=False) if found else None


def dig(fields: Any, path: str) -> Any:
    """Value at a dotted path of nested objects (a number is a place in a list); None where there is none."""
    for part in path.split("."):
        if isinstance(fields, Mapping):
            fields = fields.get(part)
        elif isinstance(fields, list) and part.isdigit() and int(part) < len(fields):
            fields = fields[int(part)]
        else:
            return None
    return fields


def raw_of(row: Row) -> str:
    """The record as text, for the table of rejected rows."""
    return json.dumps({**row.outer, **row.fields}, ensure_ascii=False, default=str)


def missing_column(source: str, name: str, names: Sequence[str], where: str) -> str:
    """The sentence for a mapped column that a file lacks."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    listed = ", ".join(map(repr, names[:30])) or "none"
    return f"{where} has no column {name!r}{hint}; it has {listed}; mend [sources.{source}.columns]"


def _listing(names: str | Sequence[str] | None) -> str:
    return repr(names) if isinstance(names, str) else " or ".join(map(repr, names or ("text",)))


def _stages(settings: Settings) -> set[str]:
    return {s.id for s in taxonomy.load(settings.taxonomy_path).stages}
