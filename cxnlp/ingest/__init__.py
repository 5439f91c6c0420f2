"""Files → rows → feedback | rejected. Start at `read`: discover → reader of the format → Mapper → batches.

read = kept + duplicates + rejected holds per file: every record of a file becomes one row of `Batch.feedback` or
one row of `Batch.rejected` (reason `repeated_row` = duplicate). Text is not yet redacted: prepare does that.
"""

from cxnlp.ingest.reading import Batch, read, unreadable
from cxnlp.ingest.sources import Discovery, SourceFile, discover

__all__ = ["Batch", "Discovery", "SourceFile", "discover", "read", "unreadable"]
