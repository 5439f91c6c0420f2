"""How well the reader reads, beside what a user would pick instead; all on texts that training never saw.

    python -m benchmarks.quality [--shared ../shared] [--model reader] [--only gold|finglish|public] [--sample 6000]

gold: dev of the labelled set, every figure, per language. finglish: a hundred Persian texts in Latin letters, written
for the tests. public: see public_sets.py. `--json FILE` keeps the numbers.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import baselines, public_sets
from cxnlp import taxonomy
from cxnlp.annotate import Annotator
from cxnlp.config import Settings
from cxnlp.evaluation import gold, metrics
from cxnlp.registry import resolve

ROOT = Path(__file__).parents[1]
UNFAIR = {"mention_f1", "located_f1", "staged_f1", "severity_kappa", "ece"}  # need quotes, which baselines do not give
ASKED = {
    "polarity_f1": 0.95, "sentiment_f1": 0.82, "mention_f1": 0.60, "located_f1": 0.47, "pain_f1": 0.64,
    "stage_f1": 0.84, "severity_kappa": 0.52, "map_error": 0.11, "ece": 0.05,
}  # fmt: skip
Figures = dict[str, dict[str, float]]


def on_gold(shared: Path, reader: Annotator) -> dict[str, Figures]:
    """language → system → figures, on dev; the linear model is trained on the same gold."""
    train, dev = (gold.read(shared / f"labelled/{name}.jsonl") for name in ("train", "dev"))
    stages = taxonomy.load().stage_by_touchpoint
    out: dict[str, Figures] = {}
    for lang in ("fa", "en"):
        rows = [r for r in dev if r["lang"] == lang]
        texts = [r["text"] for r in rows]
        systems = {
            reader.version: [{"sentiment": r.sentiment or "neu", "mentions": r.mentions} for r in reader.read(texts)]
        }
        systems["TF-IDF, linear"] = baselines.linear([r for r in train if r["lang"] == lang], texts)
        for name, scores in _lexicons(shared, lang).items():
            systems[name] = baselines.labels_of_scores(scores(texts))
        out[lang] = {}
        for name, answers in systems.items():
            figures = metrics.score(list(zip(texts, rows, answers)), stages)
            known = figures if name == reader.version else {k: v for k, v in figures.items() if k not in UNFAIR}
            out[lang][name] = known if any(a["mentions"] for a in answers) else _text_figures(known)
    return out


def _lexicons(shared: Path, lang: str) -> dict[str, Any]:
    if lang == "en":
        return {"VADER": baselines.vader(shared)}
    return {name: baselines.persian_lexicon(shared, name.lower()) for name in ("PerSent", "LexiPers")}


def _text_figures(figures: dict[str, float]) -> dict[str, float]:
    return {k: v for k, v in figures.items() if k in ("texts", "sentiment_f1", "polarity_f1")}


def on_finglish(shared: Path | None, reader: Annotator) -> dict[str, float]:
    """Share of clear Finglish texts whose polarity is right (mixed and neu are wrong), per system."""
    rows = [json.loads(x) for x in (ROOT / "tests/data/finglish.jsonl").read_text(encoding="utf-8").splitlines()]
    texts, right = [r["text"] for r in rows], [r["sentiment"] for r in rows]
    answers = {reader.version: [r.sentiment for r in reader.read(texts)]}
    if shared is not None:
        train = gold.read(shared / "labelled/train.jsonl")
        answers["TF-IDF, linear"] = [a["sentiment"] for a in baselines.linear(train, texts)]
        answers["VADER"] = [a["sentiment"] for a in baselines.labels_of_scores(baselines.vader(shared)(texts))]
    return {name: sum(a == b for a, b in zip(said, right)) / len(right) for name, said in answers.items()}


def show(title: str, rows: dict[str, dict[str, Any]], asked: dict[str, float] | None = None) -> None:
    """Print rows of {column: value} as a table."""
    columns = list(dict.fromkeys(c for row in rows.values() for c in row))
    table = Table("", *columns, *(["asked"] if asked else []), title=title)
    for name, row in rows.items():
        cells = [_cell(row.get(c)) for c in columns]
        table.add_row(name, *cells, *([_cell(asked.get(name))] if asked else []))
    Console(width=200).print(table)


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CXNLP_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--model", default="reader")
    parser.add_argument("--only", choices=("gold", "finglish", "public"))
    parser.add_argument("--sample", type=int, default=6000, help="most rows of a public set")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    reader = Annotator(resolve(given.model, Settings().models))
    made: dict[str, Any] = {"model": reader.version}
    if given.only in (None, "gold"):
        made["gold"] = on_gold(given.shared, reader)
        for lang, systems in made["gold"].items():
            names = list(next(iter(systems.values())))
            rows = {k: {name: figures.get(k) for name, figures in systems.items()} for k in names}
            show(f"dev, {lang}", rows, ASKED)
    if given.only in (None, "finglish"):
        made["finglish"] = on_finglish(given.shared if given.shared.exists() else None, reader)
        show("finglish, polarity right", {k: {"share": v} for k, v in made["finglish"].items()}, None)
    if given.only in (None, "public"):
        made["public"] = [public_sets.measure(t, reader) for t in public_sets.tasks(given.shared, given.sample)]
        show("public sets", {row.pop("set"): row for row in (dict(r) for r in made["public"])})
    if given.json:
        given.json.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
