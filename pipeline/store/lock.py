"""One cycle at a time on a database: a lock file beside it that the system releases when its holder dies.

In: the database's path. Out: a context in which no other Tumen runs a cycle on it.
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
        holder: who we are, in words: told to whoever finds the lock taken.

    Raises:
        LockHeld: another process has it.
        StoreError: the lock file cannot be made.
    """
    path = database.with_name(database.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be made ({error.strerror}); choose another place with --db.") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            told = _told(os.pread(handle, 300, 0)) or "another process"
            raise LockHeld(f"{database}: {told} is at work on it; nothing was done.") from None
        os.ftruncate(handle, 0)
        since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        os.pwrite(handle, f"{holder} (process {os.getpid()}, since {since})".encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def holder(database: Path) -> str:
    """Who is at work on the database, in words; empty when nobody is. Does not take the lock, not for a moment."""
    try:
        told = _told(database.with_name(database.name + ".lock").read_bytes())
    except OSError:
        return ""
    found = re.search(r"process (\d+)", told)
    return told if found and _lives(int(found[1])) else ""


def _told(written: bytes) -> str:
    return written.decode("utf-8", "replace").strip("\0 \n")


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True
