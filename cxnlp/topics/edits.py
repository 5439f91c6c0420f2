"""What people say about topics, as an append-only log that is replayed after every run; nothing a run does undoes it.

An edit is a row (edit_id, at, who, op, args as JSON). `apply` first gives every topic back what the machine said of it
(column `machine`), then replays the log in order; so `undo` is one more line of the log, and undoing works twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import pandas as pd

from cxnlp.errors import CxnlpError
from cxnlp.topics.assignment import beneath
from cxnlp.topics.registry import Row, empty_row, frame, records, with_event
from cxnlp.topics.vectors import mean, to_bytes, to_matrix

if TYPE_CHECKING:
    from cxnlp.config import Settings
    from cxnlp.lake import Lake

COLUMNS = ["edit_id", "at", "who", "op", "args"]
Rows = dict[str, Row]


def read(settings: Settings, lake: Lake) -> pd.DataFrame:
    """The one log that commands write and runs replay: the YAML file of `[topics] edits`, else the lake's."""
    if settings.topics.edits is None:
        log = lake.read("edits")
        return log[log["op"].isin([*OPERATIONS, "undo"])]
    file = settings.home / settings.topics.edits
    return from_yaml(file.read_text(encoding="utf-8") if file.exists() else "", str(file))


def log_of(log: pd.DataFrame | list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Edits of topics that stand, in order: undone ones and other tables' operations left out, args as dicts."""
    listed = pd.DataFrame(log if log is not None else [], columns=COLUMNS)
    rows = records(listed[listed["op"].isin([*OPERATIONS, "undo"])].sort_values("edit_id"))
    read = [row | {"args": row["args"] if isinstance(row["args"], dict) else json.loads(row["args"])} for row in rows]
    undone: set[str] = set()
    for row in reversed(read):  # a later undo may undo an earlier one
        if row["op"] == "undo" and row["edit_id"] not in undone:
            undone.add(row["args"]["edit"])
    return [row for row in read if row["op"] != "undo" and row["edit_id"] not in undone]


def apply(
    topics: pd.DataFrame, mentions: pd.DataFrame, log: pd.DataFrame | list[dict[str, Any]] | None
) -> pd.DataFrame:
    """The registry as people want it. `mentions` (mention_id, vector) are needed for parts of a split made just now.

    Edits of topics that are not there (any more) change nothing; `check` refuses them when they are made.
    """
    rows: Rows = {row["topic_id"]: _restored(row) for row in records(topics)}
    standing = log_of(log)
    for edit in standing:
        touched = OPERATIONS[edit["op"]](rows, edit, mentions)
        for topic in touched:
            rows[topic] = _noted(rows[topic], edit)
    made_by = {edit["edit_id"] for edit in standing}
    for topic, row in rows.items():
        maker = beneath(row).get("made_by")
        if maker is not None and maker not in made_by:  # the split that made it was undone; its id stays taken
            rows[topic] = row | {"status": "retired"}
    return frame(list(rows.values()))


def moved_mentions(edits: pd.DataFrame | list[dict[str, Any]] | None) -> dict[str, str]:
    """mention_id → topic_id, for mentions that a person moved one by one."""
    moves = [e["args"] for e in log_of(edits) if e["op"] == "move" and "mentions" in e["args"]]
    return {mention: args["to"] for args in moves for mention in args["mentions"]}


def _restored(row: dict[str, Any]) -> dict[str, Any]:
    """The row as the machine left it."""
    said = beneath(row)
    kept = {"made_by": said.pop("made_by")} if "made_by" in said else {}
    return row | said | {"machine": json.dumps(kept) if kept else None}


def _set(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The row changed by a person, what the machine said kept aside."""
    said = {column: row[column] for column in changes if column not in beneath(row)}
    return row | changes | {"machine": json.dumps({**said, **beneath(row)}, ensure_ascii=False)}


def _noted(row: dict[str, Any], edit: dict[str, Any]) -> dict[str, Any]:
    known = json.loads(row["history"] or "[]")
    if any(event.get("edit") == edit["edit_id"] for event in known):
        return row
    return with_event(row, pd.Timestamp(edit["at"]), edit["op"], edit=edit["edit_id"], who=edit["who"])


def _rename(rows: Rows, edit: dict[str, Any], _: pd.DataFrame) -> list[str]:
    args = edit["args"]
    if args["topic"] not in rows:
        return []
    labels = {f"label_{lang}": args[lang] for lang in ("fa", "en") if args.get(lang)}
    rows[args["topic"]] = _set(rows[args["topic"]], **labels, label_source="person")
    return [args["topic"]]


def _merge(rows: Rows, edit: dict[str, Any], _: pd.DataFrame) -> list[str]:
    into = edit["args"]["into"]
    gone = [t for t in edit["args"]["topics"] if t in rows and t != into and into in rows]
    for topic in gone:
        rows[topic] = _set(rows[topic], status="merged", merged_into=into)
    return [*gone, into] if gone else []


def _split(rows: Rows, edit: dict[str, Any], mentions: pd.DataFrame) -> list[str]:
    args = edit["args"]
    if args["topic"] not in rows:
        return []
    whole = rows[args["topic"]]
    parts = [_part(rows, whole, part, edit["edit_id"], mentions) for part in args["into"]]
    if not all(parts):
        return []
    for part in parts:
        rows[str(part["topic_id"])] = part
    rows[args["topic"]] = _set(whole, status="retired")
    return [args["topic"], *(str(part["topic_id"]) for part in parts)]


def _part(
    rows: Rows, whole: dict[str, Any], part: dict[str, Any], edit_id: str, mentions: pd.DataFrame
) -> dict[str, Any]:
    """Row of one part of a split topic; empty where its mentions are gone, or its id is that of another topic."""
    if part["id"] in rows and beneath(rows[part["id"]]).get("made_by") != edit_id:
        return {}
    if part["id"] in rows:
        return rows[part["id"]] | {"status": "active"} if rows[part["id"]]["status"] == "retired" else rows[part["id"]]
    vectors = mentions.loc[mentions["mention_id"].isin(part["mentions"]), "vector"].dropna()
    if vectors.empty:
        return {}
    inherited = ("level", "kind", "parent_id", "touchpoints", "stage")
    labels = {f"label_{lang}": part[lang] for lang in ("fa", "en") if part.get(lang)}
    return empty_row() | {column: whole[column] for column in inherited} | labels | {
        "topic_id": part["id"], "centroid": to_bytes(mean(to_matrix(vectors))), "threshold": whole["threshold"],
        "label_source": "person" if labels else "machine", "status": "active", "pinned": False, "size": 0, "size_fa": 0,
        "representatives": list(part["mentions"])[:12], "history": "[]", "machine": json.dumps({"made_by": edit_id}),
    }  # fmt: skip


def _move(rows: Rows, edit: dict[str, Any], _: pd.DataFrame) -> list[str]:
    args = edit["args"]
    if "mentions" in args:
        return [args["to"]] if args["to"] in rows else []
    moved = [t for t in args["topics"] if t in rows and args["to"] in rows]
    for topic in moved:
        rows[topic] = _set(rows[topic], parent_id=args["to"])
    return moved


def _mark(**changes: Any) -> Callable[[Rows, dict[str, Any], pd.DataFrame], list[str]]:
    def operation(rows: Rows, edit: dict[str, Any], _: pd.DataFrame) -> list[str]:
        touched = [t for t in edit["args"]["topics"] if t in rows]
        for topic in touched:
            rows[topic] = _set(rows[topic], **changes)
        return touched

    return operation


OPERATIONS: dict[str, Callable[[Rows, dict[str, Any], pd.DataFrame], list[str]]] = {
    "rename": _rename,
    "merge": _merge,
    "split": _split,
    "move": _move,
    "pin": _mark(pinned=True),
    "ignore": _mark(status="ignored"),
    "retire": _mark(status="retired"),
}


def check(
    edit: dict[str, Any],
    topics: pd.DataFrame,
    edits: pd.DataFrame | list[dict[str, Any]] | None,
    mentions: Collection[str] = (),
) -> None:
    """Raise CxnlpError where an edit names topics, edits or `mentions` that are not there, or would do nothing."""
    args, known = edit["args"], set(topics["topic_id"])
    if edit["op"] == "undo":
        ids = [] if edits is None else list(pd.DataFrame(edits, columns=COLUMNS)["edit_id"])
        if args["edit"] not in ids:
            raise CxnlpError(f"there is no edit {args['edit']}; `cxnlp topics history` lists them")
        _no_circle(edit, topics, edits)
        return
    named = [args[k] for k in ("topic", "into", "to") if isinstance(args.get(k), str)] + list(args.get("topics", ()))
    if missing := [topic for topic in named if topic not in known]:
        raise CxnlpError(f"there is no topic {', '.join(missing)}; `cxnlp topics list --all` lists them")
    if edit["op"] == "rename" and not (args.get("fa") or args.get("en")):
        raise CxnlpError("a rename needs a label: --fa TEXT, --en TEXT or both")
    if edit["op"] == "split" and (taken := [part["id"] for part in args["into"] if part["id"] in known]):
        raise CxnlpError(f"{', '.join(taken)} is there already; run the split again, which finds new ids")
    if edit["op"] == "move":
        _check_move(args, topics, mentions)
    if edit["op"] == "merge":
        if args["into"] in args["topics"]:
            raise CxnlpError(f"{args['into']} cannot be merged into itself; name another with --into")
        _check_open(args["into"], topics)
        _no_circle(edit, topics, edits)
        kinds = topics.set_index("topic_id").loc[named, "kind"].unique()
        if len(kinds) > 1:
            raise CxnlpError(
                f"topics of different kinds ({', '.join(map(str, kinds))}) cannot be merged; move them to one theme"
            )


def _check_move(args: dict[str, Any], topics: pd.DataFrame, mentions: Collection[str]) -> None:
    to, levels = args["to"], dict(zip(topics["topic_id"], topics["level"], strict=True))
    what, wanted = ("mentions", "topic") if "mentions" in args else ("topics", "theme")
    if unknown := [i for i in args.get("mentions", ()) if i not in mentions and i not in levels]:
        raise CxnlpError(
            f"{', '.join(unknown)} is neither a topic nor a mention; `cxnlp topics list --all` and "
            "`cxnlp topics show TOPIC` give their ids"
        )
    if mixed := [i for i in args.get("mentions", ()) if i not in mentions]:
        raise CxnlpError(f"{', '.join(mixed)} cannot be moved along with mentions; move it by itself, into a theme")
    if themes := [i for i in args.get("topics", ()) if levels[i] == "theme"]:
        raise CxnlpError(f"{', '.join(themes)} is a theme, and themes lie in no other; move its topics one by one")
    if levels[to] != wanted:
        help_ = "" if wanted == "topic" else "; `cxnlp topics merge` makes one topic of several"
        raise CxnlpError(f"{to} is a {levels[to]}, and {what} are moved into a {wanted}: name one with --to{help_}")
    _check_open(to, topics)


def _check_open(topic: str, topics: pd.DataFrame) -> None:
    row = topics.set_index("topic_id").loc[topic]
    if row["status"] in ("merged", "retired"):
        closed = f"merged into {row['merged_into']}" if row["status"] == "merged" else "retired"
        raise CxnlpError(f"{topic} is {closed}; name one that `cxnlp topics list` shows")


def _no_circle(edit: dict[str, Any], topics: pd.DataFrame, edits: pd.DataFrame | list[dict[str, Any]] | None) -> None:
    """CxnlpError where topics would be merged in a circle: an undone merge taken up again can close one."""
    log = [*records(pd.DataFrame(edits if edits is not None else [], columns=COLUMNS)), edit]
    after = apply(topics, pd.DataFrame(columns=["mention_id", "vector"]), log)
    merged = after[after["status"] == "merged"]
    into = dict(zip(merged["topic_id"], merged["merged_into"], strict=True))
    for topic in into:
        way = [topic]
        while way[-1] in into and way[-1] not in way[:-1]:
            way.append(into[way[-1]])
        if way[-1] in way[:-1]:
            raise CxnlpError(
                f"that would merge {' into '.join(way)}; undo one of these merges first (`cxnlp topics history`)"
            )


def differences(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """What an edit does to the counts, one line per topic that changes: `T0004 late courier: 120 active → 0 merged`."""
    old, lines = {row["topic_id"]: row for row in records(before)}, []
    for row in records(after):
        was = old.get(row["topic_id"], {"size": 0, "status": "not there", "label_en": None, "label_fa": None})
        told = [f"{int(r['size'] or 0)} {r['status']} ({r['label_fa']} | {r['label_en']})" for r in (was, row)]
        if told[0] != told[1]:
            lines.append(f"{row['topic_id']}: {told[0]} → {told[1]}")
    return lines


def next_edit(edits: pd.DataFrame | list[dict[str, Any]] | None) -> str:
    """Id of the next line of the log: after the largest, for entries may be struck out in review."""
    known = pd.DataFrame(edits if edits is not None else [], columns=COLUMNS)["edit_id"]
    numbers = [int(number[0]) for edit in known if (number := re.match(r"\d+", str(edit)))]
    return f"{max(numbers, default=0) + 1:08d}"


def to_yaml(edits: pd.DataFrame | list[dict[str, Any]]) -> str:
    """The log as YAML, one entry per edit, for review in git."""
    import yaml

    rows = records(pd.DataFrame(edits, columns=COLUMNS).sort_values("edit_id"))
    plain = [
        {"id": r["edit_id"], "at": pd.Timestamp(r["at"]).isoformat(), "who": r["who"], "op": r["op"],
         **(r["args"] if isinstance(r["args"], dict) else json.loads(r["args"]))}
        for r in rows
    ]  # fmt: skip
    return str(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=100)) if plain else "[]\n"


def from_yaml(text: str, name: str = "the edits file") -> pd.DataFrame:
    """The log of a YAML file; raises CxnlpError naming the entry that cannot be read."""
    import yaml

    try:
        entries = yaml.safe_load(text) or []
    except yaml.YAMLError as error:
        raise CxnlpError(f"{name} is not valid YAML: {error}") from None
    rows = []
    for place, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or entry.get("op") not in [*OPERATIONS, "undo"]:
            raise CxnlpError(f"{name}: entry {place} has no known op ({', '.join([*OPERATIONS, 'undo'])})")
        args = {k: v for k, v in entry.items() if k not in ("id", "at", "who", "op")}
        at = pd.Timestamp(entry.get("at", 0))
        at = at.tz_localize("UTC") if at.tzinfo is None else at.tz_convert("UTC")
        row = {"edit_id": str(entry.get("id", f"{place:08d}")), "at": at, "who": entry.get("who"), "op": entry["op"]}
        rows.append(row | {"args": json.dumps(args, ensure_ascii=False)})
    return pd.DataFrame(rows, columns=COLUMNS)
