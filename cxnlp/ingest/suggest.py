"""A folder of unknown exports → a commented cxnlp.toml to begin with. Doubts stand there as `# unsure: …`."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

from cxnlp.errors import CxnlpError, InputError
from cxnlp.ingest import archives, objects, profiles, telegram, values
from cxnlp.ingest.delimited import open_text
from cxnlp.ingest.guesses import Found, Guess, guess, named
from cxnlp.ingest.profiles import Profile
from cxnlp.ingest.proposals import groups, segment, source, text
from cxnlp.ingest.sources import FORMATS, candidates
from cxnlp.ingest.transcripts import HEADER_OF, header_labels


def suggest(folder: Path) -> str:
    """TOML that maps the exports below `folder`; raises InputError for an absent or empty folder."""
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; name the folder that holds your exports")
    found = [_look(c.path, c.member, c.file) for c in candidates(folder) if not c.file.lower().startswith("readme")]
    if not found:
        raise InputError(f"{folder} is empty; put exports there first")
    lines = [
        "# Proposed by `cxnlp sources suggest`: read it through, mend what is marked unsure, then `cxnlp run`.",
        "",
    ]
    lines += ["[project]", f"raw = {text(os.path.relpath(folder))}"]
    lines += ['timezone = "Asia/Tehran" # of dates that say none', ""]
    names: set[str] = set()
    feedback = [f for f in found if f.kind in ("table", "transcript", "telegram")]
    for group in groups(feedback):
        lines += source(group, names)
    for kind in ("customers", "orders"):
        lines += segment(kind, [f for f in found if f.kind == kind])
    lines += [f"# not covered: {f.file}: {f.note}" for f in found if f.kind == "unknown"]
    return "\n".join(lines).rstrip() + "\n"


def _look(path: Path, member: str | None, file: str) -> Found:
    name = (member or path.name).lower().removesuffix(".gz")
    form = FORMATS.get(PurePosixPath(name).suffix, "")
    try:
        with archives.open_bytes(path, member, seekable=True) as stream:
            if form in ("vtt", "srt"):
                return Found(file, "transcript")
            if form == "json":
                return _json(stream, file)
            if form == "txt":
                return _labelled(stream, file)
            if not form:
                return Found(file, "unknown", note="no known format")
            sample = profiles.sample(stream, form, file)
    except CxnlpError as error:
        return Found(file, "unknown", note=str(error))
    found = _table(file, sample.records)
    if sample.encoding and not sample.encoding.startswith(("utf-8", "utf_8", "ascii")):
        found.guess.source["encoding"] = sample.encoding
    if sample.delimiter and sample.delimiter != ",":
        found.guess.source["delimiter"] = sample.delimiter
    return found


def _table(file: str, records: list[Any]) -> Found:
    columns = profiles.profile([r for r in records if isinstance(r, dict)])
    names = tuple(c.name for c in columns)
    turns = profiles.found_turns(records)
    if turns:
        return _conversations(file, records, turns)
    proposed = guess(columns)
    if proposed is None:
        kind = _beside(file, columns)
        known = guess(columns, need_text=False) or Guess()
        return Found(file, kind, known, names, note="no column holds what customers write")
    roles = [c for c in columns if named(c, "role") and _roles(c) >= 0.8]
    talks = [c for c in columns if named(c, "conversation") and c.unique < 0.9]
    if roles and talks:
        proposed.columns |= {"role": roles[0].name, "conversation_id": talks[0].name}
        return Found(file, "transcript", proposed, names)
    return Found(file, "table", proposed, names)


def _roles(column: Profile) -> float:
    known = sum(n for v, n in column.counts.items() if values.fold(v) in values.ROLE_OF)
    return known / max(len(column.texts), 1)


def _beside(file: str, columns: list[Profile]) -> str:
    """Customers (one row each) or orders (several each, with dates and amounts), by contents; else unknown."""
    people = [c for c in columns if named(c, "customer") and c.words < 2 and c.filled > 0.9]
    if not people:
        return "unknown"
    if people[0].unique > 0.99:
        return "customers"
    other_ids = any(c is not people[0] and named(c, "id") and c.unique > 0.99 for c in columns)
    return "orders" if other_ids or "order" in file.lower() else "unknown"


def _json(stream: Any, file: str) -> Found:
    data = objects.load_json(stream, profiles.ANY, file)
    try:
        return _telegram(file, telegram.chats(data, file))
    except InputError:
        pass
    path = _records_path(data)
    if path is None:
        return Found(file, "unknown", note="no list of records in it")
    found = _table(file, (objects.dig(data, path) if path else data)[: profiles.SAMPLE])
    if path:
        found.guess.source["records"] = path
    return found


def _records_path(data: Any, prefix: str = "", depth: int = 3) -> str | None:
    """Dotted path of the longest list of objects; "" for the value itself, None where there is none."""
    if isinstance(data, list):
        return "" if any(isinstance(r, dict) for r in data) else None
    if not isinstance(data, dict) or not depth:
        return None
    paths = [(k, p) for k, v in data.items() if (p := _records_path(v, prefix, depth - 1)) is not None]
    full = [f"{k}.{p}" if p else k for k, p in paths]
    return max(full, key=lambda p: len(objects.dig(data, p)), default=None)


def _telegram(file: str, chats: list[dict[str, Any]]) -> Found:
    """Who writes in several personal chats without being the other person is the company."""
    senders: Counter[str] = Counter()
    names: dict[str, str] = {}
    for chat in chats:
        here = {
            str(m.get("from_id")): str(m.get("from"))
            for m in chat["messages"]
            if isinstance(m, dict) and "from_id" in m
        }
        names |= here
        senders.update(s for s in here if s != f"user{chat.get('id')}")
    agents = [s for s, n in senders.items() if n >= max(2, 0.3 * len(chats))]
    found = Found(file, "telegram")
    if agents:
        found.guess.source["agents"] = agents
        found.guess.doubts["agents"] = "who writes for the company: " + ", ".join(names[a] for a in agents)
    return found


def _conversations(file: str, records: list[Any], turns: str) -> Found:
    talks = [r for r in records if isinstance(r, dict)]
    inner = profiles.profile([t for r in talks for t in r.get(turns) or () if isinstance(t, dict)][: profiles.SAMPLE])
    outer = profiles.profile([{k: v for k, v in r.items() if k != turns} for r in talks])
    proposed = guess(inner, need_text=False) or Guess()
    if "text" not in proposed.columns:
        return Found(file, "unknown", note=f"{turns} holds no text")
    roles = [c for c in inner if _roles(c) >= 0.8] or [c for c in inner if named(c, "role")]
    around = guess(outer, need_text=False) or Guess()
    ids = [c.name for c in outer if c.unique > 0.99 and c.words < 2 and named(c, "id")]
    columns = {"turns": turns, "text": proposed.columns["text"]}
    if roles:
        columns["role"] = roles[0].name
        if _roles(roles[0]) < 0.8:
            proposed.doubts["role"] = (
                f'values are {", ".join(list(roles[0].counts)[:5])}; name the company\'s with agents = ["…"]'
            )
    at = proposed.columns.get("created_at") or around.columns.get("created_at")
    columns |= {"created_at": at} if at else {}
    columns |= {"conversation_id": ids[0]} if ids else {}
    keep = ("customer_id", "brand", "product", "channel", "rating", "nps", "csat", "ces", "attributes")
    columns |= {k: v for k, v in around.columns.items() if k in keep and v not in columns.values()}
    proposed.columns = columns
    proposed.source |= {k: v for k, v in around.source.items() if k.endswith("_max")}
    proposed.values = around.values
    proposed.doubts |= {k: v for k, v in around.doubts.items() if k in ("missing", *around.source)}
    return Found(file, "transcript", proposed, (turns, *(c.name for c in outer), *(c.name for c in inner)))


def _labelled(stream: Any, file: str) -> Found:
    _, head = open_text(stream, None, file)
    spoken, header = header_labels(head)
    if not any(values.fold(s) in values.ROLE_OF for s in spoken) and len(spoken) < 2:
        return Found(file, "unknown", note="no speaker labels such as «مشتری:» begin its lines; a table? set format")
    proposed = Guess()
    attributes = [h for h in header if not HEADER_OF.get(values.fold(h), "")]
    if attributes:
        proposed.columns["attributes"] = attributes
    if not any(values.ROLE_OF.get(values.fold(s)) == "agent" for s in spoken):
        proposed.doubts["agents"] = f'speakers are {", ".join(spoken[:6])}; name the company\'s with agents = ["…"]'
    return Found(file, "transcript", proposed)


def _who(speakers: list[str]) -> str:
    return f'speakers are {", ".join(speakers[:6])}; name the company\'s with agents = ["…"]'
