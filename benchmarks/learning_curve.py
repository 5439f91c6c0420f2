"""What more labels would bring: the figures on dev after training on 10, 25, 50 and 100 % of gold.

    python -m benchmarks.learning_curve GOLD BASE [--epochs 2]

GOLD: train.jsonl with dev.jsonl beside it. BASE: an encoder folder that has not seen gold (see
cxnlp/training/encoder.py). A short recipe, no weak sets: read the slope, not the level.
"""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

SHARES = (0.1, 0.25, 0.5, 1.0)
FIGURES = ("sentiment_f1", "mention_f1", "located_f1", "pain_f1", "stage_f1", "severity_kappa")


def main(gold: Path, base: Path, epochs: int = 2, out: Annotated[Path | None, typer.Option()] = None) -> None:
    """Print one line per share and language."""
    import random

    from cxnlp.config import Settings
    from cxnlp.training.data import read_jsonl
    from cxnlp.training.run import Budget, train

    records = read_jsonl(gold)
    found = []
    for share in SHARES:
        some = random.Random(1).sample(records, round(share * len(records)))
        with tempfile.TemporaryDirectory() as home:
            part = Path(home) / "train.jsonl"
            part.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in some) + "\n", encoding="utf-8")
            (Path(home) / "dev.jsonl").write_text(gold.with_name("dev.jsonl").read_text("utf-8"), encoding="utf-8")
            folder = train(
                Settings(), gold=part, base=base, out=Path(home) / "reader", budget=Budget(epochs=epochs, replay=0)
            )
            figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        for lang in ("fa", "en"):
            told = " ".join(f"{k} {figures[lang][k]:.3f}" for k in FIGURES)
            typer.echo(f"{share:>5.0%} {len(some):>6} texts {lang} {told}")
            found.append({"share": share, "texts": len(some), "lang": lang, **{k: figures[lang][k] for k in FIGURES}})
    plot(found)
    if out:
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def plot(found: list[dict[str, Any]], width: int = 50) -> None:
    """One bar per share of gold, and what the last doubling of gold brought."""
    for figure in FIGURES:
        for lang in ("fa", "en"):
            points = [row for row in found if row["lang"] == lang]
            gain = points[-1][figure] - points[-2][figure]
            typer.echo(f"{figure} {lang}, last doubling {gain:+.3f}")
            for row in points:
                typer.echo(f"  {row['texts']:>6} {'█' * round(width * row[figure])} {row[figure]:.3f}")


if __name__ == "__main__":
    typer.run(main)
