"""Keep the lake healthy on a schedule: compact, expire, vacuum (see cxnlp/maintenance.py)."""

from __future__ import annotations

from typing import Any

from flows.environment import prepare_environment

prepare_environment()

from prefect import flow, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402

from flows.notify import notify_failure  # noqa: E402


@task(retries=2, retry_delay_seconds=60, cache_policy=NO_CACHE, persist_result=False)
def work_maintenance(config: str | None) -> dict[str, Any]:
    """Compact, expire and vacuum the lake of `config`."""
    import pandas as pd

    from cxnlp import maintenance
    from cxnlp.config import load

    return maintenance.maintain(load(config), now=pd.Timestamp.now(tz="UTC"))


@flow(name="maintain", persist_result=False, on_failure=[notify_failure], on_crashed=[notify_failure])
def maintain(config: str | None = None) -> None:
    """Compact the lake, drop old states, and expire texts past their retention; config: path of cxnlp.toml."""
    done = work_maintenance(config)
    text = f"expired: {done['expired'] or 'none'}; files removed: {done['files_removed']:,}"
    create_markdown_artifact(text, key="cxnlp-maintain", description="What maintenance did")


if __name__ == "__main__":
    maintain()
