"""Labelled texts → tensors: tags on words, spans with their labels, masks where a label is unknown."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cxnlp.annotate.network import Heads

Record = dict[str, Any]
UNKNOWN = -100


@dataclass
class Example:
    """One text as the network reads it; every label may be unknown."""

    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    tags: NDArray[np.int64] | None = None  # per token, UNKNOWN but on first tokens of words
    target: NDArray[np.float32] | None = None
    spans: NDArray[np.int64] | None = None  # (n, 6) start, end, kind, touchpoint, polarity, severity
    sentiment: int = UNKNOWN
    sign: float = float("nan")  # -1 or 1 where only the side of the attitude is known
    soft: NDArray[np.float32] | None = None  # (4,) chances of the sentiments, as teachers see them
    masked: bool = False  # takes part in masked-language modelling
    touch: NDArray[np.float32] | None = None  # (2, touchpoints), nan where unknown
    vectors: NDArray[np.float32] | None = None  # (n + 1, hidden) of the teacher: text, then spans; nan unknown


def read_jsonl(path: Path) -> list[Record]:
    """One object per line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def encode(tokenizer: Tokenizer, texts: Sequence[str], window: int) -> list[tuple[Any, ...]]:
    """(ids, words, offsets) per text, cut at the window; words are -1 on special tokens."""
    out = []
    for e in tokenizer.encode_batch(list(texts)):
        words = np.array([-1 if w is None else w for w in e.word_ids], dtype=np.int64)
        ids, offsets = np.array(e.ids, dtype=np.int64), np.array(e.offsets, dtype=np.int64)
        if len(ids) > window:
            ids, words, offsets = (np.concatenate([x[: window - 1], x[-1:]]) for x in (ids, words, offsets))
        out.append((ids, words, offsets))
    return out


def examples(records: Sequence[Record], tokenizer: Tokenizer, heads: Heads) -> list[Example]:
    """Records in the labelled format (text, sentiment, mentions with offsets).

    Silver ones may lack mentions (not known), or a mention's touchpoint, and carry ``soft`` in place of the sentiment.
    """
    encoded = encode(tokenizer, [r["text"] for r in records], heads.window)
    return [_example(r, e, heads) for r, e in zip(records, encoded, strict=True)]


def _example(record: Record, encoded: tuple[Any, ...], heads: Heads) -> Example:
    ids, words, offsets = encoded
    middle = (offsets[:, 0] + np.maximum(offsets[:, 0], offsets[:, 1] - 1)) / 2
    real = words >= 0
    first = real & (words != np.concatenate([[-1], words[:-1]]))
    tags = np.where(first, 0, UNKNOWN)
    target = np.where(real, 0.0, np.nan).astype(np.float32)
    mentions = record.get("mentions")
    touch = None
    if mentions is not None and all(m["touchpoint"] for m in mentions):
        touch = np.zeros((2, len(heads.touchpoints)), dtype=np.float32)
    spans: list[list[int]] = []
    for m in sorted(mentions or [], key=lambda m: (m["start"], -m["end"])):
        place = heads.touchpoints.index(m["touchpoint"]) if m["touchpoint"] else UNKNOWN
        if touch is not None:
            touch[0, place] = max(touch[0, place], float(m["kind"] == "pain"))
            touch[1, place] = 1.0
        inside = np.flatnonzero(real & (middle >= m["start"]) & (middle < m["end"]))
        if not len(inside):
            continue
        start, end = int(inside[0]), int(inside[-1]) + 1
        kind = heads.kinds.index(m["kind"])
        severity = heads.severities.index(m["severity"]) if m["kind"] == "pain" and m["severity"] else UNKNOWN
        spans.append([start, end, kind, place, heads.polarities.index(m["polarity"]), severity])
        at = np.flatnonzero(first[start:end]) + start
        if len(at) and not (tags[at] > 0).any():
            tags[at] = 2 + 2 * kind
            tags[at[0]] = 1 + 2 * kind
        where = record["text"].find(m["target"], m["start"]) if m.get("target") else -1
        if where >= 0:
            target[real & (middle >= where) & (middle < where + len(m["target"]))] = 1.0
    return Example(
        ids,
        words,
        tags=tags if mentions is not None else None,
        target=target if mentions is not None else None,
        spans=np.array(spans, dtype=np.int64).reshape(-1, 6),
        sentiment=heads.sentiments.index(record["sentiment"]) if "sentiment" in record else UNKNOWN,
        soft=np.array(record["soft"], dtype=np.float32) if "soft" in record else None,
        touch=touch,
    )


