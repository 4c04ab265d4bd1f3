"""Lock that allows one cycle at a time per database: a file beside it, released by the system when its holder dies.

In: the path of the database. Out: a context in which no other Tumen runs a cycle on it.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.errors import LockHeld, StoreError

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def cycle_lock(database: Path, holder: str) -> Iterator[None]:
    """Hold the lock.

    Args:
        database: the database file; the lock is ``<file>.lock``.
        holder: our command, for the message of another process that finds the lock taken.

    Raises:
        LockHeld: another process holds the lock.
        StoreError: the lock file cannot be created.
    """
    path = database.with_name(database.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be created ({error.strerror}); choose another place with --db.") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            other = _decode(os.pread(handle, 300, 0)) or "another process"
            raise LockHeld(f"{database}: another run is active: {other}. Try again later.") from None
        os.ftruncate(handle, 0)
        since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        os.pwrite(handle, f"{holder} (process {os.getpid()}, since {since})".encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def holder(database: Path) -> str:
    """Return the command that holds the lock, or an empty text. Does not take the lock, not even for a moment."""
    try:
        text = _decode(database.with_name(database.name + ".lock").read_bytes())
    except OSError:
        return ""
    process = re.search(r"process (\d+)", text)
    return text if process and _is_alive(int(process[1])) else ""


def _decode(written: bytes) -> str:
    return written.decode("utf-8", "replace").strip("\0 \n")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to another user
        return True
    return True
