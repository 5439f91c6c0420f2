"""The reader at work: texts in, one row per text and one per mention out.

Invariants (held by tests): every row in gives one row out, in order; `quote == text[start:end]` for any text; no text's
result depends on which others are read with it. Abstaining is null: a text without anything to read has no sentiment.
"""

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from cxnlp.annotate import backends, decode
from cxnlp.annotate.windows import Batch, Window, batches, windows
from cxnlp.errors import ModelError
from cxnlp.registry import ModelFolder
from cxnlp.tables import mention_id

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMNS = ("feedback_id", "sentiment", "sentiment_score", "sentiment_confidence", "model_version")
MENTION_COLUMNS = ("mention_id", "feedback_id", "start", "end", "quote", "kind", "touchpoint", "polarity", "severity",
                   "target", "confidence", "vector", "model_version")  # fmt: skip
_PERSIAN = re.compile(
    "[\u0620-\u064a\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdfb\ufe70-\ufefc]"
)
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")


@dataclass(frozen=True)
class Reading:
    """What the model says about one text; `sentiment` None = nothing to read. `vectors` has one row per mention."""

    sentiment: str | None = None
    score: float | None = None
    confidence: float | None = None
    mentions: tuple[dict[str, Any], ...] = ()
    vectors: Any = ()


NOTHING = Reading()


@dataclass(frozen=True)
class _Part:
    """What one window contributes to its text."""

    window: Window
    sentiment: Any  # logits (4,)
    touch: Any  # logits (2, touchpoints)
    pooled: Any  # (H,)
    mentions: list[dict[str, Any]]
    vectors: Any  # (mentions, H)


