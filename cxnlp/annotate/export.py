"""The network of a model folder → graph.onnx for the CPU, with 8-bit weights and activations. Needs torch and onnx.

Activations are quantised with ranges fixed here (from sample texts), never with ranges of the batch at hand: dynamic
quantisation would let the neighbours in a batch change a text's result. The graph holds no weights; graph.json says
how its constants are made from model.safetensors, so the weights are stored once.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cxnlp.annotate import backends
from cxnlp.annotate.network import BY_TOKEN, OUTPUTS, load_network
from cxnlp.annotate.windows import batches, windows

SMALL = 16  # constants with fewer elements stay in the graph
INPUTS = ("input_ids", "attention_mask")
SPAN_INPUTS = ("mean", "first", "last", "pooled", "gist")
Recipe = dict[str, tuple[str, str]]  # constant of the graph → (tensor of the weights, how it is made from it)


def export_graph(folder: Path, texts: Sequence[str]) -> None:
    """Write graph.onnx, spans.onnx and graph.json beside the weights of a model folder.

    `texts`: a few hundred of both languages, as the model will read them; they set the ranges of the activations.
    """
    weights = backends.read_weights(folder)
    tokens, spans = _float_graphs(folder)
    recipe = _recipe(tokens, weights)
    heavy = [node for node in tokens.graph.node if node.op_type == "MatMul" and _in_encoder(recipe.get(node.input[1]))]
    ranges = _ranges(tokens, sorted({node.input[0] for node in heavy}), _inputs(folder, texts))
    tokens.graph.initializer.extend(_range_constants(ranges))
    nodes = list(_with_integers(tokens.graph.node, {id(node) for node in heavy}, recipe))
    del tokens.graph.node[:]
    tokens.graph.node.extend(nodes)
    recipes = {
        backends.GRAPH: _save(tokens, folder / backends.GRAPH, recipe, weights),
        backends.SPANS: _save(spans, folder / backends.SPANS, _recipe(spans, weights), weights),
    }
    (folder / backends.CONSTANTS).write_text(json.dumps(recipes, indent=0) + "\n", encoding="utf-8")


def _save(model: Any, path: Path, recipe: Recipe, weights: Mapping[str, Any]) -> Recipe:
    """Write the graph without its large constants; return the recipe of those that it needs."""
    from onnx import helper, save

    used = {name for node in model.graph.node for name in node.input}
    needed = {name: how for name, how in recipe.items() if name in used}
    kept = [constant for constant in model.graph.initializer if constant.name not in recipe]
    external = [_external(name, array) for name, array in backends.graph_arrays(needed, weights).items()]
    del model.graph.initializer[:]
    model.graph.initializer.extend([*kept, *external])
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    save(model, str(path))
    return needed


def _in_encoder(made_from: tuple[str, str] | None) -> bool:
    return made_from is not None and made_from[1] == "transposed" and not made_from[0].startswith("heads.")


def _float_graphs(folder: Path) -> tuple[Any, Any]:
    """Both stages of the network as 32-bit graphs."""
    import torch

    network = load_network(folder)
    network.encoder.set_attn_implementation("eager")  # type: ignore[operator]
    ids = torch.tensor([[2, 5, 6, 3], [2, 7, 3, 0]])
    state = torch.zeros(3, network.tags.in_features)
    tokens = _graph(network, (ids, (ids > 0).long()), INPUTS, OUTPUTS, (*INPUTS, *BY_TOKEN))
    names = (*network.spans.sizes, "vector")
    example = (state, state + 1, state + 2, state + 3, torch.cat([state, state], 1))
    return tokens, _graph(network.spans, example, SPAN_INPUTS, names, ())


def _graph(module: Any, example: Any, inputs: Sequence[str], outputs: Sequence[str], by_token: Sequence[str]) -> Any:
    import onnx
    import torch

    class Plain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, *arrays: torch.Tensor) -> tuple[torch.Tensor, ...]:
            out = self.module(*arrays)
            return tuple(out[name] for name in outputs)

    file = io.BytesIO()
    torch.onnx.export(
        Plain().eval(),
        example,
        file,  # type: ignore[arg-type]
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={n: {0: "rows", 1: "length"} if n in by_token else {0: "rows"} for n in (*inputs, *outputs)},
        opset_version=17,
        dynamo=False,
    )
    return onnx.load_from_string(file.getvalue())


def _recipe(model: Any, weights: Mapping[str, Any]) -> Recipe:
    """Which tensor each constant of the graph is, as it is or transposed."""
    from onnx import numpy_helper

    known = {}
    for name, value in weights.items():
        known[(value.shape, value.tobytes())] = (name, "plain")
        if value.ndim == 2:
            known.setdefault((value.T.shape, np.ascontiguousarray(value.T).tobytes()), (name, "transposed"))
    recipe: Recipe = {}
    for constant in model.graph.initializer:
        array = numpy_helper.to_array(constant)
        if array.size >= SMALL:
            recipe[constant.name] = known[(array.shape, array.tobytes())]
    return recipe


def _inputs(folder: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    from tokenizers import Tokenizer

    size = json.loads((folder / "heads.json").read_text(encoding="utf-8"))["window"]
    cut = windows(Tokenizer.from_file(str(folder / "tokenizer.json")), texts, size)
    return [dict(zip(INPUTS, (b.ids, b.mask))) for b in batches(cut, 2048, 0)]


def _ranges(model: Any, names: Sequence[str], inputs: Iterable[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Least and greatest value of each named tensor over the inputs, padding left out."""
    import onnx
    import onnxruntime as ort

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    del watched.graph.output[:]
    watched.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in names)
    session = ort.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    low, high = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for batch in inputs:
        for name, value in zip(names, session.run(list(names), batch)):
            real = value[batch["attention_mask"] > 0]
            low[name], high[name] = min(low[name], float(real.min())), max(high[name], float(real.max()))
    return {name: (low[name], high[name]) for name in names}


