"""The pool of worker processes, with real processes: a bad task costs itself only."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import processing
from pipeline.processing import worker
from pipeline.processing.pool import Workers, WorkFailed
from pipeline.shipped import CONFIG
from tests.cycle.crash import left
from tests.worker_tasks import (
    be_killed,
    complain,
    complain_oddly,
    crash,
    eat_memory,
    echo,
    hang_in_c,
    leave,
    nap,
    open_files,
    parent,
    pid,
    return_a_function,
    stop,
)

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[1]


async def outcome(workers: Workers, function: Callable[..., Any], *args: Any) -> Any:
    try:
        return await workers.run(function, *args)
    except WorkFailed as failed:
        return failed.kind


def test_a_value_comes_back() -> None:
    async def scene() -> None:
        async with Workers(2, 10, 400) as workers:
            assert await workers.run(echo, {"page": b"x" * 3_000_000}) == {"page": b"x" * 3_000_000}
            assert await workers.run(pid) != os.getpid()

    asyncio.run(scene())


def test_nothing_is_started_or_imported_before_the_first_task() -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "import pipeline.extract\n"
        "from pipeline.processing.pool import Workers\n"
        "async def main():\n"
        "    async with Workers(2, 10, 400): pass\n"
        "asyncio.run(main())\n"
        "print(Path('/proc/thread-self/children').read_text(), sys.modules.keys() & set(sys.argv[1:]))\n"
    )
    heavy = ("pebble", "multiprocessing", "lxml", "trafilatura", "feedparser")
    # measuring coverage would import multiprocessing into the child
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    output = subprocess.check_output([sys.executable, "-c", script, *heavy], cwd=ROOT, text=True, env=environment)
    assert output.strip() == "set()"


@pytest.mark.parametrize(
    ("function", "kind", "seconds"),
    [
        (hang_in_c, "timeout", 4),
        (stop, "timeout", 4),
        (eat_memory, "memory", 60),
        (crash, "died", 60),
        (be_killed, "died", 60),
        (leave, "died", 60),
        (complain, "error", 60),
        (complain_oddly, "error", 60),
        (return_a_function, "error", 60),
    ],
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


def test_a_failure_has_a_reason() -> None:
    async def scene() -> None:
        async with Workers(1, 10, 400) as workers:
            with pytest.raises(WorkFailed, match=r"^ValueError: the third line is missing$"):
                await workers.run(complain)
            with pytest.raises(WorkFailed, match="SIGSEGV"):
                await workers.run(crash)

    asyncio.run(scene())


def test_there_are_as_many_workers_as_asked_for() -> None:
    async def scene() -> set[int]:
        async with Workers(2, 10, 400) as workers:
            await asyncio.gather(*(workers.run(nap, 0.2) for _ in range(4)))
            return set(await asyncio.gather(*(workers.run(pid) for _ in range(40))))

    assert 1 <= len(asyncio.run(scene())) <= 2


def test_cancelling_ends_the_task_and_spares_the_pool() -> None:
    async def scene() -> float:
        async with Workers(1, 60, 400) as workers:
            await workers.run(pid)
            task = asyncio.create_task(workers.run(hang_in_c))
            await asyncio.sleep(0.3)
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await workers.run(echo, "on") == "on"
            return time.monotonic() - began

    assert asyncio.run(scene()) < 10


def test_closing_ends_a_running_task() -> None:
    async def scene() -> int:
        async with Workers(1, 60, 400) as workers:
            number = await workers.run(pid)
            task = asyncio.create_task(workers.run(hang_in_c))
            await asyncio.sleep(0.3)
            task.cancel()
        return number

    began = time.monotonic()
    number = asyncio.run(scene())
    assert time.monotonic() - began < 10
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


@pytest.mark.parametrize("victim", [pid, parent])
def test_the_pool_survives_the_death_of_an_idle_worker_and_of_the_fork_server(victim: Callable[[], int]) -> None:
    async def scene() -> list[object]:
        async with Workers(1, 10, 400) as workers:
            os.kill(await workers.run(victim), signal.SIGKILL)
            return [await workers.run(echo, n) for n in range(3)]

    assert asyncio.run(scene()) == [0, 1, 2]


def test_a_worker_is_replaced_after_its_tasks() -> None:
    async def scene() -> list[int]:
        async with Workers(1, 10, 400, tasks_per_worker=3) as workers:
            return [await workers.run(pid) for _ in range(7)]

    pids = asyncio.run(scene())
    assert pids[0] == pids[2] != pids[3] == pids[5] != pids[6]


SCRIPT = """
import asyncio, os, sys
from pipeline.processing.pool import Workers
from tests.worker_tasks import hang_in_c, nap, parent, pid
async def main():
    async with Workers(2, 60, 400) as workers:
        print(*await asyncio.gather(workers.run(pid), workers.run(parent)), flush=True)
        tasks = [asyncio.create_task(workers.run(hang_in_c)), asyncio.create_task(workers.run(nap, 60))]
        await asyncio.sleep(60 if sys.argv[-1] == "wait" else 0.5)
        for task in tasks:
            task.cancel()
