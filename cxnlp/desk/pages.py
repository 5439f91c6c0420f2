"""Pages: templates, the words of both languages, and texts with their mentions marked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from cxnlp import taxonomy
from cxnlp.corrections.labels import KINDS, POLARITIES, SENTIMENTS
from cxnlp.report import charts
from cxnlp.report.rows import Findings
from cxnlp.report.view import view
from cxnlp.report.words import Words, missing

if TYPE_CHECKING:
    import jinja2

    from cxnlp.desk.snapshot import Snapshot
    from cxnlp.stages.run import Run

RESOURCES = Path(__file__).parent.parent / "resources" / "desk"
NAVIGATION = ("brief", "texts", "topics", "alerts", "log")


@cache
def labels() -> dict[str, dict[str, str]]:
    """The desk's own words: key → {fa, en}."""
    import yaml

    loaded: dict[str, dict[str, str]] = yaml.safe_load((RESOURCES / "labels.yaml").read_text(encoding="utf-8"))
    return loaded


class Speech(Words):
    """The report's words, and the desk's."""

    def say(self, key: str, **values: Any) -> str:
        """A label of the desk, else of the report."""
        if key not in labels():
            return super().say(key, **values)
        told = {k: self.number(v) if isinstance(v, int | float) else v for k, v in values.items()}
        return labels()[key][self.language].format(**told)


def speech(run: Run, now: Snapshot, language: str) -> Speech:
    """Words of `language` with the topics' labels as they are now."""
    pairs = now.topics.set_index("topic_id")[["label_fa", "label_en"]].set_axis(["fa", "en"], axis=1).to_dict("index")
    named = {str(k): {str(a): None if missing(b) else str(b) for a, b in p.items()} for k, p in pairs.items()}
    journey, settings = taxonomy.load(run.settings.taxonomy_path), run.settings
    return Speech(language, journey, named, settings.labels, settings.project.timezone)


def findings(run: Run, now: Snapshot) -> dict[str, Any]:
    """The sections of the report, chosen from the findings as they are now."""
    return view(Findings.of(now.insights, now.topics, {}), taxonomy.load(run.settings.taxonomy_path))


def marked(text: str, mentions: list[dict[str, Any]]) -> Markup:
    """The text, escaped, each mention in <mark> with its polarity and number; overlaps keep the first."""
    parts, done = [], 0
    for number, m in enumerate(mentions, 1):
        start, end = int(m["start"]), int(m["end"])
        if start < done:
            continue
        parts += [
            escape(text[done:start]),
            Markup('<mark class="{}" data-m="{}">{}</mark>').format(m["polarity"], number, text[start:end]),
        ]
        done = end
    return Markup("").join([*parts, escape(text[done:])])


def link(**asked: Any) -> str:
    """Address of the list of texts that meet the filters; those without a value are left out."""
    return "/texts?" + urlencode({k: v for k, v in asked.items() if not missing(v) and v != ""})


def address(path: str, asked: dict[str, str]) -> str:
    """A path with its query."""
    return f"{path}?{urlencode(asked)}" if asked else path


@cache
def environment() -> jinja2.Environment:
    """Templates; everything is escaped."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(RESOURCES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals |= {
        "charts": charts, "marked": marked, "link": link, "missing": missing, "navigation": NAVIGATION,
        "known": {"kind": KINDS, "polarity": POLARITIES, "sentiment": SENTIMENTS},
    }  # fmt: skip
    return made