def weak_examples(records: Sequence[Record], tokenizer: Tokenizer, heads: Heads) -> list[Example]:
    """Records of ``auxiliary``: the whole text is one span where its kind or its only touchpoint is known."""
    out = []
    encoded = encode(tokenizer, [r["text"] for r in records], heads.window)
    for record, (ids, words, _) in zip(records, encoded, strict=True):
        example = Example(ids, words, sign=float(record.get("sign", "nan")), masked=record["lang"] == "fa")
        if "sentiment" in record:
            example.sentiment = heads.sentiments.index(record["sentiment"])
        places: dict[str, bool] = record.get("places", {})
        if places:
            example.touch = np.zeros((2, len(heads.touchpoints)), dtype=np.float32)
            for place, hurts in places.items():
                example.touch[:, heads.touchpoints.index(place)] = hurts, 1.0
        kind = record.get("kind")
        if (kind or len(places) == 1) and len(ids) > 2:
            at = heads.touchpoints.index(next(iter(places))) if len(places) == 1 else UNKNOWN
            side = {"pain": 0, "praise": 2}.get(kind or "", UNKNOWN)
            span = [1, len(ids) - 1, heads.kinds.index(kind) if kind else UNKNOWN, at, side, UNKNOWN]
            example.spans = np.array([span], dtype=np.int64)
        out.append(example)
    return out


def batches(items: Sequence[Example], size: int, seed: int, tokens: int = 2048) -> Iterator[list[Example]]:
    """Shuffled batches of texts of similar length, at most ``size`` texts and ``tokens`` padded tokens each."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(items))
    pool = size * 40
    made: list[list[Example]] = []
    for at in range(0, len(order), pool):
        chunk = sorted(order[at : at + pool], key=lambda i: len(items[i].ids))
        batch: list[Example] = []
        for i in chunk:
            if batch and (len(batch) == size or (len(batch) + 1) * len(items[i].ids) > tokens):
                made.append(batch)
                batch = []
            batch.append(items[i])
        if batch:
            made.append(batch)
    for i in rng.permutation(len(made)):
        yield made[i]


def collate(batch: Sequence[Example], pad: int, heads: Heads) -> dict[str, torch.Tensor]:
    """Padded tensors of a batch; ``row`` says which text each span is of."""
    width = max(len(e.ids) for e in batch)

    def padded(parts: Sequence[Any], fill: float, kind: Any) -> torch.Tensor:
        out = np.full((len(parts), width), fill, dtype=kind)
        for i, p in enumerate(parts):
            if p is not None:
                out[i, : len(p)] = p
        return torch.from_numpy(out)

    empty = np.zeros((0, 6), dtype=np.int64)
    spans = [empty if e.spans is None else e.spans for e in batch]
    unknown = np.full((2, len(heads.touchpoints)), np.nan, dtype=np.float32)
    out = {
        "ids": padded([e.ids for e in batch], pad, np.int64),
        "mask": padded([np.ones(len(e.ids)) for e in batch], 0, np.int64),
        "words": padded([e.words for e in batch], -1, np.int64),
        "tags": padded([e.tags for e in batch], UNKNOWN, np.int64),
        "target": padded([e.target for e in batch], np.nan, np.float32),
        "spans": torch.from_numpy(np.concatenate(spans)),
        "row": torch.from_numpy(np.repeat(np.arange(len(batch)), [len(s) for s in spans])),
        "sentiment": torch.tensor([e.sentiment for e in batch]),
        "sign": torch.tensor([e.sign for e in batch]),
        "soft": torch.from_numpy(
            np.stack([np.full(len(heads.sentiments), np.nan, np.float32) if e.soft is None else e.soft for e in batch])
        ),
        "masked": torch.tensor([e.masked for e in batch]),
        "touch": torch.from_numpy(np.stack([unknown if e.touch is None else e.touch for e in batch])),
    }
    if any(e.vectors is not None for e in batch):
        size = next(e.vectors.shape[1] for e in batch if e.vectors is not None)
        blank = [np.full((1 + len(s), size), np.nan, dtype=np.float32) for s in spans]
        parts = [b if e.vectors is None else e.vectors for e, b in zip(batch, blank, strict=True)]
        out["text_vectors"] = torch.from_numpy(np.stack([p[0] for p in parts]))
        out["span_vectors"] = torch.from_numpy(np.concatenate([p[1:] for p in parts]))
    return out
