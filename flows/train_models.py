"""Retrain the reader on gold and on what people corrected, promote it if it is better, and read everything anew.

python -m flows.train_models [GOLD]      # GOLD: train.jsonl, dev.jsonl beside it; without it, corrections alone
"""

from __future__ import annotations

from pathlib import Path

from flows.environment import prepare_environment

prepare_environment()

from prefect import flow, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402

from flows.mine_feedback import mine_feedback  # noqa: E402
from flows.notify import notify_failure  # noqa: E402


@task(retries=1, retry_delay_seconds=60, cache_policy=NO_CACHE, persist_result=False)
def work_training(
    config: str | None, gold: str | None, datasets: str | None, epochs: int | None
) -> tuple[str, bool, str]:
    """Train, judge and promote (a retry resumes from the checkpoint): folder, whether promoted, what is told."""
    from cxnlp.config import load
    from cxnlp.retraining import retrain
    from cxnlp.training.run import Budget

    places = {"gold": Path(gold) if gold else None, "datasets": Path(datasets) if datasets else None}
    done = retrain(load(config), **places, budget=Budget(epochs=epochs))  # type: ignore[arg-type]
    return str(done.folder), done.promoted, done.told


@flow(name="train-models", persist_result=False, on_failure=[notify_failure], on_crashed=[notify_failure])
def train_models(
    gold: str | None = None,
    config: str | None = None,
    datasets: str | None = None,
    epochs: int | None = None,
    read_anew: bool = True,
) -> str | None:
    """Gold and corrections → training → gate → promotion or refusal; the path of the new report, if there is one.

    After a promotion every text is read by the new version (`read_anew`); that goes on where it stopped if it is cut
    off, and the states before stay readable (`cxnlp report --as-of`).
    """
    folder, promoted, told = work_training(config, gold, datasets, epochs)
    verdict = "promoted" if promoted else "refused"
    text = f"{Path(folder).name}: {verdict}\n\n```\n{told}\n```"
    create_markdown_artifact(text, key="cxnlp-train", description="New reader and gate")
    return mine_feedback(config=config) if promoted and read_anew else None


if __name__ == "__main__":
    import sys

    train_models(sys.argv[1] if len(sys.argv) > 1 else None)
