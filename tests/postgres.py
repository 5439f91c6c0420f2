"""A PostgreSQL server of the tests' own, for connectors and for Prefect; skips where there is none."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def command(*words: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    line = [str(w) for w in words]
    return ["su", "postgres", "-s", "/bin/sh", "-c", " ".join(line)] if os.geteuid() == 0 else line


@contextmanager
def postgres() -> Iterator[str]:
    """host:port of a fresh server; user postgres, password `pass-of-tests`, database postgres."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    bin_ = BINARIES[-1].parent
    home = Path(tempfile.mkdtemp(prefix="cxnlp-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = home / "password"
    secret.write_text("pass-of-tests")
    secret.chmod(0o644)
    options = f"'-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off'"
    data = home / "data"
    try:
        initdb = command(bin_ / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}")
        made = subprocess.run(initdb, capture_output=True, text=True, cwd=home)
        assert made.returncode == 0, made.stderr
        start = command(bin_ / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        assert subprocess.run(start, stdout=subprocess.DEVNULL, cwd=home).returncode == 0, (home / "log").read_text()
        yield f"127.0.0.1:{port}"
    finally:
        stop = command(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        subprocess.run(stop, capture_output=True, cwd=home)
        shutil.rmtree(home, ignore_errors=True)
