"""`make bench`: every figure that we claim, one command after the other, each in a process of its own (hours)."""

import subprocess
import sys

NAMES = ("quality", "speed", "topics all", "statistics", "pipeline", "desk", "redact", "language", "ray")

if __name__ == "__main__":
    failed = []
    for name in NAMES:
        print(f"\n== python -m benchmarks.{name}", flush=True)
        if subprocess.run([sys.executable, "-m", *f"benchmarks.{name}".split()]).returncode:
            failed.append(name)
    sys.exit(f"these did not end well: {', '.join(failed)}" if failed else 0)
