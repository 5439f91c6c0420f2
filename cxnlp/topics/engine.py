"""The only door to BERTopic: texts and their vectors in, groups out.

Inside BERTopic stand parts chosen by the numbers of `benchmarks/topics.py quality`: no reduction of dimensions,
communities in the graph of nearest neighbours (Louvain) in place of UMAP and HDBSCAN, and a vectoriser that knows
half-spaces. Everything is exact or seeded, so that the same input gives the same groups, on any machine.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cxnlp.topics.vectors import Matrix

NEIGHBOURS = 15  # of each text in the graph; fewer in small sets, where 15 would reach into other topics
RESOLUTION = 12.0  # of the communities; coarser below 1,296 texts, where 12 would leave crumbs
VOTES = 10  # searches whose agreement decides
_UNUSED = ("transformers", "umap", "hdbscan", "spacy", "sentence_transformers", "torch", "plotly")
_importing = threading.Lock()


def group(texts: Sequence[str], vectors: Matrix, seed: int, vectoriser: Any) -> npt.NDArray[np.int64]:
    """Group of each text, largest first from 0; texts are distinct, vectors (n, d) of unit length.

    Without a `vectoriser`, the same groups are found without BERTopic's work on words.
    """
    if vectoriser is None:
        return NeighbourGroups(seed).fit(vectors).labels_
    bertopic = _bertopic()
    from bertopic.dimensionality import BaseDimensionalityReduction

    model = bertopic.BERTopic(
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=NeighbourGroups(seed),
        vectorizer_model=vectoriser,
        calculate_probabilities=False,
    )
    found, _ = model.fit_transform(list(texts), embeddings=vectors)
    return np.asarray(found, dtype=np.int64)


def class_tfidf(counts: Any) -> Any:
    """Class-based TF-IDF of a sparse matrix of counts, one row per topic."""
    _bertopic()
    from bertopic.vectorizers import ClassTfidfTransformer

    return ClassTfidfTransformer().fit_transform(counts)


class NeighbourGroups:
    """Cluster model for BERTopic: communities of the graph of nearest neighbours by squared cosine, by consensus.

    Louvain (Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008) with resolution after Reichardt and Bornholdt
    2006, VOTES times in other orders, then once in the graph of how often neighbours came together (consensus
    clustering, Lancichinetti and Fortunato 2012, doi:10.1038/srep00336): steadier over seeds than any one search.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.labels_: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def fit(self, vectors: Matrix, y: Any = None) -> NeighbourGroups:
        """Find `labels_`, one per row of `vectors`."""
        n = len(vectors)
        graph = neighbour_graph(vectors, min(NEIGHBOURS, max(3, n // 7), n - 1))
        graph.data **= 2
        resolution = min(RESOLUTION, max(1.0, min(n**0.5 / 3, n / 27)))
        votes = [_louvain(graph, resolution, self.seed * VOTES + i) for i in range(VOTES)]
        edges = graph.tocoo()
        graph.data = np.mean([found[edges.row] == found[edges.col] for found in votes], axis=0)
        graph.eliminate_zeros()
        self.labels_ = _louvain(graph, resolution, self.seed)
        return self


def _louvain(graph: Any, resolution: float, seed: int) -> npt.NDArray[np.int64]:
    from sknetwork.clustering import Louvain

    found = Louvain(resolution=resolution, random_state=seed, shuffle_nodes=True).fit_predict(graph)
    return np.asarray(found, dtype=np.int64)


def neighbour_graph(vectors: Matrix, neighbours: int) -> Any:
    """Symmetric sparse matrix (n, n) of the cosines of each row to its nearest `neighbours` rows."""
    from scipy.sparse import csr_matrix

    n, step = len(vectors), max(1, 20_000_000 // len(vectors))
    places = np.empty((n, neighbours), dtype=np.int64)
    cosines = np.empty((n, neighbours))
    for start in range(0, n, step):
        part = vectors[start : start + step] @ vectors.T
        part[np.arange(len(part)), np.arange(start, start + len(part))] = -1
        near = np.argpartition(-part, neighbours - 1, axis=1)[:, :neighbours]
        places[start : start + step], cosines[start : start + step] = near, np.take_along_axis(part, near, axis=1)
    rows = np.repeat(np.arange(n), neighbours)
    graph = csr_matrix((cosines.ravel().clip(1e-3), (rows, places.ravel())), shape=(n, n))
    return csr_matrix(graph + graph.T)


def _bertopic() -> Any:
    """BERTopic by its own light path: parts that it may do without, and that we do not use, take 15 s to import."""
    if "bertopic" not in sys.modules:
        with _importing:
            hidden = {name: None for name in _UNUSED if name not in sys.modules}
            sys.modules.update(hidden)  # type: ignore[arg-type]
            try:
                import bertopic
            finally:
                for name in hidden:
                    sys.modules.pop(name, None)
    import bertopic

    return bertopic
