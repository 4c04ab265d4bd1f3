"""Start-up time of frequently used commands.

    python -m benchmarks.archive 200000 archive.db      # two minutes, 1.1 GB
    python -m benchmarks.startup archive.db

Each command is a new process; they take turns with ``python -c pass``. On a shared machine, trust the ratio to it.
Ends with status 1 if a command exceeds its target.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

_ROUNDS = 15
_TARGETS = {"tumen --help": 0.25, "tumen status": 0.5}  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="database")
    arguments = parser.parse_args()
    tumen, database = str(Path(sys.executable).with_name("tumen")), ["--db", str(arguments.archive)]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "tumen --help": [tumen, "--help"],
        "tumen run --help": [tumen, "run", "--help"],
        "tumen status": [tumen, "status", *database],
        "tumen status --json --feeds": [tumen, "status", "--json", "--feeds", *database],
        "tumen alerts list": [tumen, "alerts", "list", *database],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, capture_output=True, check=False)
            times[name].append(time.perf_counter() - began)
    bare = statistics.median(times["python -c pass"])
    print(f"{'command':<30} {'median s':>8} {'best s':>7} {'worst s':>7} {'ratio':>6} {'target s':>8}")
    for name, seconds in times.items():
        median = statistics.median(seconds)
        target = f"{_TARGETS[name]:.2f}" if name in _TARGETS else ""
        print(f"{name:<30} {median:>8.3f} {min(seconds):>7.3f} {max(seconds):>7.3f} {median / bare:>6.1f} {target:>8}")
    return int(any(statistics.median(times[name]) > target for name, target in _TARGETS.items()))


if __name__ == "__main__":
    sys.exit(main())
