"""Topics: do they keep their identity, are they reproducible, are they good, do they hold two languages, do they scale?

    python -m benchmarks.topics all|identity|reproducible|quality|crosslingual|scale [--shared ../shared] [--limit N]

Vectors are kept in `--cache` (default ~/.cache/cxnlp-benchmarks). `identity --lake DIR` mines a lake of `cxnlp run`
month by month; without it, the gold mentions with dates drawn at random. At most `--limit` mentions or texts of a set
are taken, the same ones every time (default 6,000 mentions, 3,000 texts of a labelled set; 0 = all). `--json FILE`
keeps the numbers, each part with the reader that it is of and as soon as it is there; those of `all` go to
benchmarks/results/topics.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import topic_sets as sets
from benchmarks.topic_peers import METHODS, judged
from cxnlp import tables, topics
from cxnlp.config import Topics
from cxnlp.topics.run import parts_of
from cxnlp.topics.stability import NONE, jaccard

DROP = ["topic_id", "topic_similarity", "topic_version"]
RESULTS = Path(__file__).parent / "results/topics.json"
Figures = dict[str, Any]


def mined(
    mentions: pd.DataFrame, registry: pd.DataFrame | None = None, log: Any = None, **options: Any
) -> topics.TopicUpdate:
    """One run over `mentions`; `options` are settings of topics."""
    known = tables.empty("topics") if registry is None else registry
    at = mentions["created_at"].max() if "created_at" in mentions else None
    return topics.update(mentions, known, log, Topics(**options), at, refits=False)


def _limit(args: argparse.Namespace, default: int) -> int:
    return default if args.limit is None else args.limit or sys.maxsize


def gold(args: argparse.Namespace) -> pd.DataFrame:
    """Gold mentions with the reader's vectors and dates over twelve months, drawn at random."""
    frame = sets.gold_mentions(args.shared)
    frame = frame.sample(min(_limit(args, 6_000), len(frame)), random_state=0).reset_index(drop=True)
    vectors = sets.packed(sets.reader(frame["quote"].tolist(), args.cache))
    days = np.random.default_rng(0).integers(0, 365, len(frame))
    return frame.assign(
        vector=vectors, created_at=pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(days, unit="D")
    )


