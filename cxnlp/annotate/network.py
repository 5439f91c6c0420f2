"""The reader: one encoder and all heads over one forward pass.

Stage one runs on tokens (``Reader.forward``, exportable to ONNX); stage two (``SpanHeads``) is a small layer on
the states gathered for each span that decoding chose. A model folder is written and read here.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

OUTPUTS = ("tags", "target", "states", "pooled", "sentiment", "touch", "words", "weight")
"""Order of the outputs of ``Reader.forward``, also in an exported graph."""
BY_TOKEN = ("tags", "target", "states", "words", "weight")
"""Those that have a row per token."""


@dataclass(frozen=True)
class Heads:
    """Labels and sizes, kept as ``heads.json`` beside the weights.

    Tags are ``O`` and, for each kind k of ``kinds``, ``B-k`` (index 1 + 2k) and ``I-k`` (index 2 + 2k), on the
    first token of each word.
    """

    sentiments: tuple[str, ...] = ("neg", "neu", "pos", "mixed")
    kinds: tuple[str, ...] = ("pain", "praise", "request", "question", "motive", "fact")
    polarities: tuple[str, ...] = ("neg", "neu", "pos")
    severities: tuple[int, ...] = (1, 2, 3)
    touchpoints: tuple[str, ...] = ()
    window: int = 128
    span_size: int = 384

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags, in the order of the logits."""
        return ("O", *(f"{p}-{k}" for k in self.kinds for p in "BI"))


class SpanHeads(nn.Module):
    """Touchpoint, kind, polarity, severity and vector of each span."""

    def __init__(self, hidden: int, heads: Heads) -> None:
        super().__init__()
        self.sizes = {
            "kind": len(heads.kinds),
            "touchpoint": len(heads.touchpoints),
            "polarity": len(heads.polarities),
            "severity": len(heads.severities),
        }
        self.inner = nn.Linear(4 * hidden, heads.span_size)
        self.outer = nn.Linear(heads.span_size, sum(self.sizes.values()))
        self.vector = nn.Linear(2 * hidden, hidden)

    def forward(self, mean: Tensor, first: Tensor, last: Tensor, pooled: Tensor, gist: Tensor) -> dict[str, Tensor]:
        """Mean, first and last state of each span, pooled state of its text, each (N, hidden); ``gist`` (N, 2 hidden).

        Returns logits ``kind`` (N, 6), ``touchpoint`` (N, 28), ``polarity`` (N, 3), ``severity`` (N, 3) and
        ``vector`` (N, hidden) of length one, in the bilingual space.
        """
        hidden = nn.functional.gelu(self.inner(torch.cat([mean, first, last, pooled], -1)))
        out = dict(zip(self.sizes, self.outer(hidden).split(list(self.sizes.values()), -1), strict=True))
        out["vector"] = self.vector_of(gist)
        return out

    def vector_of(self, gist: Tensor) -> Tensor:
        """(N, hidden) vectors of length one for (N, 2 hidden) gists."""
        return nn.functional.normalize(self.vector(gist), dim=-1)


class Reader(nn.Module):
    """A transformers encoder with the token, text and span heads."""

    def __init__(self, encoder: Any, heads: Heads) -> None:
        super().__init__()
        hidden: int = encoder.config.hidden_size
        self.encoder: Any = encoder
        self.heads = heads
        self.tags = nn.Linear(hidden, len(heads.tags))
        self.target = nn.Linear(hidden, 1)
        self.attention = nn.Linear(hidden, 1)
        self.text = nn.Linear(2 * hidden, hidden)
        self.sentiment = nn.Linear(hidden, len(heads.sentiments))
        self.touch = nn.Linear(hidden, 2 * len(heads.touchpoints))
        self.spans = SpanHeads(hidden, heads)
        self.weight = nn.Linear(hidden, 1)
        nn.init.zeros_(self.weight.weight)
        self.transitions = nn.Parameter(torch.zeros(len(heads.tags), len(heads.tags)))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """(B, L) token ids and mask → plain tensors.

        ``tags`` (B, L, 13) emission logits, ``target`` (B, L) logits of being in a target, ``states`` (B, L, H),
        ``pooled`` (B, H) mean state, ``sentiment`` (B, 4) logits, ``touch`` (B, 2, 28) logits of a touchpoint
        being a pain (0) or being mentioned at all (1) in the text. For vectors: ``words`` (B, L, H), the tokens before
        the first layer, and ``weight`` (B, L), what each counts, above 0.
        """
        read = self.encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        states, words = read.last_hidden_state, read.hidden_states[0]
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        weight = (self.attention(states) + (mask - 1.0) * 1e4).softmax(1)
        text = nn.functional.gelu(self.text(torch.cat([pooled, (weight * states).sum(1)], -1)))
        return {
            "tags": self.tags(states),
            "target": self.target(states).squeeze(-1),
            "states": states,
            "pooled": pooled,
            "sentiment": self.sentiment(text),
            "touch": self.touch(text).view(-1, 2, len(self.heads.touchpoints)),
            "words": words,
            "weight": self.weigh(states) * attention_mask,
        }

    def read_spans(self, out: dict[str, Tensor], row: Tensor, start: Tensor, end: Tensor) -> dict[str, Tensor]:
        """Span heads for N spans: tokens ``start`` (included) to ``end`` (excluded) of text ``row``, each (N,).

        ``out`` is what ``forward`` gave.
        """
        states, pooled = out["states"], out["pooled"]
        mean = _sums(states, row, start, end) / (end - start).clamp(min=1).unsqueeze(-1)
        first, last = states[row, start], states[row, end - 1]
        return self.spans(mean, first, last, pooled[row], gist(out, row, start, end))  # type: ignore[no-any-return]

    def text_vectors(self, out: dict[str, Tensor]) -> Tensor:
        """(B, H) vectors of length one of whole texts, special tokens included."""
        rows, length = out["states"].shape[:2]
        every, zero = torch.arange(rows, device=out["states"].device), out["states"].new_zeros(rows, dtype=torch.long)
        return self.spans.vector_of(gist(out, every, zero, zero + length))  # type: ignore[no-any-return]

    def weigh(self, states: Tensor) -> Tensor:
        """(B, L) what each token with its state (B, L, H) counts in vectors, from 1/55 to 55."""
        return self.weight(states).squeeze(-1).clamp(-4.0, 4.0).exp()  # type: ignore[no-any-return]


