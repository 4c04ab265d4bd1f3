"""The caller's side of the workers: an asyncio pool that starts a process only when there is work for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, ParamSpec, Self, TypeVar, cast

from pipeline.processing import nursery
from pipeline.processing.nursery import HEADER
from pipeline.settings import ExtractSettings

P = ParamSpec("P")
T = TypeVar("T")

Failure = Literal["timeout", "memory", "died", "error"]

_GRACE = 2.0
_CHUNK = 1 << 20
_PATIENCE = 0.4
"""Seconds that tasks wait, or are expected to, before one more worker is started: ten times what a start costs."""


class WorkFailed(Exception):
    """A task gave no value.

    Attributes:
        kind: ``timeout`` (over its seconds), ``memory`` (over its memory), ``died`` (its process ended) or ``error``
            (the function raised).
        reason: one sentence for people.
    """

    def __init__(self, kind: Failure, reason: str) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class _Worker:
    """A process and the channel to it; ``generation`` counts the modules its server had imported before the fork."""

    pid: int
    channel: socket.socket
    generation: int
    tasks: int = 0


class Workers:
    """A pool of processes for functions that may hang, crash or eat memory.

    Nothing is started before the first task, and a second worker only when the first keeps tasks waiting for a while,
    or is going to by the time that they took of late: little work is done sooner by one. Modules are imported once, in
    the server that the workers are forked from.

    Args:
        processes: workers at the same time, at the most.
        seconds: wall time that one task may take.
        memory_mb: MiB that a worker may take beyond what it shares with its server at the start.
        tasks_per_worker: after so many a worker is replaced: what leaks in a parser leaks no further.
        preloads: by module, what its ``preload`` is called with, once, before any worker that serves it is forked.
    """

    def __init__(
        self,
        processes: int,
        seconds: float,
        memory_mb: int,
        *,
        tasks_per_worker: int = 1_000,
        preloads: Mapping[str, tuple[object, ...]] | None = None,
    ) -> None:
        self._preloads = preloads or {}
        self._tasks_per_worker = tasks_per_worker
        self._seconds = float(seconds)
        self._memory = memory_mb * 1024 * 1024
        self._processes = processes
        self._places = 1
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._last_start = 0.0
        self._usual = 0.0  # seconds that a task takes, of late
        self._timer: asyncio.TimerHandle | None = None
        self._control_lock = asyncio.Lock()
        self._idle: list[_Worker] = []
        self._pids: set[int] = set()
        self._modules: set[str] = set()
        self._server: int | None = None
        self._control: socket.socket | None = None

    @classmethod
    def of(cls, settings: ExtractSettings, *, preloads: Mapping[str, tuple[object, ...]] | None = None) -> Self:
        """The pool that ``[extract]`` asks for: by default a process more than there are cores.

        The one more fills the moments in which the caller, busy with something else, hands out nothing.
        """
        processes = settings.processes or (os.cpu_count() or 1) + 1
        return cls(processes, settings.seconds, settings.memory_mb, preloads=preloads)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of an importable module in a worker. Cancelling kills the worker.

        Raises:
            WorkFailed: the task gave no value; the pool goes on.
        """
        task = pickle.dumps((function, args, kwargs), pickle.HIGHEST_PROTOCOL)
        async with self._slot():
            worker = await self._take(function.__module__)
            began = asyncio.get_running_loop().time()
            try:
                kind, value = await self._exchange(worker, task)
            except (EOFError, OSError, TimeoutError) as problem:
                raise await self._autopsy(worker, problem) from None
            except BaseException:
                await asyncio.shield(self._end(worker))
                raise
            worker.tasks += 1
            self._learn(asyncio.get_running_loop().time() - began)
            if kind == "memory" or worker.tasks >= self._tasks_per_worker:
                await self._end(worker)
            else:
                self._idle.append(worker)
        if kind == "value":
            return cast("T", value)
        raise WorkFailed(kind, value)

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """A worker's place, in the order of asking."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self._busy -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._busy < self._places:
            turn = self._waiting.popleft()
            if not turn.done():
                self._busy += 1
                turn.set_result(None)
        if not self._waiting or self._places >= self._processes:
            return
        if len(self._waiting) * self._usual > _PATIENCE * self._places:
            self._widen()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PATIENCE, self._waited)

    def _waited(self) -> None:
        """One more place, if tasks still wait, and not because a worker has only just begun."""
        self._timer = None
        if self._waiting and asyncio.get_running_loop().time() - self._last_start >= _PATIENCE:
            self._widen()
        self._let_in()

    def _widen(self) -> None:
        if not self._control_lock.locked():  # nor is one beginning
            self._places += 1
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._let_in()

    def _learn(self, seconds: float) -> None:
        self._usual = 0.8 * self._usual + 0.2 * seconds if self._usual else seconds

    @property
    def processes(self) -> int:
        """Workers at the same time, at the most."""
        return self._processes

    @property
    def server_pid(self) -> int | None:
        """The process that the workers are forked from; None while there is none."""
        return self._server

    @property
    def pids(self) -> tuple[int, ...]:
        """The workers that are alive."""
        return tuple(self._pids)

    async def close(self) -> None:
        """End every process; tasks in hand fail as died. Takes a moment, at most a few seconds."""
        server, self._server = self._server, None
        control, self._control = self._control, None
        if self._timer is not None:
            self._timer.cancel()
        for worker in self._idle:
            worker.channel.close()
        self._idle.clear()
        if control is not None:
            control.close()
        if server is not None:
            for _ in range(int(_GRACE * 200)):
                if _ended(server):
                    return
                await asyncio.sleep(0.005)
            _end(server)

    async def _take(self, module: str) -> _Worker:
        """A worker for the module; a cancelled caller leaves it to the next (half a request confuses the server)."""
        if module in self._modules and self._idle and self._idle[-1].generation == len(self._modules):
            return self._idle.pop()
        for attempt in ("first", "last"):
            getting = asyncio.ensure_future(self._ready(module))
            try:
                return await asyncio.shield(getting)
            except asyncio.CancelledError:
                getting.add_done_callback(self._keep)
                raise
            except (EOFError, OSError):
                if attempt == "last":
                    break
        raise WorkFailed("died", "no worker process could be started")

    def _keep(self, getting: asyncio.Future[_Worker]) -> None:
        if not getting.cancelled() and getting.exception() is None:
            self._idle.append(getting.result())

    async def _ready(self, module: str) -> _Worker:
        """An idle worker that has the module, else a new one."""
        async with self._control_lock:
            try:
                return await self._prepared(module)
            except (EOFError, OSError):
                self._drop_server()  # under the lock: nobody else may be waiting on the socket that this closes
                raise

    async def _prepared(self, module: str) -> _Worker:
        self._start()
        if module not in self._modules:
            values = pickle.dumps(self._preloads.get(module, ()), pickle.HIGHEST_PROTOCOL)
            await self._ask(("preload", module, values))
            self._modules.add(module)
            self._places = 1  # the workers so far lack the module; how many are wanted of the next shows again
        while self._idle:
            worker = self._idle.pop()
            if worker.generation == len(self._modules):
                return worker
            # forking anew is cheaper than a second import of what the server has by now
            await self._bury(worker)
        return await self._fork()

    def _drop_server(self) -> None:
        """After the server's death (the system may have wanted its memory): the next task starts another one."""
        if self._server is not None:
            _end(self._server)
        if self._control is not None:
            self._control.close()
        self._server = self._control = None
        self._modules.clear()
        for worker in self._idle:
            worker.channel.close()
        self._idle.clear()

    def _start(self) -> None:
        if self._server is not None:
            if not _ended(self._server):
                return
            self._server = None  # its number may be another's by now
        self._drop_server()
        self._server, self._control = nursery.start()
        self._control.setblocking(False)

    async def _fork(self) -> _Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            pid = await self._ask(("fork", self._seconds, self._memory), theirs)
        self._pids.add(pid)
        self._last_start = asyncio.get_running_loop().time()
        return _Worker(pid=pid, channel=ours, generation=len(self._modules))

    async def _ask(self, request: tuple[object, ...], descriptor: socket.socket | None = None) -> Any:
        """One request to the server and its reply; the caller holds the control lock."""
        if self._control is None:
            raise EOFError
        body = pickle.dumps(request, pickle.HIGHEST_PROTOCOL)
        await _send(self._control, body)
        if descriptor is not None:
            socket.send_fds(self._control, [b"+"], [descriptor.fileno()])
        return _unpickle(await _receive(self._control))

    async def _exchange(self, worker: _Worker, task: bytes) -> tuple[Any, Any]:
        # the worker's own alarm comes first; this one is for a worker that cannot even be alarmed
        async with asyncio.timeout(self._seconds + _GRACE):
            await _send(worker.channel, task)
            return cast("tuple[Any, Any]", _unpickle(await _receive(worker.channel)))

    async def _autopsy(self, worker: _Worker, problem: Exception) -> WorkFailed:
        status = await self._end(worker)
        number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else 0
        if number == signal.SIGALRM or isinstance(problem, TimeoutError):
            return WorkFailed("timeout", f"it took longer than {self._seconds:g} seconds")
        if number:
            return WorkFailed("died", f"its process was ended by {signal.Signals(number).name}")
        return WorkFailed("died", "its process ended before it was done")

    async def _end(self, worker: _Worker) -> int | None:
        async with self._control_lock:
            return await self._bury(worker)

    async def _bury(self, worker: _Worker) -> int | None:
        """Kill and reap, if the server is there to do so; the caller holds the control lock."""
        worker.channel.close()
        self._pids.discard(worker.pid)
        with contextlib.suppress(OSError, EOFError):
            if self._control is not None:
                return await self._ask(("end", worker.pid))  # type: ignore[no-any-return]
        return None


def _ended(pid: int) -> bool:
    """Whether a child is gone; it is forgotten then."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # it was gone and forgotten before
        return True


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _unpickle(body: bytearray) -> Any:
    return pickle.loads(body)  # noqa: S301  our own process wrote it


async def _send(channel: socket.socket, body: bytes) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(channel, HEADER.pack(len(body)) + body)


async def _receive(channel: socket.socket) -> bytearray:
    loop = asyncio.get_running_loop()
    got, size = bytearray(), HEADER.size
    while len(got) < size:
        piece = await loop.sock_recv(channel, _CHUNK)
        if not piece:
            raise EOFError
        got += piece
        if size == HEADER.size and len(got) >= size:
            size += HEADER.unpack_from(got)[0]
    return got[HEADER.size :]
