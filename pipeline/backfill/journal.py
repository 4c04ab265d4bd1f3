"""Journal of a job that runs: its counts for the progress bar, and the pages that ended a worker.

A journal is a small file beside the result. It survives ``kill -9``, so that the next worker knows which page the last
one was processing. A page that ended two workers is left out by the third.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_DEATHS = 2  # a worker may be killed from outside once; the page is at fault when it happens again
_EVERY = 100  # pages between two writes of the counts


class Journal:
    """The journal of one job, used as ``with``. It is deleted when the job ends without an exception."""

    def __init__(self, result: Path) -> None:
        self._path = path_of(result)
        before = _read(self._path)
        self._deaths: Counter[int] = Counter({int(page): n for page, n in before.get("deaths", {}).items()})
        if (page := before.get("page")) is not None:
            self._deaths[int(page)] += 1
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._pages = self._passed = self._kept = self._damaged = self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)
        if kind is None:
            self._path.unlink(missing_ok=True)

    def is_deadly(self, page: int) -> bool:
        """Return whether this page has ended workers before."""
        return self._deaths[page] >= _DEATHS

    def begin(self, page: int) -> None:
        """Note that the worker now processes this page."""
        self._passed += 1
        self._write(page)

    def end(self, *, kept: bool) -> None:
        """Note that the page is done."""
        self._kept += kept
        self._write(None)

    def count(self, *, pages: int, damaged: int, read: int) -> None:
        """Note how far the file is read: pages, damaged records, bytes of the file."""
        self._pages, self._damaged, self._read = pages, damaged, read
        if pages % _EVERY == 0:
            self._write(None)

    def _write(self, page: int | None) -> None:
        state = {
            "page": page,
            "deaths": self._deaths,
            "pages": self._pages,
            "kept": self._kept,
            "damaged": self._damaged,
            "read": self._read,
        }
        text = json.dumps(state).encode()
        os.pwrite(self._handle, text.ljust(400), 0)


def path_of(result: Path) -> Path:
    """Return the path of the journal of a result file."""
    return result.with_name(f"{result.name}.journal")


def progress(result: Path) -> tuple[int, int, int, int]:
    """Return pages, kept articles, damaged records and bytes read of a job that runs; zeros without a journal."""
    state = _read(path_of(result))
    return state.get("pages", 0), state.get("kept", 0), state.get("damaged", 0), state.get("read", 0)


def _read(path: Path) -> dict[str, Any]:
    try:
        state = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}
