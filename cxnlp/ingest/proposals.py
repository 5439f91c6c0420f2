"""Proposals → TOML: one source for files alike, doubts as comments."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

from cxnlp.ingest import values
from cxnlp.ingest.guesses import Found, Guess

CHANNELS = {
    "survey": r"survey|nps|csat|نظرسنجی",
    "review": r"review|نظر",
    "call": r"call|phone|تماس",
    "chat": r"chat|support|ticket|transcript|گفتگو|پشتیبانی",
    "social": r"tweet|social|instagram|توییت",
}


def groups(found: list[Found]) -> list[list[Found]]:
    """Files of one kind with the same columns and alike names become one source."""
    groups: list[list[Found]] = []
    for item in found:
        for group in groups:
            first = group[0]
            same = first.kind == item.kind and first.columns and first.columns == item.columns
            if same and _pattern([*group, item]) and first.guess.source == item.guess.source:
                group.append(item)
                break
        else:
            groups.append([item])
    return groups


def _pattern(group: list[Found]) -> str | None:
    files = [f.file for f in group]
    if len(files) == 1:
        return re.sub(r"([\[\]*?])", r"[\1]", files[0])
    start = _common(files)
    end = _common([f[::-1] for f in files])[::-1]
    alike = len(PurePosixPath(start + "x").name) > 3 and "." in end and "/" not in files[0][len(start) :]
    return f"{start}*{end}" if alike and len({str(PurePosixPath(f).parent) for f in files}) == 1 else None


def _common(names: list[str]) -> str:
    """What all names begin with."""
    low, high = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(low, high)) if a != b), min(len(low), len(high)))
    return low[:same]


def source(group: list[Found], taken: set[str]) -> list[str]:
    """Lines of [sources.<name>] for files alike; the name is added to `taken`."""
    first, pattern = group[0], _pattern(group) or group[0].file
    proposed = first.guess
    name = _name(pattern, taken)
    lines = [f"[sources.{_key(name)}]", f"files = {text(pattern)}"]
    if first.kind != "table":
        lines.append(f"kind = {text(first.kind)}")
    lines += [_line(k, v, proposed) for k, v in proposed.source.items()]
    if "channel" not in proposed.columns and first.kind != "telegram":
        channel = next((c for c, words in CHANNELS.items() if re.search(words, pattern.lower())), None)
        lines += [f"constants = {{ channel = {text(channel)} }}"] if channel else []
    lines += [
        f"# unsure: {proposed.doubts[k]}" for k in ("agents",) if k in proposed.doubts and k not in proposed.source
    ]
    if proposed.columns:
        lines += ["", f"[sources.{_key(name)}.columns]"]
        lines += [_line(k, v, proposed) for k, v in proposed.columns.items()]
    for kind, mapping in proposed.values.items():
        if mapping:
            doubt = proposed.doubts.get(kind)
            lines += ["", *([f"# unsure: {doubt}"] if doubt else []), f"[sources.{_key(name)}.values.{kind}]"]
            lines += [f"{_key(k)} = {_value(v)}" for k, v in mapping.items()]
    return [*lines, ""]


def segment(kind: str, found: list[Found]) -> list[str]:
    """Lines of [segments.customers] or [segments.orders]."""
    if not found:
        return []
    first, columns = found[0], found[0].guess.columns
    lines = [f"[segments.{kind}]", f"file = {text(first.file)}"]
    customer = columns.get("customer_id", "customer_id")
    lines += [f"id = {text(customer)}"] if customer != "customer_id" else []
    if kind == "customers":
        attributes = [a for a in columns.get("attributes", []) if a != customer]
        lines += [f"attributes = {_value(attributes)}"] if attributes else []
    else:
        lines += _orders(first)
    lines += [f"# unsure: also {kind}? {f.file}" for f in found[1:]]
    return [*lines, ""]


def _orders(found: Found) -> list[str]:
    wanted = {
        "order_id": found.guess.columns.get("id"),
        "ordered_at": found.guess.columns.get("created_at"),
        "amount": next(
            (c for c in found.columns if re.search(r"amount|price|total|sum|مبلغ|قیمت", values.fold(c))), None
        ),
        "status": next((c for c in found.columns if re.search(r"status|state|وضعیت", values.fold(c))), None),
    }
    mapping = {k: v for k, v in wanted.items() if isinstance(v, str) and v != k}
    lines = [f"columns = {{ {', '.join(f'{k} = {text(v)}' for k, v in mapping.items())} }}"] if mapping else []
    return lines + [f"# unsure: no column for {k}" for k, v in wanted.items() if v is None]


def _like(pattern: str, names: tuple[str, ...]) -> str | None:
    return next((n for n in names if re.search(pattern, values.fold(n))), None)


def _name(pattern: str, taken: set[str]) -> str:
    path = PurePosixPath(pattern.replace("*", "").replace("!", "/"))
    stem = path.parent.name if path.stem == "result" and path.parent.name else path.name.split(".")[0]
    base = re.sub(r"\W+", "_", stem).strip("_").lower() or "source"
    name = base if base not in taken else next(f"{base}_{i}" for i in range(2, 10**6) if f"{base}_{i}" not in taken)
    taken.add(name)
    return name


def _line(key: str, value: Any, proposed: Guess) -> str:
    doubt = proposed.doubts.get(key) if key != "stage" else None
    return f"{key} = {_value(value)}" + (f" # unsure: {doubt}" if doubt else "")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return text(value) if isinstance(value, str) else f"{value:g}"


def text(value: str) -> str:
    """A TOML string."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(value: str) -> str:
    return value if re.fullmatch(r"[A-Za-z0-9_-]+", value) else text(value)
