"""Texts → windows of tokens that the encoder can hold, and windows → batches of one padded length each.

A text longer than the window is read in pieces that end at a sentence, a clause or at least a word, each with some
context on both sides. Every token belongs to the core of exactly one piece, so nothing is cut and nothing is read
twice. The padded length of a piece depends on the piece alone: no neighbour in a batch changes a result.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

CONTEXT = 16  # tokens of context on each side of a piece
STEP = 4  # padded lengths are multiples of it
_SENTENCE = re.compile(r"[.!?؟…\n\r。]")
_CLAUSE = re.compile(r"[,،;؛:()\-–—]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Window:
    """Part of text number `text` as the encoder reads it, special tokens included.

    `ids`, `words` (-1 on special tokens) are (L,), `offsets` (L, 2) in characters of the whole text; tokens from
    `core[0]` to before `core[1]` are this window's own, the others context.
    """

    text: int
    ids: Ints
    words: Ints
    offsets: Ints
    core: tuple[int, int]

    @property
    def start(self) -> int:
        """First character of its own part of the text."""
        return int(self.offsets[self.core[0] if self.core[0] else min(1, len(self.offsets) - 1), 0])

    @property
    def size(self) -> int:
        """How many tokens are its own."""
        return self.core[1] - self.core[0]


def windows(tokenizer: Any, texts: Sequence[str], size: int) -> list[Window]:
    """The windows of each text, in order; at most `size` tokens each, special tokens included."""
    safe = [_LONE_SURROGATE.sub("\ufffd", text) for text in texts]  # the tokenizer takes UTF-8 only; offsets stay
    out: list[Window] = []
    for number, encoding in enumerate(tokenizer.encode_batch(safe)):
        ids = np.asarray(encoding.ids, dtype=np.int64)
        words = np.asarray([-1 if w is None else w for w in encoding.word_ids], dtype=np.int64)
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        if len(ids) <= size:
            out.append(Window(number, ids, words, offsets, (0, len(ids))))
            continue
        for start, end in pieces(safe[number], words[1:-1], offsets[1:-1], size - 2 - 2 * CONTEXT):
            left, right = max(1, start + 1 - CONTEXT), min(len(ids) - 1, end + 1 + CONTEXT)
            at = np.concatenate([[0], np.arange(left, right), [len(ids) - 1]])
            core = (start + 2 - left, end + 2 - left)
            out.append(Window(number, ids[at], words[at], offsets[at], core))
    return out


def pieces(text: str, words: Ints, offsets: Ints, size: int) -> list[tuple[int, int]]:
    """Token ranges that together cover a text without overlap, each of at most `size` tokens.

    A piece ends at the last sentence end in its second half, else at the last clause end there, else between words,
    else (one endless word) anywhere.
    """
    ranks = _cut_ranks(text, words, offsets)
    out, start = [], 0
    while len(words) - start > size:
        candidates = ranks[start + size // 2 : start + size + 1]
        best = len(candidates) - 1 - int(np.argmax(candidates[::-1]))
        out.append((start, start + size // 2 + best))
        start = out[-1][1]
    return [*out, (start, len(words))]


def _cut_ranks(text: str, words: Ints, offsets: Ints) -> Ints:
    """How good a cut before token i is: 3 after a sentence, 2 after a clause, 1 between words, 0 inside a word."""
    ranks = np.zeros(len(words) + 1, dtype=np.int64)
    for i in range(1, len(words)):
        if words[i] == words[i - 1]:
            continue
        between = text[offsets[i - 1, 0] : offsets[i, 0]]
        ranks[i] = 3 if _SENTENCE.search(between) else 2 if _CLAUSE.search(between) else 1
    return ranks


@dataclass(frozen=True)
class Batch:
    """Windows of one padded length: `ids`, `mask`, `words` (B, L), `offsets` (B, L, 2)."""

    windows: list[Window]
    ids: Ints
    mask: Ints
    words: Ints
    offsets: Ints


def batches(parts: Sequence[Window], tokens: int, pad: int) -> Iterator[Batch]:
    """Batches of about `tokens` padded tokens, shortest windows first."""
    by_length: dict[int, list[Window]] = {}
    for part in parts:
        by_length.setdefault(-(-len(part.ids) // STEP) * STEP, []).append(part)
    for length, members in sorted(by_length.items()):
        rows = max(1, tokens // length)
        for start in range(0, len(members), rows):
            yield _batch(members[start : start + rows], length, pad)


def _batch(members: list[Window], length: int, pad: int) -> Batch:
    ids = np.full((len(members), length), pad, dtype=np.int64)
    mask, words = np.zeros_like(ids), np.full_like(ids, -1)
    offsets = np.zeros((*ids.shape, 2), dtype=np.int64)
    for row, window in enumerate(members):
        n = len(window.ids)
        ids[row, :n], mask[row, :n] = window.ids, 1
        words[row, :n], offsets[row, :n] = window.words, window.offsets
    return Batch(members, ids, mask, words, offsets)
