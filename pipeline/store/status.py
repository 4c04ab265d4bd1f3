"""State of the database, the feeds and the queue, read in a few indexed queries."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from pipeline.store import upkeep, watch
from pipeline.store.values import from_row, to_text, to_time
from pipeline.store.watch import Watch

_STALE = timedelta(hours=24)
LEAST_FREE_BYTES = 200_000_000
_LEAST_SILENCE = timedelta(days=2)
_LEAST_ENTRIES = 20  # for an estimate of a feed's usual pauses


# Condition on ``feeds``: three failures in a row, or one if the feed never worked, is gone, or shows a bot wall.
FAILS = "(failures >= 3 OR failures > 0 AND ok_at IS NULL OR status IN ('gone', 'blocked'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingFeed:
    """A feed whose last poll failed; ``since`` is its last successful poll, or None."""

    name: str
    status: str
    failures: int
    problem: str
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentFeed:
    """A feed that answers, but has had no new entry for far longer than usual.

    Attributes:
        last: time of its last new entry.
        usual_hours: nine of ten of its last pauses were shorter than this.
    """

    name: str
    last: str
    usual_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFeed:
    """The last and the next poll of a feed.

    Attributes:
        next_due: None for a feed that is gone or was never polled.
        interval_minutes: current interval; None before the first response.
    """

    name: str
    status: str
    last_polled: str | None
    next_due: str | None
    interval_minutes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of a database.

    Attributes:
        size_bytes: size of the database file.
        wal_bytes: size of the write-ahead log.
        free_bytes: free space on its disk.
        checked_at: last check that found no damage.
        damaged_at: last check that found damage, if it was later.
        copied_at: last backup.
        copy_late_at: when the next backup is late, by the interval of the last ones.
        copy_failed_at: last attempt of a backup, if it failed.
        next_due: next poll of any feed.
        entries: number of entries in each state; ``new`` and ``failed`` wait.
        failing: feeds that need attention.
        stumbling: feeds that failed only once or twice.
        watch: whether feeds are polled and alerts are accepted.
        problems: what needs attention, one sentence each.
        healthy: whether there are no problems.
    """

    size_bytes: int
    wal_bytes: int
    free_bytes: int
    checked_at: str | None
    damaged_at: str | None
    copied_at: str | None
    copy_late_at: str | None
    copy_failed_at: str | None
    last_cycle: str | None
    next_due: str | None
    articles: int
    relevant: int
    unreviewed: int
    entries: Mapping[str, int]
    feeds: int
    failing: tuple[FailingFeed, ...]
    stumbling: tuple[FailingFeed, ...]
    silent: tuple[SilentFeed, ...]
    config_version: str | None
    alerts_waiting: int
    alerts_failed: int
    watch: Watch = field(default_factory=Watch)
    problems: tuple[str, ...] = ()
    healthy: bool = True

    def as_dict(self) -> dict[str, object]:
        """Return the fields for JSON."""
        return asdict(self)


def read(conn: sqlite3.Connection, now: datetime) -> Status:
    """Read the state."""
    figures = conn.execute(
        "SELECT (SELECT max(finished_at) FROM runs) AS last_cycle,"
        " (SELECT min(due_at) FROM feeds WHERE enabled = 1 AND status <> 'gone') AS next_due,"
        " (SELECT count(*) FROM articles) AS articles,"
        " (SELECT count(*) FROM articles INDEXED BY articles_relevant WHERE relevant = 1) AS relevant,"
        " (SELECT count(*) FROM articles INDEXED BY articles_waiting WHERE relevant = 1 AND verdict IS NULL)"
        " AS unreviewed,"
        " (SELECT config_version FROM runs ORDER BY id DESC LIMIT 1) AS config_version,"
        # “state <> 'sent'” lets the partial index alerts_open serve both counts
        " (SELECT count(*) FROM alerts WHERE state IN ('waiting', 'sending') AND state <> 'sent') AS alerts_waiting,"
        " (SELECT count(*) FROM alerts WHERE state = 'failed' AND state <> 'sent') AS alerts_failed,"
        " (SELECT count(*) FROM feeds WHERE enabled = 1) AS feeds"
    ).fetchone()
    states = conn.execute("SELECT state, count(*) AS entries FROM entries GROUP BY state ORDER BY state")
    times = dict(
        conn.execute(
            "SELECT name, at FROM alert_times WHERE name IN ('check', 'damage', 'copy', 'copy late', 'copy tried')"
        ).fetchall()
    )
    path = Path(conn.execute("PRAGMA database_list").fetchone()[2])
    wal = path.with_name(f"{path.name}-wal")
    status = Status(
        size_bytes=path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        free_bytes=shutil.disk_usage(path.parent).free,
        checked_at=times.get("check"),
        damaged_at=times.get("damage"),
        copied_at=times.get("copy"),
        copy_late_at=times.get("copy late") or _late_after(times.get("copy")),
        copy_failed_at=tried if (tried := times.get("copy tried", "")) > times.get("copy", "") else None,
        entries={row["state"]: row["entries"] for row in states},
        failing=_failing(conn, FAILS),
        stumbling=_failing(conn, f"failures > 0 AND NOT {FAILS}"),
        silent=silent(conn, now),
        watch=watch.read(conn, path, now),
        **dict(figures),
    )
    problems = tuple(_problems(status, now))
    return replace(status, problems=problems, healthy=not problems)


