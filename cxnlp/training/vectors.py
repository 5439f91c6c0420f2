"""The last step of training: what makes vectors, fitted on what the reader serves. Nothing else that is read changes.

Vectors come from a weighted mean of a span's states and of its tokens before the first layer: the network's upper
layers were bent to labels and forget words that topics need. Both are taken from the graph that users run, so that the
fit knows its 8-bit rounding.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cxnlp.annotate.backends import Backend
from cxnlp.annotate.network import Reader
from cxnlp.training.data import Example, collate
from cxnlp.training.losses import toward

STEPS, RATE, SIZE = 1500, 3e-3, 384
FIRST = 0.75  # share of a batch that is of the first group: English texts, which show what the teacher sees


@dataclass(frozen=True)
class _Served:
    """Tokens of all examples one after the other, and spans of them with the teacher's vectors."""

    tokens: NDArray[np.float16]  # (tokens, 2, hidden): states, words
    spans: NDArray[np.int64]  # (items, 2): first token, token after the last
    wanted: NDArray[np.float32]  # (items, hidden)


def fit(
    network: Reader,
    backend: Backend,
    groups: Sequence[Sequence[Example]],
    *,
    seed: int,
    steps: int = STEPS,
    log: Callable[[str], None] = lambda line: None,
) -> None:
    """Fit ``network.weight`` and ``network.spans.vector`` to the vectors of examples that have any, the rest frozen.

    Every batch takes FIRST of the first group, English texts, and an equal part of each other. The loss is that of the
    stages before: cosine to the teacher's vector, and nearer to it than to those of others in the batch.
    """
    taught = [[e for e in group if e.vectors is not None] for group in groups]
    served = [_serve(backend, network, some) for some in taught if some]
    drawn = np.random.default_rng(seed)
    others = len(served) - 1
    sizes = [round(SIZE * FIRST), *[round(SIZE * (1 - FIRST) / max(1, others))] * others]
    head = [*network.weight.parameters(), *network.spans.vector.parameters()]
    for p in network.parameters():
        p.requires_grad_(False)
    for p in head:
        p.requires_grad_(True)
    optimiser = torch.optim.AdamW(head, lr=RATE, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min((s + 1) / 50, max(0.01, 1 - s / steps)))
    for step in range(steps):
        made, wanted = [], []
        for part, size in zip(served, sizes, strict=True):
            chosen = drawn.integers(len(part.spans), size=size)
            made.append(_vectors(network, part, chosen))
            wanted.append(torch.from_numpy(part.wanted[chosen]))
        loss = torch.stack(list(toward(torch.cat(made), torch.cat(wanted)).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
        if (step + 1) % 250 == 0:
            log(f"vectors {step + 1}/{steps} {loss.item():.3f}")
    for p in network.parameters():
        p.requires_grad_(True)


def _serve(backend: Backend, network: Reader, some: Sequence[Example]) -> _Served:
    """Read the examples, shortest first, as the backend reads users' texts."""
    tokens, spans, wanted, at = [], [], [], 0
    order = sorted(some, key=lambda e: len(e.ids))
    for first in range(0, len(order), 64):
        group = order[first : first + 64]
        batch = collate(group, 0, network.heads)
        out = backend.read_tokens(batch["ids"].numpy(), batch["mask"].numpy())
        for row, example in enumerate(group):
            n, known = len(example.ids), ~np.isnan(example.vectors[:, 0])  # type: ignore[index]
            own = np.zeros((0, 2), np.int64) if example.spans is None else example.spans[:, :2]
            own = np.concatenate([[[0, n]], own])[known]
            tokens.append(np.stack([out["states"][row, :n], out["words"][row, :n]], 1).astype(np.float16))
            spans.append(at + own)
            wanted.append(example.vectors[known])  # type: ignore[index]
            at += n
    return _Served(np.concatenate(tokens), np.concatenate(spans), np.concatenate(wanted))


def _vectors(network: Reader, served: _Served, chosen: Any) -> torch.Tensor:
    """Vectors of the chosen items, padded into one batch: what `network.gist` gives, in one product."""
    starts, ends = served.spans[chosen].T
    sizes = torch.from_numpy(ends - starts)
    at = np.minimum(starts[:, None] + np.arange(int(sizes.max())), len(served.tokens) - 1)
    states, words = torch.from_numpy(served.tokens[at].astype(np.float32)).unbind(2)
    weight = (network.weigh(states) * (torch.arange(at.shape[1]) < sizes[:, None])).unsqueeze(1)
    both = torch.cat([weight @ states, weight @ words], -1) / weight.sum(2, keepdim=True)
    return network.spans.vector_of(both.squeeze(1))
