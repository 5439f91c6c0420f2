"""Where the network runs: ONNX Runtime with 8-bit weights on a CPU, torch on a GPU or where no graph was exported.

Both give bit by bit the same answer for a text whatever else is in the batch, as far as the padded length is the same:
no range is taken from the batch, and the graph is never given one row (a lone row takes another path through the
library).
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
Ints = NDArray[np.int64]
Outputs = dict[str, Floats]

WEIGHTS = "model.safetensors"
WEIGHT = "heads.weight.weight"  # graphs of versions before 2026.11.3 lack it: torch reads those
GRAPH = "graph.onnx"  # tokens → network.OUTPUTS
SPANS = "spans.onnx"  # states of spans → labels and vectors
CONSTANTS = "graph.json"  # how the constants of both are made from the weights
LEVELS = 63  # 7-bit weights: AVX2 without VNNI saturates on products of full 8-bit values


class Backend(Protocol):
    """The two stages of the network."""

    def read_tokens(self, ids: Ints, mask: Ints) -> Outputs:
        """Arrays of `network.OUTPUTS` for ids and mask (B, L)."""

    def read_spans(self, mean: Floats, first: Floats, last: Floats, pooled: Floats, gist: Floats) -> Outputs:
        """Logits of each span head and unit `vector` for N spans: see `network.SpanHeads`."""


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
    """Both graphs on the CPU. They hold no weights: these come from model.safetensors, quantised on the way."""

    def __init__(self, folder: Path, weights: Mapping[str, Floats]) -> None:
        recipes = json.loads((folder / CONSTANTS).read_text(encoding="utf-8"))
        self._tokens = _Session(folder / GRAPH, graph_arrays(recipes[GRAPH], weights))
        self._spans = _Session(folder / SPANS, graph_arrays(recipes[SPANS], weights))

    def read_tokens(self, ids: Ints, mask: Ints) -> Outputs:
        """See Backend."""
        return self._tokens(input_ids=ids, attention_mask=mask)

    def read_spans(self, mean: Floats, first: Floats, last: Floats, pooled: Floats, gist: Floats) -> Outputs:
        """See Backend."""
        return self._spans(mean=mean, first=first, last=last, pooled=pooled, gist=gist)


class _Session:
    """A graph with its constants, on one thread: batches run side by side instead."""

    def __init__(self, path: Path, constants: Mapping[str, NDArray[Any]]) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._constants = [ort.OrtValue.ortvalue_from_numpy(array) for array in constants.values()]
        options.add_external_initializers(list(constants), self._constants)
        self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._names = [output.name for output in self._session.get_outputs()]

    def __call__(self, **arrays: NDArray[Any]) -> Outputs:
        rows = len(next(iter(arrays.values())))
        if rows == 1:
            arrays = {name: np.repeat(array, 2, axis=0) for name, array in arrays.items()}
        made = self._session.run(None, {name: np.ascontiguousarray(array) for name, array in arrays.items()})
        return {name: value[:rows] for name, value in zip(self._names, made)}


class TorchBackend:
    """The network in torch: on a GPU in 16-bit floats, on a CPU in 32-bit."""

    def __init__(self, folder: Path, device: str) -> None:
        import torch

        from cxnlp.annotate.network import load_network

        self._device = torch.device(device)
        self._kind = torch.bfloat16 if self._device.type == "cuda" else torch.float32
        self._network = load_network(folder).to(self._device)

    def read_tokens(self, ids: Ints, mask: Ints) -> Outputs:
        """See Backend."""
        return self._run(self._network, ids, mask)

    def read_spans(self, mean: Floats, first: Floats, last: Floats, pooled: Floats, gist: Floats) -> Outputs:
        """See Backend."""
        return self._run(self._network.spans, mean, first, last, pooled, gist)

    def _run(self, module: Any, *arrays: NDArray[Any]) -> Outputs:
        import torch

        fast = self._kind != torch.float32
        with torch.inference_mode(), torch.autocast(self._device.type, self._kind, enabled=fast):
            out = module(*(torch.from_numpy(array).to(self._device) for array in arrays))
        return {name: value.float().cpu().numpy() for name, value in out.items()}


def choose(folder: Path, weights: Mapping[str, Floats], device: str | None) -> Backend:
    """The backend for `device` ("cpu", "cuda", …); None = a GPU where one is usable, else the CPU."""
    device = device or ("cuda" if _gpu() else "cpu")
    if device == "cpu" and (folder / GRAPH).exists() and WEIGHT in weights:
        return OnnxBackend(folder, weights)
    return TorchBackend(folder, device)


def _gpu() -> bool:
    """Whether torch can use an NVIDIA GPU; torch is not even imported where the machine has none."""
    if not any(Path("/dev").glob("nvidia[0-9]*")) or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    import torch

    return torch.cuda.is_available()
