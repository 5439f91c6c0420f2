"""The optimiser's loop: one run over given batches, averaged weights, checkpoints to resume from."""

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cxnlp.annotate.network import Reader
from cxnlp.training.data import Example, collate
from cxnlp.training.losses import all_losses, total

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Recipe:
    """Numbers of one run; kept in recipe.json."""

    encoder_rate: float = 1.5e-4
    head_rate: float = 1e-3
    warm_up: int = 60
    decay: float = 0.01
    masked: float = 0.0  # share of Persian tokens hidden and predicted; 0 = no masked-language modelling
    lost: float = 0.0  # share of all tokens hidden and not predicted, against over-fitting
    averaged: bool = False  # end on the mean of the checkpoints of the last third (latest weight averaging)
    kept: float = 0.0  # share of the weights at the start in those at the end, against forgetting (WiSE-FT)
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


def losses_of(
    examples: list[Example], network: Reader, words: MaskedWords | None, recipe: Recipe, mask_id: int
) -> dict[str, Tensor]:
    """Losses of one batch, its tokens hidden as the recipe says."""
    device = next(network.parameters()).device
    batch = collate(examples, 0, network.heads)
    hidden = hide(batch, recipe.masked, mask_id) if words is not None and batch["masked"].any() else None
    if recipe.lost:
        lose(batch, recipe.lost, mask_id)
    batch = {k: v.to(device) for k, v in batch.items()}
    if hidden is not None:
        hidden = hidden[0].to(device), hidden[1].to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=_multiplies_bf16(device)):
        return all_losses(network, batch, hidden=hidden, words=words)


def _multiplies_bf16(device: torch.device) -> bool:
    """Whether bf16 is faster than fp32 there: on GPUs, and on CPUs that have it in hardware (1.6 times, measured)."""
    return device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())


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
    """Train over the planned batches and return the network.

    Resumes from ``folder/checkpoint.pt`` (weights and optimiser, read without pickle code) when it is there and of the
    same training: recipe, seed, batches and weights at the start.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device).train()
    words = MaskedWords(network.encoder.config.hidden_size).to(device) if recipe.masked else None
    both = [network] + ([words] if words is not None else [])
    groups = _groups(network, words, recipe)
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.decay, fused=True)
    steps = len(plan)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / recipe.warm_up, max(0.02, 1 - s / steps))
    )
    first = {k: v.clone() for k, v in network.state_dict().items()}
    seen: list[Weights] = []
    mark = _mark(plan, recipe, seed, first)
    done = _resume(folder, torch.nn.ModuleList(both), optimiser, schedule, seen, mark, log)
    began, shown = time.monotonic(), {}  # type: ignore[var-annotated]
    for step in range(done, steps):
        torch.manual_seed(seed * 1_000_003 + step)
        losses = losses_of(plan[step], network, words, recipe, mask_id)
        loss = total(losses)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        for k, v in losses.items():
            shown[k] = 0.95 * shown.get(k, v.item()) + 0.05 * v.item()
        if (step + 1) % 50 == 0:
            told = " ".join(f"{k} {v:.3f}" for k, v in shown.items())
            log(f"{step + 1}/{steps} {time.monotonic() - began:.0f}s {told}")
        if (step + 1) % recipe.every == 0:
            if recipe.averaged and step + 1 > steps * 2 / 3:
                seen.append({k: v.clone() for k, v in network.state_dict().items()})
            _keep(folder, torch.nn.ModuleList(both), optimiser, seen, step + 1, mark)
    last = mixed([*seen, network.state_dict()], [1 / (len(seen) + 1)] * (len(seen) + 1))
    network.load_state_dict(mixed([last, first], [1 - recipe.kept, recipe.kept]))
    return network.eval()


def _groups(network: Reader, words: torch.nn.Module | None, recipe: Recipe) -> list[dict[str, object]]:
    encoder = list(network.encoder.parameters())
    known = {id(p) for p in encoder}
    heads = [p for p in network.parameters() if id(p) not in known]
    heads += list(words.parameters()) if words is not None else []
    return [{"params": encoder, "lr": recipe.encoder_rate}, {"params": heads, "lr": recipe.head_rate}]


def mixed(states: Sequence[Weights], shares: Sequence[float]) -> Weights:
    """Weights as a weighted mean of others of the same shapes."""
    return {
        k: sum(w * s[k] for w, s in zip(shares, states, strict=True)) if v.is_floating_point() else v  # type: ignore[misc]
        for k, v in states[0].items()
    }


def _keep(
    folder: Path, modules: torch.nn.Module, optimiser: torch.optim.Optimizer, seen: list[Weights], step: int, mark: int
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {"modules": modules.state_dict(), "optimiser": optimiser.state_dict(), "seen": seen, "step": step}
    state["mark"] = mark
    torch.save(state, folder / "checkpoint.tmp")
    (folder / "checkpoint.tmp").replace(folder / "checkpoint.pt")


def _resume(
    folder: Path, modules: torch.nn.Module, optimiser: torch.optim.Optimizer, schedule: object, seen: list[Weights],
    mark: int, log: Callable[[str], None],
) -> int:  # fmt: skip
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state.get("mark") != mark:
        log(f"{path} is of another training (other labels, base, seed or recipe): beginning anew.")
        return 0
    modules.load_state_dict(state["modules"])
    optimiser.load_state_dict(state["optimiser"])
    seen.extend(state["seen"])
    schedule.last_epoch = state["step"]  # type: ignore[attr-defined]
    return int(state["step"])


def _mark(plan: Sequence[list[Example]], recipe: Recipe, seed: int, first: Weights) -> int:
    """What tells one training from another: the recipe, what is read and taught, the weights at the start."""
    found = zlib.crc32(f"{recipe} {seed} {len(plan)}".encode())
    for example in (e for batch in plan for e in batch):
        found = zlib.crc32(example.ids.tobytes(), found + example.sentiment)
        for taught in (example.tags, example.spans, example.soft):
            found = found if taught is None else zlib.crc32(taught.tobytes(), found)
    for weights in first.values():
        found = zlib.crc32(weights.cpu().numpy().tobytes(), found)
    return found
