"""Public sets: the reader with a linear head, beside TF-IDF with the same head, and what others published.

The official tests are kept aside, so figures here are cross-validated, or on rows that training left out
(`cxnlp.training.auxiliary.held_out`); they are near, not equal, to what the published figures measure. The reader is
frozen: a logistic regression learns from its features (`Annotator.features`). "zero-shot" is its own answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.baselines import tfidf
from cxnlp.annotate import Annotator
from cxnlp.training.auxiliary import clean, held_out
from cxnlp.training.auxiliary import plain as bare
from cxnlp.training.data import read_jsonl
from cxnlp.training.labels import load as own_labels

Metric = Callable[[Sequence[Any], Sequence[Any]], float]


@dataclass(frozen=True)
class Task:
    """One public set: rows (text, label), which are measured, and with what."""

    name: str
    rows: pd.DataFrame  # text, label
    test: "np.ndarray[Any, Any] | None"  # rows to measure on, the others train; None = five folds
    metric: str
    published: str
    seen: bool = False  # the reader was trained on some of these rows (with labels of another form)


def tasks(shared: Path, sample: int) -> list[Task]:
    """The sets that the issue names, at most `sample` rows each (always the same), without texts that are labelled.

    Snappfood's head learns from all rows but those kept back, labelled by us or not: only the measured must be unseen.
    """

    read = [r for part in ("train", "dev") for r in read_jsonl(shared / f"labelled/{part}.jsonl")]
    known = {bare(r["text"]) for r in (*read, *own_labels(shared / "datasets"))}

    def every(name: str) -> pd.DataFrame:
        return pd.read_parquet(shared / f"datasets/{name}.parquet").dropna(subset=["text", "label"])

    def rows(name: str) -> pd.DataFrame:
        frame = every(name)
        return frame[[bare(clean(t) if name.startswith("en/") else t) not in known for t in frame["text"]]]

    def some(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sample(min(sample, len(frame)), random_state=0).reset_index(drop=True)

    kept = rows("fa/snappfood")
    kept = kept[kept["text"].map(lambda t: held_out(t, 10))]
    back, others = {bare(t) for t in kept["text"]}, every("fa/snappfood")
    learnt = others[[not held_out(t, 10) and bare(t) not in back for t in others["text"]]]
    snapp = pd.concat([kept, learnt], ignore_index=True)
    air = rows("en/airline_tweets")
    deep = some(rows("fa/deepsentipers"))
    deep["label"] = deep["label"].astype(int)
    two = deep[deep["label"] != 0].assign(label=lambda d: np.sign(d["label"]))
    ideas, hotel = rows("en/suggestion_mining_a"), rows("en/suggestion_mining_b")
    both = pd.concat([some(ideas), hotel], ignore_index=True)
    return [
        Task("Snappfood, 2 classes", snapp, np.arange(len(kept)), "accuracy",
             "ParsBERT 0.876, trained on 56.7k rows (Farahani 2020)"),
        Task("DeepSentiPers, 2 classes", two.reset_index(drop=True), None, "weighted F1", "ParsBERT 0.924", seen=True),
        Task("DeepSentiPers, 5 classes", deep, None, "weighted F1", "ParsBERT 0.713", seen=True),
        Task("Airline comments, 3 classes", some(air[air["text"].map(lambda t: held_out(t, 40))]), None, "accuracy",
             "bar of the project 0.80"),
        Task("Banking77", some(rows("en/banking77")), None, "accuracy", "USE + ConveRT 0.934 (Casanueva 2020)"),
        Task("Suggestions, software", some(ideas), None, "F1 of suggestion", "best of SemEval-2019 0.781", seen=True),
        Task("Suggestions, software → hotels", both, np.arange(len(both) - len(hotel), len(both)), "F1 of suggestion",
             "best of SemEval-2019 0.858"),
    ]  # fmt: skip


def measure(task: Task, reader: Annotator) -> dict[str, Any]:
    """Figures of the reader with a linear head, of TF-IDF with a linear head, and zero-shot where that is possible."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    texts, labels = task.rows["text"].tolist(), task.rows["label"].to_numpy()
    features = reader.features(texts)
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.03, max_iter=300))
    plain = make_pipeline(tfidf(), LinearSVC(C=0.3))
    judged = np.arange(len(labels)) if task.test is None else task.test
    metric = METRICS[task.metric]
    out = {
        "set": task.name, "metric": task.metric, "rows": len(labels), "measured": len(judged),
        "reader + head": metric(labels[judged], _answers(head, features, labels, task.test)),
        "TF-IDF": metric(labels[judged], _answers(plain, np.array(texts, dtype=object), labels, task.test)),
        "zero-shot": _zero_shot(task, reader, texts, labels, judged),
        "published": task.published + (" · some rows seen in training" if task.seen else ""),
    }  # fmt: skip
    return out


def _answers(model: Any, x: Any, y: Any, test: Any) -> Any:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    if test is None:
        smallest = np.unique(y, return_counts=True)[1].min()
        return cross_val_predict(
            model, x, y, cv=StratifiedKFold(min(5, max(2, smallest)), shuffle=True, random_state=0)
        )
    train = np.setdiff1d(np.arange(len(y)), test)
    return model.fit(x[train], y[train]).predict(x[test])


def _zero_shot(task: Task, reader: Annotator, texts: Sequence[str], labels: Any, judged: Any) -> float | None:
    """The reader's own sentiment or requests, where the classes are those."""
    readings = reader.read([texts[i] for i in judged])
    scores = np.array([reading.score or 0.0 for reading in readings])
    classes = set(labels)
    if classes == {"SAD", "HAPPY"}:
        return METRICS[task.metric](labels[judged], np.where(scores > 0, "HAPPY", "SAD"))
    if classes == {-1, 1}:
        return METRICS[task.metric](labels[judged], np.where(scores > 0, 1, -1))
    if "neutral" in classes:
        names = {"neg": "negative", "pos": "positive"}
        return METRICS[task.metric](labels[judged], [names.get(r.sentiment or "", "neutral") for r in readings])
    if "suggestion" in classes:
        asks = [any(m["kind"] == "request" for m in r.mentions) for r in readings]
        return METRICS[task.metric](labels[judged], np.where(asks, "suggestion", "non_suggestion"))
    return None


def _accuracy(y: Any, p: Any) -> float:
    return float(np.mean(np.asarray(y) == np.asarray(p)))


def _weighted_f1(y: Any, p: Any) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(y, p, average="weighted"))


def _suggestion_f1(y: Any, p: Any) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(y, p, pos_label="suggestion"))


METRICS: dict[str, Metric] = {"accuracy": _accuracy, "weighted F1": _weighted_f1, "F1 of suggestion": _suggestion_f1}
