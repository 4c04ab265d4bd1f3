"""How the watch is doing, read in a few indexed queries."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from pipeline.store.values import to_text, to_time

_STALE = timedelta(hours=24)
_COPY_STALE = timedelta(days=3)
_LEAST_FREE_BYTES = 200_000_000
_LEAST_SILENCE = timedelta(days=2)
_RHYTHM = 20


# of ``feeds``: three times in a row; at once where it never answered, is gone, or a bot wall stands before it
FAILS = "(failures >= 3 OR failures > 0 AND ok_at IS NULL OR status IN ('gone', 'blocked'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingFeed:
    """A feed whose last poll failed; ``since`` is its last good answer, None when it never gave one."""

    name: str
    status: str
    failures: int
    problem: str
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentFeed:
    """A feed that answers, but has brought nothing for far longer than it is used to.

    Attributes:
        last: when it brought something.
        usual_hours: nine of ten of its last pauses were shorter.
    """

    name: str
    last: str
    usual_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFeed:
    """When a feed was asked, and will be.

    Attributes:
        next_due: None for a feed that is gone, or was never asked.
        interval_minutes: the present pace; None before the first answer.
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
        size_bytes: of the database file.
        wal_bytes: of the write-ahead log beside it.
        free_bytes: on its disk.
        checked_at: when housekeeping last found it sound.
        damaged_at: when it was last found damaged, if that was later.
        copied_at: when housekeeping last put a copy into the backup folder.
        next_due: of the feeds.
        entries: how many in each state; ``new`` and ``failed`` wait.
        failing: feeds that a person should look at; ``stumbling`` ones failed once or twice.
        problems: why a person should look, a sentence each.
        healthy: there are no problems.
    """

    size_bytes: int
    wal_bytes: int
    free_bytes: int
    checked_at: str | None
    damaged_at: str | None
    copied_at: str | None
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
    problems: tuple[str, ...] = ()
    healthy: bool = True

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def read(conn: sqlite3.Connection, now: datetime) -> Status:
    """Read the state."""
    one = conn.execute(
        "SELECT (SELECT max(finished_at) FROM runs WHERE finished_at IS NOT NULL) AS last_cycle,"
        " (SELECT min(due_at) FROM feeds WHERE enabled = 1 AND status <> 'gone') AS next_due,"
        " (SELECT count(*) FROM articles) AS articles,"
        " (SELECT count(*) FROM articles INDEXED BY articles_relevant WHERE relevant = 1) AS relevant,"
        " (SELECT count(*) FROM articles INDEXED BY articles_waiting WHERE relevant = 1 AND verdict IS NULL)"
        " AS unreviewed,"
        " (SELECT config_version FROM runs ORDER BY id DESC LIMIT 1) AS config_version,"
        " (SELECT count(*) FROM alerts WHERE state IN ('waiting', 'sending') AND state <> 'sent') AS alerts_waiting,"
        " (SELECT count(*) FROM alerts WHERE state = 'failed' AND state <> 'sent') AS alerts_failed,"
        " (SELECT count(*) FROM feeds WHERE enabled = 1) AS feeds"
    ).fetchone()
    states = conn.execute("SELECT state, count(*) AS entries FROM entries GROUP BY state ORDER BY state")
    times = dict(conn.execute("SELECT name, at FROM alert_times WHERE name IN ('check', 'damage', 'copy')").fetchall())
    path = Path(conn.execute("PRAGMA database_list").fetchone()[2])
    wal = path.with_name(f"{path.name}-wal")
    told = Status(
        size_bytes=path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        free_bytes=shutil.disk_usage(path.parent).free,
        checked_at=times.get("check"),
        damaged_at=times.get("damage"),
        copied_at=times.get("copy"),
        last_cycle=one["last_cycle"],
        next_due=one["next_due"],
        articles=one["articles"],
        relevant=one["relevant"],
        unreviewed=one["unreviewed"],
        entries={row["state"]: row["entries"] for row in states},
        feeds=one["feeds"],
        failing=_failing(conn, FAILS),
        stumbling=_failing(conn, f"failures > 0 AND NOT {FAILS}"),
        silent=silent(conn, now),
        config_version=one["config_version"],
        alerts_waiting=one["alerts_waiting"],
        alerts_failed=one["alerts_failed"],
    )
    problems = tuple(_problems(told, now))
    return replace(told, problems=problems, healthy=not problems)


def _failing(conn: sqlite3.Connection, which: str) -> tuple[FailingFeed, ...]:
    rows = conn.execute(
        "SELECT name, status, failures, problem, ok_at FROM feeds"  # noqa: S608 - a constant
        f" WHERE enabled = 1 AND {which} ORDER BY failures DESC, name"
    )
    return tuple(
        FailingFeed(
            name=r["name"], status=r["status"], failures=r["failures"], problem=r["problem"] or "", since=r["ok_at"]
        )
        for r in rows
    )


def _problems(told: Status, now: datetime) -> Iterator[str]:
    if told.last_cycle is None:
        yield "No cycle has ended yet."
    elif told.last_cycle < to_text(now - _STALE):
        yield "No cycle has ended for a day: does the daemon, the timer or cron run?"
    if told.failing:
        yield f"{_number(len(told.failing), 'feed fails', 'feeds fail')}."
    if told.silent:
        yield f"{_number(len(told.silent), 'feed is', 'feeds are')} silent, against the usual rhythm."
    if told.damaged_at:
        yield f"The database was found damaged at {told.damaged_at}: run “tumen doctor”."
    if told.copied_at and told.copied_at < to_text(now - _COPY_STALE):
        yield f"The last backup is of {told.copied_at}: see what the log says of housekeeping."
    if told.alerts_failed:
        yield f"{_number(told.alerts_failed, 'alert was', 'alerts were')} given up: see “tumen alerts list”."
    if told.free_bytes < _LEAST_FREE_BYTES:
        yield f"Only {told.free_bytes / 1e6:,.0f} MB are free on its disk."


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def plan(conn: sqlite3.Connection) -> tuple[PlannedFeed, ...]:
    """Every watched feed, the next due first (index ``feeds_due``)."""
    rows = conn.execute(
        "SELECT name, status, polled_at, due_at, interval_seconds FROM feeds WHERE enabled = 1 ORDER BY due_at, name"
    )
    return tuple(
        PlannedFeed(
            name=row["name"],
            status=row["status"],
            last_polled=row["polled_at"],
            next_due=row["due_at"],
            interval_minutes=None if row["interval_seconds"] is None else round(row["interval_seconds"] / 60, 1),
        )
        for row in rows
    )


def silent(conn: sqlite3.Connection, now: datetime) -> tuple[SilentFeed, ...]:
    """Feeds that fell silent, by their own rhythm.

    Silent is: for three times the pause that nine of ten of its last forty stay under, and two days at the least. A
    feed that has not brought twenty pieces yet has no rhythm.
    """
    found = []
    for feed in conn.execute("SELECT id, name FROM feeds WHERE enabled = 1 AND failures = 0").fetchall():
        seen = [
            to_time(row[0])
            for row in conn.execute(
                "SELECT first_seen_at FROM entries WHERE feed_id = ? ORDER BY id DESC LIMIT 200", (feed["id"],)
            )
        ]
        polls = sorted(set(seen), reverse=True)[:41]  # what one poll brought together is one moment
        if len(seen) < _RHYTHM or len(polls) < 5:
            continue
        pauses = sorted((late - early).total_seconds() for late, early in pairwise(polls))
        usual = pauses[int(len(pauses) * 0.9)]
        if (now - polls[0]).total_seconds() > max(3 * usual, _LEAST_SILENCE.total_seconds()):
            found.append(SilentFeed(name=feed["name"], last=to_text(polls[0]), usual_hours=round(usual / 3600, 1)))
    return tuple(found)
