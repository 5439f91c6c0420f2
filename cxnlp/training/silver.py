"""Silver labels: what teachers say of texts that nobody labelled, for a student to learn from.

Teachers are readers (this one's forerunner, or one that knows English better) and a linear model over words and
characters, which sees other things than they do. The student reads the same texts in other spellings and with hidden
tokens (Noisy Student, Xie et al. 2020); sentiments are soft targets (Hinton et al. 2015).
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from tokenizers import Tokenizer

from cxnlp.annotate.decode import Calibration
from cxnlp.annotate.network import Heads, Reader
from cxnlp.training import auxiliary
from cxnlp.training.data import Record
from cxnlp.training.predict import annotate, outputs

Floats = NDArray[np.floating[Any]]
Teacher = tuple[Reader, Tokenizer]

SENTIMENTS = Heads.sentiments
CORPORA = {"fa": "fa_reviews_train_only", "en": "en_product_service_reviews"}
READERS, LINEAR = 0.8, 0.4  # weights of the log-chances of the readers, as a mean, and of the linear teacher
AGAINST = 3.0  # taken from the logit of the side that a known rating denies
SURE, PLACED = 0.3, 0.5  # least raw confidence of a text's mentions, and of a mention's touchpoint


def candidates(folder: Path, weak: Sequence[Record], forbidden: set[str], sizes: dict[str, int]) -> list[Record]:
    """Up to ``sizes[lang]`` texts of 3 to 45 words: weak ones with a known attitude, then unlabelled reviews."""
    import pandas as pd

    out: list[Record] = []
    for lang, size in sizes.items():
        rng = random.Random(lang)  # noqa: S311
        known = [r for r in weak if r["lang"] == lang and ("sign" in r or "sentiment" in r) and r["set"] != "phrase"]
        rng.shuffle(known)
        chosen = [r for r in known if fits(r["text"])][: size * 3 // 5]
        seen = forbidden | {auxiliary.plain(r["text"]) for r in weak}
        texts = pd.read_parquet(folder / f"corpus/{CORPORA[lang]}.parquet")["text"].dropna().tolist()
        rng.shuffle(texts)
        fresh = ({"text": auxiliary.clean(t) if lang == "en" else t, "lang": lang, "set": "corpus"} for t in texts)
        unseen = (r for r in fresh if fits(r["text"]) and auxiliary.plain(r["text"]) not in seen)
        chosen += [r for r, _ in zip(unseen, range(size - len(chosen)), strict=False)]
        other = auxiliary.overlapping([r["text"] for r in chosen], forbidden)
        out += [r for i, r in enumerate(chosen) if i not in other]
    return out


def fits(text: str) -> bool:
    """Long enough to say something, short enough to be read many times."""
    return 3 <= len(text.split()) <= 45


def linear_teacher(gold: Sequence[Record], weak: Sequence[Record]) -> Callable[[Sequence[str]], Floats]:
    """Log-chances (N, 4) of the sentiments by logistic regression over TF-IDF of words and characters.

    The side is learnt from ratings, the four sentiments from gold with that side as one more feature.
    """
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    rated = [r for r in weak if "sign" in r]
    words = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=4, sublinear_tf=True, max_features=300_000),
    ).fit([r["text"] for r in (*gold, *rated)])
    side = LogisticRegression(C=3, solver="liblinear")
    side.fit(words.transform([r["text"] for r in rated]), [r["sign"] > 0 for r in rated])

    def features(texts: Sequence[str]) -> Any:
        plain = words.transform(texts)
        return sp.hstack([plain, sp.csr_matrix(side.decision_function(plain)[:, None] / 2)]).tocsr()

    four = LogisticRegression(C=4, class_weight="balanced", max_iter=300)
    four.fit(features([r["text"] for r in gold]), [SENTIMENTS.index(r["sentiment"]) for r in gold])
    return lambda texts: np.asarray(four.predict_log_proba(features(texts)))


def label(
    records: Sequence[Record],
    teachers: Sequence[Teacher],
    linear: Callable[[Sequence[str]], Floats] | None,
    chunk: int = 2000,
    log: Callable[[str], None] = print,
) -> list[Record]:
    """Records with ``soft`` sentiments by all teachers and, where the first is sure of them, its mentions."""
    out: list[Record] = []
    for at in range(0, len(records), chunk):
        part = [{"id": str(at + i), **r} for i, r in enumerate(records[at : at + chunk])]
        made = [outputs(network, tokenizer, [r["text"] for r in part]) for network, tokenizer in teachers]
        logs = [log_softmax(np.stack([o["sentiment"] for o in m]), axis=-1) for m in made]
        total = np.mean(logs, axis=0)
        if linear is not None:
            total = READERS * total + LINEAR * linear([r["text"] for r in part])
        said = annotate(teachers[0][0], made[0], part, Calibration())
        out += [_silver(r, z, a["mentions"]) for r, z, a in zip(part, total, said, strict=True)]
        log(f"silver {at + len(part)}/{len(records)}")
    return out


def _silver(record: Record, logits: Floats, mentions: Sequence[dict[str, Any]]) -> Record:
    """``logits`` (4,): neg, neu, pos, mixed; a known attitude moves them."""
    logits = logits.copy()
    if "sign" in record:
        logits[0 if record["sign"] > 0 else 2] -= AGAINST
    elif "sentiment" in record:
        logits[SENTIMENTS.index(record["sentiment"])] += AGAINST
    silver = {"text": record["text"], "lang": record["lang"], "set": "silver", "soft": softmax(logits)}
    if mentions and all(m["confidence"] >= SURE for m in mentions):
        silver["mentions"] = [
            {**m, "touchpoint": m["touchpoint"] if m["confidence"] >= PLACED else None} for m in mentions
        ]
    return silver
