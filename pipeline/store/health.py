"""Changes of the feeds' health, each recorded once: it began to fail, fell silent, is well again.

A person is told of a change, not of a state; whoever tells (the daemon's log, an alert) reads ``feed_events``.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.store.schema import transaction
from pipeline.store.status import FAILS, silent
from pipeline.store.values import to_text

_SILENCE_EVERY = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """A change of a feed's health; ``what`` is failing, silent or well."""

    id: int
    feed: str
    what: str
    since: str
    detail: str

    def sentence(self) -> str:
        """For a log line or a message."""
        said = {"failing": "fails", "silent": "fell silent", "well": "is well again"}[self.what]
        return f"feed “{self.feed}” {said}{f': {self.detail}' if self.detail else ''}"


def record(conn: sqlite3.Connection, now: datetime) -> None:
    """Write down what changed. Silence, which takes days to show, is looked for every six hours."""
    with transaction(conn):
        conn.execute(
            "INSERT OR IGNORE INTO feed_events (feed_id, what, since, at, detail)"  # noqa: S608 - a constant
            " SELECT id, 'failing', coalesce(ok_at, added_at), ?, coalesce(problem, '') FROM feeds WHERE enabled = 1"
            f" AND failures > 0 AND {FAILS}",
            (to_text(now),),
        )
        _record_silent(conn, now)
        conn.execute(
            "INSERT OR IGNORE INTO feed_events (feed_id, what, since, at)"
            " SELECT f.id, 'well', e.since, ? FROM feed_events e JOIN feeds f ON f.id = e.feed_id"
            " WHERE e.id = (SELECT max(id) FROM feed_events WHERE feed_id = f.id) AND f.enabled = 1 AND f.failures = 0"
            " AND (e.what = 'failing' AND f.ok_at > e.since OR e.what = 'silent' AND EXISTS"
            " (SELECT 1 FROM entries n WHERE n.feed_id = f.id AND n.first_seen_at > e.since))",
            (to_text(now),),
        )


def _record_silent(conn: sqlite3.Connection, now: datetime) -> None:
    looked = conn.execute("SELECT at FROM alert_times WHERE name = 'silence'").fetchone()
    if looked is not None and to_text(now - _SILENCE_EVERY) < looked[0] <= to_text(now):
        return
    conn.execute("INSERT OR REPLACE INTO alert_times (name, at) VALUES ('silence', ?)", (to_text(now),))
    conn.executemany(
        "INSERT OR IGNORE INTO feed_events (feed_id, what, since, at, detail)"
        " SELECT id, 'silent', ?, ?, ? FROM feeds WHERE name = ?",
        [
            (mute.last, to_text(now), f"its pauses are mostly under {mute.usual_hours:g} hours", mute.name)
            for mute in silent(conn, now)
        ],
    )


def events(conn: sqlite3.Connection, *, after: int = 0, since: str = "") -> list[FeedEvent]:
    """Changes with a higher id, recorded at this time or later, oldest first."""
    rows = conn.execute(
        "SELECT e.id AS id, f.name AS feed, e.what AS what, e.since AS since, e.detail AS detail FROM feed_events e"
        " JOIN feeds f ON f.id = e.feed_id WHERE e.id > ? AND e.at >= ? ORDER BY e.id",
        (after, since),
    )
    return [FeedEvent(**dict(row)) for row in rows]


def last_event(conn: sqlite3.Connection) -> int:
    """The newest change's id; 0 when there is none."""
    found: int = conn.execute("SELECT coalesce(max(id), 0) FROM feed_events").fetchone()[0]
    return found
