"""Locks beside the database: one cycle at a time, one daemon, any number of desks. A lock ends with its process.

In: the path of the database. Out: a context in which the lock is held, and what the lock files say.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.errors import LockHeld, StoreError

if TYPE_CHECKING:
    from pathlib import Path

_GLIMPSE_SECONDS = 1.0  # “tumen status” may hold a lock of the daemon for a moment, to see whether it is alive


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
    path = database.with_name(database.name + ".lock")
    handle = _open(path)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            other = _decode(os.pread(handle, 300, 0)) or "another process"
            raise LockHeld(f"{database}: another run is active: {other}. Try again later.") from None
        _write(handle, f"{holder} (process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC)")
        yield
        _write(handle, "")
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
        path = database.with_name(database.name + ".daemon")
        self._handle = _open(path)
        self._since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        until = time.monotonic() + _GLIMPSE_SECONDS
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() < until:
                    time.sleep(0.05)
                    continue
                os.close(self._handle)
                text = daemon_state(database).text or "another process"
                raise LockHeld(f"{database}: another daemon is active: {text}.") from None
            return

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
    try:
        handle = os.open(database.with_name(database.name + ".daemon"), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return DaemonState()
    try:
        is_alive = not _is_free(handle)
        written = json.loads(_decode(os.pread(handle, 1000, 0)) or "{}")
        seconds = written.get("interval_seconds")
        interval = None if seconds is None else timedelta(seconds=float(seconds))
        return DaemonState(text=str(written.get("daemon", "")), is_alive=is_alive, interval=interval)
    except (ValueError, AttributeError, TypeError, OverflowError):  # half-written at this moment, or not ours
        return DaemonState(is_alive=True)
    finally:
        os.close(handle)


def hold_desk(database: Path) -> None:
    """Mark the database as served by a desk until this process ends, also after it became another program.

    Raises:
        StoreError: the file cannot be created.
    """
    handle = _open(database.with_name(database.name + ".desk"))
    fcntl.flock(handle, fcntl.LOCK_SH)
    os.set_inheritable(handle, True)


def is_served(database: Path) -> bool:
    """Return whether a desk of “tumen serve” runs on the database."""
    try:
        handle = os.open(database.with_name(database.name + ".desk"), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return not _is_free(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)


def _is_free(handle: int, how: int = fcntl.LOCK_SH) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: cannot be created ({error.strerror}); choose another place with --db.") from None


def _write(handle: int, text: str) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, text.encode(), 0)


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
