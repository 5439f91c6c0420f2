"""Topics that keep their identity, across runs and across languages. BERTopic proposes, our registry decides.

A run first *assigns* mentions to the topics it knows, then *discovers* topics in the rest, then replays what people
edited. Invariants, held by tests: the topic of a mention depends on that mention and the registry alone (not on the
batch, its order or the machine); ids are never reused; nobody's edit is lost by a later run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxnlp.topics.assignment import assign
    from cxnlp.topics.discovery import discover
    from cxnlp.topics.run import TopicUpdate, update

__all__ = ["TopicUpdate", "assign", "discover", "update"]

_HOME = {"assign": "assignment", "discover": "discovery", "update": "run", "TopicUpdate": "run"}


def __getattr__(name: str) -> Any:
    """Load the room's doors on first use: pandas and numpy only then."""
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
