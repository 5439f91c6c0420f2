"""The prepare stage: personal data masked, matching form, language."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from cxnlp.config import Settings


def prepare(feedback: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Feedback rows as ingest gives them → the same rows, ready to be stored; each row decided alone.

    `text` and the values of `attributes` come back with personal data masked (kinds: settings.privacy.redact, None =
    all), `pii` counts what was masked, `normalized` is the matching form and `language` the language of the
    masked text, and `customer_id` a keyed pseudonym where settings.privacy.pseudonym_key_file names a key. Rows
    without text get nulls.
    """
    import pandas as pd

    from cxnlp.prepare.language import detect
    from cxnlp.prepare.normalize import normalize
    from cxnlp.prepare.privacy.core import redact

    kinds = settings.privacy.redact
    ready: list[tuple[str | None, ...]] = []
    for text in feedback["text"]:
        if not isinstance(text, str):
            ready.append((None, None, None, None))
            continue
        clean, found = redact(_writable(text), kinds)
        counts = json.dumps(dict(sorted(Counter(p.kind for p in found).items()))) if found else None
        ready.append((clean, normalize(clean), detect(clean), counts))
    names = ("text", "normalized", "language", "pii")
    columns: dict[str, list[Any]] = {name: [row[i] for row in ready] for i, name in enumerate(names)}
    if "attributes" in feedback:
        columns["attributes"] = [_attributes(value, kinds) for value in feedback["attributes"]]
    if "customer_id" in feedback and settings.privacy.pseudonym_key_file is not None:
        from cxnlp.prepare.privacy.pseudonyms import pseudonymise, read_key

        key = read_key(settings.home / settings.privacy.pseudonym_key_file)
        columns["customer_id"] = [pseudonymise(value, key) for value in feedback["customer_id"]]
    series = {name: pd.Series(values, index=feedback.index, dtype=object) for name, values in columns.items()}
    return feedback.assign(**series)


def _writable(text: str) -> str:
    """Lone surrogates, which no file can hold, become U+FFFD; nothing else changes, nor the length."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _attributes(value: object, kinds: tuple[str, ...] | None) -> object:
    """A JSON object of strings with personal data in its values masked."""
    from cxnlp.prepare.privacy.core import redact

    if not isinstance(value, str):
        return None
    record = json.loads(value)
    masked = {name: redact(v, kinds)[0] if isinstance(v, str) else v for name, v in record.items()}
    return value if masked == record else json.dumps(masked, ensure_ascii=False)