class Annotator:
    """A model folder, loaded once; `annotate` may be called any number of times, from one thread at a time.

    `device` None uses a GPU where there is one. `threads` None uses every core that this process may use.
    """

    def __init__(
        self,
        folder: ModelFolder,
        *,
        device: str | None = None,
        batch_tokens: int = 1024,
        threads: int | None = None,
    ) -> None:
        self.version = folder.version
        self.heads = SimpleNamespace(**folder.json("heads.json"))
        self.calibration = decode.Calibration(**folder.json("calibration.json"))
        self.hidden = int(folder.json("config.json")["hidden_size"])
        self._pad = int(folder.json("config.json").get("pad_token_id") or 0)
        self._tokenizer = _tokenizer(folder)
        weights = backends.read_weights(folder.path)
        self._transitions = weights["heads.transitions"]
        self._network = backends.choose(folder.path, weights, device)
        self._batch_tokens = batch_tokens
        on_cpu = isinstance(self._network, backends.OnnxBackend)
        self._threads = (threads or len(os.sched_getaffinity(0))) if on_cpu else 1

    def annotate(self, frame: "pd.DataFrame") -> "tuple[pd.DataFrame, pd.DataFrame]":
        """Texts (feedback_id, text: str or null) → (TEXT_COLUMNS, one row per row in), (MENTION_COLUMNS).

        Columns mean what cxnlp/tables.py says; `start` and `end` count characters of the text as given.
        """
        import pandas as pd

        texts = [text if isinstance(text, str) else "" for text in frame["text"]]
        readings = self.read(texts)
        rows = [
            (id_, r.sentiment, r.score, r.confidence, self.version) for id_, r in zip(frame["feedback_id"], readings)
        ]
        mentions = [
            (mention_id(id_, m), id_, *(m[c] for c in MENTION_COLUMNS[2:9]), m["target"] or None, m["confidence"],
             vector.astype("<f2").tobytes(), self.version)
            for id_, reading in zip(frame["feedback_id"], readings)
            for m, vector in zip(reading.mentions, reading.vectors)
        ]  # fmt: skip
        return (
            pd.DataFrame(rows, columns=list(TEXT_COLUMNS), dtype=object).astype(
                {"sentiment_score": float, "sentiment_confidence": float}
            ),
            pd.DataFrame(mentions, columns=list(MENTION_COLUMNS), dtype=object).astype(
                {"start": "int32", "end": "int32", "severity": "int8", "confidence": float}
            ),
        )

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading per text, in order; equal texts are read once."""
        found = {text: self._whole(text, parts) for text, parts in self._parts(texts).items()}
        return [found.get(text, NOTHING) for text in texts]

    def features(self, texts: Sequence[str]) -> "np.ndarray[Any, Any]":
        """What a linear model of one's own can start from, (len(texts), H + 4 + 2 x touchpoints), 32-bit.

        Mean state, sentiment logits and touchpoint logits of each text; zeros where nothing is read.
        """
        made = np.zeros((len(texts), self.hidden + len(self.heads.sentiments) + 2 * len(self.heads.touchpoints)))
        fields = ("pooled", "sentiment", "touch")
        found = {t: np.concatenate([_mean(p, f) for f in fields]) for t, p in self._parts(texts).items()}
        for i, text in enumerate(texts):
            made[i] = found.get(text, 0.0)
        return made.astype(np.float32)

    def vectors(self, texts: Sequence[str]) -> "np.ndarray[Any, Any]":
        """(len(texts), H) vectors of length one of whole texts, in the space of those of mentions; zeros where nothing
        is read. Of a text longer than the window, the mean of its windows counts."""
        unique = list(dict.fromkeys(text for text in texts if readable(text)))
        cut = windows(self._tokenizer, unique, self.heads.window)
        found = np.zeros((len(unique) + 1, 2 * self.hidden), np.float32)  # the last for what cannot be read
        sizes = np.zeros(len(found), np.float32)
        for batch in batches(cut, self._batch_tokens, self._pad):
            out = self._network.read_tokens(batch.ids, batch.mask)
            rows, ends = np.arange(len(batch.ids)), batch.mask.sum(1)
            for window, gist in zip(batch.windows, span_states(out, rows, 0 * rows, ends)[-1]):
                found[window.text] += gist * window.size
                sizes[window.text] += window.size
        found /= np.maximum(sizes, 1)[:, None]
        none = np.zeros((len(found), self.hidden), np.float32)
        made = self._network.read_spans(none, none, none, none, found)["vector"]
        made[-1] = 0.0
        row = {text: i for i, text in enumerate(unique)}
        return made[[row.get(text, -1) for text in texts]]

    def _parts(self, texts: Sequence[str]) -> dict[str, list[_Part]]:
        """The parts of each different text that can be read, in the order of their windows."""
        unique = list(dict.fromkeys(text for text in texts if readable(text)))
        cut = windows(self._tokenizer, unique, self.heads.window)
        languages = [language(text) for text in unique]
        made: dict[str, list[_Part]] = {text: [] for text in unique}
        with ThreadPoolExecutor(self._threads) as pool:
            work = partial(self._read_batch, texts=unique, languages=languages)
            for parts in pool.map(work, list(batches(cut, self._batch_tokens, self._pad))):
                for part in parts:
                    made[unique[part.window.text]].append(part)
        return {text: sorted(parts, key=lambda part: part.window.start) for text, parts in made.items()}

    def _read_batch(self, batch: Batch, texts: Sequence[str], languages: Sequence[str]) -> list[_Part]:
        out = self._network.read_tokens(batch.ids, batch.mask)
        numbers = [window.text for window in batch.windows]
        tongues = [languages[n] for n in numbers]
        bias = np.stack([np.zeros(out["tags"].shape[-1]) + self.calibration.of(t, "tags") for t in tongues])
        worth = np.asarray([self.calibration.least(t) for t in tongues])
        tags = (out["tags"] + bias[:, None]).astype(np.float32)
        spans = decode.segment(tags, batch.words, batch.offsets, self._transitions, worth)
        read = self._network.read_spans(*span_states(out, spans.row, spans.start, spans.end)) if len(spans.row) else {}
        found = decode.mentions(
            spans, read, out["target"], out["touch"], batch.offsets, [texts[n] for n in numbers], tongues, self.heads,
            self.calibration,
        )  # fmt: skip
        parts = []
        for row, window in enumerate(batch.windows):
            own = [m for m in found[row] if window.core[0] <= spans.start[m["span"]] < window.core[1]]
            vectors = [read["vector"][m.pop("span")] for m in own]
            parts.append(_Part(window, out["sentiment"][row], out["touch"][row], out["pooled"][row], own, vectors))
        return parts

    def _whole(self, text: str, parts: list[_Part]) -> Reading:
        mentions: list[dict[str, Any]] = []
        vectors: list[Any] = []
        for part in parts if has_letters(text) else ():
            for mention, vector in zip(part.mentions, part.vectors):
                if not mentions or mention["start"] >= mentions[-1]["end"]:  # else seen from the window before
                    mentions.append(mention)
                    vectors.append(vector)
        logits = join_sentiment(
            np.stack([part.sentiment for part in parts]),
            np.asarray([part.window.size for part in parts], dtype=np.float32),
            list(self.heads.sentiments),
        )
        tongue = language(text)
        logits = self.calibration.sentiment(tongue, logits, mentions)
        bias = self.calibration.of(tongue, "sentiment")
        labels, score = decode.text_labels(logits[None], tuple(self.heads.sentiments), bias)
        sure = decode.softmax(logits)[self.heads.sentiments.index(labels[0])]
        return Reading(labels[0], round(float(score[0]), 4), round(float(sure), 4), tuple(mentions), vectors)


def span_states(out: Any, rows: Any, starts: Any, ends: Any) -> tuple[Any, Any, Any, Any, Any]:
    """What the span heads read of N spans of `out`, none empty: all (N, H) but the last, (N, 2H).

    Mean, first and last state, the pooled state of the text, and the gist: see `network.gist`.
    """
    states, sizes = out["states"], ends - starts
    first = np.cumsum(sizes) - sizes  # of each span among the tokens of all spans
    at = np.repeat(rows * states.shape[1] + starts - first, sizes) + np.arange(sizes.sum())
    own, words = (out[name].reshape(-1, states.shape[2])[at] for name in ("states", "words"))
    weight = out["weight"].reshape(-1, 1)[at]
    mean = np.add.reduceat(own, first) / sizes[:, None].astype(np.float32)
    whole = np.concatenate([np.add.reduceat(x * weight, first) for x in (own, words)], 1)
    gist = whole / np.add.reduceat(weight, first)
    return mean, states[rows, starts], states[rows, ends - 1], out["pooled"][rows], gist


def _mean(parts: Sequence[_Part], field: str) -> Any:
    """A field of the parts, flat, averaged over the tokens of the text."""
    values = [np.ravel(getattr(part, field)) for part in parts]
    return np.average(values, axis=0, weights=[part.window.size for part in parts]).astype(np.float32)


def join_sentiment(logits: Any, sizes: Any, labels: list[str]) -> Any:
    """Logits (4,) of a whole text from those of its windows (W, 4), weighted by `sizes` (W,) in tokens.

    One window speaks for itself. Of several, the probability that one praises where another blames goes to `mixed`.
    """
    if len(logits) == 1:
        return logits[0]
    p = np.average(decode.softmax(logits), axis=0, weights=sizes)
    neg, pos, mixed = labels.index("neg"), labels.index("pos"), labels.index("mixed")
    both = p[neg] * p[pos]
    p[neg], p[pos], p[mixed] = p[neg] - both, p[pos] - both, p[mixed] + 2 * both
    return np.log(p + 1e-9)


def has_letters(text: str) -> bool:
    """Whether there are words to read: letters of the Arabic or Latin script, not outnumbered by other letters."""
    known = len(_PERSIAN.findall(text)) + len(_LATIN.findall(text))
    return known > 0 and 2 * known >= sum(map(str.isalpha, text))


def readable(text: str) -> bool:
    """Whether there is anything to judge: words or emojis."""
    return has_letters(text) or (bool(_EMOJI.search(text)) and not any(map(str.isalpha, text)))


def language(text: str) -> str:
    """fa or en by script: which of the two calibrations a text is read under."""
    return "fa" if len(_PERSIAN.findall(text)) > len(_LATIN.findall(text)) else "en"


def _tokenizer(folder: ModelFolder) -> Any:
    from tokenizers import Tokenizer

    path = folder.path / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 (tokenizers raises plain Exception)
        raise ModelError(
            f"Model file {path} cannot be read ({error}): restore it with `git checkout -- {path}`."
        ) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
