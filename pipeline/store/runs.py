"""Log of runs and requests in the database, for the health page and for people.

Writing functions need a transaction of the caller, except ``start`` and ``prune``.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self

from pipeline.model import CycleReport, EntryId, FeedId, FetchFailed, NotModified, Outcome, RunCounts, RunId
from pipeline.store.schema import transaction
from pipeline.store.values import from_row, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRow:
    """One request.

    Attributes:
        outcome: ``fetched``, ``not_modified`` or the kind of failure, see ``of``.
        size: bytes as sent.
    """

    kind: str
    url: str
    outcome: str
    feed: FeedId | None = None
    entry: EntryId | None = None
    status: int | None = None
    size: int = 0
    seconds: float = 0.0
    entries_total: int | None = None
    entries_new: int | None = None
    problem: str | None = None

    @classmethod
    def of(cls, kind: str, url: str, outcome: Outcome, **more: Any) -> Self:
        """Return the row of a request with this outcome; ``more`` are further fields."""
        if isinstance(outcome, NotModified):
            return cls(kind=kind, url=url, outcome="not_modified", status=304, seconds=outcome.seconds, **more)
        failure = outcome if isinstance(outcome, FetchFailed) else None
        return cls(
            kind=kind,
            url=url,
            outcome=failure.kind if failure else "fetched",
            status=outcome.status,
            size=outcome.wire_bytes,
            seconds=outcome.seconds,
            **{"problem": failure.reason if failure else None} | more,
        )


def start(conn: sqlite3.Connection, trigger: str, config_version: str | None, now: datetime) -> RunId:
    """Start a run and return its id."""
    row = conn.execute(
        "INSERT INTO runs (started_at, trigger, config_version) VALUES (?, ?, ?) RETURNING id",
        (to_text(now), trigger, config_version),
    ).fetchone()
    return RunId(row[0])


def finish(conn: sqlite3.Connection, run: RunId, report: CycleReport, now: datetime) -> None:
    """Store the end of a run and its counters."""
    counters = [counter.name for counter in fields(RunCounts)]
    conn.execute(
        f"UPDATE runs SET finished_at = ?, seconds = ?, {', '.join(f'{name} = ?' for name in counters)} WHERE id = ?",
        (to_text(now), round(report.seconds, 2), *(getattr(report, name) for name in counters), run),
    )


def end(conn: sqlite3.Connection, began: datetime, status: int, problem: str = "") -> None:
    """Store the exit status of the run that started at or after ``began``, unless the database cannot be written."""
    with suppress(sqlite3.DatabaseError), transaction(conn):
        conn.execute(
            "UPDATE runs SET status = ?, problem = ? WHERE id = (SELECT max(id) FROM runs) AND started_at >= ?",
            (status, problem[:500] or None, to_text(began)),
        )


def last_statuses(conn: sqlite3.Connection, limit: int) -> list[int | None]:
    """Return the exit statuses of the last runs that polled a feed, newest first."""
    rows = conn.execute("SELECT status FROM runs WHERE feeds_polled > 0 ORDER BY id DESC LIMIT ?", (limit,))
    return [row[0] for row in rows]


def record_fetch(conn: sqlite3.Connection, run: RunId, fetch: FetchRow, now: datetime) -> None:
    """Store one request."""
    conn.execute(
        "INSERT INTO fetches (run_id, feed_id, entry_id, kind, url, at, outcome, status, bytes, milliseconds,"
        " entries_total, entries_new, problem) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run,
            fetch.feed,
            fetch.entry,
            fetch.kind,
            fetch.url,
            to_text(now),
            fetch.outcome,
            fetch.status,
            fetch.size,
            round(fetch.seconds * 1000),
            fetch.entries_total,
            fetch.entries_new,
            fetch.problem,
        ),
    )


def prune(conn: sqlite3.Connection, older_than: timedelta, now: datetime) -> int:
    """Delete requests older than this and return their number (index ``fetches_at``).

    Deletes in small transactions, so that other writers do not wait.
    """
    deleted = 0
    limit = to_text(now - older_than)
    while True:
        with transaction(conn):
            step = conn.execute(
                "DELETE FROM fetches WHERE id IN (SELECT id FROM fetches WHERE at < ? ORDER BY at LIMIT 2000)", (limit,)
            ).rowcount
        deleted += step
        if step < 2000:
            return deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One poll of a feed."""

    at: str
    status: int | None
    outcome: str
    size: int
    entries_new: int | None
    problem: str | None


def history(conn: sqlite3.Connection, name: str, limit: int) -> list[Poll]:
    """Return the last polls of a feed, newest first (index ``fetches_feed``)."""
    rows = conn.execute(
        "SELECT at, status, outcome, bytes AS size, entries_new, problem FROM fetches"
        " WHERE feed_id = (SELECT id FROM feeds WHERE name = ?) AND kind = 'feed' ORDER BY at DESC, id DESC LIMIT ?",
        (name, limit),
    )
    return [from_row(Poll, row) for row in rows]
