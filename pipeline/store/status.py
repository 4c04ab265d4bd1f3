"""How the watch is doing, read in a few indexed queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from pipeline.store.values import to_text

_STALE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingFeed:
    """A feed whose last poll failed."""

    name: str
    status: str
    failures: int
    problem: str


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
        " (SELECT count(*) FROM articles WHERE relevant = 1) AS relevant,"
        " (SELECT count(*) FROM articles WHERE relevant = 1 AND verdict IS NULL) AS unreviewed,"
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
        healthy=fresh and not feeds,
    )
