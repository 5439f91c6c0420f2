"""One pull: fetch what is new since the last, land it, remember where it ended; a killed pull is finished by the next.

dlt extracts (with the cursor, retries, pagination), keeps what it extracted in a package until that has landed, and
moves the cursor only together with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxnlp.config import Settings
from cxnlp.connect import secrets
from cxnlp.connect.landing import Landing
from cxnlp.errors import ConfigError, CxnlpError, InputError

STATE = ".pull"
QUIET = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "PROGRESS": "",
}


@dataclass(frozen=True)
class Pulled:
    """What a pull brought."""

    name: str
    records: int  # records, or files of a bucket
    files: list[Path] = field(default_factory=list)


def pull(name: str, settings: Settings) -> Pulled:
    """Fetch what is new at [connectors.<name>] into <raw>/<name>/.

    Raises ConfigError for a wrong connector or missing secret, InputError if the other side fails: pull again then.
    """
    if name not in settings.connectors:
        known = ", ".join(sorted(settings.connectors)) or "none"
        raise ConfigError(f"no [connectors.{name}] in cxnlp.toml; there: {known}")
    _need_dlt()
    connector, hidden = secrets.resolve(name, settings.connectors[name])
    folder = settings.raw / name
    state = folder / STATE
    state.mkdir(parents=True, exist_ok=True)
    with _alone(state, name), _in_words(name, hidden), _quiet(state):
        from cxnlp.connect.resources import resource, with_preset

        landing = Landing(folder, state)
        made, copied = resource(name, connector, folder)
        _run(name, made, landing, state)
        if copied is not None:
            return Pulled(name, len(copied), copied)
        if not with_preset(name, connector).cursor:
            landing.drop_earlier()
        return Pulled(name, landing.records, landing.files)


def _run(name: str, made: Any, landing: Landing, state: Path) -> None:
    import dlt

    pipeline = dlt.pipeline(
        name, destination=landing.destination(), dataset_name=name, pipelines_dir=str(state), progress=None
    )
    if pipeline.has_pending_data:
        pipeline.run()
    pipeline.run(made).raise_on_failed_jobs()


def _need_dlt() -> None:
    try:
        import dlt  # noqa: F401
    except ImportError:
        raise ConfigError("`cxnlp pull` needs dlt: install it with `uv sync --extra connect`") from None


@contextmanager
def _quiet(state: Path) -> Iterator[None]:
    """Dlt without telemetry, with its files beside its state."""
    ours = {**QUIET, "DLT_DATA_DIR": str(state / "dlt"), "DLT_LOCAL_DIR": str(state)}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _alone(state: Path, name: str) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(state / ".lock", timeout=0):
            yield
    except Timeout:
        raise InputError(f"another pull of {name} is at work; wait for it to end") from None


@contextmanager
def _in_words(name: str, hidden: list[str]) -> Iterator[None]:
    """What goes wrong at the other side, as one sentence without secrets."""
    try:
        yield
    except CxnlpError:
        raise
    except Exception as error:  # any library below may fail in its own way  # noqa: BLE001
        cause: BaseException = error
        while (deeper := cause.__cause__) is not None:
            cause = deeper
        told = " ".join(secrets.scrub(f"{type(cause).__name__}: {cause}", hidden).split())[:300]
        raise InputError(f"connectors.{name} could not be pulled ({told}); what has landed stays, pull again") from None
