"""One cycle at a time on a database: a lock file beside it that the system releases when its holder dies.

In: the database's path. Out: a context in which no other Tumen runs a cycle on it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
            told = os.pread(handle, 300, 0).decode("utf-8", "replace").strip() or "another process"
            raise LockHeld(f"{database}: {told} is at work on it; nothing was done.") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{holder} (process {os.getpid()})".encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)
