"""Cost of a command: wall time, CPU time of all its processes, peak memory."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """Cost of one run.

    Attributes:
        wall: seconds until the command ended.
        cpu: user and system seconds of all its processes.
        peak: peak MB of the command's own process.
        largest: peak MB of its largest process.
        status: exit status.
        output: its standard output.
    """

    wall: float
    cpu: float
    peak: float
    largest: float
    status: int
    output: str


def run(*command: str | Path) -> Cost:
    """Run a Python program to its end and measure it."""
    # Orphans become our children, and so the CPU time of worker processes that outlive the command is counted too.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    others = _children()
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    peak = 0.0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.02):
            peak = max(peak, _peak_mb(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output = process.stdout.read().decode() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu, largest = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    while orphans := _children() - others:
        _, _, usage = os.wait4(orphans.pop(), 0)
        cpu, largest = cpu + usage.ru_utime + usage.ru_stime, max(largest, usage.ru_maxrss / 1024)
    return Cost(wall=wall, cpu=cpu, peak=peak, largest=largest, status=process.returncode, output=output)


def _children() -> set[int]:
    return {
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text(encoding="ascii").split()
    }


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), default=0.0)
