"""A pool of worker processes for functions that may hang, crash or use too much memory.

In: a function of an importable module and its arguments. Out: its value, or ``WorkFailed``. The processes are Pebble's,
forked from ``multiprocessing``'s fork server; the limits are set in ``pipeline.processing.worker``.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Literal, ParamSpec, Self, TypeVar, cast

from pipeline.processing import worker
from pipeline.settings import ExtractSettings

if TYPE_CHECKING:
    from pebble import ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

_GRACE = 2.0  # seconds that the kernel's alarm has before Pebble's, and Pebble's before ours
_FORK_SERVER_DIED = 255  # exit code that multiprocessing reports for its children then


class WorkFailed(Exception):
    """A task returned no value.

    Attributes:
        kind: ``timeout`` (over its seconds), ``memory`` (over its memory), ``died`` (its process ended) or ``error``
            (the function raised).
        reason: one sentence for people.
    """

    def __init__(self, kind: Literal["timeout", "memory", "died", "error"], reason: str) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(reason)


class Workers:
    """A pool of processes, used as ``async with``. Nothing starts, nor is Pebble imported, before the first task.

    Args:
        processes: number of workers.
        seconds: wall time limit of one task.
        memory_mb: MiB that a worker may allocate beyond what it has at its start.
        tasks_per_worker: a worker is replaced after so many tasks, which bounds leaks in parsers.
        preloads: modules that workers load before their first task: arguments of each one's ``preload`` function.
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
        self.processes = processes
        self._seconds = float(seconds)
        self._memory = memory_mb * 1024 * 1024
        self._tasks_per_worker = tasks_per_worker
        self._preloads = {name: tuple(map(str, args)) for name, args in (preloads or {}).items()}
        self._pool: ProcessPool | None = None
        self._starting = asyncio.Lock()
        # One task more than workers: the next one is at hand as soon as a worker is free. Others wait here, where
        # cancelling them costs no worker.
        self._slots = asyncio.Semaphore(processes + 1)

    @classmethod
    def of(cls, settings: ExtractSettings, *, preloads: Mapping[str, tuple[object, ...]] | None = None) -> Self:
        """Return the pool that ``[extract]`` asks for; by default one process more than there are cores."""
        processes = settings.processes or (os.cpu_count() or 1) + 1
        return cls(processes, settings.seconds, settings.memory_mb, preloads=preloads)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a worker. Cancelling ends the task and its worker.

        Raises:
            WorkFailed: the task returned no value. Other tasks are not affected.
        """
        task = pickle.dumps((function, args, kwargs), pickle.HIGHEST_PROTOCOL)
        async with self._slots:
            value, problem = pickle.loads(await self._execute(task))  # noqa: S301 - written by our own worker
        if problem is not None:
            raise WorkFailed("error", problem)
        return cast("T", value)

    async def close(self) -> None:
        """End every worker."""
        async with self._starting:
            await self._drop(self._pool)

    async def _execute(self, task: bytes) -> bytes:
        from pebble import ProcessExpired

        # Killing a worker or the fork server from outside may break Pebble's pool. A new pool then takes the task.
        for last in (False, False, True):
            try:
                pool = await self._ready()
                future = pool.schedule(worker.execute, (task, self._seconds), timeout=self._seconds + _GRACE)
                # Twice the limit, since the task may have to wait for the end of another one.
                async with asyncio.timeout(2 * (self._seconds + _GRACE) + _GRACE):
                    return await asyncio.wrap_future(future)
            except TimeoutError:
                stuck = future.cancelled() or not future.done()
                if stuck:  # a worker was killed while it held the lock of Pebble's pipe
                    async with self._starting:
                        await self._drop(pool)
                if last or not stuck:
                    raise self._failure(-signal.SIGALRM) from None
            except ProcessExpired as expired:
                if last or expired.exitcode != _FORK_SERVER_DIED:
                    raise self._failure(expired.exitcode) from None
            except (RuntimeError, OSError, TypeError) as error:  # the ways in which Pebble's pool breaks
                if last:
                    raise WorkFailed("died", "worker processes could not be kept running") from error
        raise AssertionError("unreachable")

    def _failure(self, exitcode: int) -> WorkFailed:
        if exitcode == -signal.SIGALRM:
            return WorkFailed("timeout", f"it took longer than {self._seconds:g} seconds")
        if exitcode == worker.OUT_OF_MEMORY:
            return WorkFailed("memory", "it needed more memory than a worker may use")
        if exitcode < 0:
            return WorkFailed("died", f"its process was ended by {signal.Signals(-exitcode).name}")
        return WorkFailed("died", "its process ended before it was done")

    async def _ready(self) -> ProcessPool:
        """Return a pool that takes tasks. Start one if there is none, or if the last one broke."""
        async with self._starting:
            if self._pool is not None and self._pool.active:
                return self._pool
            await self._drop(self._pool)
            pool = self._create()
            async with AsyncExitStack() as undo:
                undo.push_async_callback(asyncio.to_thread, _stop, pool)
                # Reading this property starts the pool. It waits until the fork server has loaded its modules.
                await asyncio.to_thread(getattr, pool, "active")
                undo.pop_all()
            self._pool = pool
            return pool

    async def _drop(self, pool: ProcessPool | None) -> None:
        """Stop a pool, unless another task has replaced it. The caller holds ``_starting``."""
        if pool is not None and pool is self._pool:
            self._pool = None
            await asyncio.to_thread(_stop, pool)

    def _create(self) -> ProcessPool:
        from multiprocessing import forkserver, get_context

        from pebble import ProcessPool

        context = get_context("forkserver")
        context.set_forkserver_preload(["pebble", worker.__name__])
        os.environ[worker.ENVIRONMENT] = worker.describe_preloads(self._preloads)
        try:
            # In this thread: on Linux the fork server dies with the thread that started it.
            forkserver.ensure_running()
        finally:
            del os.environ[worker.ENVIRONMENT]
        return ProcessPool(
            max_workers=self.processes,
            max_tasks=self._tasks_per_worker,
            initializer=worker.set_up,
            initargs=(self._memory, self._preloads),
            context=context,
        )


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