def _scale_and_zero(low: float, high: float) -> tuple[Any, Any]:
    scale = np.float32((high - low) / 255 or 1.0)
    return scale, np.uint8(np.clip(round(-low / scale), 0, 255))


def _range_constants(ranges: Mapping[str, tuple[float, float]]) -> list[Any]:
    from onnx import numpy_helper

    made = []
    for name, (low, high) in ranges.items():
        scale, zero = _scale_and_zero(low, high)
        made += [
            numpy_helper.from_array(np.array(scale), f"{name}.step"),
            numpy_helper.from_array(np.array(zero), f"{name}.zero"),
        ]
    return made


def _with_integers(nodes: Iterable[Any], heavy: set[int], recipe: Recipe) -> Iterator[Any]:
    """The nodes, each heavy MatMul as QuantizeLinear (once per input) and an integer product; extends the recipe."""
    from onnx import helper

    done = set()
    for node in nodes:
        if id(node) not in heavy:
            yield node
            continue
        x, weight = node.input
        tensor = recipe[weight][0]
        recipe |= {f"{weight}.q": (tensor, "quantised"), f"{weight}.s": (tensor, "scale")}
        if x not in done:
            done.add(x)
            yield helper.make_node("QuantizeLinear", [x, f"{x}.step", f"{x}.zero"], [f"{x}.q"])
        factors = [f"{x}.q", f"{weight}.q", f"{x}.step", f"{weight}.s", f"{x}.zero"]
        yield helper.make_node("MatMulIntegerToFloat", factors, [node.output[0]], domain="com.microsoft")


def _external(name: str, array: Any) -> Any:
    """A constant whose values are given when the graph is loaded."""
    from onnx import TensorProto, helper

    constant = TensorProto(name=name, dims=array.shape, data_type=helper.np_dtype_to_tensor_dtype(array.dtype))
    constant.data_location = TensorProto.EXTERNAL
    constant.external_data.add(key="location", value=backends.WEIGHTS)
    return constant
