"""Looks after a database that is in use: copies it, tidies it, checks it. Readers and the cycle go on meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store import search
from pipeline.store.schema import transaction, why
from pipeline.store.values import to_text


def backup(conn: sqlite3.Connection, target: Path) -> int:
    """Copy the database as it stands now, checked before it takes its name; returns its bytes.

    A copy of this name that is there already is replaced only by a whole one.

    Raises:
        StoreError: the copy cannot be written, or is not sound.
    """
    draft = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        conn.execute("VACUUM INTO ?", (str(draft),))
        with closing(sqlite3.connect(draft)) as copy:
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise StoreError(f"{target}: the copy is not sound ({found}); run “tumen doctor”.")
        draft.chmod(0o600)
        draft.replace(target)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{target}: the copy could not be written ({why(error)}); nothing else was touched.") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def tidy(conn: sqlite3.Connection) -> None:
    """Refresh the planner's statistics, give freed pages back, and shorten the write-ahead log."""
    conn.execute("PRAGMA analysis_limit = 1000")
    conn.execute("PRAGMA optimize")
    conn.execute("PRAGMA incremental_vacuum(20000)").fetchall()
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def faults(conn: sqlite3.Connection, *, whole: bool) -> list[str]:
    """What is wrong with the file, in words; empty when it is sound.

    Args:
        conn: the database, writable for the search index's own check.
        whole: also read every row (some seconds a gigabyte), every reference and the search index.
    """
    try:
        rows = [row[0] for row in conn.execute(f"PRAGMA {'integrity_check' if whole else 'quick_check'}(20)")]
        found = [] if rows == ["ok"] else [f"damaged: {row}" for row in rows]
        if whole and not found:
            broken = conn.execute("PRAGMA foreign_key_check").fetchall()
            found += [f"{len(broken)} rows of {broken[0][0]} point at nothing"] if broken else []
            if not search.check(conn):
                found.append("the search index does not say what the articles say: run “tumen reindex”")
    except sqlite3.DatabaseError as error:
        found = [f"damaged: {error}"]
    return found


def note_check(conn: sqlite3.Connection, *, sound: bool, now: datetime) -> None:
    """Remember what a check found, for ``tumen status``; a database that is too damaged for that shows it itself."""
    with suppress(sqlite3.DatabaseError), transaction(conn):
        if sound:
            conn.execute("DELETE FROM alert_times WHERE name = 'damage'")
        _note(conn, "check" if sound else "damage", now)


def note_copy(conn: sqlite3.Connection, now: datetime) -> None:
    """Remember that a backup was made."""
    with transaction(conn):
        _note(conn, "copy", now)


def _note(conn: sqlite3.Connection, name: str, now: datetime) -> None:
    conn.execute("INSERT OR REPLACE INTO alert_times (name, at) VALUES (?, ?)", (name, to_text(now)))


def last_news(conn: sqlite3.Connection) -> str | None:
    """When the newest row was written."""
    row = conn.execute("SELECT max(started_at) FROM runs").fetchone()
    return None if row is None else row[0]
