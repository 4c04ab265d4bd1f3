"""How the watch is doing, read in a few indexed queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pipeline.store.values import to_text, to_time

_STALE = timedelta(hours=24)
_LEAST_SILENCE = timedelta(days=2)
_RHYTHM = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingFeed:
    """A feed whose last poll failed."""

    name: str
    status: str
    failures: int
    problem: str


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
    """The state of a database; ``healthy`` is False when a person should look."""

    size_bytes: int
    last_cycle: str | None
    next_due: str | None
    articles: int
    relevant: int
    unreviewed: int
    entries: Mapping[str, int]
    feeds: int
    failing: tuple[FailingFeed, ...]
    silent: tuple[SilentFeed, ...]
    config_version: str | None
    alerts_waiting: int
    alerts_failed: int
    healthy: bool

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
    failing = conn.execute(
        "SELECT name, status, failures, problem FROM feeds"
        " WHERE enabled = 1 AND (failures > 0 OR status IN ('gone', 'blocked')) ORDER BY failures DESC, name"
    )
    pages = conn.execute("PRAGMA page_count").fetchone()[0] * conn.execute("PRAGMA page_size").fetchone()[0]
    feeds = tuple(
        FailingFeed(name=r["name"], status=r["status"], failures=r["failures"], problem=r["problem"] or "")
        for r in failing
    )
    mute = silent(conn, now)
    fresh = one["last_cycle"] is not None and one["last_cycle"] >= to_text(now - _STALE)
    return Status(
        size_bytes=pages,
        last_cycle=one["last_cycle"],
        next_due=one["next_due"],
        articles=one["articles"],
        relevant=one["relevant"],
        unreviewed=one["unreviewed"],
        entries={row["state"]: row["entries"] for row in states},
        feeds=one["feeds"],
        failing=feeds,
        silent=mute,
        config_version=one["config_version"],
        alerts_waiting=one["alerts_waiting"],
        alerts_failed=one["alerts_failed"],
        healthy=fresh and not feeds and not mute and not one["alerts_failed"],
    )


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
