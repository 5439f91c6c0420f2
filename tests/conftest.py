"""What tests of several rooms share: one browser per worker, since Playwright runs once per thread."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; skips where it is not installed."""
    path = os.environ.get("CXNLP_CHROMIUM") or shutil.which("chromium") or CHROMIUM
    if not Path(path).exists():
        pytest.skip("Chromium is not installed (apt install chromium); the page cannot be tested in a browser")
    from playwright.sync_api import sync_playwright

    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--headless", "--no-sandbox", "--disable-gpu", *quiet]
        )
        yield started
        started.close()
