"""Tell people that a run failed: apprise addresses in CXNLP_NOTIFY (Telegram, Slack, e-mail, webhook …)."""

from __future__ import annotations

import os
from typing import Any


def notify_failure(flow: Any, flow_run: Any, state: Any) -> None:
    """Prefect hook for failed and crashed runs; says which run failed and why, never what customers wrote."""
    addresses = os.environ.get("CXNLP_NOTIFY", "").split()
    if not addresses:
        return
    from apprise import Apprise

    sender = Apprise()
    for address in addresses:
        sender.add(address)
    sender.notify(
        title=f"cxnlp: {flow.name} failed", body=f"run {flow_run.name}: {(state.message or 'no message')[:500]}"
    )
