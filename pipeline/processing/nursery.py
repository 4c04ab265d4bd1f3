"""The processes' side of the workers: a small server that imports once and forks workers when told to.

It is forked from the caller, whose imports it need not repeat (a sixth of a second), and keeps none of the caller's
files and sockets. It obeys its control socket, one request and one reply at a time:

    ("preload", module, tuple) import the module, and call its ``preload`` with these when it has one
    ("fork", seconds, bytes)  fork a worker on the socket that is sent along; the reply is its pid
    ("end", pid)              kill the worker if it lives; the reply is its exit status, as of ``os.waitpid``

When the control socket closes, for whatever reason, every worker is killed and the server is gone: a caller that was
killed leaves nothing behind. The time limit of a task is an alarm that the kernel keeps: no C code can sit it out.
The memory limit is an address space, counted from what is mapped when the worker begins.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import resource
import signal
import socket
import struct
import warnings
from pathlib import Path
from typing import NoReturn

HEADER = struct.Struct("!Q")
_NICE = 5  # workers stand back for the process that feeds them, and for who reads at the desk


def send(channel: socket.socket, value: object) -> None:
    """One pickled value with its length before it."""
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    channel.sendall(HEADER.pack(len(body)))
    channel.sendall(body)


def receive(channel: socket.socket) -> object:
    """One value of the other side.

    Raises:
        EOFError: the other side is gone.
    """
    (size,) = HEADER.unpack(_exactly(channel, HEADER.size))
    return pickle.loads(_exactly(channel, size))  # noqa: S301  the caller's own


def _exactly(channel: socket.socket, size: int) -> bytearray:
    got = bytearray(size)
    rest = memoryview(got)
    while rest:
        came = channel.recv_into(rest)
        if not came:
            raise EOFError
        rest = rest[came:]
    return got


def work(channel: socket.socket, seconds: float, memory: int) -> None:
    """A worker's life: tasks in, values or failures out, until the channel closes."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with contextlib.suppress(ValueError, OSError):  # macOS has no such limit
        most = _mapped() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICE)
    while True:
        task = _exactly(channel, HEADER.unpack(_exactly(channel, HEADER.size))[0])
        signal.setitimer(signal.ITIMER_REAL, seconds)
        reply = _do(task)
        signal.setitimer(signal.ITIMER_REAL, 0)
        del task
        channel.sendall(HEADER.pack(len(reply)))
        channel.sendall(reply)


def _mapped() -> int:
    """Bytes of address space that this process has now; a thread of the caller's may have reserved much of it."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _do(task: bytearray) -> bytes:
    """Run one pickled (function, args, kwargs) and pickle ("value", value), or (kind of failure, reason)."""
    try:
        function, args, kwargs = pickle.loads(task)  # noqa: S301  the caller's own
        return pickle.dumps(("value", function(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(("memory", "it needed more memory than a worker may have"))
    except Exception as problem:  # noqa: BLE001  the edge of one task: whatever it was is the caller's to record
        line = str(problem).strip().partition("\n")[0][:300]
        return pickle.dumps(("error", f"{type(problem).__name__}: {line}" if line else type(problem).__name__))


def serve(control: socket.socket) -> None:
    """Obey the control socket until it closes, then take every worker along."""
    workers: set[int] = set()
    try:
        while True:
            request = receive(control)
            match request:
                case ("preload", str() as module, bytes() as values):
                    reply: object = _preload(module, values)
                case ("fork", float() as seconds, int() as memory):
                    reply = _fork(control, seconds, memory)
                    workers.add(reply)
                case ("end", int() as pid):
                    workers.discard(pid)
                    reply = _end(pid)
                case _:
                    raise EOFError
            send(control, reply)
    except (EOFError, OSError):
        pass
    finally:
        for pid in workers:
            with contextlib.suppress(OSError):
                _end(pid)


def _preload(name: str, values: bytes) -> str | None:
    """Import for all later workers; the reply is None, or what went wrong (the task itself will meet it again)."""
    gc.disable()
    try:
        module = importlib.import_module(name)
        getattr(module, "preload", lambda: None)(*pickle.loads(values))  # noqa: S301  the caller's own
    except Exception as problem:  # noqa: BLE001  the task that needs the module tells the caller
        return f"{type(problem).__name__}: {problem}"
    finally:
        gc.freeze()  # what is loaded stays: no worker need look through it, and its memory remains shared
        gc.enable()
    return None


def _fork(control: socket.socket, seconds: float, memory: int) -> int:
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    pid = os.fork()
    if not pid:
        _live(control, descriptors[0], seconds, memory)
    os.close(descriptors[0])
    return pid


def _live(control: socket.socket, descriptor: int, seconds: float, memory: int) -> NoReturn:
    """In the new process: work, and never return into the server's code."""
    try:
        control.close()
        work(socket.socket(fileno=descriptor), seconds, memory)
    except BaseException:  # noqa: BLE001  the channel's end is the usual way out; nothing may climb into the server
        os._exit(0)
    os._exit(0)


def _end(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def start() -> tuple[int, socket.socket]:
    """Fork the server from this process; returns its pid and the caller's end of the control socket."""
    ours, theirs = socket.socketpair()
    with warnings.catch_warnings():
        # from Python 3.12 on a fork beside threads is warned of: the server touches nothing that they might hold
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if not pid:
        _become(theirs)
    theirs.close()
    return pid, ours


def _become(control: socket.socket) -> NoReturn:
    """In the new process: serve, and never return into the caller's code."""
    try:
        signal.set_wakeup_fd(-1)  # the caller's event loop is not ours
        # the caller decides when work ends, by closing the control socket; a Ctrl-C in the terminal reaches us too
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        gc.freeze()  # nothing of the caller's is ever finalised here
        _let_go_of_files(control.fileno())
        serve(control)
    finally:
        os._exit(0)


def _let_go_of_files(keep: int) -> None:
    """Close what the caller had open, its database and its lock among it; nothing is read or printed here."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.closerange(3, keep)
    os.closerange(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
