"""Beyond files: SQL databases, REST APIs and buckets, fetched by dlt into the raw folder (`cxnlp pull`).

pull(name, settings) -> Pulled. What arrives lies in <raw>/<name>/ as JSON Lines (or the files themselves), where a
`[sources]` section maps it like any export. The place where a pull ended is kept beside it, in <raw>/<name>/.pull/.
Nothing here runs unless it is asked for: `cxnlp run` alone opens no connection.
"""

from cxnlp.connect.pull import Pulled, pull

__all__ = ["Pulled", "pull"]
