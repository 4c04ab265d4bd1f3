"""Locks beside the database: one cycle at a time, one daemon, any number of desks. A lock ends with its process.

In: the path of the database. Out: a context in which the lock is held, and what the lock files say.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.errors import LockHeld, StoreError

if TYPE_CHECKING:
    from pathlib import Path

_GLIMPSE_SECONDS = 1.0  # “tumen status” holds a lock for a moment, to see whether it is free


@contextmanager
def cycle_lock(database: Path, holder: str) -> Iterator[None]:
    """Hold the lock of a cycle.

    Args:
        database: the database file; the lock is ``<file>.lock``.
        holder: our command, for the message of another process that finds the lock taken.

    Raises:
        LockHeld: another process holds the lock.
        StoreError: the lock file cannot be created.
    """
    handle = _open(_beside(database, "lock"))
    try:
        if not _take(handle):
            other = _decode(os.pread(handle, 300, 0)) or "another process"
            raise LockHeld(f"{database}: another run is active: {other}. Try again later.")
        _write(handle, f"{holder} (process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC)")
        yield
        _write(handle, "")
    finally:
        os.close(handle)


def holder(database: Path) -> str:
    """Return the command that holds the lock, or an empty text. Its process may be in another container."""
    text, is_held = _read(_beside(database, "lock"))
    return (text or "another process") if is_held else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonState:
    """What the daemon's file says.

    Attributes:
        text: the daemon, such as ``process 12, since 2026-11-30 09:14:00 UTC``; "" after a clean stop.
        is_alive: a daemon runs now.
        interval: longest time from one of its cycles to the next.
    """

    text: str = ""
    is_alive: bool = False
    interval: timedelta | None = None


class DaemonLock:
    """The daemon's file ``<database>.daemon``: locked while it lives, emptied when it stops as it should."""

    def __init__(self, database: Path) -> None:
        """Take the lock.

        Raises:
            LockHeld: another daemon watches this database.
            StoreError: the file cannot be created.
        """
        self._handle = _open(_beside(database, "daemon"))
        self._since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        if not _take(self._handle):
            os.close(self._handle)
            text = daemon_state(database).text or "another process"
            raise LockHeld(f"{database}: another daemon is active: {text}.")

    def write(self, interval: timedelta) -> None:
        """Record that the daemon runs, and the longest time from one of its cycles to the next."""
        text = f"process {os.getpid()}, since {self._since}"
        _write(self._handle, json.dumps({"daemon": text, "interval_seconds": interval.total_seconds()}))

    def release(self) -> None:
        """Record a clean stop, and release the lock."""
        _write(self._handle, "")
        os.close(self._handle)


def daemon_state(database: Path) -> DaemonState:
    """Read the daemon's file."""
    text, is_alive = _read(_beside(database, "daemon"))
    try:
        written = json.loads(text or "{}")
        seconds = written.get("interval_seconds")
        interval = None if seconds is None else timedelta(seconds=float(seconds))
        return DaemonState(text=str(written.get("daemon", "")), is_alive=is_alive, interval=interval)
    except (ValueError, AttributeError, TypeError, OverflowError):  # half-written at this moment, or not ours
        return DaemonState(is_alive=True)


def hold_desk(database: Path) -> None:
    """Mark the database as served by a desk until this process ends, also after it became another program.

    Raises:
        StoreError: the file cannot be created.
    """
    handle = _open(_beside(database, "desk"))
    fcntl.flock(handle, fcntl.LOCK_SH)
    os.set_inheritable(handle, True)


def is_served(database: Path) -> bool:
    """Return whether a desk of “tumen serve” runs on the database."""
    return _read(_beside(database, "desk"), fcntl.LOCK_EX)[1]


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(f"{database.name}.{ending}")


def _take(handle: int) -> bool:
    """Take a lock, and return whether it was free or became free within a moment."""
    until = time.monotonic() + _GLIMPSE_SECONDS
    while not (taken := _try(handle, fcntl.LOCK_EX)) and time.monotonic() < until:
        time.sleep(0.05)
    return taken


def _try(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(path: Path, how: int = fcntl.LOCK_SH) -> tuple[str, bool]:
    """Return what a lock file says, and whether a process holds a lock that keeps out this one."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return "", False
    try:
        return _decode(os.pread(handle, 1000, 0)), not _try(handle, how)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be created ({error.strerror}); choose another place with --db.") from None


def _write(handle: int, text: str) -> None:
    os.ftruncate(handle, 0)
    try:
        os.pwrite(handle, text.encode(), 0)
    except OSError as error:
        reason = f"cannot be written ({error.strerror}); free some space"
        raise StoreError(f"The lock file beside the database {reason}.") from None


def _decode(written: bytes) -> str:
    return written.decode("utf-8", "replace").strip("\0 \n")
