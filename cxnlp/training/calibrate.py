"""Decisions and confidences fitted on dev: what a span must be worth, sentiment offsets, severity cuts, confidence.

Everything fitted here is small (a dozen numbers per language); ``cross_fitted`` says honestly what it brings.
"""

import itertools
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from cxnlp.annotate.decode import Calibration, said, severity
from cxnlp.annotate.network import Heads, Reader
from cxnlp.evaluation import metrics
from cxnlp.training.data import Record
from cxnlp.training.predict import annotate

Stages = Mapping[str, str | None]
Readings = dict[float, list[Record]]

Bias = dict[str, dict[str, list[float]]]

SHARES = (0.0, 0.15, 0.3, 0.45)
THRESHOLDS = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
TEXT = [0.4, 0.3]  # what the whole text says of touchpoints: .4 to .7 and .3 to .5 give nearly the same figures
SLACK = 0.015  # of a sum of four F1s and the map error
DEV = 4.0  # what all texts of dev weigh in confidence beside all those for calibration
OFFSETS = tuple(i / 4 for i in range(-8, 5))
SIDE = 2.0  # weight of polarity F1 beside the four sentiments' F1
SHARP = 3.0  # logits are multiplied by it, so that softened F1s are near those of the decisions


def readings(network: Reader, made: Sequence[dict[str, Any]], records: Sequence[Record], offsets: Bias) -> Readings:
    """Answers for every threshold that is tried, confidence uncalibrated; ``offsets`` are already settled."""
    return {t: annotate(network, made, records, Calibration(bias=_with(offsets, t))) for t in THRESHOLDS}


def touchpoint_offsets(
    network: Reader, made: Sequence[dict[str, Any]], records: Sequence[Record], gold: Sequence[Record], stages: Stages
) -> Bias:
    """Offsets that ask less of rare touchpoints: minus a share of the log of how often gold names each.

    One share for all languages, the best on the records (logit adjustment, Menon et al. 2021).
    """
    names, languages = network.heads.touchpoints, sorted({r["lang"] for r in records})
    prior = {}
    for lang in languages:
        counts = Counter(m["touchpoint"] for r in gold if r["lang"] == lang for m in r["mentions"])
        prior[lang] = np.log([counts[t] + 3 for t in names]) - np.log(sum(counts.values()) + 3 * len(names))
    best, chosen = -np.inf, {}
    for share in SHARES:
        tried = {lang: {"touchpoint": [round(float(-share * p), 3) for p in prior[lang]]} for lang in languages}
        answers = annotate(network, made, records, Calibration(bias=_with(tried, 0.5)))
        own = {lang: [i for i, r in enumerate(records) if r["lang"] == lang] for lang in languages}
        total = sum(_worth([(records[i]["text"], records[i], answers[i]) for i in own[x]], stages) for x in languages)
        if total > best:
            best, chosen = total, tried
    return chosen


def _with(offsets: Bias, threshold: float) -> Bias:
    return {lang: {**values, "text": TEXT, "threshold": [threshold]} for lang, values in offsets.items()}


def _worth(rows: Sequence[Any], stages: Stages) -> float:
    s = metrics.score(rows, stages)
    return s["mention_f1"] + s["located_f1"] + s["pain_f1"] + s["stage_f1"] - s["map_error"]


def fit(found: Readings, logits: NDArray[Any], records: Sequence[Record], stages: Stages, settled: Bias) -> Calibration:
    """A calibration for the languages of the records; ``logits`` (N, 4) of sentiment, ``settled`` of touchpoints."""
    cuts = _severity_cuts(found[0.5], records)
    bias: Bias = {}
    curves: dict[str, tuple[list[float], list[float]]] = {}
    for lang in sorted({r["lang"] for r in records}):
        own = [i for i, r in enumerate(records) if r["lang"] == lang]
        threshold = _threshold(found, records, own, stages)
        known, answers = [records[i] for i in own], [found[threshold][i] for i in own]
        moves = _moves(logits[own], answers, known)
        bias[lang] = {**settled[lang], "text": TEXT, "said": moves, "severity": cuts, "threshold": [threshold]}
        curves[lang] = _confidence(answers, known)
    made = Calibration(curves, bias)
    offsets = _sentiment_offsets(
        np.stack([_moved(found, logits, records, made, i) for i in range(len(records))]), records
    )
    return Calibration(curves, {lang: {**fitted, "sentiment": offsets} for lang, fitted in bias.items()})


