"""Read feedback: one encoder, one forward pass, all heads → sentiment of the text, and the mentions in it."""

from cxnlp.annotate.engine import Annotator

__all__ = ["Annotator"]
