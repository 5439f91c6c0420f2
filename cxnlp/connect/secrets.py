"""Secrets come from the environment (or from Prefect blocks, which the flows put there), never from a file or a log."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from cxnlp.connector import Connector
from cxnlp.errors import ConfigError

NAME = re.compile(r"\$(?:\{(\w+)\}|([A-Z_][A-Z0-9_]*))")
SECRET_KEYS = ("token", "password", "api_key", "client_secret", "private_key", "secret", "key")
PASSWORD_IN_URL = re.compile(r"://[^/@:]*:([^@/]+)@")


def names(value: Any) -> Iterator[str]:
    """Names of environment variables that a setting asks for."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from names(inner)
    elif isinstance(value, str):
        yield from (m[1] or m[2] for m in NAME.finditer(value))


def resolve(name: str, connector: Connector) -> tuple[Connector, list[str]]:
    """The connector with its "$NAME"s replaced, and the values that must not be shown.

    Raises ConfigError for a name that is not set, and for a secret that stands in the file.
    """
    _refuse_literals(name, connector)
    given = connector.model_dump()
    hidden = [os.environ[n] for n in set(names(given)) if os.environ.get(n)]
    return Connector.model_validate(_expand(given, name)), sorted(hidden, key=len, reverse=True)


def scrub(text: str, hidden: list[str]) -> str:
    """`text` without secrets."""
    for value in hidden:
        text = text.replace(value, "***") if len(value) > 3 else text
    return PASSWORD_IN_URL.sub(lambda m: m[0].replace(m[1], "***"), text)


def _expand(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {k: _expand(v, name) for k, v in value.items()}
    return NAME.sub(lambda m: _get(m[1] or m[2], name), value) if isinstance(value, str) else value


def _get(variable: str, name: str) -> str:
    if variable not in os.environ:
        raise ConfigError(
            f"connectors.{name} wants ${variable}, which is not set; export it, or make a Prefect Secret block named "
            f"{variable.lower().replace('_', '-')!r} for the flows"
        )
    return os.environ[variable]


def _refuse_literals(name: str, connector: Connector) -> None:
    found = [f"auth.{k}" for k, v in connector.auth.items() if k in SECRET_KEYS and not NAME.search(v)]
    found += [f"options.{k}" for k, v in connector.options.items() if k in SECRET_KEYS and not NAME.search(v)]
    password = PASSWORD_IN_URL.search(connector.url or "")
    if password and not NAME.search(password[1]):
        found.append("url")
    if found:
        raise ConfigError(
            f"connectors.{name}.{found[0]} holds a secret; keep it in the environment and write its name there, "
            'e.g. "$ZENDESK_TOKEN"'
        )
