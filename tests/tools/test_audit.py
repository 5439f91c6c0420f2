"""The audit: red for what is vulnerable, green for what is allowed for now or cannot be looked up."""

from __future__ import annotations

import datetime

from tools import audit

TODAY = datetime.date(2026, 11, 21)
REPORT = {
    "dependencies": [
        {"name": "fine", "version": "1.0", "vulns": []},
        {
            "name": "leaky",
            "version": "0.9",
            "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.0"], "description": "…"}],
        },
        {"name": "local", "skip_reason": "not on PyPI"},
    ]
}


def test_a_vulnerable_version_is_red_and_says_what_mends_it():
    """Who sees it must know what to raise."""
    assert audit.problems(REPORT, {}, TODAY) == ["leaky 0.9: PYSEC-1, mended in 1.0"]


def test_an_allowance_has_a_reason_and_an_end():
    """Otherwise the list of exceptions only grows."""
    allowed = {"CVE-1": {"reason": "we never parse that", "until": TODAY}}
    assert audit.problems(REPORT, allowed, TODAY) == []
    over = audit.problems(REPORT, allowed, TODAY + datetime.timedelta(days=1))
    assert over == ["leaky 0.9: PYSEC-1 (its allowance is over), mended in 1.0"]
    nameless = {"CVE-1": {"until": TODAY}}
    assert audit.problems(REPORT, nameless, TODAY) == ["tools/audit.toml: CVE-1 has no reason"]


def test_no_network_is_said_and_not_red(monkeypatch, capsys):
    """A mirror of packages knows no vulnerabilities: no reason to fail, unless one is told to."""
    monkeypatch.setattr(audit, "PROBE", "http://127.0.0.1:9/")
    assert audit.main("requirements.txt") == 0
    assert "NOT DONE" in capsys.readouterr().out
    monkeypatch.setenv("CXNLP_AUDIT_REQUIRED", "1")
    assert audit.main("requirements.txt") == 1
