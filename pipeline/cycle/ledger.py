"""The cycle's one writer: gathers small writes into short transactions.

In: functions of a connection. Out: what each returned, once its transaction is on the disk. A function that fails is
undone by itself; those beside it are kept.
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
from pipeline.store import transaction

T = TypeVar("T")

_MOST_AT_ONCE = 50
_PATIENCE_SECONDS = 300.0


@dataclass(slots=True)
class Ledger:
    """Writes through one connection, in groups. Use as ``async with``: leaving it writes what is left."""

    conn: sqlite3.Connection
    _queue: asyncio.Queue[tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]] = field(
        default_factory=asyncio.Queue
    )
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
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

    async def write(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``step`` in the next transaction and wait until that is committed.

        Raises:
            StoreError: the database stayed locked, or cannot be written any more.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((step, future))
        return await future

    async def _work(self) -> None:
        while True:
            group = [await self._queue.get()]
            while len(group) < _MOST_AT_ONCE and not self._queue.empty():
                group.append(self._queue.get_nowait())
            try:
                answers = await self._commit([step for step, _ in group])
            except Exception as error:  # noqa: BLE001 - told to each who waits for this group
                answers = [error] * len(group)
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
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or asyncio.get_running_loop().time() > deadline:
                    raise StoreError(
                        f"The database cannot be written ({error}); what is in hand is done next time."
                    ) from error
            await asyncio.sleep(0.5)

    def _group(self, steps: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        answers: list[Any] = []
        with transaction(self.conn):
            for step in steps:
                try:
                    with transaction(self.conn):
                        answers.append(step(self.conn))
                except (sqlite3.OperationalError, MemoryError):
                    raise
                except Exception as error:  # noqa: BLE001 - told to the one who asked; the group goes on
                    answers.append(error)
        return answers
