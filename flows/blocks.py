"""Secrets of connectors from Prefect: what "$ZENDESK_TOKEN" of cxnlp.toml means where the environment does not say."""

from __future__ import annotations

import os

from cxnlp.config import Settings


def secrets_from_blocks(settings: Settings) -> None:
    """Put Secret blocks (ZENDESK_TOKEN is the block `zendesk-token`) into this process's environment, where unset."""
    from prefect.blocks.system import Secret

    from cxnlp.connect.secrets import names

    for connector in settings.connectors.values():
        for name in set(names(connector.model_dump())) - set(os.environ):
            try:
                block = Secret.load(name.lower().replace("_", "-"))
            except ValueError:  # there is none; the pull says what is missing
                continue
            os.environ[name] = str(block.get())  # type: ignore[union-attr]
