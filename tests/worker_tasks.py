"""Tasks for ``tests/test_workers.py``. This module imports little, as every worker process imports it."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import time
from pathlib import Path


def echo(value: object) -> object:
    return value


def pid() -> int:
    return os.getpid()


def parent() -> int:
    return os.getppid()


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def hang_in_c() -> object:
    return re.match(r"(a+)+$", "a" * 40 + "b")


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def eat_memory() -> int:
    return len([bytearray(1_000_000) for _ in range(100_000)])


def crash() -> None:
    ctypes.string_at(0)


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(3)


def complain() -> None:
    raise ValueError("the third line is missing\nand more")


class Unpicklable(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def complain_oddly() -> None:
    raise Unpicklable("a", "b")


def return_a_function() -> object:
    return lambda: None


def open_files() -> list[str]:
    return sorted(str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())
