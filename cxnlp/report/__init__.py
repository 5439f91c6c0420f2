"""Chooses, draws and writes findings; computes nothing. The door is `write`."""

from cxnlp.report.write import write

__all__ = ["write"]
