"""`cxnlp train` from a tiny random encoder: a complete, repeatable version folder."""

import json
from functools import partialmethod
from pathlib import Path

import gold
import pytest
import torch

from cxnlp.annotate.network import load_network
from cxnlp.config import Settings
from cxnlp.errors import ConfigError, InputError
from cxnlp.registry import verify
from cxnlp.training import run
from cxnlp.training.run import Budget, train

ONCE = Budget(epochs=2, replay=0, window=64)


def test_any_encoder_folder_becomes_a_version(tmp_path: Path) -> None:
    """The base is one line of configuration; the folder holds all that inference and the registry ask for."""
    base, labels = gold.encoder(tmp_path / "base"), gold.write(tmp_path)
    folder = train(Settings(), gold=labels, base=base, out=tmp_path / "models/reader", budget=ONCE)
    assert {"model.safetensors", "tokenizer.json", "card.md", "recipe.json"} <= set(verify(folder).sha256)
    figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert set(figures) == {"fa", "en", "mean"}
    assert not list(folder.parent.glob("**/*.pt"))
    load_network(folder)


def test_same_seed_same_weights(tmp_path: Path) -> None:
    """A version can be made again, byte for byte, on the same machine."""
    base, labels = gold.encoder(tmp_path / "base"), gold.write(tmp_path)
    made = [train(Settings(), gold=labels, base=base, out=tmp_path / n, budget=ONCE) for n in ("a", "b")]
    assert verify(made[0]).sha256["model.safetensors"] == verify(made[1]).sha256["model.safetensors"]


def test_a_cut_off_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after a checkpoint, training ends with the weights of an unbroken run; another one begins anew."""
    base, labels = gold.encoder(tmp_path / "base"), gold.write(tmp_path)
    long = Budget(epochs=6, replay=0, window=64)
    monkeypatch.setattr(run, "GOLD", run.Recipe(every=1, warm_up=1))
    real, calls = torch.optim.AdamW.step, []

    def weights(name: str, seed: int = 7) -> dict[str, torch.Tensor]:
        calls.clear()
        folder = train(Settings(), gold=labels, base=base, out=tmp_path / name, budget=long, seed=seed)
        return load_network(folder).state_dict()

    def step(self, *args, dies=None, **kwargs):
        calls.append(1)
        if len(calls) == dies:
            raise KeyboardInterrupt
        return real(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    whole, other = weights("whole"), weights("other", seed=8)
    steps = len(calls)
    for seed, wanted, taken in ((7, whole, steps - 4), (8, other, steps)):
        monkeypatch.setattr(torch.optim.AdamW, "step", partialmethod(step, dies=5))
        with pytest.raises(KeyboardInterrupt):
            weights("cut")
        monkeypatch.setattr(torch.optim.AdamW, "step", step)
        made = weights("cut", seed)
        assert len(calls) == taken
        assert all(torch.equal(wanted[k], made[k]) for k in wanted)
    assert not torch.allclose(whole["sentiment.weight"], other["sentiment.weight"], atol=1e-3)


def test_dev_texts_never_train(tmp_path: Path) -> None:
    """A text of dev that slipped into train, in another spelling of spaces and marks, is left out."""
    labels = gold.write(tmp_path)
    leak = json.loads((tmp_path / "dev.jsonl").read_text(encoding="utf-8").splitlines()[0])
    leak["text"] = leak["text"].replace(" ", "  ") + "!"
    with labels.open("a", encoding="utf-8") as file:
        file.write(json.dumps(leak, ensure_ascii=False) + "\n")
    material = run.gather(labels, tmp_path / "dev.jsonl", None, 32, print)
    assert len(material.gold) == len(gold.records())


def test_mistakes_are_said_in_one_sentence(tmp_path: Path) -> None:
    """A hub name needs permission, and gold needs its dev file."""
    with pytest.raises(InputError, match=r"dev\.jsonl"):
        train(Settings(), gold=tmp_path / "train.jsonl")
    with pytest.raises(ConfigError, match="allow_hub"):
        train(Settings(), gold=gold.write(tmp_path), base="no-such/model", out=tmp_path / "m")


def test_no_half_hour_of_training_without_the_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Public sets teach vectors only beside the teacher: without it they would drift, and topics with them."""
    (tmp_path / "sets/parallel").mkdir(parents=True)
    (tmp_path / "sets/parallel/feedback_pairs.jsonl").touch()
    monkeypatch.setattr(run, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="uv sync --group training"):
        train(Settings(), gold=gold.write(tmp_path), datasets=tmp_path / "sets", out=tmp_path / "m")
