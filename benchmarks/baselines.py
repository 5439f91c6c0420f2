"""What a user would pick instead of the reader: lexicons, and linear models over words and characters.

Each takes texts and gives labels in the labelled format, so that one scorer judges all. A lexicon has no mentions; the
linear model says which (kind, touchpoint) pairs a text holds but not where, so its figures of quotes are left out.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Label = dict[str, Any]
NEGATIONS = {"نیست", "نبود", "نه", "نمی", "ندارد", "نداره", "نداشت", "بدون", "اصلا"}
RARE = 30  # (kind, touchpoint) pairs with fewer gold mentions are not learned


def vader(shared: Path) -> Callable[[Sequence[str]], list[float]]:
    """Scores −1…1 of VADER (Hutto and Gilbert 2014), rules of NLTK, lexicon of its authors; English."""
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

    lines = (shared / "datasets/lexicons/en_vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    entries = [line.split("\t") for line in lines if "\t" in line]
    analyser = SentimentIntensityAnalyzer.__new__(SentimentIntensityAnalyzer)  # __init__ reads only NLTK's own folders
    analyser.lexicon, analyser.constants = {word: float(value) for word, value, *_ in entries}, VaderConstants()
    return lambda texts: [analyser.polarity_scores(text)["compound"] for text in texts]


def persian_lexicon(shared: Path, name: str) -> Callable[[Sequence[str]], list[float]]:
    """Scores −1…1: mean polarity of the words found (PerSent, Dashtipour 2016; LexiPers, Sabeti 2016)."""
    from hazm import Normalizer, word_tokenize

    clean = Normalizer().normalize
    sums: dict[str, list[float]] = {}
    for line in (shared / f"datasets/lexicons/fa_{name}.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        sums.setdefault(clean(entry["word"]), []).append(float(entry["polarity"]))
    lexicon = {word: float(np.mean(values)) for word, values in sums.items()}

    def score(text: str) -> float:
        words = word_tokenize(clean(text))
        found = []
        for i, word in enumerate(words):
            value = lexicon.get(word, 0.0)
            if value:
                turned = any(w in NEGATIONS for w in words[i + 1 : i + 3])
                found.append(-value if turned else value)
        return float(np.mean(found)) if found else 0.0

    return lambda texts: [score(text) for text in texts]


def labels_of_scores(scores: Sequence[float], least: float = 0.05) -> list[Label]:
    """neg, neu or pos by the authors' threshold; lexicons know no mixed and no mentions."""
    names = ["neg" if s <= -least else "pos" if s >= least else "neu" for s in scores]
    return [{"sentiment": name, "mentions": []} for name in names]


def tfidf() -> Any:
    """Words (1–2) and characters within words (2–4), sublinear counts: the strongest plain baseline."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"[^\W_]+"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=3, max_features=30_000, sublinear_tf=True),
    )


def linear(train: Sequence[Label], texts: Sequence[str]) -> list[Label]:
    """Sentiment, and which (kind, touchpoint) pairs are there, from linear support vector machines on TF-IDF.

    The pairs are learned on nine tenths of the training texts, their threshold is chosen on the last tenth.
    """
    from sklearn.model_selection import train_test_split
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    space = tfidf()
    x, wanted = space.fit_transform([r["text"] for r in train]), space.transform(texts)
    sentiment = LinearSVC(C=0.3, class_weight="balanced").fit(x, [r["sentiment"] for r in train]).predict(wanted)
    pairs = _common_pairs(train)
    y = np.array([[any((m["kind"], m["touchpoint"]) == p for m in r["mentions"]) for p in pairs] for r in train])
    fit, tune = train_test_split(np.arange(len(train)), test_size=0.1, random_state=0)
    model = OneVsRestClassifier(LinearSVC(C=0.3, class_weight="balanced"))
    scores = model.fit(x[fit], y[fit]).decision_function(x[tune])
    cuts = np.linspace(-0.8, 0.4, 25)
    cut = cuts[np.argmax([2 * (y[tune] & (scores > c)).sum() / (y[tune].sum() + (scores > c).sum()) for c in cuts])]
    found = model.decision_function(wanted) > cut
    return [
        {"sentiment": s, "mentions": [_somewhere(text, *pairs[j]) for j in np.flatnonzero(row)]}
        for text, s, row in zip(texts, sentiment, found)
    ]


def _common_pairs(train: Sequence[Label]) -> list[tuple[str, str]]:
    from collections import Counter

    counts = Counter((m["kind"], m["touchpoint"]) for r in train for m in r["mentions"])
    return [pair for pair, n in counts.items() if n >= RARE]


def _somewhere(text: str, kind: str, touchpoint: str) -> Label:
    return {"quote": text, "start": 0, "end": len(text), "kind": kind, "touchpoint": touchpoint, "severity": 1}
