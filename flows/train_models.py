"""Retrain the reader on the labels there are, and promote it if it is better."""

from __future__ import annotations

from pathlib import Path

from flows.environment import prepare_environment

prepare_environment()

from prefect import flow, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402

from flows.notify import notify_failure  # noqa: E402


@task(retries=1, retry_delay_seconds=60, cache_policy=NO_CACHE, persist_result=False)
def work_training(config: str | None, gold: str, datasets: str | None, epochs: int) -> str:
    """Train (a retry resumes from the checkpoint); the folder of the new version."""
    from cxnlp.config import load
    from cxnlp.training.run import Budget, train

    places = {"gold": Path(gold), "datasets": Path(datasets) if datasets else None}
    return str(train(load(config), **places, budget=Budget(epochs=epochs)))  # type: ignore[arg-type]


@task(cache_policy=NO_CACHE, persist_result=False)
def work_promotion(config: str | None, folder: str) -> str:
    """Promote the version if it beats the current one; the comparison, or why not."""
    from cxnlp.config import load
    from cxnlp.errors import ModelError
    from cxnlp.training.promotion import promote_if_better

    path = Path(folder)
    try:
        return promote_if_better(path, path.parent.parent, load(config).model.gate_tolerance)
    except ModelError as refusal:
        return str(refusal)


@flow(name="train-models", persist_result=False, on_failure=[notify_failure], on_crashed=[notify_failure])
def train_models(gold: str, config: str | None = None, datasets: str | None = None, epochs: int = 7) -> str | None:
    """Train on gold (train.jsonl, dev.jsonl beside it) and promote if better; returns the new version's folder."""
    folder = work_training(config, gold, datasets, epochs)
    told = work_promotion(config, folder)
    create_markdown_artifact(f"{folder}\n\n```\n{told}\n```", key="cxnlp-train", description="New reader and gate")
    return folder


if __name__ == "__main__":
    import sys

    train_models(sys.argv[1])
