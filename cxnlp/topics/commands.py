"""`cxnlp topics`: look at topics and correct them. Every correction is an edit that later runs replay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxnlp.options import Config, Out

if TYPE_CHECKING:
    import pandas as pd

    from cxnlp.config import Settings
    from cxnlp.lake import Lake

app = typer.Typer(help="Look at topics, rename, merge, split, move, pin, ignore or retire them.", no_args_is_help=True)
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking")]
Topics = Annotated[list[str], typer.Argument(help="Ids, e.g. T0004")]
SHOWN = ("active", "emerging")
NEEDED = ["mention_id", "quote", "kind", "touchpoint", "language", "confidence", "polarity", "vector"]


@app.command("list")
def list_command(
    every: Annotated[bool, typer.Option("--all", help="Also ignored, retired and merged ones")] = False,
    config: Config = None,
    out: Out = None,
) -> None:
    """Themes with their topics, largest first."""
    from cxnlp.topics.registry import records

    topics = _open(config, out)[1].read("topics")
    rows = records(topics[topics["status"].isin(SHOWN)] if not every else topics)
    for theme in sorted((r for r in rows if r["level"] == "theme"), key=_size):
        typer.echo(f"{_line(theme)}")
        for row in sorted((r for r in rows if r["parent_id"] == theme["topic_id"]), key=_size):
            typer.echo(f"  {_line(row)}")
    orphans = [r for r in rows if r["level"] == "topic" and r["parent_id"] not in {t["topic_id"] for t in rows}]
    for row in sorted(orphans, key=_size):
        typer.echo(_line(row))
    if not rows:
        typer.echo("No topics yet: `cxnlp run` discovers them.")


@app.command()
def show(topic: str, config: Config = None, out: Out = None) -> None:
    """A topic with its words, quotes, touchpoints and history."""
    import pyarrow.compute as pc

    from cxnlp.errors import CxnlpError
    from cxnlp.topics.registry import events, records

    lake = _open(config, out)[1]
    row = next((r for r in records(lake.read("topics")) if r["topic_id"] == topic), None)
    if row is None:
        raise CxnlpError(f"there is no topic {topic}; `cxnlp topics list --all` lists them")
    typer.echo(_line(row))
    for name in ("keywords_fa", "keywords_en"):
        typer.echo(f"  {name}: {'، '.join(row[name]) if row[name] is not None else '–'}")
    typer.echo(f"  touchpoints: {row['touchpoints']}\n  seen: {row['first_seen']} … {row['last_seen']}")
    quotes = lake.read("mentions", ["mention_id", "quote"], where=pc.field("topic_id") == topic)
    known = quotes.set_index("mention_id")["quote"]
    for mention in row["representatives"] if row["representatives"] is not None else []:
        typer.echo(f"  “{known.get(mention, '…')}” ({mention})")
    for event in events(row):
        typer.echo(f"  {event.pop('at')[:10]} {event.pop('event')} {event or ''}")


@app.command()
def rename(
    topic: str,
    fa: Annotated[str | None, typer.Option(help="Label in Persian")] = None,
    en: Annotated[str | None, typer.Option(help="Label in English")] = None,
    config: Config = None,
    out: Out = None,
    yes: Yes = False,
) -> None:
    """Give a topic or theme another label."""
    _edit("rename", {"topic": topic, "fa": fa, "en": en}, config, out, yes)


@app.command()
def merge(
    topics: Topics,
    into: Annotated[str, typer.Option(help="Topic that gets their mentions")],
    config: Config = None,
    out: Out = None,
    yes: Yes = False,
) -> None:
    """Make topics part of another one; what they attract in later runs goes there too."""
    _edit("merge", {"topics": topics, "into": into}, config, out, yes)


@app.command()
def split(topic: str, config: Config = None, out: Out = None, yes: Yes = False) -> None:
    """Cut a topic in two, where its mentions differ most."""
    from cxnlp.errors import CxnlpError
    from cxnlp.topics.run import parts_of

    lake = _open(config, out)[1]
    mentions, topics = _mentions(lake), lake.read("topics")
    parts = parts_of(topic, mentions[mentions["topic_id"] == topic], topics)
    if len(parts) < 2:
        raise CxnlpError(f"topic {topic} has too few mentions to be split")
    known = mentions.set_index("mention_id")["quote"]
    for part in parts:
        typer.echo(f"{part['id']}: " + " / ".join(str(known[m]) for m in part["mentions"][:5]))
    _edit("split", {"topic": topic, "into": parts}, config, out, yes)


@app.command()
def move(
    what: Annotated[list[str], typer.Argument(help="Topics (into a theme), or mention ids (into a topic)")],
    to: Annotated[str, typer.Option(help="Theme or topic")],
    config: Config = None,
    out: Out = None,
    yes: Yes = False,
) -> None:
    """Move topics to another theme, or single mentions to another topic."""
    known = set(_open(config, out)[1].read("topics", ["topic_id"])["topic_id"])
    _edit("move", {"topics" if set(what) <= known else "mentions": what, "to": to}, config, out, yes)


@app.command()
def pin(topics: Topics, config: Config = None, out: Out = None, yes: Yes = False) -> None:
    """Keep topics as they are: no run retires them."""
    _edit("pin", {"topics": topics}, config, out, yes)


@app.command()
def ignore(topics: Topics, config: Config = None, out: Out = None, yes: Yes = False) -> None:
    """Leave topics out of lists and reports; they go on gathering their mentions."""
    _edit("ignore", {"topics": topics}, config, out, yes)


@app.command()
def retire(topics: Topics, config: Config = None, out: Out = None, yes: Yes = False) -> None:
    """Close topics: their mentions become unassigned, and no run brings them back."""
    _edit("retire", {"topics": topics}, config, out, yes)


@app.command()
def undo(edit: str, config: Config = None, out: Out = None, yes: Yes = False) -> None:
    """Take an edit back; taking that back is an undo again."""
    _edit("undo", {"edit": edit}, config, out, yes)


@app.command()
def history(config: Config = None, out: Out = None) -> None:
    """All edits, as YAML that can be reviewed in git and named in `[topics] edits`."""
    from cxnlp.topics.edits import read, to_yaml

    typer.echo(to_yaml(read(*_open(config, out))), nl=False)


def _open(config: Path | None, out: Path | None) -> tuple[Settings, Lake]:
    from cxnlp.config import load
    from cxnlp.lake import Lake

    settings = load(config, out=out)
    return settings, Lake.of(settings).require()


def _mentions(lake: Lake) -> pd.DataFrame:
    from cxnlp.topics.assignment import COLUMNS

    dates = lake.read("feedback", ["feedback_id", "created_at", "duplicate_of"])
    return lake.read("mentions", [*NEEDED, "feedback_id", *COLUMNS[1:]]).merge(dates, on="feedback_id", how="left")


def _edit(op: str, args: dict[str, Any], config: Path | None, out: Path | None, yes: bool) -> None:
    """Check an edit, show what it does to the counts, and after a yes write it to the log and to the lake."""
    import getpass

    def agree(lines: list[str]) -> None:
        for line in lines:
            typer.echo(line)
        if not yes:
            typer.confirm(f"{op}: do it?", abort=True)

    edit_id = edit(*_open(config, out), op, args, getpass.getuser(), agree)
    typer.echo(f"edit {edit_id} done; `cxnlp topics undo {edit_id}` takes it back")


def edit(
    settings: Settings,
    lake: Lake,
    op: str,
    args: dict[str, Any],
    who: str,
    agree: Callable[[list[str]], None] = lambda lines: None,
) -> str:
    """Make an edit in the log and in the lake, and return its id; CxnlpError where it cannot be.

    `agree` is told what the edit does to the counts, and raises if that is not wanted.
    """
    import json

    import pandas as pd

    from cxnlp.topics import edits
    from cxnlp.topics.run import update

    with lake.lock():
        log, topics, mentions = edits.read(settings, lake), lake.read("topics"), _mentions(lake)
        row: dict[str, Any] = {
            "edit_id": edits.next_edit(log if settings.topics.edits else lake.read("edits")),
            "op": op,
        }
        row |= {"at": pd.Timestamp.now("UTC"), "who": who, "args": json.dumps(args, ensure_ascii=False)}
        known = edits.apply(topics, mentions, log)  # the file may say more than the last run replayed
        edits.check(row | {"args": args}, known, log, set(mentions["mention_id"]))
        longer = pd.concat([log, pd.DataFrame([row])], ignore_index=True)
        result = update(mentions, topics, longer, settings, mentions["created_at"].max(), discovering=False)
        agree(edits.differences(topics, result.topics))
        if settings.topics.edits:
            (settings.home / settings.topics.edits).write_text(edits.to_yaml(longer), encoding="utf-8")
        else:
            lake.append("edits", pd.DataFrame([row]))
        lake.overwrite("topics", result.topics)
        changed = result.assignments["topic_id"].fillna("").to_numpy() != mentions["topic_id"].fillna("").to_numpy()
        lake.update("mentions", result.assignments[changed])
    return str(row["edit_id"])


def _size(row: dict[str, Any]) -> tuple[float, str]:
    return -float(row["size"] or 0), row["topic_id"]


def _line(row: dict[str, Any]) -> str:
    status = "" if row["status"] == "active" else f" [{row['status']}]"
    kind = f" {row['kind']}" if row["kind"] else ""
    return f"{row['topic_id']}{kind} {int(row['size'] or 0)}{status}  {row['label_fa']} | {row['label_en']}"
