"""The cycle's one writer: gathers small writes into short transactions.

In: functions of a connection. Out: what each returned, once its transaction is on the disk. A function that fails is
undone by itself; those beside it are kept, though they may be called a second time for it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from pipeline.errors import StoreError
from pipeline.store import transaction, unusable, why

T = TypeVar("T")

_MOST_AT_ONCE = 100
_GATHERING_SECONDS = 0.1  # between two transactions; what came meanwhile shares the next one
_PATIENCE_SECONDS = 300.0
_WAIT_MS = 100  # inside SQLite, where the loop stands still; the rest of the patience is spent between tries


@dataclass(slots=True)
class Ledger:
    """Writes through one connection, in groups. Use as ``async with``: leaving it writes what is left."""

    conn: sqlite3.Connection
    _queue: asyncio.Queue[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = field(
        default_factory=asyncio.Queue
    )
    _task: asyncio.Task[None] | None = None
    _usual_wait: int = 0

    async def __aenter__(self) -> Self:
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
            group = [await self._queue.get()]
            if (pause := last + _GATHERING_SECONDS - clock()) > 0:
                await asyncio.sleep(pause)
            while len(group) < _MOST_AT_ONCE and not self._queue.empty():
                group.append(self._queue.get_nowait())
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

    async def _commit(self, steps: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                return self._group(steps)
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
