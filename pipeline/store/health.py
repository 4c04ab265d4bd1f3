"""Health events of feeds, each recorded once in ``feed_events``: a feed began to fail, fell silent, or recovered.

The daemon's log and the alerts report these events, so that people hear of changes and not of states.
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
    """A health event of a feed; ``what`` is failing, silent or well."""

    id: int
    feed: str
    what: str
    since: str
    detail: str

    def sentence(self) -> str:
        """Return the event as a sentence for a log line or a message."""
        verb = {"failing": "fails", "silent": "fell silent", "well": "is well again"}[self.what]
        return f"feed “{self.feed}” {verb}{f': {self.detail}' if self.detail else ''}"


def record(conn: sqlite3.Connection, now: datetime) -> None:
    """Record new events. Silence, which develops over days, is checked every six hours."""
    with transaction(conn):
        conn.execute(
            "INSERT OR IGNORE INTO feed_events (feed_id, what, since, at, detail)"
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
    checked = conn.execute("SELECT at FROM alert_times WHERE name = 'silence'").fetchone()
    if checked is not None and to_text(now - _SILENCE_EVERY) < checked[0] <= to_text(now):
        return
    conn.execute("INSERT OR REPLACE INTO alert_times (name, at) VALUES ('silence', ?)", (to_text(now),))
    conn.executemany(
        "INSERT OR IGNORE INTO feed_events (feed_id, what, since, at, detail)"
        " SELECT id, 'silent', ?, ?, ? FROM feeds WHERE name = ?",
        [
            (feed.last, to_text(now), f"its pauses are usually under {feed.usual_hours:g} hours", feed.name)
            for feed in silent(conn, now)
        ],
    )


def events(conn: sqlite3.Connection, *, after: int = 0, since: str = "") -> list[FeedEvent]:
    """Return the events with a higher id, recorded at this time or later, oldest first."""
    rows = conn.execute(
        "SELECT e.id AS id, f.name AS feed, e.what AS what, e.since AS since, e.detail AS detail FROM feed_events e"
        " JOIN feeds f ON f.id = e.feed_id WHERE e.id > ? AND e.at >= ? ORDER BY e.id",
        (after, since),
    )
    return [FeedEvent(**dict(row)) for row in rows]


def last_event(conn: sqlite3.Connection) -> int:
    """Return the id of the newest event, or 0."""
    newest: int = conn.execute("SELECT coalesce(max(id), 0) FROM feed_events").fetchone()[0]
    return newest
