"""Where the network runs: ONNX Runtime with 8-bit weights on a CPU, torch on a GPU or where no graph was exported.

Both take token ids and mask (B, L) and return the arrays of `network.OUTPUTS` for them; the span heads, a thousandth
of the work, are plain numpy for both.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cxnlp.errors import ModelError

Floats = NDArray[np.float32]
Outputs = dict[str, Floats]

WEIGHTS = "model.safetensors"
GRAPH = "graph.onnx"
GRAPH_WEIGHTS = "graph.json"
LEVELS = 63  # 7-bit weights: AVX2 without VNNI saturates on products of full 8-bit values


class Backend(Protocol):
    """One forward pass."""

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Outputs:
        """Arrays of `network.OUTPUTS` for ids and mask (B, L)."""


def read_weights(folder: Path) -> dict[str, Floats]:
    """All tensors of model.safetensors, 32-bit; raise ModelError when the file is none."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / WEIGHTS
    try:
        return {name: value.astype(np.float32) for name, value in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(
            f"Model file {path} cannot be read ({error}): restore it with `git checkout -- {path}`."
        ) from None


def quantise(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """(K, N) weights → 8-bit weights and the scale of each of the N columns, symmetric around 0."""
    scale = np.maximum(np.abs(weight).max(0), 1e-8).astype(np.float32) / np.float32(LEVELS)
    return np.clip(np.rint(weight / scale), -LEVELS, LEVELS).astype(np.int8), scale


def graph_arrays(recipe: Mapping[str, tuple[str, str]], weights: Mapping[str, Floats]) -> dict[str, NDArray[Any]]:
    """The constants of an exported graph: name → (tensor of model.safetensors, how it is turned into the constant)."""
    made: dict[str, NDArray[Any]] = {}
    both: dict[str, tuple[NDArray[Any], Floats]] = {}
    for name, (tensor, how) in recipe.items():
        if how in ("quantised", "scale"):
            if tensor not in both:
                both[tensor] = quantise(np.ascontiguousarray(weights[tensor].T))
            made[name] = both[tensor][how == "scale"]
        else:
            made[name] = np.ascontiguousarray(weights[tensor].T) if how == "transposed" else weights[tensor]
    return made


class OnnxBackend:
    """graph.onnx on the CPU. It holds no weights: they are given to it from model.safetensors, quantised on the way."""

    def __init__(self, folder: Path, weights: Mapping[str, Floats]) -> None:
        import onnxruntime as ort

        recipe = json.loads((folder / GRAPH_WEIGHTS).read_text(encoding="utf-8"))
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # batches run side by side instead
        arrays = graph_arrays(recipe, weights)
        self._values = [ort.OrtValue.ortvalue_from_numpy(array) for array in arrays.values()]
        options.add_external_initializers(list(arrays), self._values)
        self._session = ort.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
        self._names = [output.name for output in self._session.get_outputs()]

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Outputs:
        """See Backend."""
        return dict(zip(self._names, self._session.run(None, {"input_ids": ids, "attention_mask": mask})))


class TorchBackend:
    """The network in torch: on a GPU in 16-bit floats, on a CPU in 32-bit."""

    def __init__(self, folder: Path, device: str) -> None:
        import torch

        from cxnlp.annotate.network import load_network

        self._device = torch.device(device)
        self._kind = torch.bfloat16 if self._device.type == "cuda" else torch.float32
        self._network = load_network(folder).to(self._device)

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Outputs:
        """See Backend."""
        import torch

        fast = self._kind != torch.float32
        with torch.inference_mode(), torch.autocast(self._device.type, self._kind, enabled=fast):
            out = self._network(torch.from_numpy(ids).to(self._device), torch.from_numpy(mask).to(self._device))
        return {name: value.float().cpu().numpy() for name, value in out.items()}


def choose(folder: Path, weights: Mapping[str, Floats], device: str | None) -> Backend:
    """The backend for `device` ("cpu", "cuda", …); None = a GPU where one is usable, else the CPU."""
    device = device or ("cuda" if _gpu() else "cpu")
    if device == "cpu" and (folder / GRAPH).exists():
        return OnnxBackend(folder, weights)
    return TorchBackend(folder, device)


def _gpu() -> bool:
    """Whether torch can use an NVIDIA GPU; torch is not even imported where the machine has none."""
    if not any(Path("/dev").glob("nvidia[0-9]*")) or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    import torch

    return torch.cuda.is_available()


class SpanReader:
    """Touchpoint, kind, polarity, severity and vector of each span: `network.SpanHeads` in numpy."""

    def __init__(self, weights: Mapping[str, Floats], sizes: Mapping[str, int]) -> None:
        self._weights = {name: (weights[f"heads.spans.{name}.weight"].T, weights[f"heads.spans.{name}.bias"])
                         for name in ("inner", "outer", "vector")}  # fmt: skip
        self._cuts = np.cumsum(list(sizes.values()))[:-1]
        self._names = list(sizes)
        self.hidden = len(self._weights["vector"][1])

    def __call__(self, states: Floats, pooled: Floats, spans: Any) -> Outputs:
        """Logits per head (N, labels) and unit `vector` (N, H) for N spans of a batch (`decode.Spans`)."""
        rows, starts, ends = spans.row, spans.start, spans.end
        means = np.zeros((len(rows), states.shape[-1]), dtype=np.float32)
        for i, (row, start, end) in enumerate(zip(rows, starts, ends)):
            means[i] = states[row, start:end].mean(0)
        joined = np.concatenate([means, states[rows, starts], states[rows, ends - 1], pooled[rows]], -1)
        logits = self._linear("outer", gelu(self._linear("inner", joined)))
        return dict(zip(self._names, np.split(logits, self._cuts, -1))) | {"vector": self.vector(means)}

    def vector(self, states: Floats) -> Floats:
        """Unit vectors (N, H) in the bilingual space for mean states (N, H)."""
        made = self._linear("vector", states)
        length = np.sqrt((made * made).sum(-1, keepdims=True))
        return np.asarray(made / np.maximum(length, 1e-12), dtype=np.float32)

    def _linear(self, name: str, x: Floats) -> Floats:
        weight, bias = self._weights[name]
        return np.asarray(x @ weight + bias)


def gelu(x: Floats) -> Floats:
    """Gaussian error linear unit, exact form (Hendrycks and Gimpel 2016)."""
    from scipy.special import erf

    return np.asarray(x * 0.5 * (1.0 + erf(x / np.float32(np.sqrt(2.0)))), dtype=np.float32)
