"""From logits to mentions: which words form a mention, then its labels and its calibrated confidence.

Plain numpy on one batch; the network that made the logits may run in torch or in ONNX Runtime.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Calibration:
    """Per language, fitted on dev and kept as ``calibration.json``.

    ``confidence`` maps a language to (xs, ys), a non-decreasing piecewise linear map from the raw score to the
    share of mentions that were right; ``bias`` maps a decision to an additive term on its logits.
    """

    confidence: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    bias: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def of(self, language: str, decision: str) -> Floats | float:
        """The additive term for one decision: ``sentiment``, ``tags``, ``touchpoint`` or ``severity`` (cuts)."""
        found = self.bias.get(language, {}).get(decision)
        return 0.0 if found is None else np.asarray(found, dtype=np.float32)


@dataclass(frozen=True)
class Spans:
    """N spans of a batch: text ``row``, tokens ``start`` (included) to ``end`` (excluded), ``kind``, ``score``."""

    row: Ints
    start: Ints
    end: Ints
    kind: Ints
    score: Floats


def softmax(x: Floats, axis: int = -1) -> Floats:
    """Probabilities along an axis."""
    e = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(e / e.sum(axis, keepdims=True))


def viterbi(emissions: Floats, lengths: Ints, transitions: Floats) -> Ints:
    """Best tag sequences (B, W) for emission logits (B, W, T); ``transitions[i, j]`` scores tag i before tag j.

    I-k is only allowed after B-k or I-k (Forney 1973, over all texts of the batch at once).
    """
    batch, width, tags = emissions.shape
    score = emissions[:, 0] + np.where(inside(tags), -1e4, 0.0)
    back = np.zeros((batch, width, tags), dtype=np.int64)
    for t in range(1, width):
        total = score[:, :, None] + transitions[None]
        back[:, t] = total.argmax(1)
        step = total.max(1) + emissions[:, t]
        score = np.where((t < lengths)[:, None], step, score)
    path = np.zeros((batch, width), dtype=np.int64)
    rows, last = np.arange(batch), score.argmax(1)
    for t in range(width - 1, -1, -1):
        path[:, t] = np.where(t < lengths, last, 0)
        last = np.where((t > 0) & (t < lengths), back[rows, t, last], last)
    return path


def inside(tags: int) -> NDArray[np.bool_]:
    """Which of the tags are I-k."""
    index = np.arange(tags)
    return np.asarray((index > 0) & (index % 2 == 0))


def allowed(transitions: Floats) -> Floats:
    """Transitions with the impossible ones (I-k after anything but B-k, I-k) put out of reach."""
    tags = len(transitions)
    out = np.array(transitions, dtype=np.float32)
    for j in np.flatnonzero(inside(tags)):
        for i in range(tags):
            if i not in (j, j - 1):
                out[i, j] = -1e4
    return out


def word_starts(words: Ints) -> NDArray[np.bool_]:
    """True on the first token of each word; ``words`` (B, L) numbers the words, -1 on padding and special tokens."""
    before = np.pad(words, ((0, 0), (1, 0)), constant_values=-1)[:, :-1]
    return np.asarray((words >= 0) & (words != before))


def segment(tags: Floats, words: Ints, transitions: Floats) -> Spans:
    """Spans of a batch.

    ``tags`` (B, L, T) emission logits, ``words`` (B, L) the word of each token (-1: padding or special),
    ``transitions`` (T, T) as trained. The score of a span is its mean tag probability.
    """
    first = word_starts(words)
    lengths = first.sum(1)
    width = max(1, int(lengths.max(initial=0)))
    order = np.argsort(~first, axis=1, kind="stable")[:, :width]
    emissions = np.take_along_axis(tags, order[..., None], 1)
    path = viterbi(emissions, lengths, allowed(transitions))
    probability = softmax(emissions)
    ends = words.shape[1] - (words[:, ::-1] >= 0).argmax(1)
    found: list[tuple[int, int, int, int, float]] = []
    for row in np.flatnonzero(lengths):
        n, tag = int(lengths[row]), path[row]
        for i in np.flatnonzero(tag[:n] % 2 == 1):
            j = i + 1
            while j < n and tag[j] == tag[i] + 1:
                j += 1
            stop = order[row, j] if j < n else ends[row]
            share = probability[row, np.arange(i, j), tag[i:j]].mean()
            found.append((row, order[row, i], stop, (tag[i] - 1) // 2, share))
    ints = np.asarray([f[:4] for f in found], dtype=np.int64).reshape(-1, 4)
    return Spans(*ints.T, np.asarray([f[4] for f in found], dtype=np.float32))


def text_labels(logits: Floats, labels: tuple[str, ...], bias: Floats | float = 0.0) -> tuple[list[str], Floats]:
    """Sentiment and its score in −1…1 for logits (B, 4): P(pos) − P(neg), of the unbiased probabilities."""
    p = softmax(logits)
    chosen = (logits + bias).argmax(1)
    return [labels[i] for i in chosen], p[:, labels.index("pos")] - p[:, labels.index("neg")]


def mentions(
    spans: Spans,
    span_logits: dict[str, Floats],
    target: Floats,
    offsets: Ints,
    texts: list[str],
    languages: list[str],
    heads: Any,
    calibration: Calibration,
) -> list[list[dict[str, Any]]]:
    """Mentions of each text, in order of their start.

    ``span_logits`` of N spans (``SpanHeads``), ``target`` (B, L) logits, ``offsets`` (B, L, 2) characters of each
    token. Keys: quote, start, end, kind, touchpoint, polarity, severity, target, confidence, span (its index).
    """
    out: list[list[dict[str, Any]]] = [[] for _ in texts]
    if not len(spans.row):
        return out
    p_kind, p_touch = softmax(span_logits["kind"]), softmax(span_logits["touchpoint"])
    p_polarity, p_severity = softmax(span_logits["polarity"]), softmax(span_logits["severity"])
    expected = p_severity @ np.asarray(heads.severities, dtype=np.float32)
    for n in range(len(spans.row)):
        row, a, b = int(spans.row[n]), int(spans.start[n]), int(spans.end[n])
        text, language = texts[row], languages[row]
        start, end = trim(text, int(offsets[row, a, 0]), int(offsets[row, b - 1, 1]))
        if start >= end:
            continue
        kind = heads.kinds[int(spans.kind[n])]
        touch = int((np.log(p_touch[n] + 1e-9) + calibration.of(language, "touchpoint")).argmax())
        raw = float(spans.score[n] * p_kind[n, spans.kind[n]] * p_touch[n, touch])
        out[row].append(
            {
                "quote": text[start:end],
                "start": start,
                "end": end,
                "kind": kind,
                "touchpoint": heads.touchpoints[touch],
                "polarity": polarity(kind, heads.polarities, p_polarity[n]),
                "severity": severity(kind, float(expected[n]), calibration.of(language, "severity")),
                "target": target_of(text, target[row, a:b], offsets[row, a:b]),
                "confidence": confidence(raw, language, calibration),
                "span": n,
            }
        )
    return out


def polarity(kind: str, labels: tuple[str, ...], p: Floats) -> str:
    """Pains are neg and praises pos by definition; the head decides for the other kinds."""
    return {"pain": "neg", "praise": "pos"}.get(kind) or labels[int(p.argmax())]


def severity(kind: str, expected: float, cuts: Floats | float) -> int:
    """1…3 for pains by where the expected severity falls between two cuts, else 0."""
    if kind != "pain":
        return 0
    low, high = (1.5, 2.5) if isinstance(cuts, float) else (float(cuts[0]), float(cuts[1]))
    return 1 + (expected > low) + (expected > high)


def target_of(text: str, logits: Floats, offsets: Ints) -> str:
    """The run of target tokens with the greatest total logit, or "" when no token looks like one."""
    best, best_run, total, begin = 0.0, None, 0.0, 0
    for i, value in enumerate(logits):
        if total <= 0.0:
            total, begin = 0.0, i
        total += float(value)
        if total > best:
            best, best_run = total, (begin, i)
    if best_run is None:
        return ""
    start, end = trim(text, int(offsets[best_run[0], 0]), int(offsets[best_run[1], 1]))
    return text[start:end]


def confidence(raw: float, language: str, calibration: Calibration) -> float:
    """The calibrated chance that kind, place and touchpoint are right; ``raw`` where nothing was fitted."""
    curve = calibration.confidence.get(language)
    value = raw if curve is None else float(np.interp(raw, curve[0], curve[1]))
    return round(min(1.0, max(0.0, value)), 4)


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The same span without spaces and separating punctuation at its ends."""
    edge = " \t\r\n\u200c.,،؛;:"
    while start < end and text[start] in edge:
        start += 1
    while end > start and text[end - 1] in edge:
        end -= 1
    return start, end
