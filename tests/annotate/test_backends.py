"""Where the network runs: the 8-bit graph must say what torch says, and say plainly when it cannot run."""

from pathlib import Path

import numpy as np
import pytest

from cxnlp.annotate import Annotator
from cxnlp.annotate.backends import LEVELS, OnnxBackend, TorchBackend, quantise, read_weights
from cxnlp.annotate.network import OUTPUTS
from cxnlp.errors import ModelError
from cxnlp.registry import ModelFolder, resolve, verify
from tests.annotate.tiny import TEXTS, make


def test_the_graph_says_what_torch_says(folder: ModelFolder) -> None:
    """Training and its figures use torch; the shipped figures must be those of the graph, within 8-bit rounding."""
    graph, torch = OnnxBackend(folder.path, read_weights(folder.path)), TorchBackend(folder.path, "cpu")
    ids = np.array([[2, 9, 30, 41, 8, 3], [2, 17, 25, 3, 0, 0]])
    mask = (ids > 0).astype(np.int64)
    ours, theirs = graph.read_tokens(ids, mask), torch.read_tokens(ids, mask)
    assert tuple(ours) == OUTPUTS
    for name in OUTPUTS:
        assert ours[name].shape == theirs[name].shape
        assert np.corrcoef(ours[name].ravel(), theirs[name].ravel())[0, 1] > 0.98, name
    state = theirs["states"][:, 1]
    gist = np.concatenate([state, theirs["words"][:, 1]], 1)
    ours, theirs = (b.read_spans(state, state, state, state, gist) for b in (graph, torch))
    for name in theirs:
        assert np.allclose(ours[name], theirs[name], atol=1e-4), name


def test_without_a_graph_torch_reads(tmp_path: Path, reader: Annotator) -> None:
    """A model just trained on another encoder has no graph yet; it is slower, not broken."""
    plain = Annotator(verify(make(tmp_path / "reader" / "2026.1.2", graph=False)), device="cpu")
    readings = plain.read(TEXTS)
    assert len(readings) == len(TEXTS)
    same = [a.sentiment == b.sentiment for a, b in zip(readings, reader.read(TEXTS))]
    assert np.mean(same) >= 0.6


def test_weights_keep_their_size_in_eight_bits() -> None:
    """Every column has its own scale: a column of small weights must not vanish beside one of large weights."""
    weight = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32) * np.array([1e-3, 1, 100], np.float32)
    q, scale = quantise(weight)
    assert np.abs(q).max(0).tolist() == [LEVELS] * 3
    assert (np.abs(q * scale - weight) <= scale / 2 + 1e-9).all()
    assert (quantise(np.zeros((4, 2), np.float32))[0] == 0).all()


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "graph.onnx", "calibration.json"])
def test_a_half_copied_file_never_reaches_the_network(damaged: Path, file: str) -> None:
    """The message names the file and its cure instead of a parser's words or wrong answers."""
    path = damaged / file
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ModelError, match=rf"{file}.*git checkout"):
        Annotator(resolve(damaged, damaged.parent.parent))
