"""Workers: a task that hangs, eats or crashes costs itself only."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.processing import pool
from pipeline.processing.pool import Workers, WorkFailed

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[1]


def echo(value: object) -> object:
    return value


def pid() -> int:
    return os.getpid()


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def sit_in_c() -> object:
    return re.match(r"(a+)+$", "a" * 40 + "b")


def eat() -> int:
    return len([bytearray(1_000_000) for _ in range(100_000)])


def crash() -> None:
    ctypes.string_at(0)


def complain() -> None:
    raise ValueError("the third line is missing\nand more")


async def outcome(workers: Workers, function: Callable[..., Any], *args: Any) -> Any:
    try:
        return await workers.run(function, *args)
    except WorkFailed as failed:
        return failed.kind


def test_a_value_comes_back_and_nothing_starts_without_work() -> None:
    async def scene() -> None:
        async with Workers(2, 10, 400) as idle:
            assert idle.server_pid is None
        async with Workers(2, 10, 400) as workers:
            assert await workers.run(echo, {"page": b"x" * 3_000_000}) == {"page": b"x" * 3_000_000}
            assert await workers.run(pid) == await workers.run(pid) != os.getpid()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("function", "kind", "seconds"),
    [(sit_in_c, "timeout", 1.5), (eat, "memory", 60), (crash, "died", 60), (complain, "error", 60)],
)
def test_a_bad_task_fails_alone(function: Callable[[], object], kind: str, seconds: float) -> None:
    async def scene() -> list[Any]:
        async with Workers(2, seconds, 400) as workers:
            tasks = [
                outcome(workers, echo, 1),
                outcome(workers, function),
                *(outcome(workers, echo, n) for n in range(5)),
            ]
            return await asyncio.gather(*tasks)

    assert asyncio.run(scene()) == [1, kind, 0, 1, 2, 3, 4]


def test_a_failure_says_why() -> None:
    async def scene() -> None:
        async with Workers(1, 10, 400) as workers:
            with pytest.raises(WorkFailed, match=r"^ValueError: the third line is missing$"):
                await workers.run(complain)
            with pytest.raises(WorkFailed, match="SIGSEGV"):
                await workers.run(crash)

    asyncio.run(scene())


def test_no_more_processes_than_asked_for_and_no_more_than_there_is_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_PATIENCE", 30.0)  # whatever else this machine has to do meanwhile

    async def scene() -> None:
        async with Workers(2, 10, 400) as workers:
            await workers.run(pid)
            assert {await workers.run(pid) for _ in range(4)} == {await workers.run(pid)}
            assert await asyncio.gather(*(workers.run(nap, 0.01) for _ in range(6))) == [0.01] * 6
            assert len(workers.pids) == 1, "what is soon done is not worth another process"
        monkeypatch.setattr(pool, "_PATIENCE", 0.1)
        async with Workers(2, 10, 400) as workers:
            assert await asyncio.gather(*(workers.run(nap, 0.3) for _ in range(6))) == [0.3] * 6
            assert len(workers.pids) == 2

    asyncio.run(scene())


def test_where_tasks_are_going_to_wait_long_nobody_waits_to_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_PATIENCE", 3.0)

    async def scene() -> None:
        async with Workers(2, 10, 400) as workers:
            tasks = [asyncio.create_task(workers.run(nap, 0.2)) for _ in range(40)]
            await asyncio.gather(*tasks[:4])
            assert len(workers.pids) == 2
            await asyncio.gather(*tasks)

    asyncio.run(scene())


def test_cancelling_a_task_kills_its_worker_and_spares_the_pool() -> None:
    async def scene() -> None:
        async with Workers(1, 60, 400) as workers:
            task = asyncio.create_task(workers.run(sit_in_c))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await workers.run(echo, "on") == "on"

    asyncio.run(scene())


def test_the_pool_outlives_its_server() -> None:
    async def scene() -> None:
        async with Workers(1, 10, 400) as workers:
            await workers.run(pid)
            assert workers.server_pid is not None
            os.kill(workers.server_pid, 9)
            assert [await workers.run(echo, n) for n in range(3)] == [0, 1, 2]

    asyncio.run(scene())


def test_a_worker_is_replaced_after_its_tasks() -> None:
    async def scene() -> list[int]:
        async with Workers(1, 10, 400, tasks_per_worker=3) as workers:
            return [await workers.run(pid) for _ in range(7)]

    pids = asyncio.run(scene())
    assert pids[0] == pids[2] != pids[3] == pids[5] != pids[6]


def test_nothing_is_left_after_close_or_after_the_caller_is_killed() -> None:
    script = (
        "import asyncio, sys, time\n"
        "from pipeline.processing.pool import Workers\n"
        "from tests.test_workers import nap, sit_in_c, pid\n"
        "async def main():\n"
        "    async with Workers(2, 60, 400) as w:\n"
        "        tasks = [asyncio.create_task(w.run(sit_in_c)), asyncio.create_task(w.run(nap, 60))]\n"
        "        while len(w.pids) < 2: await asyncio.sleep(.01)\n"
        "        print(w.server_pid, *w.pids, flush=True)\n"
        "        await asyncio.sleep(60 if sys.argv[1] == 'wait' else 0)\n"
        "        for task in tasks: task.cancel()\n"
        "asyncio.run(main())\n"
    )
    for how in ("wait", "leave"):
        with subprocess.Popen(
            [sys.executable, "-c", script, how], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as caller:
            assert caller.stdout is not None
            pids = [int(number) for number in caller.stdout.readline().split()]
            assert len(pids) == 3
            if how == "wait":
                caller.kill()
            caller.wait(10)
        deadline = time.monotonic() + 5
        while any(Path(f"/proc/{number}").exists() for number in pids) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not [number for number in pids if Path(f"/proc/{number}").exists()]


def held() -> list[str]:
    return sorted(str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())


def test_a_worker_holds_none_of_the_callers_files(tmp_path: Path) -> None:
    """A run that is killed must leave no process behind that holds its lock or its database."""

    async def scene() -> list[str]:
        async with Workers(1, 10, 400) as workers:
            found: list[str] = await workers.run(held)
            return found

    with (tmp_path / "lock").open("w"):
        found = asyncio.run(scene())
    assert not [name for name in found if name.startswith(str(tmp_path))]
    assert len([name for name in found if name.startswith("socket:")]) == 1


def test_importing_the_pool_and_the_extractor_brings_no_parser() -> None:
    heavy = ("lxml", "trafilatura", "feedparser")
    code = f"import sys, pipeline.processing.pool, pipeline.extract; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).strip() == "[]"
