"""From ingest's rows to rows that may be stored: personal data masked, matching form, language, duplicates, sentences.

prepare(feedback, settings) -> DataFrame         mark_duplicates(new, known) -> DataFrame
redact(text, kinds) -> (text, [Pii])             language.detect(text)             sentences.split(text)
"""

from cxnlp.prepare.frame import prepare
from cxnlp.prepare.privacy.core import Pii, redact

__all__ = ["Pii", "prepare", "redact"]
