"""Fixtures of the training room."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import gold


@pytest.fixture
def records() -> list[dict]:
    return gold.records()
