"""Read texts with a network in training, for dev figures and calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from cxnlp.annotate import decode
from cxnlp.annotate.backends import Backend
from cxnlp.annotate.network import BY_TOKEN, Reader
from cxnlp.training.data import Record, encode


def outputs(
    network: Reader, tokenizer: Tokenizer, texts: Sequence[str], size: int = 32, served: Backend | None = None
) -> list[dict[str, Any]]:
    """Numpy outputs per text (unpadded), with its ``vector``, and ``word_ids`` and ``offsets`` of its tokens.

    ``served``: what reads the tokens in place of the network, as users are served; then without ``vector``.
    """
    encoded = encode(tokenizer, texts, network.heads.window)
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i][0]))
    found: list[dict[str, Any]] = [{} for _ in texts]
    device = next(network.parameters()).device
    network.eval()
    for at in range(0, len(order), size):
        chosen = order[at : at + size]
        width = max(len(encoded[i][0]) for i in chosen)
        ids = torch.zeros(len(chosen), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for k, i in enumerate(chosen):
            n = len(encoded[i][0])
            ids[k, :n], mask[k, :n] = torch.from_numpy(encoded[i][0]), 1
        if served:
            out = served.read_tokens(ids.numpy(), mask.numpy())
        else:
            with torch.inference_mode():
                made = network(ids.to(device), mask.to(device))
                made["vector"] = network.text_vectors(made)
                out = {k: v.float().cpu().numpy() for k, v in made.items()}
        for k, i in enumerate(chosen):
            n = len(encoded[i][0])
            cut = {key: v[k, :n] if key in BY_TOKEN else v[k] for key, v in out.items()}
            found[i] = {**cut, "word_ids": encoded[i][1], "offsets": encoded[i][2]}
    return found


def annotate(
    network: Reader, made: Sequence[dict[str, Any]], records: Sequence[Record], calibration: decode.Calibration
) -> list[Record]:
    """Records with predicted sentiment and mentions, from ``outputs``; ``expected`` is a mention's mean severity."""
    heads, answers = network.heads, []
    transitions = network.transitions.detach().cpu().numpy()
    for out, record in zip(made, records, strict=True):
        tags = out["tags"][None] + calibration.of(record["lang"], "tags")
        worth = calibration.least(record["lang"])
        spans = decode.segment(tags, out["word_ids"][None], out["offsets"][None], transitions, worth)
        read = span_logits(network, out, spans)
        found = decode.mentions(
            spans, read, out["target"][None], out["touch"][None], out["offsets"][None], [record["text"]],
            [record["lang"]], heads, calibration,
        )  # fmt: skip
        scale = np.asarray(heads.severities, dtype=np.float32)
        logits = calibration.sentiment(record["lang"], out["sentiment"], found[0])
        bias = calibration.of(record["lang"], "sentiment")
        label, score = decode.text_labels(logits[None], heads.sentiments, bias)
        for m in found[0]:
            m["expected"] = float(decode.softmax(read["severity"][m["span"]]) @ scale)
        answers.append({"id": record["id"], "sentiment": label[0], "score": float(score[0]), "mentions": found[0]})
    return answers


def span_logits(network: Reader, out: dict[str, Any], spans: decode.Spans) -> dict[str, Any]:
    """Span heads for the spans of one text."""
    with torch.inference_mode():
        states = {k: torch.from_numpy(out[k])[None] for k in ("states", "pooled", "words", "weight")}
        index = [torch.from_numpy(np.asarray(x)) for x in (spans.row, spans.start, spans.end)]
        return {k: v.numpy() for k, v in network.cpu().read_spans(states, *index).items()}
