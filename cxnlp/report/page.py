"""The page: templates, words, texts and font put into one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cxnlp.report import charts
from cxnlp.report.rows import Row, dumps
from cxnlp.report.words import RESOURCES, Words, labels

if TYPE_CHECKING:
    import jinja2

    from cxnlp.report.payload import Payload

SCRIPTS = ("words", "texts", "cards", "drawer", "browser", "main")
CONTENTS = (  # anchor, label
    ("journey", "journey"), ("pains", "pains"), ("request", "requests"), ("question", "questions"),
    ("drivers", "drivers"), ("topics", "topics"), ("segments", "segments"), ("brands", "brands"),
    ("channels", "channels"), ("alerts", "alerts"), ("data", "data"), ("all-texts", "all_texts"),
)  # fmt: skip
SPOKEN = (  # labels that the page itself needs, when it lists and filters texts
    "all", "unknown", "loading", "back", "open_all", "full_text", "nothing_found", "texts_count", "texts_and_mentions",
    "topic", "all_texts", "search", "stage", "touchpoint", "kind", "polarity", "source", "channel",
    "brand", "language", "from", "until", "clear", "interval", "to",
)  # fmt: skip


def distinct(quotes: Iterable[Row], count: int) -> list[Row]:
    """The first `count` quotes that differ in text and in wording: one customer's sentence is no two voices."""
    chosen: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for quote in quotes:
        marks = {("text", quote["feedback_id"]), ("wording", quote["said"] or quote["after"])}
        if seen.isdisjoint(marks):
            chosen.append(quote)
            seen |= marks
        if len(chosen) == count:
            break
    return chosen


def render(
    context: dict[str, Any], payload: Payload, languages: dict[str, Words], quotes: Callable[[str], Row | None]
) -> str:
    """HTML of the report. `context`: view, data, dates, stages, status, titles, project, version, first (language).

    `quotes` gives {feedback_id, before, said, after, language, source, created_at} of an id that `evidence` names, null
    if unknown.
    """

    def quoted(row: Row, count: int) -> list[Row]:
        return distinct(filter(None, map(quotes, row["evidence"])), count)

    script = "\n".join((RESOURCES / "app" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    environment = _environment()
    environment.globals |= {"charts": charts, "quoted": quoted}
    html: str = environment.get_template("page.html.j2").render(
        **context,
        languages=[languages[context["first"]], *(w for k, w in languages.items() if k != context["first"])],
        words={k: _spoken(w, payload) | {"title": context["titles"][k]} for k, w in languages.items()},
        carried={"shown": payload.texts, "n": payload.texts_of_all},
        contents=[c for c in CONTENTS if _shown(c[0], context["view"])],
        lists=payload.lists,
        payload=payload.encoded,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=(RESOURCES / "style.css").read_text(encoding="utf-8"),
        font=base64.b64encode((RESOURCES / "fonts" / "Vazirmatn.woff2").read_bytes()).decode(),
    )
    return html


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(RESOURCES / "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sort_numbers"] = lambda keys: sorted(keys, key=int)
    environment.policies["json.dumps_function"] = lambda value, **_: dumps(value)
    return environment


def _shown(section: str, view: dict[str, Any]) -> bool:
    needs = {"drivers": view["drivers"]["impacts"], "segments": view["segments"]["scores"], "brands": view["brands"]}
    return bool(needs.get(section, True))


def _spoken(w: Words, payload: Payload) -> dict[str, Any]:
    """The words and names that the page's own code uses, in one language."""
    lists = payload.lists
    names: dict[str, dict[str, str]] = {
        "stage": {s.id: s.en if w.language == "en" else s.fa for s in w.taxonomy.stages},
        "touchpoint": {t.id: w.place(t.id) for t in w.taxonomy.touchpoints},
        "topic": {key: w.topic(key) or key for key in lists["topic"]},
        "period": {key: w.period(key) for key in lists["period"]},
    }
    for group in ("kind", "polarity", "metric", "dimension"):
        names[group] = {key: known[w.language] for key, known in labels()["names"][group].items()}
    for dimension in ("source", "language", "channel"):
        names[dimension] = {value: w.member(dimension, value) for value in lists[dimension]}
    for name, values in lists.items():
        if name.startswith("segment:"):
            names[name] = {value: w.member(name, value) for value in values}
            names["dimension"].setdefault(name[8:], w.name("dimension", name[8:]))
    return {"words": {key: labels()["words"][key][w.language] for key in SPOKEN}, "names": names}
