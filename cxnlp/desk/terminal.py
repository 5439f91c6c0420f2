"""`cxnlp label`: texts one by one in the terminal, the most useful first; every answer is in the log at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxnlp.corrections.labels import KINDS, POLARITIES, SENTIMENTS, Label, checked
from cxnlp.errors import InputError
from cxnlp.options import Config, Out

if TYPE_CHECKING:
    from cxnlp.taxonomy import Taxonomy

HELP = """Enter   all right, next text         n  skip       q  quit       u  start this text again
s neg   sentiment: neg neu pos mixed    d 2  mention 2 is wrong
k 1 request   kind      t 1 delivery   touchpoint (beginning is enough)      p 1 neu   polarity
v 1 3   severity 1-3    w 1 words      the words it stands for               g 1 courier   its target
a pain delivery 2 words   a missed mention: kind, touchpoint, severity (0 if no pain), words"""
COLOURS = {"neg": "red", "pos": "green", "neu": "cyan"}


class Quit(Exception):  # noqa: N818 - no error: the person has had enough
    """The person wants to stop."""


class Skip(Exception):  # noqa: N818
    """The person wants the next text."""


def label(
    count: Annotated[int, typer.Option(help="How many texts")] = 30,
    who: Annotated[str | None, typer.Option(help="Who labels; default: your account")] = None,
    config: Config = None,
    out: Out = None,
) -> None:
    """Read the texts that would teach the model most, and say what is right; stop whenever you like."""
    import pandas as pd
    from rich.console import Console

    from cxnlp import taxonomy
    from cxnlp.corrections.labels import row
    from cxnlp.desk.corrections import account, open_lake
    from cxnlp.stages import corrections as stage

    run = open_lake(config, out)
    console, journey, name = Console(highlight=False), taxonomy.load(run.settings.taxonomy_path), who or account()
    queue = stage.queue(run, count)
    done = 0
    for place, feedback_id in enumerate(queue, 1):
        old, version = stage.readings(run, [feedback_id])[feedback_id]
        console.rule(f"{place} of {len(queue)} · {old['lang']} · {feedback_id[:8]}")
        try:
            new = ask(old, journey, console)
        except Skip:
            continue
        except Quit:
            break
        said = row(feedback_id, old, new, at=pd.Timestamp.now("UTC"), who=name, origin="label", model_version=version)
        applied = stage.record(run, [said])
        done += 1
        told = ", ".join(c["what"] for c in json.loads(said["changes"])) or "found right"
        console.print(f"saved: {told}" + ("" if applied else " (a run is writing and will show it)"))
    console.print(f"{done} texts labelled; `cxnlp label` goes on where you stopped" if queue else "nothing to label")


def ask(old: Label, journey: Taxonomy, console: Any, read: Callable[[], str] | None = None) -> Label:
    """The reading as the person leaves it; raises Skip or Quit."""
    draft = _copy(old)
    show(draft, console)
    while True:
        try:
            answer = (read or (lambda: console.input("[bold]› [/]")))().strip()
        except (EOFError, KeyboardInterrupt):
            raise Quit from None
        if answer in ("n", "q"):
            raise Quit if answer == "q" else Skip
        if answer in ("", "y"):
            try:
                return checked(draft, draft["text"], journey)
            except InputError as reason:
                console.print(str(reason), style="yellow", markup=False, soft_wrap=True)
                continue
        if answer == "?":
            console.print(HELP, markup=False)
            continue
        try:
            draft = _copy(old) if answer == "u" else changed(draft, answer, journey)
            show(draft, console)
        except InputError as reason:
            console.print(f"{reason}   (? for help)", style="yellow", markup=False, soft_wrap=True)


def changed(draft: Label, answer: str, journey: Taxonomy) -> Label:
    """`draft` with one command done to it; InputError says what is wrong with the command."""
    verb, _, rest = answer.partition(" ")
    draft = _copy(draft)
    if verb == "s":
        return draft | {"sentiment": _known(rest, SENTIMENTS)}
    if verb == "a":
        kind, place, severity, quote = ([*rest.split(maxsplit=3), "", "", "", ""])[:4]
        kind = _known(kind, KINDS)
        mention: Label = {"quote": quote, "kind": kind, "touchpoint": _known(place, _places(journey)), "target": ""}
        mention |= {"polarity": {"pain": "neg", "praise": "pos"}.get(kind, "neu"), "severity": _number(severity)}
        one = checked({"sentiment": draft["sentiment"], "mentions": [mention]}, draft["text"], journey)
        return draft | {"mentions": [*draft["mentions"], *one["mentions"]]}
    number, _, value = rest.partition(" ")
    at = _number(number) - 1
    if verb not in "dktpvwg" or not 0 <= at < len(draft["mentions"]):
        raise InputError(f"“{answer}” is no command, or there is no such mention")
    if verb == "d":
        return draft | {"mentions": [m for i, m in enumerate(draft["mentions"]) if i != at]}
    mention = draft["mentions"][at] | _field(verb, value, journey)
    if verb == "w":
        mention |= {"start": None, "end": None}
    if verb == "k":
        mention["polarity"] = {"pain": "neg", "praise": "pos"}.get(mention["kind"], mention["polarity"])
        mention["severity"] = (mention["severity"] or 2) if mention["kind"] == "pain" else 0
    one = checked({"sentiment": draft["sentiment"], "mentions": [mention]}, draft["text"], journey)
    draft["mentions"][at] = one["mentions"][0]
    return draft


def _field(verb: str, value: str, journey: Taxonomy) -> dict[str, Any]:
    if verb in "wg":
        return {"quote" if verb == "w" else "target": value}
    if verb == "v":
        return {"severity": _number(value)}
    field, known = {"k": ("kind", KINDS), "t": ("touchpoint", _places(journey)), "p": ("polarity", POLARITIES)}[verb]
    return {field: _known(value, known)}


def _places(journey: Taxonomy) -> list[str]:
    return [t.id for t in journey.touchpoints]


def _known(value: str, known: Iterable[str]) -> str:
    """The only word of `known` that begins with `value`."""
    names = list(known)
    found = [w for w in names if w == value] or [w for w in names if value and w.startswith(value)]
    if len(found) != 1:
        raise InputError(f"“{value}” is none of, or too many of {', '.join(names)}")
    return found[0]


def _number(text: str) -> int:
    if not text.isdecimal():
        raise InputError(f"“{text}” is not a number")
    return int(text)


def show(label: Label, console: Any) -> None:
    """The text with its mentions coloured, then one line per mention."""
    from rich.text import Text

    shown = Text(label["text"])
    for m in label["mentions"]:
        shown.stylize(f"underline {COLOURS[m['polarity']]}", m["start"], m["end"])
    console.print(shown)
    console.print(f"sentiment: {label['sentiment']}", style="bold")
    for number, m in enumerate(label["mentions"], 1):
        severity = f" {m['severity']}" if m["kind"] == "pain" else ""
        target = f"  → {m['target']}" if m["target"] else ""
        line = f"{number}  {m['kind']}{severity} · {m['touchpoint']} · {m['polarity']}  “{m['quote']}”{target}"
        console.print(line, style=COLOURS[m["polarity"]], markup=False)


def _copy(label: Label) -> Label:
    copied: Label = json.loads(json.dumps(label))
    return copied
