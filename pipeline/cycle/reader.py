"""Has pages read by the workers, a few at once where many wait: each trip to a process and back costs both some time.

In: a page. Out: what was read of it. A page that kills its worker, or takes too long, costs those beside it a second
reading and nothing else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline import processing
from pipeline.processing import Flagged, Page
from pipeline.processing.pool import Workers, WorkFailed

_MOST_TOGETHER = 4
_MOST_BYTES = 2 * 1024 * 1024


@dataclass(slots=True)
class Reader:
    """Gathers pages into trips.

    Args:
        workers: who reads.
        tasks: ends the trips when the cycle is broken off.
        folder: of the config.
        now: the clock.
    """

    workers: Workers
    tasks: asyncio.TaskGroup
    folder: Path
    now: Callable[[], datetime]
    _waiting: deque[tuple[Page, asyncio.Future[Flagged | None]]] = field(default_factory=deque)
    _trips: int = 0  # under way

    async def read(self, page: Page) -> Flagged | None:
        """See ``pipeline.processing.read_page``.

        Raises:
            WorkFailed: this page could not be read.
        """
        answer: asyncio.Future[Flagged | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((page, answer))
        if self._trips <= self.workers.processes:  # one more than workers: the next is ready when one is free
            self._trips += 1
            self.tasks.create_task(self._travel())
        return await answer

    async def _travel(self) -> None:
        try:
            while self._waiting:
                await self._trip()
        finally:
            self._trips -= 1

    async def _trip(self) -> None:
        group = self._group()
        found = await self._read([page for page, _ in group])
        for (_, answer), what in zip(group, found, strict=True):
            if answer.done():
                continue
            if isinstance(what, Exception):
                answer.set_exception(what)
            else:
                answer.set_result(what)

    def _group(self) -> list[tuple[Page, asyncio.Future[Flagged | None]]]:
        """This trip's share of what waits."""
        group = [self._waiting.popleft()]
        share = min(_MOST_TOGETHER, 1 + len(self._waiting) // (self.workers.processes + 1))
        size = len(group[0][0].body)
        while self._waiting and len(group) < share and (size := size + len(self._waiting[0][0].body)) <= _MOST_BYTES:
            group.append(self._waiting.popleft())
        return group

    async def _read(self, pages: list[Page]) -> list[Flagged | Exception | None]:
        try:
            return list(await self.workers.run(processing.read_pages, pages, now=self.now(), folder=self.folder))
        except WorkFailed as failed:
            if len(pages) == 1:
                return [failed]
        except Exception as error:  # noqa: BLE001 - told to those who asked
            return [error] * len(pages)
        return [(await self._read([page]))[0] for page in pages]
