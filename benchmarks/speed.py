"""Speed of the reader beside an XLM-R-base classifier as people run it: ratios in one run, same machine, same texts.

    python -m benchmarks.speed [--shared ../shared] [--model reader] [--texts 256] [--json FILE]

Timed: different texts of the real exports, in random order, from str to finished answers (tokenising included). The
reader answers everything (sentiment, mentions with all labels, vectors); the classifier one label. It has random
weights, which changes no time, and the reader's own tokenizer, so that both read the same number of tokens (XLM-R's
vocabulary is larger and would make somewhat fewer). Systems take turns, part by part; the reader gets eight times as
many texts of the same files, or its few batches would end before both cores are busy. CPU seconds are given beside
wall-clock ones because they hold on a busy machine too. Loading and memory are measured in a process of their own.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
EXPORTS: dict[str, tuple[str, dict[str, Any]]] = {  # file → column of texts, how pandas reads it
    "digikala_reviews.csv": ("comment", {}),
    "food_comments_1256.csv": ("نظر", {"sep": ";", "encoding": "cp1256"}),
    "place_comments.parquet": ("comment", {}),
    "airline_comments.csv": ("text", {}),
    "clothing_reviews.jsonl": ("text", {"lines": True}),
}
MODES = {  # name → (16-bit, sorted by length)
    "XLM-R-base, pipeline, fp32, batch 16": (False, False),
    "XLM-R-base, pipeline, bf16, sorted, batch 16": (True, True),
    "XLM-R-base, pipeline, fp32, sorted, batch 16": (False, True),
}
BARS = {"XLM-R-base, pipeline, fp32, batch 16": 40, "XLM-R-base, pipeline, bf16, sorted, batch 16": 8}
MORE = 8  # texts of the reader for one of the others
Run = Callable[[Sequence[str]], Any]


def export_texts(shared: Path, n: int) -> list[str]:
    """`n` different texts of the exports, equally many per file, in random order (always the same)."""
    import pandas as pd

    rng, found = random.Random(0), []
    for name, (column, options) in EXPORTS.items():
        path = shared / "raw" / name
        read = {".csv": pd.read_csv, ".jsonl": pd.read_json, ".parquet": pd.read_parquet}[path.suffix]
        texts = sorted({t for t in read(path, **options)[column] if isinstance(t, str) and t.strip()})
        found += rng.sample(texts, n // len(EXPORTS))
    return rng.sample(found, len(found))


def classifier(tokenizer_file: Path, half: bool) -> Run:
    """A text-classification pipeline of XLM-R-base's shape, batch 16, order of arrival."""
    import torch
    from transformers import (
        PreTrainedTokenizerFast,
        XLMRobertaConfig,
        XLMRobertaForSequenceClassification,
        pipeline,
    )

    words = PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer_file), pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]",
        model_max_length=512,
    )  # fmt: skip
    config = XLMRobertaConfig(
        vocab_size=250_002, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072,
        max_position_embeddings=514, num_labels=4, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    model = XLMRobertaForSequenceClassification(config).eval().to(torch.bfloat16 if half else torch.float32)
    ready = pipeline("text-classification", model=model, tokenizer=words, batch_size=16, device="cpu")
    return lambda texts: ready(list(texts), truncation=True, max_length=512)


def race(systems: dict[str, tuple[Run, bool, Sequence[str]]], rounds: int = 2) -> dict[str, dict[str, float]]:
    """Texts a second of each system (run, sorted by length, texts), in turns over `rounds` parts of its texts."""
    spent = {name: [0.0, 0.0] for name in systems}
    for run, _, texts in systems.values():
        run(texts[:16])
    for i in range(rounds):
        for name, (run, by_length, texts) in systems.items():
            part = texts[i::rounds]
            given = sorted(part, key=len) if by_length else part
            wall, cpu = time.perf_counter(), time.process_time()
            run(given)
            spent[name][0] += time.perf_counter() - wall
            spent[name][1] += time.process_time() - cpu
    counts = {name: len(texts) for name, (_, _, texts) in systems.items()}
    return {n: {"texts_per_s": counts[n] / w, "texts_per_cpu_s": counts[n] / c} for n, (w, c) in spent.items()}


def alone(model: str, texts_file: Path) -> dict[str, float]:
    """In this fresh process: seconds to load (imports and checks included), texts a second, peak memory in MB."""
    started = time.perf_counter()
    from cxnlp.annotate import Annotator
    from cxnlp.config import Settings
    from cxnlp.registry import resolve

    cpu = time.process_time()
    reader = Annotator(resolve(model, Settings().models), device="cpu")
    loaded, loaded_cpu = time.perf_counter() - started, time.process_time() - cpu
    texts = json.loads(texts_file.read_text(encoding="utf-8"))
    wall, cpu = time.perf_counter(), time.process_time()
    reader.read(texts)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM"))
    return {"load_s": loaded, "load_cpu_s": loaded_cpu, "peak_mb": peak, "texts": len(texts),
            "texts_per_s": len(texts) / wall, "texts_per_cpu_s": len(texts) / cpu}  # fmt: skip


def main() -> None:
    """Race, measure loading and memory, print, and say which bars were reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CXNLP_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--model", default="reader")
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.alone:
        print(json.dumps(alone(given.model, given.alone)))
        return
    made = measure(given.shared, given.model, given.texts)
    show(made)
    if given.json:
        given.json.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measure(shared: Path, model: str, n: int) -> dict[str, Any]:
    """Everything, as one object."""
    import tempfile

    from cxnlp.annotate import Annotator
    from cxnlp.config import Settings
    from cxnlp.registry import resolve

    folder = resolve(model, Settings().models)
    reader = Annotator(folder, device="cpu")
    texts, many = export_texts(shared, n), export_texts(shared, MORE * n)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "texts.json"
        file.write_text(json.dumps(many), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.speed", "--model", model, "--alone", str(file)]
        solo = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    tokenizer = folder.path / "tokenizer.json"
    systems: dict[str, tuple[Run, bool, Sequence[str]]] = {folder.version: (reader.read, False, many)}
    built = {half: classifier(tokenizer, half) for half in (False, True)}
    systems |= {name: (built[half], by_length, texts) for name, (half, by_length) in MODES.items()}
    lengths, longer = ([len(e.ids) for e in reader._tokenizer.encode_batch(t)] for t in (texts, many))
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}",
        "texts": len(texts),
        "tokens_per_text": sum(lengths) / len(lengths),
        "tokens_per_text_of_the_reader": sum(longer) / len(longer),
        "race": race(systems),
        "alone": solo,
    }  # fmt: skip


def show(made: dict[str, Any]) -> None:
    """Print the race and the solo run."""
    ours, *others = made["race"]
    each = f"{made['tokens_per_text']:.1f} tokens (reader: {made['tokens_per_text_of_the_reader']:.1f})"
    title = f"{made['texts']} texts of {each}; {made['machine']}"
    table = Table("system", "texts/s", "texts/CPU s", "reader is faster (wall)", "(CPU)", "asked", title=title)
    for name, speed in made["race"].items():
        factors = [made["race"][ours][k] / speed[k] for k in ("texts_per_s", "texts_per_cpu_s")]
        cells = [f"{f:.1f} ×" if name in others else "" for f in factors]
        table.add_row(name, f"{speed['texts_per_s']:.1f}", f"{speed['texts_per_cpu_s']:.1f}", *cells,
                      f"{BARS[name]} ×" if name in BARS else "")  # fmt: skip
    console = Console(width=140)
    console.print(table)
    solo = made["alone"]
    console.print(
        f"alone, {solo['texts']} texts: loads in {solo['load_s']:.2f} s ({solo['load_cpu_s']:.2f} CPU s; asked < 2), "
        f"{solo['texts_per_s']:.0f} texts/s, {solo['texts_per_cpu_s']:.0f} per CPU s, "
        f"peak memory {solo['peak_mb']:.0f} MB (asked < 1000)"
    )


if __name__ == "__main__":
    main()
