"""Memory and open files of the daemon's own process, over some hundred real cycles of the demo's sites.

    python -m tests.daemon.drift --cycles 600            some fifteen minutes

Prints memory and open files, and their slope over the last three quarters. Ends with status 1 if memory grows by more
than a megabyte per thousand cycles, or if files stay open.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pipeline.demo import World, running, write_config

_MAX_BYTES_PER_CYCLE = 1e6 / 1000


def watch(database: Path, config: Path, cycles: int) -> list[tuple[int, int]]:
    """Return resident bytes and open files of a daemon, after each cycle."""
    settings = config / "tumen.toml"
    schedule = '[daemon]\nevery_minutes = 0.01\nhousekeeping = "* * * * *"\n'
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n{schedule}", encoding="utf-8")
    command = [sys.executable, "-m", "pipeline", "daemon", "--db", str(database), "--config", str(config)]
    daemon = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert daemon.stderr is not None
    samples: list[tuple[int, int]] = []
    try:
        for line in daemon.stderr:
            if "cycle run=" not in line:
                continue
            process = Path(f"/proc/{daemon.pid}")
            pages = int((process / "statm").read_text(encoding="ascii").split()[1])
            samples.append((pages * os.sysconf("SC_PAGE_SIZE"), len(list((process / "fd").iterdir()))))
            if len(samples) % 50 == 0:
                print(f"{len(samples):>6} cycles {samples[-1][0] / 1e6:>7.2f} MB {samples[-1][1]:>4} files", flush=True)
            if len(samples) >= cycles:
                break
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate()
    return samples


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=600)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running(World(now=datetime.now(UTC))) as world:
        folder = Path(name)
        samples = watch(folder / "tumen.db", write_config(world, folder / "config"), arguments.cycles)
    late = samples[len(samples) // 4 :]
    slope = statistics.linear_regression(range(len(late)), [memory for memory, _ in late]).slope
    files = statistics.median(number for _, number in late[: len(late) // 2])
    left_open = statistics.median(number for _, number in late[len(late) // 2 :]) - files
    print(f"{len(samples)} cycles: {slope / 1e6 * 1000:+.2f} MB per thousand cycles, {left_open:+.0f} open files")
    return 1 if slope > _MAX_BYTES_PER_CYCLE or left_open else 0


if __name__ == "__main__":
    sys.exit(main())
