"""The report in a message: a Markdown summary for chat, in one language."""

from __future__ import annotations

from typing import Any

from cxnlp.report.words import Words


def markdown(view: dict[str, Any], title: str, w: Words) -> str:
    """Headline sentences, numbers with n and interval, top pains and requests, alerts; at most a screen of chat."""
    brief = view["brief"]
    lines = [f"**{plain(title)}**", ""]
    lines += [f"- {plain(w.sentence(row))}" for row in brief["sentences"].values() if w.sentence(row)]
    for row in brief["scores"]:
        interval = w.interval(row)
        rests = w.say("comma").join(filter(None, [w.rests(row), interval and w.say("interval", interval=interval)]))
        lines.append(f"- {w.name('metric', row['metric'])}: **{w.value(row['metric'], row['value'])}** ({rests})")
    for heading, entries in (("pains", view["pains"]["ranked"][:5]), ("requests", view["lists"]["request"][:3])):
        if entries:
            lines += ["", f"**{w.say(heading)}**"]
            lines += [f"{w.number(i)}. {plain(_entry(e['row'], w))}" for i, e in enumerate(entries, 1)]
    if view["alerts"]:
        lines += ["", f"**{w.say('alerts')}**"]
        lines += [f"- {plain(w.sentence(row))}" for row in view["alerts"][:5]]
    return "\n".join(lines) + "\n"


def _entry(row: dict[str, Any], w: Words) -> str:
    return w.sentence(row) or f"{w.subject(row, kind=False)}{w.say('comma')}{w.say('n_texts', n=row['n'])}"


def plain(text: str) -> str:
    """Feedback's words cannot become links, images, mentions or HTML in a chat."""
    for mark in "\\`*_[]<>@|~!":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>@" else {"<": "‹", ">": "›", "@": "＠"}[mark])
    return " ".join(text.split()).replace("q ‹ ", "q < ")  # a comparison is no tag
