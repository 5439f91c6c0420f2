"""Sentences of the findings that compare: drivers, changes, trends, alerts, segments, brands."""

from __future__ import annotations

from typing import Any

SENTENCES: dict[str, Any] = {}
