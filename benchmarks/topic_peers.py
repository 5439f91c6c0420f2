"""What a user would pick instead of our topics, each with its defaults; and the figures that judge all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import topic_sets as sets
from cxnlp import tables, topics
from cxnlp.config import Topics
from cxnlp.topics import keywords, words
from cxnlp.topics.registry import listed
from cxnlp.topics.scorecard import diversity, npmi

Found = tuple[np.ndarray, list[list[str]]]  # group of each text, −1 = unassigned; top words of each group
LISTED, JUDGED = 40, 10  # words asked of each group; its first words that say something, which are judged


def ours(embed: Callable[[Sequence[str], Path], np.ndarray]) -> Callable[[pd.DataFrame, Path], Found]:
    """Our whole step on these vectors, with the shipped settings."""

    def make(frame: pd.DataFrame, cache: Path) -> Found:
        mentions = sets.as_mentions(frame, embed(frame["text"].tolist(), cache))
        update = topics.update(mentions, tables.empty("topics"), None, Topics(), None)
        codes, names = pd.factorize(update.assignments["topic_id"])
        known = update.topics.set_index("topic_id").loc[names]
        return codes, [[*listed(row["keywords_en"]), *listed(row["keywords_fa"])] for _, row in known.iterrows()]

    return make


def bertopic_default(frame: pd.DataFrame, cache: Path) -> Found:
    """BERTopic as it comes: UMAP, HDBSCAN, its vectoriser; seeded, so that it can be run again."""
    return _bertopic(frame, sets.minilm(frame["text"].tolist(), cache))


def bertopic_svd(frame: pd.DataFrame, cache: Path) -> Found:
    """BERTopic's default on TF-IDF vectors reduced by SVD: for those who have no embedding model."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    counts = TfidfVectorizer(min_df=2).fit_transform(frame["text"])
    return _bertopic(
        frame, normalize(TruncatedSVD(min(100, counts.shape[1] - 1), random_state=0).fit_transform(counts))
    )


def _bertopic(frame: pd.DataFrame, vectors: np.ndarray) -> Found:
    from bertopic import BERTopic
    from umap import UMAP

    reducer = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0)
    model = BERTopic(umap_model=reducer, top_n_words=LISTED)
    found, _ = model.fit_transform(frame["text"].tolist(), embeddings=vectors)
    lists = [[word for word, _ in model.get_topic(topic)] for topic in sorted(set(found) - {-1})]
    return np.asarray(found), lists


def nmf(frame: pd.DataFrame, cache: Path) -> Found:
    """Non-negative matrix factorisation of TF-IDF, each text to its strongest part."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    return _parts(NMF(_told(frame), random_state=0), TfidfVectorizer(min_df=2, stop_words="english"), frame)


def lda(frame: pd.DataFrame, cache: Path) -> Found:
    """Latent Dirichlet allocation, each text to its strongest topic."""
    from sklearn.decomposition import LatentDirichletAllocation
    from sklearn.feature_extraction.text import CountVectorizer

    return _parts(
        LatentDirichletAllocation(_told(frame), random_state=0), CountVectorizer(min_df=2, stop_words="english"), frame
    )


def _told(frame: pd.DataFrame) -> int:
    """Groups, where a method must be told how many: as many as there are labels, which no user knows."""
    return int(frame["label"].nunique())


def _parts(model: Any, vectoriser: Any, frame: pd.DataFrame) -> Found:
    found = model.fit_transform(vectoriser.fit_transform(frame["text"])).argmax(axis=1)
    vocabulary = vectoriser.get_feature_names_out()
    return found, [vocabulary[np.argsort(-part)[:LISTED]].tolist() for part in model.components_]


def kmeans(frame: pd.DataFrame, cache: Path) -> Found:
    """k-means of the same vectors that BERTopic gets."""
    from sklearn.cluster import KMeans

    found = KMeans(_told(frame), n_init=1, random_state=0).fit_predict(sets.minilm(frame["text"].tolist(), cache))
    typical = keywords.weights(frame["text"].tolist(), found.tolist())
    return found, [list(weighted)[:LISTED] for weighted in typical.values()]


METHODS: dict[str, Callable[[pd.DataFrame, Path], Found]] = {
    "ours, reader vectors": ours(sets.reader),
    "ours, MiniLM vectors": ours(sets.minilm),
    "BERTopic default, MiniLM vectors": bertopic_default,
    "BERTopic default, TF-IDF/SVD": bertopic_svd,
    "k-means, MiniLM vectors": kmeans,
    "NMF": nmf,
    "LDA": lda,
}


def judged(frame: pd.DataFrame, found: np.ndarray, lists: list[list[str]]) -> dict[str, Any]:
    """V-measure of all texts (unassigned as one more group) and of the assigned, AMI, share unassigned; NPMI and
    diversity of each group's first ten words that are no stop words, of which some peers' lists are full.
    """
    from sklearn.metrics import adjusted_mutual_info_score, v_measure_score

    assigned = found >= 0
    labels = frame["label"].to_numpy()
    telling = [[w for w in group if words.content(w)][:JUDGED] for group in lists]  # "to" meets everything: no merit
    return {
        "groups": len(set(found[assigned])),
        "unassigned": float(1 - assigned.mean()),
        "v": float(v_measure_score(labels, found)),
        "v_assigned": float(v_measure_score(labels[assigned], found[assigned])) if assigned.any() else 0.0,
        "ami": float(adjusted_mutual_info_score(labels, found)),
        "npmi": npmi(telling, frame["text"]),
        "diversity": diversity(telling),
    }
