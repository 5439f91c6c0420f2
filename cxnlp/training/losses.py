"""What training minimises: one number per task, from one forward pass."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cxnlp.annotate.network import Reader
from cxnlp.training.data import UNKNOWN

WEIGHTS = {
    "tags": 1.0, "target": 0.3, "sentiment": 1.5, "touch": 0.35, "touchpoint": 1.3,
    "kind": 0.5, "polarity": 0.3, "severity": 0.5, "vector": 0.6, "contrast": 0.18, "masked": 0.3, "sign": 1.0,
    "taught": 1.0,
}  # fmt: skip


def crf(emissions: Tensor, tags: Tensor, transitions: Tensor) -> Tensor:
    """Mean negative log-likelihood per word of tag sequences (linear-chain CRF, Lafferty et al. 2001).

    ``emissions`` (B, W, T), ``tags`` (B, W) with UNKNOWN after the last word.
    """
    mask = tags != UNKNOWN
    safe = tags.clamp(min=0)
    gold = emissions.gather(2, safe.unsqueeze(2)).squeeze(2) * mask
    steps = transitions[safe[:, :-1], safe[:, 1:]] * mask[:, 1:]
    score = emissions[:, 0]
    for t in range(1, emissions.shape[1]):
        stepped = torch.logsumexp(score.unsqueeze(2) + transitions.unsqueeze(0), 1) + emissions[:, t]
        score = torch.where(mask[:, t].unsqueeze(1), stepped, score)
    total = torch.logsumexp(score, 1) - gold.sum(1) - steps.sum(1)
    has = mask[:, 0]
    return (total * has).sum() / mask.sum().clamp(min=1)


def words_only(values: Tensor, tags: Tensor) -> tuple[Tensor, Tensor]:
    """Emissions and tags of the first token of each word, packed to the left."""
    known = tags != UNKNOWN
    width = max(1, int(known.sum(1).max()))
    order = torch.argsort((~known).long(), dim=1, stable=True)[:, :width]
    picked = values.gather(1, order.unsqueeze(2).expand(-1, -1, values.shape[2]))
    return picked, tags.gather(1, order)


def jitter(spans: Tensor, mask: Tensor, row: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Starts and ends moved by up to two tokens in some spans, as decoding errs."""
    n = len(spans)
    move = (torch.randint(-2, 3, (n, 2)) * (torch.rand(n, 2) < share)).to(spans.device)
    length = mask.sum(1)[row] - 1
    start = torch.minimum((spans[:, 0] + move[:, 0]).clamp(min=1), spans[:, 1] - 1)
    end = torch.maximum(torch.minimum(spans[:, 1] + move[:, 1], length), start + 1)
    return start, end


def all_losses(
    network: Reader,
    batch: dict[str, Tensor],
    shake: float = 0.4,
    smooth: float = 0.05,
    hidden: tuple[Tensor, Tensor] | None = None,
    words: nn.Module | None = None,
) -> dict[str, Tensor]:
    """Loss per task of a collated batch; a task without labels in the batch is absent.

    ``hidden`` (where, what): tokens hidden for masked-language modelling, predicted by ``words``.
    """
    out = network(batch["ids"], batch["mask"])
    losses = text_losses(out, batch, smooth)
    if hidden is not None and words is not None and len(hidden[1]):
        table = network.encoder.get_input_embeddings().weight
        losses["masked"] = F.cross_entropy(words(out["states"][hidden[0]], table), hidden[1])
    if (batch["tags"] != UNKNOWN).any():
        losses["tags"] = crf(*words_only(out["tags"], batch["tags"]), network.transitions)
        known = ~batch["target"].isnan()
        losses["target"] = F.binary_cross_entropy_with_logits(out["target"][known], batch["target"][known])
    spans = batch["spans"]
    read: dict[str, Tensor] = {}
    if len(spans):
        start, end = jitter(spans, batch["mask"], batch["row"], shake) if network.training else spans[:, :2].T
        read = network.read_spans(out, batch["row"], start, end)
        for column, task in ((2, "kind"), (3, "touchpoint"), (4, "polarity"), (5, "severity")):
            if (spans[:, column] >= 0).any():
                losses[task] = F.cross_entropy(read[task], spans[:, column], label_smoothing=smooth)
    if "text_vectors" in batch:
        made = [network.text_vectors(out), *([read["vector"]] if read else [])]
        asked = [batch["text_vectors"], *([batch["span_vectors"]] if read else [])]
        got, want = torch.cat(made), torch.cat(asked)
        keep = ~want[:, 0].isnan()
        if keep.any():
            losses |= toward(got[keep], want[keep])
    return losses


def toward(got: Tensor, want: Tensor) -> dict[str, Tensor]:
    """How far vectors are from the teacher's, and how much nearer to others of the batch; both (N, hidden)."""
    return {"vector": 5 * (1 - (got * want).sum(1)).mean(), "contrast": contrast(got, want)}


def contrast(got: Tensor, want: Tensor, heat: float = 0.05) -> Tensor:
    """Each vector must be nearer to its own teacher's vector than to the others of the batch (InfoNCE).

    Both (N, hidden), of length one. Others that mean nearly the same (cosine above 0.9) do not count.
    """
    scores = got @ want.T / heat
    own = torch.eye(len(got), dtype=torch.bool, device=got.device)
    same = (want @ want.T > 0.9) & ~own
    return F.cross_entropy(scores.masked_fill(same, -1e4), torch.arange(len(got), device=got.device))


def text_losses(out: dict[str, Tensor], batch: dict[str, Tensor], smooth: float) -> dict[str, Tensor]:
    """Losses on the whole text: its sentiment (Hinton et al. 2015 where taught), its side where only a rating is
    known, its touchpoints."""
    losses: dict[str, Tensor] = {}
    if (batch["sentiment"] >= 0).any():
        losses["sentiment"] = F.cross_entropy(out["sentiment"], batch["sentiment"], label_smoothing=smooth)
    taught = ~batch["soft"][:, 0].isnan()
    if taught.any():
        losses["taught"] = F.cross_entropy(out["sentiment"][taught], batch["soft"][taught])
    signed = ~batch["sign"].isnan()
    if signed.any():
        margin = out["sentiment"][signed, -2] - out["sentiment"][signed, 0]  # pos against neg
        losses["sign"] = F.softplus(-margin * batch["sign"][signed]).mean()
    known = ~batch["touch"].isnan()
    if known.any():
        each = F.binary_cross_entropy_with_logits(out["touch"][known], batch["touch"][known], reduction="sum")
        losses["touch"] = each / known.any(2).sum()
    return losses


def total(losses: dict[str, Tensor], weights: dict[str, float] = WEIGHTS) -> Tensor:
    """The weighted sum."""
    return torch.stack([weights[k] * v for k, v in losses.items()]).sum()