def _late_after(copied_at: str | None) -> str | None:
    """Return when the next backup is late if no time was recorded with the last one, as by earlier versions."""
    return None if copied_at is None else to_text(upkeep.late_after(to_time(copied_at)))


def _failing(conn: sqlite3.Connection, which: str) -> tuple[FailingFeed, ...]:
    rows = conn.execute(
        "SELECT name, status, failures, coalesce(problem, '') AS problem, ok_at AS since FROM feeds"
        f" WHERE enabled = 1 AND {which} ORDER BY failures DESC, name"
    )
    return tuple(from_row(FailingFeed, row) for row in rows)


def _problems(status: Status, now: datetime) -> Iterator[str]:
    if status.last_cycle is None:
        yield "No cycle has finished yet."
    elif status.last_cycle < to_text(now - _STALE):
        yield "No cycle has finished for a day: check that the daemon, the timer or cron is running."
    yield from watch.problems(status.watch)
    if status.failing:
        yield f"{_number(len(status.failing), 'feed fails', 'feeds fail')}."
    if status.silent:
        yield f"{_number(len(status.silent), 'feed is', 'feeds are')} silent for longer than usual."
    if status.damaged_at:
        yield f"The database was found damaged at {status.damaged_at}: run “tumen doctor”."
    if status.copy_failed_at:
        yield f"The backup of {status.copy_failed_at} failed: see the housekeeping lines of the log, or its mail."
    elif status.copy_late_at and status.copy_late_at < to_text(now):
        yield f"The last backup is from {status.copied_at}: check that housekeeping runs."
    if status.alerts_failed:
        yield f"{_number(status.alerts_failed, 'alert was', 'alerts were')} given up: see “tumen alerts list”."
    if status.free_bytes < LEAST_FREE_BYTES:
        yield f"Only {status.free_bytes / 1e6:,.0f} MB are free on the disk of the database: free some space."


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def plan(conn: sqlite3.Connection) -> tuple[PlannedFeed, ...]:
    """Return every enabled feed, the next due first (index ``feeds_due``)."""
    rows = conn.execute(
        "SELECT name, status, polled_at AS last_polled, due_at AS next_due,"
        " round(interval_seconds / 60.0, 1) AS interval_minutes FROM feeds WHERE enabled = 1 ORDER BY due_at, name"
    )
    return tuple(from_row(PlannedFeed, row) for row in rows)


def silent(conn: sqlite3.Connection, now: datetime) -> tuple[SilentFeed, ...]:
    """Return the feeds that have been silent for longer than usual.

    The limit is three times the 90th percentile of the feed's last forty pauses, and at least two days. It needs twenty
    entries.
    """
    silent_feeds = []
    for feed in conn.execute("SELECT id, name FROM feeds WHERE enabled = 1 AND failures = 0").fetchall():
        newest = conn.execute(
            "SELECT first_seen_at FROM entries WHERE feed_id = ? ORDER BY id DESC LIMIT 1", (feed["id"],)
        ).fetchone()
        if newest is None or now - to_time(newest[0]) <= _LEAST_SILENCE:
            continue  # not silent, whatever is usual; spares reading its pauses
        seen = [
            to_time(row[0])
            for row in conn.execute(
                "SELECT first_seen_at FROM entries WHERE feed_id = ? ORDER BY id DESC LIMIT 200", (feed["id"],)
            )
        ]
        polls = sorted(set(seen), reverse=True)[:41]  # entries of one poll have one time
        if len(seen) < _LEAST_ENTRIES or len(polls) < 5:
            continue
        pauses = sorted((late - early).total_seconds() for late, early in pairwise(polls))
        usual = pauses[int(len(pauses) * 0.9)]
        if (now - polls[0]).total_seconds() > max(3 * usual, _LEAST_SILENCE.total_seconds()):
            hours = round(usual / 3600, 1)
            silent_feeds.append(SilentFeed(name=feed["name"], last=to_text(polls[0]), usual_hours=hours))
    return tuple(silent_feeds)
