"""Mine everything new in the raw folder: each stage of the pipeline is a Prefect task.

    python -m flows.mine_feedback            # on the sample, with a server that lives as long as the run
    prefect deploy / python -m flows.serve   # on a schedule, with a server that stays

A run covers everything since the last one, so late runs need no catching up: one is enough.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.environment import prepare_environment

prepare_environment()

import pandas as pd  # noqa: E402
from prefect import flow, get_run_logger, task  # noqa: E402
from prefect.artifacts import (  # noqa: E402
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE  # noqa: E402

from cxnlp import alerting, pipeline  # noqa: E402
from cxnlp.config import Settings, load  # noqa: E402
from cxnlp.console import Bars, drift_advice, show_summary, summary_markdown  # noqa: E402
from cxnlp.errors import ConfigError, CxnlpError, LakeError  # noqa: E402
from flows.blocks import secrets_from_blocks  # noqa: E402
from flows.notify import notify_failure, targets  # noqa: E402

WAIT_FOR_OTHER_RUN = 3600  # seconds; the lake lets one run in at a time


def _worth_retrying(task: Any, run: Any, state: Any) -> bool:
    """A lost disk or store may come back; a mistake in the configuration does not mend itself."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, LakeError) or not isinstance(error, CxnlpError)


def _may_come_back(task: Any, run: Any, state: Any) -> bool:
    """The other side may be away for a while; a wrong connector or a missing secret stays wrong."""
    return not isinstance(state.result(raise_on_failure=False), ConfigError)


@task(
    task_run_name="{stage}",
    retries=3,
    retry_delay_seconds=[5, 30, 120],
    retry_condition_fn=_worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
    timeout_seconds=6 * 3600,
)
def work_stage(stage: str, where: dict[str, str | None], summary: pipeline.Summary) -> pipeline.Summary:
    """Run one stage and add it to `summary`; its progress is an artifact, and a bar where a person watches."""
    artifact: Any = create_progress_artifact(progress=0.0, key=f"cxnlp-{stage}", description=f"{stage} of cxnlp")
    with Bars() as bars:

        def show(name: str, done: int, total: int | None) -> None:
            bars(name, done, total)
            if total:
                update_progress_artifact(artifact, progress=100.0 * done / total)

        pipeline.run_stage(stage, settings_of(where), summary, show)
    update_progress_artifact(artifact, progress=100.0)
    return summary


@task(retries=2, retry_delay_seconds=60, cache_policy=NO_CACHE, persist_result=False)
def tell_alerts(where: dict[str, str | None]) -> int:
    """Alerts with numbers, test and verbatims as an artifact; new ones to the addresses in CXNLP_NOTIFY, once each."""
    settings = settings_of(where)
    lake, language = pipeline.open_run(settings).lake, settings.report.language
    create_markdown_artifact(alerting.markdown(lake, language), key="cxnlp-alerts", description="Alerts of the lake")
    return alerting.deliver(lake, targets(), language, pd.Timestamp.now(tz="UTC"))


@task(
    task_run_name="pull {name}",
    retries=3,
    retry_delay_seconds=[30, 120, 600],
    retry_condition_fn=_may_come_back,
    cache_policy=NO_CACHE,
    persist_result=False,
    timeout_seconds=6 * 3600,
)
def work_pull(name: str, where: dict[str, str | None]) -> int:
    """Fetch what is new from one connector; how many records."""
    from cxnlp.connect import pull as fetch

    return fetch(name, settings_of(where)).records


def pull_all(where: dict[str, str | None]) -> None:
    """Fetch from every connector; one that fails stops neither the others nor the mining of what has arrived."""
    settings = settings_of(where)
    secrets_from_blocks(settings)
    states = {name: work_pull(name, where, return_state=True) for name in settings.connectors}
    told = [
        f"- {n}: " + (f"{s.result():,} new" if s.is_completed() else f"failed, {s.message}") for n, s in states.items()
    ]
    create_markdown_artifact("\n".join(told), key="cxnlp-pull", description="What the connectors brought")
    if failed := [name for name, state in states.items() if not state.is_completed()]:
        for send in targets().values():
            send("cxnlp: connectors failed", f"not pulled: {', '.join(failed)}; what has landed is mined")


@flow(name="mine-feedback", persist_result=False, on_failure=[notify_failure], on_crashed=[notify_failure])
def mine_feedback(
    config: str | None = None, raw: str | None = None, out: str | None = None, pull: bool = False
) -> str | None:
    """Exports → lake → report; returns the path of the report.

    config: path of cxnlp.toml (default ./cxnlp.toml); raw, out: folders that override the file's; pull: fetch from the
    connectors first.
    """
    where = {"config": config, "raw": raw, "out": out}
    if pull:
        pull_all(where)
    summary = pipeline.Summary()
    with pipeline.open_run(settings_of(where)).lake.lock(WAIT_FOR_OTHER_RUN):
        for stage in pipeline.STAGES:
            summary = work_stage(stage, where, summary)
        tell_alerts(where)
    create_markdown_artifact(summary_markdown(summary), key="cxnlp-summary", description="What the run did")
    if moved := summary.results["insight"].get("drift"):
        proposal = "\n".join([*(f"- {sign}" for sign in moved), "", drift_advice()])
        create_markdown_artifact(proposal, key="cxnlp-drift", description="What comes in has changed")
    if summary.report:
        create_link_artifact(Path(summary.report).resolve().as_uri(), link_text="Report", key="cxnlp-report")
    get_run_logger().info("report: %s", summary.report)
    show_summary(summary)
    return summary.report


def settings_of(where: dict[str, str | None]) -> Settings:
    """Settings from the paths that a flow is given."""
    raw, out = where["raw"], where["out"]
    return load(where["config"], raw=Path(raw) if raw else None, out=Path(out) if out else None)


if __name__ == "__main__":
    import sys

    try:
        mine_feedback(*sys.argv[1:])  # type: ignore[call-overload]
    except CxnlpError as error:
        print(f"cxnlp: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_status) from None
