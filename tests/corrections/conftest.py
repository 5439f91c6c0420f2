"""Fixtures of the corrections room."""

from pathlib import Path

import pytest

from cxnlp.stages.run import Run
from tests.corrections import shop


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A lake of eight texts in both languages, freshly mined."""
    return shop.lake(tmp_path)
