"""The optimiser's loop: one cosine run over given batches, averaged weights, checkpoints to resume from."""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cxnlp.annotate.network import Reader
from cxnlp.training.data import Example, collate
from cxnlp.training.losses import all_losses, total


@dataclass(frozen=True)
class Recipe:
    """Numbers of one run; kept in recipe.json."""

    encoder_rate: float = 1.5e-4
    head_rate: float = 1e-3
    warm_up: int = 60
    decay: float = 0.01
    masked: float = 0.0  # share of Persian tokens hidden and predicted; 0 = no masked-language modelling
    lost: float = 0.0  # share of all tokens hidden and not predicted, against over-fitting
    average: float = 0.0  # decay of the exponential average of weights; 0 = none
    every: int = 200  # steps between checkpoints


class MaskedWords(torch.nn.Module):
    """Predicts hidden tokens with the tied word vectors; thrown away after training."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.dense, self.norm = torch.nn.Linear(hidden, hidden), torch.nn.LayerNorm(hidden)

    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        """(N, hidden) states and (V, hidden) word vectors → (N, V) logits."""
        return self.norm(torch.nn.functional.gelu(self.dense(states))) @ table.T


def hide(batch: dict[str, Tensor], share: float, mask_id: int) -> tuple[Tensor, Tensor]:
    """Hide a share of the words' tokens of the texts marked ``masked``; (where, what) of the hidden ones."""
    chosen = (torch.rand(batch["ids"].shape) < share) & (batch["words"] >= 0) & batch["masked"].unsqueeze(1)
    what = batch["ids"][chosen]
    batch["ids"] = torch.where(chosen, mask_id, batch["ids"])
    return chosen, what


def lose(batch: dict[str, Tensor], share: float, mask_id: int) -> None:
    """Hide a share of all words' tokens."""
    gone = (torch.rand(batch["ids"].shape) < share) & (batch["words"] >= 0)
    batch["ids"] = torch.where(gone, mask_id, batch["ids"])


def fit(
    network: Reader,
    plan: Sequence[list[Example]],
    recipe: Recipe,
    folder: Path,
    *,
    seed: int = 1,
    mask_id: int = 4,
    log: Callable[[str], None] = print,
) -> Reader:
    """Train over the planned batches and return the network (its averaged weights when asked for).

    Resumes from ``folder/checkpoint.pt`` (weights and optimiser, read without pickle code) when it is there.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device).train()
    words = MaskedWords(network.encoder.config.hidden_size).to(device) if recipe.masked else None
    groups = _groups(network, words, recipe)
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.decay, fused=True)
    steps = len(plan)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / recipe.warm_up, max(0.02, 1 - s / steps))
    )
    mean = copy.deepcopy(network.state_dict()) if recipe.average else None
    done = _resume(folder, network, optimiser, schedule, mean)
    began, shown = time.monotonic(), {}  # type: ignore[var-annotated]
    for step in range(done, steps):
        torch.manual_seed(seed * 1_000_003 + step)
        batch = collate(plan[step], 0, network.heads)
        hidden = hide(batch, recipe.masked, mask_id) if words is not None and batch["masked"].any() else None
        if recipe.lost:
            lose(batch, recipe.lost, mask_id)
        batch = {k: v.to(device) for k, v in batch.items()}
        with torch.autocast("cuda", torch.bfloat16, enabled=device.type == "cuda"):
            losses = all_losses(network, batch, hidden=hidden, words=words)
            loss = total(losses)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        for k, v in losses.items():
            shown[k] = 0.95 * shown.get(k, v.item()) + 0.05 * v.item()
        if mean is not None:
            _average(mean, network, min(recipe.average, (1 + step) / (10 + step)))
        if (step + 1) % 50 == 0:
            told = " ".join(f"{k} {v:.3f}" for k, v in shown.items())
            log(f"{step + 1}/{steps} {time.monotonic() - began:.0f}s {told}")
        if (step + 1) % recipe.every == 0:
            _keep(folder, network, optimiser, mean, step + 1)
    if mean is not None:
        network.load_state_dict(mean)
    return network.eval()


def _groups(network: Reader, words: torch.nn.Module | None, recipe: Recipe) -> list[dict[str, object]]:
    encoder = list(network.encoder.parameters())
    known = {id(p) for p in encoder}
    heads = [p for p in network.parameters() if id(p) not in known]
    heads += list(words.parameters()) if words is not None else []
    return [{"params": encoder, "lr": recipe.encoder_rate}, {"params": heads, "lr": recipe.head_rate}]


def _average(mean: dict[str, Tensor], network: Reader, decay: float) -> None:
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                mean[name].lerp_(value, 1 - decay)


def _keep(folder: Path, network: Reader, optimiser: torch.optim.Optimizer, mean: object, step: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "mean": mean, "step": step}
    torch.save(state, folder / "checkpoint.tmp")
    (folder / "checkpoint.tmp").replace(folder / "checkpoint.pt")


def _resume(folder: Path, network: Reader, optimiser: torch.optim.Optimizer, schedule: object, mean: object) -> int:
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    if isinstance(mean, dict):
        mean.update(state["mean"])
    schedule.last_epoch = state["step"]  # type: ignore[attr-defined]
    return int(state["step"])