def months(args: argparse.Namespace) -> pd.DataFrame:
    """Mentions with dates: of a lake, or the gold ones; `step` 0…11, twelve parts of equal size by date."""
    if args.lake is None:
        rows = gold(args)
    else:
        from cxnlp.lake import Lake

        lake = Lake(args.lake).require()
        needed = ["mention_id", "feedback_id", "quote", "kind", "touchpoint", "language", "vector"]
        dates = lake.read("feedback", ["feedback_id", "created_at", "duplicate_of"])
        rows = lake.read("mentions", needed).merge(dates, on="feedback_id").dropna(subset="created_at")
        rows = rows.sample(min(_limit(args, len(rows)), len(rows)), random_state=0)
    rows = rows.sort_values(["created_at", "mention_id"], ignore_index=True)
    return rows.assign(step=np.arange(len(rows)) * 12 // len(rows))


def identity(args: argparse.Namespace) -> Figures:
    """Twelve steps; edits after the third; the same again in another order and in other batches."""
    rows = months(args)
    log: list[dict[str, Any]] = []
    first: dict[str, str] = {}
    registry, held = tables.empty("topics"), pd.DataFrame(columns=["mention_id", *DROP])
    for step in range(12):
        now = rows[rows["step"] <= step].drop(columns="step").merge(held, on="mention_id", how="left")
        update = mined(now, registry, log)
        registry, held = update.topics, update.assignments
        for mention, topic in zip(held["mention_id"], held["topic_id"], strict=True):
            if isinstance(topic, str):
                first.setdefault(mention, topic)
        if step == 2:
            log, renamed, merged, into, parts = _edits(registry, now.drop(columns=DROP).merge(held, on="mention_id"))
        live = registry[(registry["level"] == "topic") & registry["status"].isin(("active", "emerging"))]
        rest = held["topic_id"].isna().mean()
        print(f"step {step + 1:2d}: {len(now):6d} mentions, {len(live):3d} topics, unassigned {rest:.3f}", flush=True)
    last = held.set_index("mention_id")["topic_id"]
    moved = {topic: {into} for topic in merged} | {parts["of"]: {part["id"] for part in parts["into"]}}
    same = np.mean([last[m] in moved.get(t, {t}) for m, t in first.items()])
    split = [last[m] == part["id"] for part in parts["into"] for m in part["mentions"]]
    labels = registry.set_index("topic_id")
    shuffled = topics.assign(now.sample(frac=1, random_state=1), registry).set_index("mention_id").sort_index()
    whole = topics.assign(now, registry).set_index("mention_id").sort_index()
    apart = (
        pd.concat([topics.assign(now.iloc[i : i + 97], registry) for i in range(0, len(now), 97)])
        .set_index("mention_id")
        .sort_index()
    )
    return {
        "mentions": len(rows),
        "kept_topic": float(same),
        "rename_kept": bool(labels.loc[renamed, "label_en"] == "Named by a person"),
        "merge_kept": bool((labels.loc[merged, "status"] == "merged").all() and not last.isin(merged).any()),
        "split_kept": float(np.mean(split)) if labels.loc[parts["of"], "status"] == "retired" else 0.0,
        "same_if_asked_afresh": float((whole["topic_id"][list(first)] == last[list(first)]).mean()),
        "same_in_other_order": float(np.mean(_equal(whole, shuffled))),
        "same_in_other_batches": float(np.mean(_equal(whole, apart))),
        "final": update.scorecard,
    }


def _equal(a: pd.DataFrame, b: pd.DataFrame) -> Any:
    return (a["topic_id"].fillna("") == b["topic_id"].fillna("")) & (
        a["topic_similarity"].fillna(-1) == b["topic_similarity"].fillna(-1)
    )


def _edits(
    registry: pd.DataFrame, mentions: pd.DataFrame
) -> tuple[list[dict[str, Any]], str, list[str], str, dict[str, Any]]:
    """The largest pain is renamed, the two next are merged into one, the fourth is split."""
    level = registry[(registry["level"] == "topic") & (registry["kind"] == "pain") & (registry["status"] == "active")]
    named, into, gone, whole = level.sort_values(["size", "topic_id"], ascending=False)["topic_id"].iloc[:4]
    parts = parts_of(whole, mentions[mentions["topic_id"] == whole], registry)
    edits: list[tuple[str, dict[str, Any]]] = [
        ("rename", {"topic": named, "en": "Named by a person", "fa": "نام از آدم"}),
        ("merge", {"topics": [gone], "into": into}),
        ("split", {"topic": whole, "into": parts}),
    ]
    at = {"at": pd.Timestamp("2024-04-01", tz="UTC"), "who": "benchmark"}
    log = [at | {"edit_id": f"{i:08d}", "op": op, "args": args} for i, (op, args) in enumerate(edits, 1)]
    return log, named, [gone], into, {"of": whole, "into": parts}


def reproducible(args: argparse.Namespace) -> Figures:
    """Two runs with one seed; ten with others; five on 90 % of the mentions: matched Jaccard and ARI."""
    from sklearn.metrics import adjusted_rand_score

    rows = gold(args)
    base = mined(rows)
    again = mined(rows)
    seeds = [mined(rows, seed=seed).assignments for seed in range(1, args.seeds + 1)]
    parts = [mined(rows.sample(frac=0.9, random_state=s)).assignments for s in range(args.seeds // 2)]
    truth = base.assignments.set_index("mention_id")["topic_id"].fillna(NONE)

    def against(others: list[pd.DataFrame]) -> tuple[float, float]:
        pairs = [(truth.loc[o["mention_id"]], o.set_index("mention_id")["topic_id"].fillna(NONE)) for o in others]
        return (
            float(np.mean([jaccard(a, b) for a, b in pairs])),
            float(np.mean([adjusted_rand_score(a, b) for a, b in pairs])),
        )

    over_seeds, over_parts = against(seeds), against(parts)
    return {
        "mentions": len(rows),
        "same_seed_identical": bool(base.topics.equals(again.topics) and base.assignments.equals(again.assignments)),
        "seeds_jaccard": over_seeds[0], "seeds_ari": over_seeds[1],
        "parts_jaccard": over_parts[0], "parts_ari": over_parts[1],
    }  # fmt: skip


def quality(args: argparse.Namespace) -> Figures:
    """Topics against labels, ours beside what a user would pick instead."""
    out: Figures = {}
    for name in args.sets or sets.NAMES:
        frame = sets.labelled(name, args.shared, _limit(args, 3_000))
        print(f"{name}: {len(frame)} texts, {frame['label'].nunique()} labels", flush=True)
        for method, make in METHODS.items():
            if (args.methods and method not in args.methods) or (name == "ours" and "MiniLM" in method):
                continue  # MiniLM reads no Persian
            start = time.time()
            found, lists = make(frame, args.cache)
            figures = judged(frame, found, lists) | {"seconds": round(time.time() - start, 1)}
            out[f"{name} · {method}"] = figures
            print(
                f"  {method:34s} "
                + "  ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in figures.items()),
                flush=True,
            )
    return out


def crosslingual(args: argparse.Namespace) -> Figures:
    """Feedback said in both languages: are both in one topic, and do they find each other?

    Topics are mined from gold mentions without these texts; the half of the pairs that taught no alignment is read as a
    user's texts are. (Most of these texts are in gold too, each side for itself, so the reader knows their labels, not
    that they belong together.) Chance: the share of agreeing pairs when the Persian members are shuffled among pairs.
    """
    from cxnlp.annotate import Annotator
    from cxnlp.registry import resolve
    from cxnlp.training.plans import for_training

    lines = (args.shared / "datasets/parallel/feedback_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = pd.DataFrame([p for p in map(json.loads, lines) if not for_training(p["id"])])
    annotator = Annotator(resolve("reader", Path(__file__).parents[1] / "models"))
    rows = gold(args)
    ids = {f"{side}{i.removeprefix('en-')}" for i in pairs["id"] for side in ("en-", "fa-", "fa-t")}
    registry = mined(rows[~rows["feedback_id"].isin(ids)]).topics
    told = {}
    for lang in ("en", "fa"):
        frame = pd.DataFrame({"feedback_id": pairs["id"], "text": pairs[lang]})
        mentions = annotator.annotate(frame)[1]
        told[lang] = (
            topics.assign(mentions, registry).assign(feedback_id=mentions["feedback_id"]).dropna(subset="topic_id")
        )
    of = {lang: told[lang].groupby("feedback_id")["topic_id"].agg(set) for lang in told}
    both = sorted(set(of["en"].index) & set(of["fa"].index))
    en, fa = [of["en"][i] for i in both], [of["fa"][i] for i in both]
    shuffled = [fa[i] for i in np.random.default_rng(0).permutation(len(fa))]
    share = [len(a & b) / min(len(a), len(b)) for a, b in zip(en, fa, strict=True)]
    vectors = {lang: sets.reader(pairs[lang].tolist(), args.cache) for lang in ("en", "fa")}
    rank = _ranks(vectors["en"] @ vectors["fa"].T)
    back = _ranks(vectors["fa"] @ vectors["en"].T)
    return {
        "pairs": len(pairs), "both_assigned": len(both) / len(pairs),
        "share_a_topic": float(np.mean([bool(a & b) for a, b in zip(en, fa, strict=True)])),
        "share_a_topic_of_all": sum(bool(a & b) for a, b in zip(en, fa, strict=True)) / len(pairs),
        "mentions_agree": float(np.mean(share)),
        "chance": float(np.mean([bool(a & b) for a, b in zip(en, shuffled, strict=True)])),
        "found_at_1": float(np.mean([*(rank < 1), *(back < 1)])),
        "found_at_10": float(np.mean([*(rank < 10), *(back < 10)])),
        "found_by_chance_at_10": 10 / len(pairs),
    }  # fmt: skip


def _ranks(similarity: np.ndarray) -> np.ndarray:
    return (similarity > np.diag(similarity)[:, None]).sum(axis=1)


def scale(args: argparse.Namespace) -> Figures:
    """10,000 to 1,000,000 mentions: gold ones repeated with noise in their vectors."""
    import resource

    rows, out = gold(args), {}
    vectors = np.stack([np.frombuffer(v, "<f2") for v in rows["vector"]]).astype(np.float32)
    for size in args.sizes:
        draw = np.random.default_rng(size)
        pick = draw.integers(0, len(rows), size)
        noisy = vectors[pick] + draw.normal(scale=0.015, size=(size, vectors.shape[1])).astype(np.float32)
        noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
        ids = np.array([f"s{i:08d}" for i in range(size)])
        many = rows.iloc[pick].reset_index(drop=True).assign(mention_id=ids, feedback_id=ids, vector=sets.packed(noisy))
        del noisy
        start = time.time()
        update = mined(many)
        middle = time.time()
        topics.assign(many, update.topics)
        end = time.time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        out[str(size)] = {
            "update_s": round(middle - start, 1), "assign_per_s": round(size / (end - middle)),
            "peak_gib_so_far": round(peak, 2), "topics": update.scorecard["topics"],
        }  # fmt: skip
        print(size, out[str(size)], flush=True)
    return out


def main() -> None:
    """Run one benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = {f.__name__: f for f in (identity, reproducible, quality, crosslingual, scale)}
    parser.add_argument("what", choices=["all", *commands])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/cxnlp-benchmarks")
    parser.add_argument("--limit", type=int, help="at most so many texts or mentions of a set")
    parser.add_argument("--lake", type=Path, help="identity: lake of `cxnlp run`")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", nargs="*", choices=sets.NAMES)
    parser.add_argument("--methods", nargs="*", choices=list(METHODS))
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    keep = args.json or (RESULTS if args.what == "all" else None)
    figures: Figures = {}
    for name in commands if args.what == "all" else [args.what]:
        print(f"== {name}", flush=True)
        figures[name] = {"reader": sets.reader_version()} | commands[name](args)
        print(json.dumps(figures[name], indent=1, ensure_ascii=False, default=float), flush=True)
        if keep:
            known = json.loads(keep.read_text(encoding="utf-8")) if keep.exists() else {}
            keep.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(known | figures, indent=1, default=float)
            keep.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