def _moved(found: Readings, logits: NDArray[Any], records: Sequence[Record], fitted: Calibration, i: int) -> Any:
    """Sentiment logits (4,) of text i, with what was read in it."""
    lang = records[i]["lang"]
    return fitted.sentiment(lang, logits[i], found[fitted.threshold(lang)][i]["mentions"])


def apply(found: Readings, logits: NDArray[Any], records: Sequence[Record], fitted: Calibration) -> list[Record]:
    """The answers that decoding with this calibration gives."""
    out = []
    for i, record in enumerate(records):
        lang = record["lang"]
        reading = found[fitted.threshold(lang)][i]
        moved = _moved(found, logits, records, fitted, i)
        label = Heads.sentiments[int((moved + fitted.of(lang, "sentiment")).argmax())]
        xs, ys = fitted.confidence[lang]
        mentions = [
            {
                **m,
                "severity": severity(m["kind"], m["expected"], fitted.of(lang, "severity")),
                "confidence": float(np.interp(m["confidence"], xs, ys)),
            }
            for m in reading["mentions"]
        ]
        out.append({"id": record["id"], "sentiment": label, "mentions": mentions})
    return out


def cross_fitted(
    found: Readings, logits: NDArray[Any], records: Sequence[Record], stages: Stages, settled: Bias, folds: int = 5
) -> list[Record]:
    """Answers for each text from a calibration fitted without its fold (folds by a hash of the id).

    Only `settled`, one share for all touchpoints, has seen every fold.
    """
    fold = np.array([zlib.crc32(r["id"].encode()) % folds for r in records])
    out: list[Record] = [{} for _ in records]
    for k in range(folds):
        rest, own = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        fitted = fit(_some(found, rest), logits[rest], [records[int(i)] for i in rest], stages, settled)
        answers = apply(_some(found, own), logits[own], [records[int(i)] for i in own], fitted)
        for i, answer in zip(own, answers, strict=True):
            out[i] = answer
    return out


def _some(found: Readings, index: Iterable[int]) -> Readings:
    chosen = [int(i) for i in index]
    return {t: [answers[i] for i in chosen] for t, answers in found.items()}