def gist(out: dict[str, Tensor], row: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """(N, 2 hidden) weighted means over N spans of the states and of the tokens before the first layer."""
    weight = out["weight"].unsqueeze(-1)
    both = torch.cat([out["states"], out["words"]], -1) * weight
    return _sums(both, row, start, end) / _sums(weight, row, start, end).clamp(min=1e-6)


def _sums(values: Tensor, row: Tensor, start: Tensor, end: Tensor) -> Tensor:
    total = nn.functional.pad(values.cumsum(1), (0, 0, 1, 0))
    return total[row, end] - total[row, start]


def save_network(network: Reader, folder: Path) -> None:
    """Write config.json, model.safetensors (16-bit) and heads.json. The encoder also loads with transformers."""
    from safetensors.torch import save_file

    prefix = network.encoder.base_model_prefix
    weights = {
        (k.replace("encoder.", f"{prefix}.", 1) if k.startswith("encoder.") else f"heads.{k}"): v.half().contiguous()
        for k, v in network.state_dict().items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    network.encoder.config.save_pretrained(folder)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(asdict(network.heads), ensure_ascii=False, indent=1)
    (folder / "heads.json").write_text(text + "\n", encoding="utf-8")


def read_heads(folder: Path) -> Heads:
    """``heads.json`` of a model folder."""
    raw: dict[str, Any] = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    return Heads(**values)


def load_network(folder: Path) -> Reader:
    """The network of a model folder, 32-bit, in evaluation mode."""
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(folder)
    with torch.device("meta"):
        encoder = AutoModel.from_config(config, attn_implementation="sdpa", **_no_pooler(config))
        network = Reader(encoder, read_heads(folder))
    prefix = f"{encoder.base_model_prefix}."
    weights = {}
    for name, value in load_file(folder / "model.safetensors").items():
        if name.startswith(prefix):
            weights["encoder." + name.removeprefix(prefix)] = value.float()
        else:
            weights[name.removeprefix("heads.")] = value.float()
    _complete(weights)
    network.load_state_dict(weights, strict=True, assign=True)
    _materialise_buffers(network)
    return network.eval()


def _complete(weights: dict[str, Tensor]) -> None:
    """Versions before 2026.11.3 have vectors of plain means of states: the same, said in the present shapes."""
    vector = weights["spans.vector.weight"]
    if "weight.weight" not in weights:
        weights["spans.vector.weight"] = torch.cat([vector, torch.zeros_like(vector)], 1)
        weights["weight.weight"], weights["weight.bias"] = vector.new_zeros(1, len(vector)), vector.new_zeros(1)


def new_network(base: Path | str, heads: Heads) -> Reader:
    """Fresh heads on the encoder of a folder or hub name."""
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(base)
    return Reader(AutoModel.from_pretrained(base, attn_implementation="sdpa", **_no_pooler(config)), heads)


def _no_pooler(config: Any) -> dict[str, bool]:
    known = {"bert", "roberta", "xlm-roberta", "camembert"}
    return {"add_pooling_layer": False} if config.model_type in known else {}


def _materialise_buffers(network: nn.Module) -> None:
    """Buffers that are not saved (position ids) come back from the meta device."""
    for module in network.modules():
        for name, buffer in module.named_buffers(recurse=False):
            if buffer.is_meta:
                fresh = torch.arange(buffer.shape[-1]).expand(buffer.shape) if "position" in name else None
                module._buffers[name] = torch.zeros(buffer.shape, dtype=buffer.dtype) if fresh is None else fresh
