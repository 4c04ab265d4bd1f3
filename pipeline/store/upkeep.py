"""Maintenance of a database in use: backup, clean-up and checks. Readers and the cycle continue meanwhile."""

from __future__ import annotations

import os
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from pipeline.errors import StoreError
from pipeline.store import search
from pipeline.store.schema import explain, transaction
from pipeline.store.values import to_text

UNKNOWN_INTERVAL = timedelta(days=7)  # between backups, after the first one


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem that a check found.

    Attributes:
        text: the problem, for people.
        damaged: whether the file itself is damaged, so that only a backup helps.
    """

    text: str
    damaged: bool = False


def backup(conn: sqlite3.Connection, target: Path, extra: Mapping[str, Path] | None = None) -> int:
    """Check the database, copy it, check the copy, and return the size of the target in bytes.

    An existing file of this name is replaced only by a complete and checked copy. The copy of a damaged database is
    kept apart, so that it never replaces a good one.

    Args:
        conn: the database.
        target: the copy: a database, or with ``extra`` a tar archive with ``tumen.db`` in it.
        extra: further files and folders by their names in the archive. A name that ends in ``.db`` is a database.

    Raises:
        StoreError: the database is damaged, the target is no regular file, or the copy cannot be written.
    """
    if os.path.lexists(target) and (target.is_symlink() or not target.is_file()):
        raise StoreError(f"{target}: is no regular file and is not replaced; choose another file.")
    draft = target.with_name(target.name + ".part")
    try:
        if not target.parent.exists():
            target.parent.mkdir()
        if damage := _damage(conn):
            _keep_apart(conn, target, damage)
        _copy(conn, draft)
        if extra is not None:
            _pack(draft, extra)
        draft.replace(target)
        return target.stat().st_size
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise StoreError(
            f"{target}: the copy could not be written ({explain(error)}); nothing else was touched."
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _copy(conn: sqlite3.Connection, draft: Path) -> None:
    """Copy a database to a private file, and check the copy."""
    draft.unlink(missing_ok=True)
    conn.execute("VACUUM INTO ?", (str(draft),))
    draft.chmod(0o600)
    with closing(sqlite3.connect(draft)) as copy:
        if damage := _damage(copy):
            raise StoreError(f"{draft}: the check of the copy failed ({damage}); run “tumen doctor”.", damaged=True)


def _damage(conn: sqlite3.Connection) -> str:
    """Return the first damage that a quick check finds, or ""."""
    try:
        result: str = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return explain(error)
    return "" if result == "ok" else " ".join(result.split())[:200]


def _keep_apart(conn: sqlite3.Connection, target: Path, damage: str) -> NoReturn:
    """Copy a damaged database page by page to a name of its own, and raise ``StoreError``."""
    apart = target.with_name(f"{target.stem}.damaged{target.suffix}")
    with closing(sqlite3.connect(apart)) as copy:
        conn.backup(copy)
    apart.chmod(0o600)
    raise StoreError(
        f"The database is damaged ({damage}). Its copy is {apart}; {target} was not touched."
        " Restore the last good backup with “tumen restore FILE”.",
        damaged=True,
    )


def _pack(draft: Path, extra: Mapping[str, Path]) -> None:
    """Replace the copy by an archive of the copy and the other files."""
    archive = draft.with_name(draft.name + ".tar")
    pages = draft.with_name(draft.name + ".pages")
    try:
        with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
            archive.chmod(0o600)
            tar.add(draft, "tumen.db")
            for name, path in extra.items():
                if name.endswith(".db"):
                    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
                        _copy(conn, pages)
                    tar.add(pages, name)
                else:
                    tar.add(path, name)
        archive.replace(draft)
    finally:
        for leftover in (archive, pages):
            leftover.unlink(missing_ok=True)


def tidy(conn: sqlite3.Connection) -> None:
    """Update the planner's statistics, release free pages, and shorten the write-ahead log."""
    conn.execute("PRAGMA analysis_limit = 1000")
    conn.execute("PRAGMA optimize")
    conn.execute("PRAGMA incremental_vacuum(20000)").fetchall()
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def faults(conn: sqlite3.Connection, *, whole: bool) -> list[Fault]:
    """Check the file and return its faults.

    Args:
        conn: the database.
        whole: also check every row, every foreign key and the search index (some 20 seconds per gigabyte).
    """
    try:
        rows = [row[0] for row in conn.execute(f"PRAGMA {'integrity_check' if whole else 'quick_check'}(20)")]
        if rows != ["ok"]:
            more = f" and {len(rows) - 1} more faults" if len(rows) > 1 else ""
            return [Fault(f"damaged: {' '.join(rows[0].split())[:200]}{more}", damaged=True)]
        return [*_dangling(conn), *_stale_index(conn)] if whole else []
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return [Fault(f"damaged: {explain(error)}", damaged=True)]


def _dangling(conn: sqlite3.Connection) -> list[Fault]:
    rows = conn.execute("PRAGMA foreign_key_check").fetchall()
    return [Fault(f"{len(rows)} rows of {rows[0][0]} refer to rows that do not exist")] if rows else []


def _stale_index(conn: sqlite3.Connection) -> list[Fault]:
    try:
        agrees = search.check(conn)
    except sqlite3.OperationalError as error:
        return [Fault(f"the search index could not be checked ({explain(error)}): run “tumen doctor” again")]
    return [] if agrees else [Fault("the search index differs from the articles: run “tumen reindex”")]


def note_check(conn: sqlite3.Connection, *, sound: bool, now: datetime) -> None:
    """Record the result of a check for ``tumen status``, unless the database is too damaged for a write."""
    with suppress(sqlite3.DatabaseError), transaction(conn):
        if sound:
            conn.execute("DELETE FROM alert_times WHERE name = 'damage'")
        _note(conn, "check" if sound else "damage", now)


def late_after(copied_at: datetime, interval: timedelta = UNKNOWN_INTERVAL) -> datetime:
    """Return when the next backup is late: one missed backup is no reason to look."""
    return copied_at + 2 * interval + timedelta(days=1)


def note_copy_tried(conn: sqlite3.Connection, now: datetime) -> None:
    """Record that a backup is tried, for ``tumen status``."""
    with transaction(conn):
        _note(conn, "copy tried", now)


def note_copy(conn: sqlite3.Connection, now: datetime, interval: timedelta) -> None:
    """Record a backup for ``tumen status``, and when the next one is late."""
    with transaction(conn):
        _note(conn, "copy", now)
        _note(conn, "copy late", late_after(now, interval))


def _note(conn: sqlite3.Connection, name: str, now: datetime) -> None:
    conn.execute("INSERT OR REPLACE INTO alert_times (name, at) VALUES (?, ?)", (name, to_text(now)))


def last_run_started(conn: sqlite3.Connection) -> str | None:
    """Return the start of the last run, or None."""
    started: str | None = conn.execute("SELECT max(started_at) FROM runs").fetchone()[0]
    return started