def _moves(logits: NDArray[Any], answers: Sequence[Record], records: Sequence[Record]) -> list[float]:
    """What pains, praises and both that were read add to the four sentiments' logits (N, 4): 12 numbers, row by row.

    Multinomial logistic regression with the logits as they are, drawn to nought (L2); a text of dev weighs as two.
    """
    from scipy.optimize import minimize

    there = np.stack([said(a["mentions"]) for a in answers]).astype(np.float64)
    gold = np.eye(4)[[Heads.sentiments.index(r["sentiment"]) for r in records]]
    weights = np.array([1.0 if r.get("check") else 2.0 for r in records])[:, None]

    def cost(flat: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        chances = log_softmax(logits + there @ flat.reshape(3, 4), axis=1)
        slope = there.T @ (weights * (np.exp(chances) - gold)) + flat.reshape(3, 4)
        return float(-(weights * gold * chances).sum() + (flat**2).sum() / 2), slope.ravel()

    return [round(float(x), 3) for x in minimize(cost, np.zeros(12), jac=True).x]


def _sentiment_offsets(logits: NDArray[Any], records: Sequence[Record]) -> list[float]:
    """Offsets of neg (0), neu, pos, mixed with the best F1s on the records, softened so that few texts decide little.

    The likeliest offsets call too many clear texts mixed: that costs neg against pos, by which reports count, more than
    it brings the four. Hence polarity F1 counts SIDE times beside the sentiments' F1; every language counts alike.
    """
    gold = np.eye(4)[[Heads.sentiments.index(r["sentiment"]) for r in records]]
    languages = np.array([r["lang"] for r in records])
    clear = gold[:, 0] + gold[:, 2] > 0

    def worth(offsets: NDArray[Any]) -> float:
        chances = softmax(SHARP * (logits + offsets), axis=1)
        total = 0.0
        for lang in set(languages):
            own = languages == lang
            side = own & clear
            total += _f1(chances[own], gold[own]).mean() + SIDE * _f1(chances[side], gold[side])[[0, 2]].mean()
        return total

    tried = [np.array([0.0, neu, pos, mixed]) for neu in OFFSETS for pos in (-0.25, 0.0, 0.25) for mixed in OFFSETS]
    return [float(x) for x in max(tried, key=worth)]


def _f1(chances: NDArray[Any], gold: NDArray[Any]) -> NDArray[Any]:
    """F1 per class of chances against gold, both (N, classes); classes that neither has count as right."""
    both = chances.sum(0) + gold.sum(0)
    return np.where(both > 0, 2 * (chances * gold).sum(0) / np.maximum(both, 1e-9), 1.0)


def _severity_cuts(answers: Sequence[Record], records: Sequence[Record]) -> list[float]:
    pairs = []
    for answer, record in zip(answers, records, strict=True):
        for i, j in metrics.match(record["text"], record["mentions"], answer["mentions"]):
            if record["mentions"][i]["kind"] == "pain":
                pairs.append((record["mentions"][i]["severity"], answer["mentions"][j]["expected"]))
    if len(pairs) < 20:
        return [1.5, 2.5]
    best, cuts = -1.0, [1.5, 2.5]
    for low, high in itertools.product(np.arange(1.2, 2.21, 0.05), np.arange(1.6, 2.81, 0.05)):
        if low >= high:
            continue
        score = metrics.quadratic_kappa([(g, 1 + (e > low) + (e > high)) for g, e in pairs])
        if score > best:
            best, cuts = score, [round(float(low), 2), round(float(high), 2)]
    return cuts


def _threshold(found: Readings, records: Sequence[Record], own: Sequence[int], stages: Stages) -> float:
    """The least threshold whose sum of figures, smoothed with its neighbours, is within SLACK of the best.

    The sums are flat, so that noise would choose: what is left out is lost, what is doubtful has a low confidence.
    """
    totals = []
    for t in THRESHOLDS:
        totals.append(_worth([(records[i]["text"], records[i], found[t][i]) for i in own], stages))
    padded = np.pad(totals, 1, mode="edge")
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return THRESHOLDS[int((smooth >= smooth.max() - SLACK).argmax())]


def _confidence(answers: Sequence[Record], records: Sequence[Record]) -> tuple[list[float], list[float]]:
    """Isotonic regression of being right on the raw confidence (Zadrozny & Elkan 2002), as points to interpolate.

    Dev weighs DEV times as much as the texts for calibration, which are more and easier.
    """
    from sklearn.isotonic import IsotonicRegression

    ours = sum(bool(r.get("check")) for r in records)
    dev = max(1.0, DEV * ours / max(1, len(records) - ours))
    raw, right, weights = [], [], []
    for answer, record in zip(answers, records, strict=True):
        pairs = metrics.match(record["text"], record["mentions"], answer["mentions"])
        good = {j for i, j in pairs if record["mentions"][i]["touchpoint"] == answer["mentions"][j]["touchpoint"]}
        raw += [m["confidence"] for m in answer["mentions"]]
        right += [j in good for j in range(len(answer["mentions"]))]
        weights += [1.0 if record.get("check") else dev] * len(answer["mentions"])
    if len(set(right)) < 2:
        return [0.0, 1.0], [0.0, 1.0]
    model = IsotonicRegression(y_min=0.02, y_max=0.98).fit(raw, right, sample_weight=weights)
    xs, ys = model.X_thresholds_, model.y_thresholds_
    return [round(float(x), 5) for x in xs], [round(float(y), 4) for y in ys]