if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["wait", "leave"])
@pytest.mark.parametrize("start", ["script", "module", "command"])
def test_nothing_is_left_after_the_caller_ends_or_is_killed(start: str, end: str, tmp_path: Path) -> None:
    (tmp_path / "starter.py").write_text(SCRIPT, encoding="utf-8")
    how = {"script": [str(tmp_path / "starter.py")], "module": ["-m", "starter"], "command": ["-c", SCRIPT]}[start]
    with subprocess.Popen(
        [sys.executable, *how, end],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as caller:
        assert caller.stdout is not None
        assert caller.stderr is not None
        assert len(caller.stdout.readline().split()) == 2
        if end == "wait":
            time.sleep(0.5)
            caller.kill()
        caller.wait(20)
        began = time.monotonic()
        assert left(caller.pid) == []
        assert time.monotonic() - began < 5
        messages = caller.stderr.read()  # after a kill, the resource tracker says that it removes semaphores
        assert end == "wait" or messages == ""


def test_a_task_ends_at_its_time_limit_even_without_a_parent() -> None:
    script = (
        "import pickle\n"
        "from pipeline.processing.worker import execute\n"
        "from tests.worker_tasks import hang_in_c\n"
        "execute(pickle.dumps((hang_in_c, (), {})), 0.5)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == -signal.SIGALRM


def test_a_worker_holds_none_of_the_callers_files(tmp_path: Path) -> None:
    """A killed run must leave no process behind that holds its lock or its database."""

    async def scene() -> list[str]:
        async with Workers(1, 10, 400) as workers:
            found: list[str] = await workers.run(open_files)
            return found

    with (tmp_path / "lock").open("w"):
        found = asyncio.run(scene())
    assert not [name for name in found if name.startswith(str(tmp_path))]
    assert not [name for name in found if name.startswith("socket:")]


def test_workers_read_the_config_as_it_is_now(tmp_path: Path) -> None:
    """The fork server lives as long as the process, and may have loaded an older config."""
    shutil.copytree(CONFIG, tmp_path, dirs_exist_ok=True)

    async def titles() -> list[str]:
        async with Workers(1, 60, 800, preloads={processing.__name__: (tmp_path,)}) as workers:
            lexicon = await workers.run(processing.describe, tmp_path)
        assert isinstance(lexicon, processing.Lexicon)
        return [topic.title for topic in lexicon.topics]

    before = asyncio.run(titles())
    topic = next(path for path in (tmp_path / "topics").glob("*.toml") if before[0] in path.read_text(encoding="utf-8"))
    topic.write_text(topic.read_text(encoding="utf-8").replace(before[0], "Another title", 1), encoding="utf-8")
    after = asyncio.run(titles())
    assert "Another title" not in before
    assert "Another title" in after


def test_a_child_of_the_caller_is_not_taken_for_its_fork_server(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with Workers(1, 10, 400) as workers:
            await workers.run(pid)

    asyncio.run(scene())
    assert worker.ENVIRONMENT not in os.environ
