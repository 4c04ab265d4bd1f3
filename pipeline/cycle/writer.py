"""The cycle's one writer: gathers small writes into short transactions, in a thread of its own.

In: functions of a connection. Out: what each returned, once its transaction is on the disk. A function that fails is
undone by itself; those beside it are kept, though they may be called a second time for it. While SQLite works, the loop
goes on with hosts and workers; the connection is the thread's as long as the ledger is open.
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
from pipeline.store import open_beside, transaction, unusable, why

T = TypeVar("T")

_MOST_AT_ONCE = 100
_GATHERING_SECONDS = 0.1  # between two transactions; what comes meanwhile shares the next one
_LULL_SECONDS = 0.02  # after which nobody else is waited for
_PATIENCE_SECONDS = 300.0
_WAIT_MS = 100  # inside SQLite; the rest of the patience is spent between tries, where the thread can be stopped


@dataclass(slots=True)
class Ledger:
    """Writes through one connection, in groups. Use as ``async with``: leaving it writes what is left.

    Attributes:
        conn: as of ``open_store``; nobody else may use it meanwhile.
        committed: a second connection, for the loop to read what is committed.
    """

    conn: sqlite3.Connection
    committed: sqlite3.Connection = field(init=False)
    _queue: asyncio.Queue[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = field(
        default_factory=asyncio.Queue
    )
    _task: asyncio.Task[None] | None = None
    _usual_wait: int = 0
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "ledger"))

    async def __aenter__(self) -> Self:
        self.committed = open_beside(self.conn)
        self._usual_wait = self.conn.execute("PRAGMA busy_timeout").fetchone()[0]
        self.conn.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
        self._task = asyncio.create_task(self._work())
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
        self._thread.shutdown()  # a transaction under way comes to its end
        self.committed.close()
        self.conn.execute(f"PRAGMA busy_timeout = {self._usual_wait}")

    async def write(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``step`` in the next transaction and wait until that is committed.

        Raises:
            StoreError: the database stayed locked, or cannot be written any more.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((step, future))
        return await future

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        last = clock() - _GATHERING_SECONDS
        while True:
            group = await self._gathered(until=last + _GATHERING_SECONDS)
            try:
                answers = await self._commit([step for step, _ in group])
            except Exception as error:  # noqa: BLE001 - told to each who waits for this group
                answers = [error] * len(group)
            last = clock()
            for (_, future), answer in zip(group, answers, strict=True):
                if not future.done():
                    if isinstance(answer, Exception):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
                self._queue.task_done()

    async def _gathered(self, until: float) -> list[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]]:
        """What waits, and what comes until this time, unless a lull says that no more is coming."""
        clock = asyncio.get_running_loop().time
        group = [await self._queue.get()]
        while len(group) < _MOST_AT_ONCE:
            if self._queue.empty():
                try:
                    async with asyncio.timeout(min(until - clock(), _LULL_SECONDS)):
                        group.append(await self._queue.get())
                except TimeoutError:
                    break
            else:
                group.append(self._queue.get_nowait())
        return group

    async def _commit(self, steps: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._group, steps)
            except sqlite3.DatabaseError as error:
                if "locked" not in str(error) or asyncio.get_running_loop().time() > deadline:
                    raise StoreError(
                        f"The database cannot be written ({why(error)}); what is in hand is done next time."
                    ) from error
            await asyncio.sleep(0.2)

    def _group(self, steps: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        """All in one transaction; if a step fails, each in its own.

        A savepoint a step would do the same at once, but makes the search index write a segment for each.
        """
        try:
            with transaction(self.conn):
                return [step(self.conn) for step in steps]
        except Exception as error:
            if unusable(error) or isinstance(error, MemoryError):
                raise
            # told to the one who asked; the others go on
            return [error] if len(steps) == 1 else [self._group([step])[0] for step in steps]
