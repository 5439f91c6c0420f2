"""Tell people: that a run failed, and what is new among the alerts.

CXNLP_NOTIFY holds addresses, separated by blanks: of apprise (Telegram, Slack, e-mail, webhook …), or Prefect's
notification blocks as prefect://slack-webhook/my-block.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from cxnlp.errors import ConfigError

BLOCK = "prefect://"


def targets() -> dict[str, Callable[[str, str], bool]]:
    """Address → how to send (title, body) there; the result says whether it arrived."""
    addresses = os.environ.get("CXNLP_NOTIFY", "").split()
    return {address: _block(address) if address.startswith(BLOCK) else _apprise(address) for address in addresses}


def notify_failure(flow: Any, flow_run: Any, state: Any) -> None:
    """Prefect hook for failed and crashed runs; says which run failed and why, never what customers wrote."""
    for send in targets().values():
        send(f"cxnlp: {flow.name} failed", f"run {flow_run.name}: {(state.message or 'no message')[:500]}")


def _apprise(address: str) -> Callable[[str, str], bool]:
    try:
        from apprise import Apprise
    except ImportError:
        raise ConfigError("CXNLP_NOTIFY needs apprise: install it with `uv sync --extra notify`") from None
    sender = Apprise()
    if not sender.add(address):
        raise ConfigError(f"CXNLP_NOTIFY: apprise does not know an address that begins {address.split(':')[0]}:")
    return lambda title, body: bool(sender.notify(title=title, body=body))


def _block(address: str) -> Callable[[str, str], bool]:
    def send(title: str, body: str) -> bool:
        from prefect.blocks.core import Block

        block: Any = Block.load(address.removeprefix(BLOCK))
        block.notify(body, subject=title)
        return True

    return send
