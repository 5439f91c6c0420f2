"""What people corrected → a new version of the reader: promoted if no language loses by it, else refused.

The split is fixed by id: of every five corrected texts one is for judging, for ever (`corrections.gold.held_out`). The
current version is judged anew on the same dev texts, so that both sides of the gate have read the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cxnlp import taxonomy
from cxnlp.config import Settings
from cxnlp.corrections import gold as labelled
from cxnlp.corrections.labels import Label
from cxnlp.errors import InputError, ModelError
from cxnlp.lake import Lake

if TYPE_CHECKING:
    from cxnlp.training.run import Budget

FEWEST = 20  # corrected texts to judge by in a language, where no gold is given


@dataclass(frozen=True)
class Outcome:
    """The new version's folder, whether it was promoted, and the comparison or the refusal."""

    folder: Path
    promoted: bool
    told: str


def retrain(
    settings: Settings,
    *,
    gold: Path | None = None,
    base: str | Path | None = None,
    datasets: Path | None = None,
    out: Path | None = None,
    teachers: Mapping[str, Sequence[Path]] | None = None,
    budget: Budget | None = None,
    seed: int = 7,
    resume: bool = True,
    promote: bool = True,
    log: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Train on `gold` (train.jsonl, with dev.jsonl beside it) and the lake's corrections, then judge and promote.

    Without `gold`, on corrections alone: for a small push in the customer's own words; InputError where there are too
    few to judge by. The texts read are kept in `<out>/training/`, each with its provenance.
    """
    from cxnlp.training.run import train

    learn, judge = split(settings, gold)
    folder = settings.out / "training"
    labelled.write(learn, folder / "train.jsonl")
    labelled.write(judge, folder / "dev.jsonl")
    own = [sum(r.get("source") == "corrections" for r in part) for part in (learn, judge)]
    log(f"learning from {len(learn):,} texts ({own[0]:,} corrected), judging by {len(judge):,} ({own[1]:,} corrected)")
    made = train(
        settings, gold=folder / "train.jsonl", base=base, datasets=datasets, out=out, teachers=teachers,
        budget=budget, seed=seed, resume=resume, log=log,
    )  # fmt: skip
    return gate(settings, made, judge) if promote else Outcome(made, False, "not promoted, as asked")


def split(settings: Settings, gold: Path | None) -> tuple[list[Label], list[Label]]:
    """(texts to learn from, texts to judge by): gold's own, and the corrections by their ids.

    A corrected text that gold has too is taken as people corrected it, and never stands on both sides.
    """
    from cxnlp.evaluation.gold import read

    lake = Lake.of(settings).require()
    said = labelled.records(lake.read("corrections"))
    aside, kept = [r for r in said if labelled.held_out(r)], [r for r in said if not labelled.held_out(r)]
    if gold is None:
        for language in ("fa", "en"):
            if (n := sum(r["lang"] == language for r in aside)) < FEWEST:
                raise InputError(
                    f"{len(said)} corrected texts leave {n} to judge {language} by, and {FEWEST} are needed: correct "
                    "more with `cxnlp label`, or name a gold file (train.jsonl, dev.jsonl beside it)"
                )
        return kept, aside
    known = {r["text"] for r in said}
    judge = read(gold.with_name("dev.jsonl"))
    judged = {r["text"] for r in judge}
    learn = [r for r in read(gold) if r["text"] not in known]
    return learn + [r for r in kept if r["text"] not in judged], judge + [r for r in aside if r["text"] not in judged]


def gate(settings: Settings, made: Path, judge: list[Label]) -> Outcome:
    """Promote `made` if no language loses by it on `judge`; the table of both, or the refusal that holds it."""
    from cxnlp.evaluation import gold as files
    from cxnlp.evaluation.metrics import evaluate
    from cxnlp.registry import CURRENT
    from cxnlp.training.promotion import promote_if_better

    models, figures = made.parent.parent, None
    if (made.parent / CURRENT).exists():
        answers, _ = files.predict(judge, made.parent.name, models)
        figures = evaluate(judge, answers, taxonomy.load().stage_by_touchpoint)
    try:
        return Outcome(made, True, promote_if_better(made, models, settings.model.gate_tolerance, figures))
    except ModelError as refusal:
        return Outcome(made, False, str(refusal))
