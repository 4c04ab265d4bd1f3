"""What runs in a worker process: its set-up, and one task at a time. ``pipeline.processing.pool`` is the caller's side.

The fork server imports this module before it forks workers (``multiprocessing.set_forkserver_preload``), and so loads
once, for all of them, what the first page needs. The environment variable ``TUMEN_WORKERS`` says what that is.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pickle
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ENVIRONMENT = "TUMEN_WORKERS"
OUT_OF_MEMORY = 71  # exit code; no task ends with it otherwise
_NICENESS = 5  # workers give way to the process that feeds them, and to Datasette
_PR_SET_PDEATHSIG = 1

Preloads = Mapping[str, Sequence[str]]


def describe_preloads(preloads: Preloads) -> str:
    """Return the value of the environment variable for the fork server of this process."""
    return json.dumps({"parent": os.getpid(), "preloads": {name: list(args) for name, args in preloads.items()}})


def set_up(memory: int, preloads: Preloads) -> None:
    """Prepare this process for tasks: set its limits, and see that it dies with its parent.

    Args:
        memory: bytes that it may allocate beyond what it has now.
        preloads: arguments of each module's ``preload``; free of cost where the fork server has done it.
    """
    _die_with_parent()
    sys.stderr = sys.__stderr__
    preload(preloads)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler in Python would not run while C code hangs
    with contextlib.suppress(ValueError, OSError):  # macOS has neither /proc nor this limit
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICENESS)


def execute(task: bytes, seconds: float) -> bytes:
    """Run a pickled (function, args, kwargs); return a pickled (value, None) or (None, reason of the failure).

    The time limit is a kernel alarm, which ends the process even while C code hangs. Exceptions are returned as text:
    one that cannot be unpickled in the parent would break Pebble's pool.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        function, args, kwargs = pickle.loads(task)  # noqa: S301 - written by our own parent process
        return pickle.dumps((function(*args, **kwargs), None), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # a new process is the only sure way to get the memory back
    except Exception as error:  # noqa: BLE001 - the edge of one task: the parent records whatever it was
        line = str(error).strip().partition("\n")[0][:300]
        return pickle.dumps((None, f"{type(error).__name__}: {line}" if line else type(error).__name__))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def preload(preloads: Preloads) -> None:
    """Import modules and call their ``preload``. A failure is left to the first task, which reports it."""
    for name, args in preloads.items():
        with contextlib.suppress(Exception):
            importlib.import_module(name).preload(*args)


def _die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies, even by ``kill -9``. Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _preload_fork_server() -> None:
    """Load what all workers share, if this process is the fork server of the process that wrote the variable."""
    plan = json.loads(os.environ.get(ENVIRONMENT, "{}"))
    if plan.get("parent") != os.getppid():
        return
    _die_with_parent()
    # A worker that is still starting when the pool closes would print a traceback.
    sys.stderr = open(os.devnull, "w", encoding="ascii")  # noqa: SIM115, PTH123 - for the life of the process
    preload(plan["preloads"])
    gc.freeze()  # the collector of a worker need not walk, and so copy, what all of them share


_preload_fork_server()
