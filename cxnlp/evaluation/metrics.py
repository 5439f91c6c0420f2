"""The figures by which the reading model is judged, per language.

A labelled text is a dict {"id", "text", "lang", "sentiment", "mentions": [{"quote", "start", "end", "kind",
"touchpoint", "polarity", "severity", "confidence"?}]}. A mention is found when kinds agree and the quotes' characters
overlap by at least half (intersection over union), pairs taken greedily from the best overlap down.

Invariants (held by tests): every figure is in 0..1 except severity_kappa (-1..1); map_error and ece are errors,
0 is best; gold scored against itself is perfect.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cxnlp.errors import InputError

Label = Mapping[str, Any]
Row = tuple[str, Label, Label]
Stages = Mapping[str, str | None]

SENTIMENTS = ("neg", "neu", "pos", "mixed")
SEVERITIES = (1, 2, 3)
MIN_OVERLAP = 0.5


def span(text: str, mention: Label) -> tuple[int, int]:
    """Return (start, end) in characters; a mention without offsets is looked up by its quote, (0, 0) if absent."""
    if "start" in mention and "end" in mention:
        return mention["start"], mention["end"]
    start = text.find(mention["quote"])
    return (start, start + len(mention["quote"])) if start >= 0 else (0, 0)


def overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Return intersection over union of two character spans, 0..1."""
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    union = (a[1] - a[0]) + (b[1] - b[0]) - shared
    return shared / union if union else 0.0


def match(text: str, gold: Sequence[Label], predicted: Sequence[Label]) -> list[tuple[int, int]]:
    """Return one-to-one index pairs (gold, predicted) of same-kind mentions that overlap by half or more."""
    candidates = sorted(
        (
            (overlap(span(text, g), span(text, p)), i, j)
            for i, g in enumerate(gold)
            for j, p in enumerate(predicted)
            if g["kind"] == p["kind"]
        ),
        reverse=True,
    )
    pairs: list[tuple[int, int]] = []
    used_gold: set[int] = set()
    used_predicted: set[int] = set()
    for score, i, j in candidates:
        if score >= MIN_OVERLAP and i not in used_gold and j not in used_predicted:
            used_gold.add(i)
            used_predicted.add(j)
            pairs.append((i, j))
    return pairs


def f1(right: int, gold: int, predicted: int) -> float:
    """Return the harmonic mean of precision and recall from counts; 0 when there is nothing to find or found."""
    return 2 * right / (gold + predicted) if gold + predicted else 0.0


def macro_f1(pairs: Sequence[tuple[str, str]], classes: Iterable[str]) -> float:
    """Return the unweighted mean of each class's F1 over (gold, predicted) pairs."""
    scores = [
        f1(sum(g == c == p for g, p in pairs), sum(g == c for g, _ in pairs), sum(p == c for _, p in pairs))
        for c in classes
    ]
    return sum(scores) / len(scores)


def quadratic_kappa(pairs: Sequence[tuple[int, int]]) -> float:
    """Return Cohen's kappa with quadratic weights (Cohen 1968) over (gold, predicted) severities 1..3."""
    if not pairs:
        return 0.0
    gold, predicted = Counter(g for g, _ in pairs), Counter(p for _, p in pairs)
    observed = sum((g - p) ** 2 for g, p in pairs) / len(pairs)
    expected = sum(gold[a] * predicted[b] * (a - b) ** 2 for a in SEVERITIES for b in SEVERITIES) / len(pairs) ** 2
    return 1 - observed / expected if expected else 0.0


def micro_f1(rows: Iterable[Row], labels_of: Callable[[Label], set[Any]]) -> float:
    """Return micro F1 of the set of labels that `labels_of` draws from each text."""
    right = gold = predicted = 0
    for _, g, p in rows:
        a, b = labels_of(g), labels_of(p)
        right, gold, predicted = right + len(a & b), gold + len(a), predicted + len(b)
    return f1(right, gold, predicted)


def expected_calibration_error(judged: Sequence[tuple[float, bool]]) -> float | None:
    """Return the gap between confidence and share right over ten equal bins (Naeini 2015); None without confidences."""
    if not judged:
        return None
    gaps: defaultdict[int, float] = defaultdict(float)
    for confidence, right in judged:
        gaps[min(9, int(confidence * 10))] += confidence - right
    return sum(abs(gap) for gap in gaps.values()) / len(judged)


