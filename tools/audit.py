"""Known vulnerabilities in the versions of uv.lock: `make audit`, a part of `make check`.

    python tools/audit.py REQUIREMENTS      # what `uv export` prints

Red for a vulnerable version, unless tools/audit.toml allows it, with a reason and until a day. Where the database of
vulnerabilities (pypi.org, by pip-audit) is out of reach, behind a mirror say, it says so and goes on: a missing network
is no finding. CXNLP_AUDIT_REQUIRED=1 makes that red too.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PROBE = "https://pypi.org/pypi/pip/json"
ALLOWED = Path(__file__).with_name("audit.toml")


def problems(report: dict[str, Any], allowed: dict[str, Any], today: datetime.date) -> list[str]:
    """Sentences for what is vulnerable and not allowed, and for allowances that are over or wrong."""
    found = []
    for package in report["dependencies"]:
        for flaw in package.get("vulns", []):
            names = {flaw["id"], *flaw.get("aliases", [])}
            entry = next((allowed[name] for name in sorted(names) if name in allowed), None)
            if entry is not None and entry["until"] >= today:
                continue
            over = " (its allowance is over)" if entry is not None else ""
            fixed = ", ".join(flaw.get("fix_versions", [])) or "no version yet"
            found.append(f"{package['name']} {package['version']}: {flaw['id']}{over}, mended in {fixed}")
    found += [f"tools/audit.toml: {name} has no reason" for name, entry in allowed.items() if not entry.get("reason")]
    return found


def reachable() -> str | None:
    """None if the database answers, else why not."""
    try:
        with urllib.request.urlopen(PROBE, timeout=10) as answer:
            json.load(answer)
    except (OSError, ValueError, urllib.error.URLError) as error:
        return str(error)
    return None


def unaudited(reason: str) -> int:
    """Say that nothing was looked up; green unless it must be."""
    print(f"audit: NOT DONE, the database of vulnerabilities cannot be reached ({reason}); run `make audit` online")
    return 1 if os.environ.get("CXNLP_AUDIT_REQUIRED") == "1" else 0


def main(requirements: str) -> int:
    """Exit status: 0 clean or not reachable, 1 vulnerable."""
    if (why := reachable()) is not None:
        return unaudited(why)
    command = [sys.executable, "-m", "pip_audit", "-r", requirements, "--no-deps", "--disable-pip", "-f", "json"]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return unaudited(" ".join(done.stderr.split())[-200:])
    allowed = tomllib.loads(ALLOWED.read_text(encoding="utf-8")).get("allow", {})
    found = problems(report, allowed, datetime.datetime.now(datetime.UTC).date())
    print("\n".join(found) or f"audit: {len(report['dependencies'])} packages, none known to be vulnerable")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
