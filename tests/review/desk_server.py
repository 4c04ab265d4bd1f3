"""Desks for tests: a process that has imported Datasette and the desk, and forks one process per desk.

``tumen serve`` needs three seconds of CPU time to import and warm up. A fork of a warm process needs a tenth of a
second, and still is a process of its own, with its own sign-in link, cookies and counters. Without a server,
``serving`` in ``tests.review.conftest`` starts the command itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn


class DeskServer:
    """The warm process, seen from the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, arguments: list[str], log: Path) -> int:
        """Run ``tumen serve`` with its output in a file; return its process id."""
        return self._ask(arguments=arguments, log=str(log))

    def end(self, pid: int) -> None:
        """Send SIGTERM to a desk and wait until it has ended."""
        self._ask(end=pid)

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def _ask(self, **order: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def main() -> None:
    """Read orders from standard input; answer each one with a process id."""
    _warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        if "end" in order:
            pid = order["end"]
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
        elif not (pid := os.fork()):
            _serve(order["arguments"], order["log"])
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _serve(arguments: list[str], log: str) -> NoReturn:
    """Become a desk. Where the command would replace itself by Datasette, call Datasette, which is here already."""
    from datasette.cli import cli

    from pipeline.cli import main as tumen

    def call_datasette(_: str, command: list[str]) -> None:
        cli(command[command.index("datasette") + 1 :])

    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
        os.execv = call_datasette  # type: ignore[assignment]
        tumen(["serve", *arguments])
    finally:
        sys.stderr.flush()
        os._exit(0)


def _warm_up() -> None:
    """Import everything, and fill the caches of templates, translations and the lexicon, by opening some pages."""
    from datasette.app import Datasette

    from pipeline.review import gloss, tables
    from pipeline.store import open_store

    async def open_pages(path: Path) -> None:
        desk = Datasette([str(path)], metadata=tables.describe("tumen"))
        await desk.invoke_startup()
        for page in ("/-/tumen", "/-/tumen/login", "/tumen/articles"):
            await desk.client.get(page)
        desk.executor.shutdown()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tumen.db"
        open_store(path).close()
        asyncio.run(open_pages(path))
    gloss.of_title("Россия", "ru", wait=True)


if __name__ == "__main__":
    main()
