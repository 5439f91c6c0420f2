"""One small report, made once per session, and a browser to open it in."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.insight.example import Example, frames
from tests.report.shop import findings, hostile, write


@pytest.fixture(scope="session")
def shop() -> Example:
    return hostile(frames())


@pytest.fixture(scope="session")
def found(shop: Example) -> pd.DataFrame:
    return findings(shop)


@pytest.fixture(scope="session")
def page(shop: Example, found: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a small report.html, written in Persian first."""
    return write(shop, found, tmp_path_factory.mktemp("report"))


class Visit:
    """A page opened in the browser, with everything it asked of the network and said on the console."""

    def __init__(self, browser, path: Path, fragment: str = "", width: int = 1280) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 860})
        self.page.set_default_timeout(120_000)  # busy machines
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(f"file://{path}{fragment}")
        self.page.wait_for_selector("#filters[data-ready]", state="attached", timeout=60_000)

    @property
    def network(self) -> list[str]:
        return [url for url in self.asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture
def visit(browser):
    """Opens pages, and closes them after the test."""
    opened: list[Visit] = []

    def open_page(path: Path, fragment: str = "", width: int = 1280) -> Visit:
        opened.append(Visit(browser, path, fragment, width))
        return opened[-1]

    yield open_page
    for one in opened:
        one.page.close()
