"""`cxnlp serve` and `cxnlp customer` as people start them, and the mistakes they make."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from cxnlp.desk import commands
from cxnlp.errors import InputError, LakeError
from cxnlp.stages.run import Run
from tests.corrections import shop


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    """Two desks, or another program: say what to do."""
    shop.lake(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="--port"):
            commands.serve(
                port=taken.getsockname()[1], host="127.0.0.1", name=None, who=None, config=tmp_path / "cxnlp.toml",
                out=None,
            )  # fmt: skip


def test_without_a_lake_it_says_how_to_make_one(tmp_path: Path) -> None:
    """The first thing a new user does is start the desk too early."""
    (tmp_path / "cxnlp.toml").write_text("", encoding="utf-8")
    with pytest.raises(LakeError, match="cxnlp run"):
        commands.serve(port=0, host="127.0.0.1", name=None, who=None, config=tmp_path / "cxnlp.toml", out=None)


@pytest.mark.parametrize(("language", "words"), [("fa", "۱۱ اردیبهشت ۱۴۰۴"), ("en", "1 May 2025")])
def test_a_customers_story_in_the_terminal(run: Run, language: str, words: str) -> None:
    """Both languages, oldest first, with what was read in each text."""
    app = typer.Typer()
    app.command()(commands.customer)
    result = CliRunner().invoke(app, ["C0", "--language", language, "--config", str(run.settings.home / "cxnlp.toml")])
    assert result.exit_code == 0, result.output
    assert words in result.output
    assert result.output.index("پیک خیلی دیر رسید") < result.output.index("Your app froze")
    missing = CliRunner().invoke(app, ["nobody", "--config", str(run.settings.home / "cxnlp.toml")])
    assert isinstance(missing.exception, InputError)


@pytest.mark.slow
def test_the_printed_address_opens_the_desk_and_no_other_does(tmp_path: Path) -> None:
    """The real command in its own process: token, cookie, search, refusal, Ctrl-C."""
    shop.lake(tmp_path)
    command = [sys.executable, "-c", "from cxnlp.cli import app; app()", "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        address = next(found for line in process.stdout if (found := re.search(r"(http://127\S+)/\?token=(\S+)", line)))
        with httpx.Client(base_url=address[1], follow_redirects=True) as client:
            assert client.get("/", params={"token": "wrong"}).status_code == 403
            assert client.get("/").status_code == 403
            assert client.get("/", params={"token": address[2]}).status_code == 200
            assert "cracked jar" in client.get("/texts", params={"q": "jars"}).text
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130, -2)
