"""No network at all in a default run: what leaves the process is denied by the kernel and noticed by Python."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.flows.conftest import ROOT

WATCHED = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto") and not str(args[-1]).startswith("/"):
        print("network:", event, args, file=sys.stderr, flush=True)
        import os
        os._exit(97)
sys.addaudithook(watch)
from cxnlp.cli import app
sys.argv = ["cxnlp", "run"]
app()
"""


def denied() -> list[str]:
    """The prefix of a command that has no network but, at most, its own loopback; none where that is not permitted."""
    for prefix in (["unshare", "-n"], ["unshare", "-rn"]):
        try:
            if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
                return prefix
        except FileNotFoundError:
            break
    return []


def test_a_default_run_opens_no_connection(home):
    """Customers' words must not leave the machine, and a run must not hang where there is no network. Native code is
    held by the empty network, Python by an audit hook that ends the run."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [*denied(), sys.executable, "-c", WATCHED]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-1500:]
    assert list((home / "lake" / "reports").glob("*/report.html"))


def test_the_watch_would_notice():
    """A check that cannot fail checks nothing."""
    code = WATCHED.split("from cxnlp")[0] + "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 97 and "network: socket" in done.stderr


@pytest.mark.skipif(not denied(), reason="the kernel permits no network namespace here (unshare -n)")
@pytest.mark.slow
def test_the_flow_needs_its_own_loopback_only(home):
    """Prefect's server for one run lives on 127.0.0.1; nothing else is there, and nothing else is needed."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "PYTHONPATH": str(ROOT)}
    line = f'ip link set lo up && exec "{sys.executable}" -m flows.mine_feedback "{home}/cxnlp.toml"'
    done = subprocess.run(
        [*denied(), "sh", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert "report:" in done.stdout
