"""Pages that travel to a worker together share nothing but the way."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from pipeline import processing
from pipeline.cycle.reader import Reader
from pipeline.model import QueuedEntry
from pipeline.processing import Flagged, Page
from pipeline.processing.pool import Workers, WorkFailed

NOBODY = cast("QueuedEntry", None)


def read(entry: QueuedEntry, page: bytes, url: str, **_: object) -> object:
    """Stands in for reading, in the worker: what a page does, it says itself."""
    if page == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    if page == b"hang":
        time.sleep(60)
    if page == b"fail":
        raise ValueError(url)
    return url, os.getpid()


def told(bodies: list[bytes], monkeypatch: pytest.MonkeyPatch, *, processes: int = 2) -> list[object]:
    """What becomes of each page when all are there at once: its address, or what went wrong."""
    monkeypatch.setattr(processing, "read_page", read)
    monkeypatch.setattr(processing, "preload", lambda: None)

    async def scene() -> list[object]:
        async with Workers(processes, 2, 400) as workers, asyncio.TaskGroup() as tasks:
            reader = Reader(workers, tasks, Path(), lambda: datetime.now(UTC))
            pages = [Page(NOBODY, body, str(place), None) for place, body in enumerate(bodies)]
            found = await asyncio.gather(*map(reader.read, pages), return_exceptions=True)
        return [one.reason if isinstance(one, WorkFailed) else cast("tuple[str, int]", one)[0] for one in found]

    return asyncio.run(scene())


@pytest.mark.parametrize(
    ("deed", "reason"), [(b"die", "SIGKILL"), (b"hang", "longer than 2 seconds"), (b"fail", "ValueError")]
)
def test_a_page_that_ends_its_worker_costs_its_neighbours_nothing(
    deed: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [b"well"] * 12
    bodies[5] = deed
    found = told(bodies, monkeypatch)
    assert reason in str(found[5])
    assert found[:5] + found[6:] == [str(place) for place in (*range(5), *range(6, 12))]


def test_few_pages_travel_alone_and_many_together(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    class Counting(Workers):
        async def run(self, function, *arguments, **named):  # type: ignore[no-untyped-def]
            sizes.append(len(arguments[0]))
            return await super().run(function, *arguments, **named)

    monkeypatch.setattr(processing, "read_page", read)
    monkeypatch.setattr(processing, "preload", lambda: None)

    async def scene(bodies: list[bytes]) -> list[int]:
        sizes.clear()
        async with Counting(1, 5, 400) as workers, asyncio.TaskGroup() as tasks:
            reader = Reader(workers, tasks, Path(), lambda: datetime.now(UTC))
            await asyncio.gather(*(reader.read(Page(NOBODY, body, "", None)) for body in bodies))
        return sorted(sizes)

    assert asyncio.run(scene([b"well"] * 2)) == [1, 1]
    many = asyncio.run(scene([b"well"] * 24))
    assert sum(many) == 24
    assert many[-1] == 4
    large = asyncio.run(scene([bytes(1_500_000)] * 12))
    assert large == [1] * 12, "large pages go one by one"


def test_a_broken_cycle_leaves_no_trip_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processing, "read_page", read)
    monkeypatch.setattr(processing, "preload", lambda: None)
    pids: list[int] = []

    async def scene() -> None:
        async with Workers(1, 60, 400) as workers, asyncio.TaskGroup() as tasks:
            reader = Reader(workers, tasks, Path(), lambda: datetime.now(UTC))
            asked: list[asyncio.Task[Flagged | None]] = [
                tasks.create_task(reader.read(Page(NOBODY, b"hang", "", None))) for _ in range(6)
            ]
            await asyncio.sleep(1)
            pids.extend(workers.pids)
            assert not any(task.done() for task in asked)
            raise RuntimeError

    with pytest.raises(BaseExceptionGroup):
        asyncio.run(asyncio.wait_for(scene(), 20))
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
