"""Vectors are fitted last: they come nearer to the teacher's, and nothing else that is read changes."""

from pathlib import Path

import gold
import numpy as np
import pytest
import torch

from cxnlp.annotate import Annotator
from cxnlp.annotate.backends import choose, read_weights
from cxnlp.annotate.network import load_network, save_network
from cxnlp.config import Settings
from cxnlp.errors import ConfigError
from cxnlp.registry import verify, write_manifest
from cxnlp.training import vectors
from cxnlp.training.data import Example, weak_examples
from cxnlp.training.predict import outputs
from cxnlp.training.run import fast_tokenizer, train
from tests.annotate.tiny import TEXTS, make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "reader" / "2026.1.1")


def taught(folder: Path, tongue: str) -> list[Example]:
    """Texts, each to lie where a random vector of its own lies, and its middle where nothing is known."""
    network, drawn = load_network(folder), np.random.default_rng(len(tongue))
    some = weak_examples([{"text": t, "lang": tongue} for t in TEXTS], fast_tokenizer(folder), network.heads)
    for example in some:
        own = drawn.normal(size=32).astype(np.float32)
        example.spans = np.array([[1, 3, -100, -100, -100, -100]])
        example.vectors = np.stack([own / np.linalg.norm(own), np.full(32, np.nan, np.float32)])
    return some


def test_vectors_come_nearer_and_nothing_else_changes(folder: Path) -> None:
    network, tokenizer, some = load_network(folder), fast_tokenizer(folder), taught(folder, "fa")
    wanted = np.stack([e.vectors[0] for e in some])
    before = outputs(network, tokenizer, TEXTS)
    vectors.fit(network, choose(folder, read_weights(folder), "cpu"), [some, []], seed=1, steps=150)
    after = outputs(network, tokenizer, TEXTS)
    near = [np.sum(np.stack([o["vector"] for o in made]) * wanted, 1).mean() for made in (before, after)]
    assert near[1] > near[0] + 0.3
    for a, b in zip(before, after, strict=True):
        for name in ("tags", "target", "states", "pooled", "sentiment", "touch", "words"):
            assert np.array_equal(a[name], b[name]), name
    assert all(p.requires_grad for p in network.parameters())


def test_groups_teach_alike_and_the_same_seed_fits_the_same(folder: Path) -> None:
    """One English text against all of the other group counts half, where it would count little among them."""
    persian, english = taught(folder, "fa"), taught(folder, "english")[:1]
    fitted, near = [], []
    for groups in ([persian, english], [persian, english], [persian + english]):
        network = load_network(folder)
        vectors.fit(network, choose(folder, read_weights(folder), "cpu"), groups, seed=1, steps=150)
        fitted.append(network.spans.vector.weight.detach().clone())
        near.append(outputs(network, fast_tokenizer(folder), TEXTS)[0]["vector"] @ english[0].vectors[0])
    assert torch.equal(*fitted[:2])
    assert near[0] > near[2] + 0.1


def test_texts_have_vectors_of_their_own(folder: Path) -> None:
    """Length one, in the order given, whatever stands beside a text; none where there is nothing to read."""
    reader = Annotator(verify(folder), device="cpu")
    long = " ".join(TEXTS * 30)
    made = reader.vectors([TEXTS[0], "", long, TEXTS[4], TEXTS[0]])
    assert np.allclose(np.linalg.norm(made[[0, 2, 3]], axis=1), 1, atol=1e-5)
    assert not made[1].any()
    assert np.array_equal(made[0], made[4])
    assert np.allclose(reader.vectors([TEXTS[4]])[0], made[3], atol=1e-6)


def test_a_version_from_before_reads_as_it_did(folder: Path) -> None:
    """Its vectors were of plain means of states, and its graph knows no others: torch reads it."""
    from safetensors.torch import load_file, save_file

    network = load_network(folder)
    hidden = network.spans.vector.out_features
    with torch.no_grad():
        network.spans.vector.weight[:, hidden:] = 0
        network.weight.weight.zero_()
        network.weight.bias.zero_()
    save_network(network, folder)
    weights = load_file(folder / "model.safetensors")
    weights["heads.spans.vector.weight"] = weights["heads.spans.vector.weight"][:, :hidden].contiguous()
    del weights["heads.weight.weight"], weights["heads.weight.bias"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_manifest(folder)
    new, old = (outputs(n, fast_tokenizer(folder), TEXTS) for n in (network.half().float(), load_network(folder)))
    assert all(np.allclose(a["vector"], b["vector"], atol=1e-6) for a, b in zip(new, old, strict=True))
    assert np.allclose(Annotator(verify(folder), device="cpu").vectors(TEXTS), [o["vector"] for o in old], atol=1e-5)


def test_vectors_alone_need_a_reader_and_pairs(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--datasets"):
        train(Settings(), gold=gold.write(tmp_path), base=folder, out=tmp_path / "out", vectors_only=True)


def test_vectors_alone_learn_no_corrections() -> None:
    """Either option alone would silently do what the other forbids."""
    from cxnlp.training.commands import train as command

    with pytest.raises(ConfigError, match="--vectors-only"):
        command(corrections=True, vectors_only=True)
