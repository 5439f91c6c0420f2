"""Which start is worth keeping: our bilingual encoder, its shape from scratch, and its word vectors without layers.

    python -m benchmarks.encoders GOLD BASE [--epochs 2]

GOLD: train.jsonl with dev.jsonl beside it. BASE: the encoder folder (see cxnlp/training/encoder.py). All three get the
same heads and the same short recipe on gold alone: read the differences, not the level.
"""

import json
import tempfile
from pathlib import Path

import typer

FIGURES = ("sentiment_f1", "polarity_f1", "mention_f1", "located_f1", "pain_f1", "stage_f1")


def starts(base: Path, folder: Path) -> dict[str, Path]:
    """Name → encoder folder of each start."""
    import torch
    from transformers import AutoConfig, AutoModel

    found = {"bilingual, from all-MiniLM": base}
    for name, layers, carried in (("same shape, from scratch", None, False), ("word vectors, no layers", 0, True)):
        torch.manual_seed(0)
        config = AutoConfig.from_pretrained(base)
        config.num_hidden_layers = config.num_hidden_layers if layers is None else layers
        model = AutoModel.from_config(config, add_pooling_layer=False)
        if carried:
            known = AutoModel.from_pretrained(base, add_pooling_layer=False).state_dict()
            model.load_state_dict({k: v for k, v in known.items() if k in model.state_dict()})
        found[name] = folder / name.replace(" ", "-").replace(",", "")
        model.save_pretrained(found[name])
        (found[name] / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes())
    return found


def main(gold: Path, base: Path, epochs: int = 2) -> None:
    """Print one line per start and language."""
    from cxnlp.config import Settings
    from cxnlp.training.run import Budget, train

    with tempfile.TemporaryDirectory() as home:
        for name, start in starts(base, Path(home)).items():
            out = Path(home) / "out" / start.name
            folder = train(Settings(), gold=gold, base=start, out=out, budget=Budget(epochs=epochs, replay=0))
            figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
            for lang in ("fa", "en"):
                told = " ".join(f"{k} {figures[lang][k]:.3f}" for k in FIGURES)
                typer.echo(f"{name:28} {lang} {told}")


if __name__ == "__main__":
    typer.run(main)
