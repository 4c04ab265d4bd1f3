"""The processes' side of the workers: a small server that imports once and forks workers when told to.

It runs as a script (``pool`` starts it by its path), so that a worker holds what its task needs and nothing of the
caller. It obeys its control socket, one request and one reply at a time:

    ("path", list)            the caller's ``sys.path``
    ("preload", module, tuple) import the module, and call its ``preload`` with these when it has one
    ("fork", seconds, bytes)  fork a worker on the socket that is sent along; the reply is its pid
    ("end", pid)              kill the worker if it lives; the reply is its exit status, as of ``os.waitpid``

When the control socket closes, for whatever reason, every worker is killed and the server is gone: a caller that was
killed leaves nothing behind. The time limit of a task is an alarm that the kernel keeps: no C code can sit it out.
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
import sys
from typing import NoReturn

HEADER = struct.Struct("!Q")
_CHUNK = 1 << 20


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
    got = bytearray()
    while len(got) < size:
        piece = channel.recv(min(_CHUNK, size - len(got)))
        if not piece:
            raise EOFError
        got += piece
    return got


def work(channel: socket.socket, seconds: float, memory: int) -> None:
    """A worker's life: tasks in, values or failures out, until the channel closes."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with contextlib.suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        task = _exactly(channel, HEADER.unpack(_exactly(channel, HEADER.size))[0])
        signal.setitimer(signal.ITIMER_REAL, seconds)
        reply = _do(task)
        signal.setitimer(signal.ITIMER_REAL, 0)
        del task
        channel.sendall(HEADER.pack(len(reply)))
        channel.sendall(reply)


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
                case ("path", list() as path):
                    sys.path[:] = path
                    reply: object = None
                case ("preload", str() as module, bytes() as values):
                    reply = _preload(module, values)
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
    try:
        module = importlib.import_module(name)
        getattr(module, "preload", lambda: None)(*pickle.loads(values))  # noqa: S301  the caller's own
    except Exception as problem:  # noqa: BLE001  the task that needs the module tells the caller
        return f"{type(problem).__name__}: {problem}"
    gc.collect()
    gc.freeze()
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


if __name__ == "__main__":
    # the caller decides when work ends, by closing the control socket; a Ctrl-C in the terminal reaches us too
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(socket.socket(fileno=int(sys.argv[1])))
