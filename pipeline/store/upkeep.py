"""Maintenance of a database in use: backup, clean-up and checks. Readers and the cycle continue meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store import search
from pipeline.store.schema import explain, transaction
from pipeline.store.values import to_text


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem that a check found.

    Attributes:
        text: the problem, for people.
        damaged: whether the file itself is damaged, so that only a backup helps.
    """

    text: str
    damaged: bool = False


def backup(conn: sqlite3.Connection, target: Path) -> int:
    """Back up the database, check the copy, and return its size in bytes.

    An existing file of this name is replaced only by a complete and checked copy.

    Raises:
        StoreError: the copy cannot be written, or its check fails.
    """
    draft = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        conn.execute("VACUUM INTO ?", (str(draft),))
        with closing(sqlite3.connect(draft)) as copy:
            result = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if result != "ok":
            raise StoreError(f"{target}: the check of the copy failed ({result}); run “tumen doctor”.", damaged=True)
        draft.chmod(0o600)
        draft.replace(target)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{target}: the copy could not be written ({explain(error)}); nothing else was touched."
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def tidy(conn: sqlite3.Connection) -> None:
    """Update the planner's statistics, release free pages, and shorten the write-ahead log."""
    conn.execute("PRAGMA analysis_limit = 1000")
    conn.execute("PRAGMA optimize")
    conn.execute("PRAGMA incremental_vacuum(20000)").fetchall()
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def faults(conn: sqlite3.Connection, *, whole: bool) -> list[Fault]:
    """Check the file and return its faults.

    Args:
        conn: the database, writable because the check of the search index is a write.
        whole: also check every row (some seconds per gigabyte), every foreign key and the search index.
    """
    try:
        rows = [row[0] for row in conn.execute(f"PRAGMA {'integrity_check' if whole else 'quick_check'}(20)")]
        if rows != ["ok"]:
            return [Fault(f"damaged: {row}", damaged=True) for row in rows]
        return [*_dangling(conn), *_stale_index(conn)] if whole else []
    except sqlite3.DatabaseError as error:
        return [Fault(f"damaged: {error}", damaged=True)]


def _dangling(conn: sqlite3.Connection) -> list[Fault]:
    rows = conn.execute("PRAGMA foreign_key_check").fetchall()
    return [Fault(f"{len(rows)} rows of {rows[0][0]} refer to rows that do not exist")] if rows else []


def _stale_index(conn: sqlite3.Connection) -> list[Fault]:
    return [] if search.check(conn) else [Fault("the search index differs from the articles: run “tumen reindex”")]


def note_check(conn: sqlite3.Connection, *, sound: bool, now: datetime) -> None:
    """Record the result of a check for ``tumen status``, unless the database is too damaged for a write."""
    with suppress(sqlite3.DatabaseError), transaction(conn):
        if sound:
            conn.execute("DELETE FROM alert_times WHERE name = 'damage'")
        _note(conn, "check" if sound else "damage", now)


def note_copy(conn: sqlite3.Connection, now: datetime) -> None:
    """Record that a backup was made."""
    with transaction(conn):
        _note(conn, "copy", now)


def _note(conn: sqlite3.Connection, name: str, now: datetime) -> None:
    conn.execute("INSERT OR REPLACE INTO alert_times (name, at) VALUES (?, ?)", (name, to_text(now)))


def last_run_started(conn: sqlite3.Connection) -> str | None:
    """Return the start of the last run, or None."""
    row = conn.execute("SELECT max(started_at) FROM runs").fetchone()
    return None if row is None else row[0]
