"""From ingest's rows to rows that may be stored: personal data masked, matching form, language, duplicates, sentences.

prepare(feedback, settings) -> DataFrame         mark_duplicates(new, known) -> DataFrame
redact(text, kinds) -> (text, [Pii])             language.detect(text)             sentences.split(text)
"""

from cxnlp.prepare.frame import prepare
from cxnlp.prepare.privacy.core import KINDS, Pii, redact

__all__ = ["KINDS", "Pii", "mark_duplicates", "prepare", "redact"]


def __getattr__(name: str) -> object:
    if name == "mark_duplicates":  # brings numpy
        from cxnlp.prepare.duplicates import mark_duplicates

        return mark_duplicates
    raise AttributeError(name)
