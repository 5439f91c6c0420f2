"""Our own labels of texts of public sets, kept without the texts, which we may not hand on.

A line of `resources/labels/public_sets.jsonl.gz` names the set and a hash of the text in it, and says where in the
cleaned text the mentions lie; who has the sets gets records in the labelled format back.
Those marked `check` are read by no training: decisions and confidences are fitted on them, beside dev.
`python -m cxnlp.training.labels RECORDS` writes that file: records need `set` and the set's own text, `raw`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cxnlp.training import auxiliary
from cxnlp.training.data import Record, read_jsonl

FILE = Path(__file__).parent.parent / "resources/labels/public_sets.jsonl.gz"
FIELDS = ("start", "end", "kind", "touchpoint", "polarity", "severity")


def load(datasets: Path, file: Path = FILE) -> list[Record]:
    """Records (id, lang, source, text, sentiment, mentions, check) of all labels whose texts are in `datasets`.

    A set that is absent, or a text that its set no longer holds, is left out.
    """
    kept: dict[str, dict[str, Any]] = defaultdict(dict)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            kept[row["set"]][row["text"]] = row
    out = []
    for name, rows in sorted(kept.items()):
        path = datasets / f"{name}.parquet"
        texts = {key(t): t for t in _texts(path)} if path.exists() else {}
        out += [_record(row, shown(texts[at], name)) for at, row in rows.items() if at in texts]
    return out


def divided(records: Sequence[Record], known: set[str], dev: set[str]) -> tuple[list[Record], list[Record]]:
    """(for training, for calibration), without texts whose plain form is `known`.

    No text is in both, no other cut of a text in the second is in the first, and none of `dev` (plain forms) in either.
    """
    fresh = [r for r in records if auxiliary.plain(r["text"]) not in known]
    near = auxiliary.overlapping([r["text"] for r in fresh], dev)
    fresh = [r for i, r in enumerate(fresh) if i not in near]
    check, rest = [r for r in fresh if r["check"]], [r for r in fresh if not r["check"]]
    kept = {auxiliary.plain(r["text"]) for r in check}
    near = auxiliary.overlapping([r["text"] for r in rest], kept)
    return [r for i, r in enumerate(rest) if i not in near and auxiliary.plain(r["text"]) not in kept], check


def shown(raw: str, name: str) -> str:
    """A set's text as it was labelled: space tokenisation undone in English."""
    return (auxiliary.clean(raw) if name.startswith("en/") else raw).strip()


def key(raw: str) -> str:
    """What a text is called where it may not be written."""
    return hashlib.sha256(raw.encode()).hexdigest()[:16]


def _texts(path: Path) -> Iterator[str]:
    frame = pd.read_parquet(path)
    if "text" in frame:
        yield from frame["text"].dropna()
    else:
        for turns in frame["turns"]:
            yield from (turn["text"] for turn in json.loads(turns))


def _record(row: dict[str, Any], text: str) -> Record:
    mentions = []
    for *known, target in row["mentions"]:
        mention = dict(zip(FIELDS, known, strict=True))
        quote, named = text[mention["start"] : mention["end"]], text[slice(*target)] if target else ""
        mentions.append({"quote": quote, **mention, "target": named})
    return {
        "id": f"{row['lang']}-{row['text']}", "lang": row["lang"], "source": row["source"], "text": text,
        "sentiment": row["sentiment"], "mentions": mentions, "check": row.get("check", False),
    }  # fmt: skip


def write(records: Sequence[Record], file: Path = FILE) -> None:
    """Write records (with `set` and `raw`) without their texts; the same records give the same bytes."""
    lines = []
    for record in sorted(records, key=lambda r: (r["set"], key(r["raw"]))):
        mentions = [[*(m[f] for f in FIELDS), _place(record["text"], m)] for m in record["mentions"]]
        row = {k: record[k] for k in ("set", "lang", "source", "sentiment")} | {"text": key(record["raw"])}
        row |= {"check": True} if record.get("check") else {}
        lines.append(json.dumps(row | {"mentions": mentions}, separators=(",", ":")))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))


def _place(text: str, mention: dict[str, Any]) -> list[int] | None:
    target = mention.get("target") or ""
    at = max(text.find(target, mention["start"]), text.find(target)) if target else -1
    return [at, at + len(target)] if at >= 0 else None


if __name__ == "__main__":
    write(read_jsonl(Path(sys.argv[1])))
