"""What a browser sends back, as a reading of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cxnlp.corrections.labels import Label, checked
from cxnlp.taxonomy import Taxonomy

_FIELD = re.compile(r"m(\d+)_(quote|kind|touchpoint|polarity|severity|target|start|end|gone)")
POLARITY = {"pain": "neg", "praise": "pos"}


def reading(form: Mapping[str, str], text: str, taxonomy: Taxonomy) -> Label:
    """The form of a text's page: `sentiment`, and m<i>_quote, m<i>_kind … per mention; a ticked m<i>_gone removes it.

    An empty quote is no mention. InputError says what is wrong.
    """
    rows: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        if found := _FIELD.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = value.replace("\r\n", "\n").strip("\n")
    kept = [row for _, row in sorted(rows.items()) if row.get("quote", "").strip() and not row.get("gone")]
    return checked({"sentiment": form.get("sentiment"), "mentions": [_mention(row) for row in kept]}, text, taxonomy)


def _mention(row: Mapping[str, str]) -> dict[str, Any]:
    kind = row.get("kind", "")
    return {
        "quote": row["quote"], "kind": kind, "touchpoint": row.get("touchpoint"), "target": row.get("target", ""),
        "polarity": row.get("polarity") or POLARITY.get(kind, "neu"),
        "severity": _number(row.get("severity")), "start": _number(row.get("start")), "end": _number(row.get("end")),
    }  # fmt: skip


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None
