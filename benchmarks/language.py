"""Language detection: accuracy on our own texts and on the public Persian and English sets, and texts a second.

    python benchmarks/language.py [--misses] [--limit 5000]

The public sets carry no labels: a set under en/ counts as English throughout, one under fa/ as Persian, so the few
Spanish or Finglish texts in them count against us. "called finglish" is the error that matters for English.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from pathlib import Path

from cxnlp.prepare.language import detect

ROOT = Path(__file__).parents[1]


def own(show: bool) -> None:
    examples = [json.loads(line) for line in (ROOT / "tests/data/language.jsonl").read_text("utf-8").splitlines()]
    per_class: dict[str, Counter[str]] = {}
    for example in examples:
        found = detect(example["text"])
        for name, key in ((example["language"], "n"), (found, "found")):
            per_class.setdefault(str(name), Counter())[key] += 1
        per_class[str(found)]["right"] += found == example["language"]
        if show and found != example["language"]:
            print(f"  {example['language']} called {found}: {example['text']!r}")
    right = sum(c["right"] for c in per_class.values())
    print(f"own texts: {right}/{len(examples)} right ({right / len(examples):.3f})")
    for name, c in sorted(per_class.items()):
        precision = c["right"] / c["found"] if c["found"] else float("nan")
        print(f"  {name:9} n={c['n']:3} recall={c['right'] / max(c['n'], 1):.3f} precision={precision:.3f}")


def public(limit: int) -> None:
    import pandas as pd

    shared = Path(os.environ.get("CXNLP_SHARED", ROOT / ".." / "shared")) / "datasets"
    for language in ("en", "fa"):
        counts: Counter[str | None] = Counter()
        seconds = 0.0
        for path in sorted((shared / language).glob("*.parquet")):
            frame = pd.read_parquet(path)
            texts = frame["text"].dropna().astype(str).tolist()[:limit] if "text" in frame else []
            start = time.process_time()
            counts.update(map(detect, texts))
            seconds += time.process_time() - start
        total = sum(counts.values())
        if total:
            read = total - counts[None]
            print(
                f"public {language}: {total:,} texts, of those with something to read "
                f"{counts[language] / read:.4%} right, "
                f"{counts['finglish'] / read:.4%} called finglish, {counts['mixed'] / read:.4%} mixed, "
                f"{counts['other'] / read:.4%} other; {total / seconds:,.0f} texts/s of CPU"
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--limit", type=int, default=5000, help="texts of each public set")
    args = parser.parse_args()
    own(args.misses)
    public(args.limit)


if __name__ == "__main__":
    main()
