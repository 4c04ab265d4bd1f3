"""Group commit: the cycle's only writer collects small writes into short transactions, in a thread of its own.

In: functions of a connection ("steps"). Out: the result of each step, once its transaction is on disk. A step that
fails is rolled back alone; other steps of its group are kept, but may be called a second time for that. The event loop
is free while SQLite works. The connection belongs to the thread as long as the writer is open.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from pipeline.errors import StoreError
from pipeline.store import explain, open_beside, transaction, unusable

T = TypeVar("T")

_MAX_STEPS = 100  # per transaction
_COLLECT_SECONDS = 0.1  # between two transactions; steps that arrive meanwhile share the next one
_IDLE_SECONDS = 0.02  # without a new step: commit now
_LOCKED_SECONDS = 300.0  # how long to try when another program has the database locked
_BUSY_MS = 100  # wait inside SQLite; the rest is spent between tries, where the thread can be stopped


@dataclass(slots=True)
class Writer:
    """Writes through one connection, in groups. Use as ``async with``: leaving it writes what is queued.

    Attributes:
        conn: as of ``open_store``; no other code may use it meanwhile.
        committed: a second connection, from which the event loop reads committed rows.
    """

    conn: sqlite3.Connection
    committed: sqlite3.Connection = field(init=False)
    _queue: asyncio.Queue[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = field(
        default_factory=asyncio.Queue
    )
    _task: asyncio.Task[None] | None = None
    _busy_timeout: int = 0
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "writer"))

    async def __aenter__(self) -> Self:
        self.committed = open_beside(self.conn)
        self._busy_timeout = self.conn.execute("PRAGMA busy_timeout").fetchone()[0]
        self.conn.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown()  # waits for the running transaction
        self.committed.close()
        self.conn.execute(f"PRAGMA busy_timeout = {self._busy_timeout}")

    async def write(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``step`` in the next transaction and wait until that is committed.

        Raises:
            StoreError: the database stayed locked, or cannot be written any more.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((step, future))
        return await future

    def post(self, step: Callable[[sqlite3.Connection], object]) -> None:
        """Run ``step`` in one of the next transactions, without waiting for it; its error is dropped."""
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # an error counts as seen
        self._queue.put_nowait((step, future))

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        last = clock() - _COLLECT_SECONDS
        while True:
            group = await self._collect(until=last + _COLLECT_SECONDS)
            try:
                results = await self._commit([step for step, _ in group])
            except Exception as error:  # noqa: BLE001 - raised in every caller that waits for this group
                results = [error] * len(group)
            last = clock()
            for (_, future), result in zip(group, results, strict=True):
                if not future.done():
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
                self._queue.task_done()

    async def _collect(self, until: float) -> list[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]]:
        """Return the queued steps and those that arrive until this time; stop early when no more arrive."""
        clock = asyncio.get_running_loop().time
        group = [await self._queue.get()]
        while len(group) < _MAX_STEPS:
            if self._queue.empty():
                try:
                    async with asyncio.timeout(min(until - clock(), _IDLE_SECONDS)):
                        group.append(await self._queue.get())
                except TimeoutError:
                    break
            else:
                group.append(self._queue.get_nowait())
        return group

    async def _commit(self, steps: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        deadline = asyncio.get_running_loop().time() + _LOCKED_SECONDS
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._group, steps)
            except sqlite3.DatabaseError as error:
                if "locked" not in str(error) or asyncio.get_running_loop().time() > deadline:
                    raise StoreError(
                        f"The database cannot be written ({explain(error)});"
                        " the next run continues where this one stopped."
                    ) from error
            await asyncio.sleep(0.2)

    def _group(self, steps: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        """Run all steps in one transaction; if one fails, run each in its own.

        A savepoint per step would need no second run, but makes the search index write one segment per step.
        """
        try:
            with transaction(self.conn):
                return [step(self.conn) for step in steps]
        except Exception as error:
            if unusable(error) or isinstance(error, MemoryError):
                raise
            # raised in the caller of the step; the other steps go on
            return [error] if len(steps) == 1 else [self._group([step])[0] for step in steps]