def pain_counts(labels: Iterable[Label]) -> Counter[str]:
    """Return the number of pain mentions per touchpoint."""
    return Counter(m["touchpoint"] for label in labels for m in label["mentions"] if m["kind"] == "pain")


def total_variation(gold: Counter[str], predicted: Counter[str]) -> float:
    """Return half the L1 distance between two count tables read as shares, 0..1."""
    n_gold, n_predicted = sum(gold.values()) or 1, sum(predicted.values()) or 1
    return 0.5 * sum(abs(gold[t] / n_gold - predicted[t] / n_predicted) for t in gold.keys() | predicted.keys())


def _mention_figures(rows: Sequence[Row], stages: Stages) -> dict[str, float]:
    found = located = staged = n_gold = n_predicted = 0
    severities: list[tuple[int, int]] = []
    judged: list[tuple[float, bool]] = []
    for text, gold, predicted in rows:
        right: set[int] = set()
        n_gold, n_predicted = n_gold + len(gold["mentions"]), n_predicted + len(predicted["mentions"])
        for i, j in match(text, gold["mentions"], predicted["mentions"]):
            g, p = gold["mentions"][i], predicted["mentions"][j]
            found += 1
            staged += stages.get(g["touchpoint"]) == stages.get(p["touchpoint"])
            if g["touchpoint"] == p["touchpoint"]:
                located += 1
                right.add(j)
            if g["kind"] == "pain":
                severities.append((g["severity"], max(1, p.get("severity", 1))))
        judged += [(m["confidence"], j in right) for j, m in enumerate(predicted["mentions"]) if "confidence" in m]
    figures = {
        "mention_f1": f1(found, n_gold, n_predicted),
        "located_f1": f1(located, n_gold, n_predicted),
        "staged_f1": f1(staged, n_gold, n_predicted),
        "severity_kappa": quadratic_kappa(severities),
    }
    error = expected_calibration_error(judged)
    return figures if error is None else figures | {"ece": error}


def score(rows: Sequence[Row], stages: Stages) -> dict[str, float]:
    """Return every figure over (text, gold, predicted) rows of one language; `stages` maps touchpoint to stage."""
    sentiments = [(g["sentiment"], p["sentiment"]) for _, g, p in rows]
    clear = [pair for pair in sentiments if pair[0] in ("neg", "pos")]
    return {
        "texts": len(rows),
        "sentiment_f1": macro_f1(sentiments, SENTIMENTS),
        "polarity_f1": macro_f1(clear, ("neg", "pos")),
        **_mention_figures(rows, stages),
        "pain_f1": micro_f1(rows, lambda r: {m["touchpoint"] for m in r["mentions"] if m["kind"] == "pain"}),
        "touchpoint_f1": micro_f1(rows, lambda r: {m["touchpoint"] for m in r["mentions"]}),
        "stage_f1": micro_f1(rows, lambda r: {stages.get(m["touchpoint"]) for m in r["mentions"]} - {None}),
        "kind_f1": micro_f1(rows, lambda r: {m["kind"] for m in r["mentions"]}),
        "map_error": total_variation(pain_counts(g for _, g, _ in rows), pain_counts(p for _, _, p in rows)),
    }


def evaluate(gold: Sequence[Label], predicted: Mapping[str, Label], stages: Stages) -> dict[str, dict[str, float]]:
    """Return {language: figures} and their plain mean under "mean".

    `predicted` maps text id to label. Raises InputError when a gold text has no prediction.
    """
    missing = [g["id"] for g in gold if g["id"] not in predicted]
    if missing:
        raise InputError(
            f"{len(missing)} gold texts have no prediction, e.g. {missing[:3]}: annotate every text before scoring."
        )
    languages = sorted({g["lang"] for g in gold})
    out = {
        lang: score([(g["text"], g, predicted[g["id"]]) for g in gold if g["lang"] == lang], stages)
        for lang in languages
    }
    keys = dict.fromkeys(key for lang in languages for key in out[lang])
    return out | {"mean": {k: sum(out[lang].get(k, 0.0) for lang in languages) / len(languages) for k in keys}}
