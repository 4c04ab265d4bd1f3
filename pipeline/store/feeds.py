"""Feeds in the database: a mirror of the config's sources, which feeds are due, and their state after a poll."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pipeline.model import FeedId, FeedState, Source, Validators
from pipeline.store.schema import transaction
from pipeline.store.values import from_row, to_row, to_text

_CLOCK_DRIFT = timedelta(minutes=10)
_FORGET = (
    "status = 'new', etag = NULL, last_modified = NULL, validators_url = NULL, body_hash = NULL, due_at = NULL,"
    " failures = 0, problem = NULL, moved_to = NULL, moved_times = 0, gone_since = NULL"
)


def sync(conn: sqlite3.Connection, sources: Sequence[Source], now: datetime) -> None:
    """Mirror the config's sources into ``feeds``, in one transaction of its own.

    A source is identified by its address, then by its name. A source that left the config is disabled and keeps its
    articles. A source with a new address under its old name keeps its row and loses the state of the old address.
    """
    stored = {state.source.url: state.source for state in states(conn)}
    wanted = {source.url: source for source in sources}
    left = [source for url, source in stored.items() if url not in wanted and source.enabled]
    changed = [source for source in sources if stored.get(source.url) != source]
    if not left and not changed:
        return
    with transaction(conn):
        for source in left:
            conn.execute("UPDATE feeds SET enabled = 0 WHERE url = ?", (source.url,))
        for source in changed:
            _free_name(conn, source, wanted=wanted.keys())
        for source in changed:
            _put_source(conn, source, now)


def _free_name(conn: sqlite3.Connection, source: Source, *, wanted: Any) -> None:
    """Free the source's name if another row has it: move that row to the new address, or rename it."""
    row = conn.execute("SELECT id, url FROM feeds WHERE name = ? AND url <> ?", (source.name, source.url)).fetchone()
    if row is None:
        return
    known = conn.execute("SELECT 1 FROM feeds WHERE url = ?", (source.url,)).fetchone()
    if known or row["url"] in wanted:
        conn.execute("UPDATE feeds SET name = name || ' #' || id WHERE id = ?", (row["id"],))
    else:
        conn.execute(
            f"UPDATE feeds SET url = :url, asked_url = :url, {_FORGET} WHERE id = :id",
            {"url": source.url, "id": row["id"]},
        )
        conn.execute("DELETE FROM listed WHERE feed_id = ?", (row["id"],))


def _put_source(conn: sqlite3.Connection, source: Source, now: datetime) -> None:
    conn.execute(  # a list of another kind has other addresses, all of them old
        "DELETE FROM listed WHERE feed_id IN (SELECT id FROM feeds WHERE url = ? AND via <> ?)",
        (source.url, source.via),
    )
    conn.execute(
        "INSERT INTO feeds (name, url, asked_url, language, home, kind, via, pattern, timezone, topics, note, enabled,"
        " interval_minutes, tls, max_feed_bytes, added_at)"
        " VALUES (:name, :url, :url, :language, :home, :kind, :via, :pattern, :timezone, :topics, :note, :enabled,"
        " :interval_minutes, :tls, :max_feed_bytes, :now)"
        " ON CONFLICT (url) DO UPDATE SET name = excluded.name, language = excluded.language, home = excluded.home,"
        " kind = excluded.kind, via = excluded.via, pattern = excluded.pattern, timezone = excluded.timezone,"
        " validators_url = iif(via = excluded.via, validators_url, NULL), body_hash = iif(via = excluded.via,"
        " body_hash, NULL), topics = excluded.topics, note = excluded.note,"
        " enabled = excluded.enabled, interval_minutes = excluded.interval_minutes, tls = excluded.tls,"
        " max_feed_bytes = excluded.max_feed_bytes",
        to_row(source) | {"now": to_text(now)},
    )


def due(conn: sqlite3.Connection, now: datetime, *, force: bool = False) -> list[FeedState]:
    """Return the feeds to poll now, longest due first (index ``feeds_due``); with ``force`` every enabled feed.

    A feed whose last poll lies in the future is due: the clock was wrong then, or is wrong now.
    """
    rows = conn.execute(
        "SELECT * FROM feeds WHERE enabled = 1 AND (:force OR status <> 'gone' AND"
        " (due_at IS NULL OR due_at <= :now OR polled_at > :soon)) ORDER BY due_at, id",
        {"now": to_text(now), "soon": to_text(now + _CLOCK_DRIFT), "force": int(force)},
    )
    return [_state(row) for row in rows]


def states(conn: sqlite3.Connection) -> list[FeedState]:
    """Return every feed, by name."""
    return [_state(row) for row in conn.execute("SELECT * FROM feeds ORDER BY name")]


def postpone(conn: sqlite3.Connection, feed: FeedId, until: datetime) -> None:
    """Poll a feed at this time; its state stays as it is. The caller holds a transaction."""
    conn.execute("UPDATE feeds SET due_at = ? WHERE id = ?", (to_text(until), feed))


def apply(conn: sqlite3.Connection, before: FeedState, after: FeedState, now: datetime) -> None:
    """Store a feed's next state, and the change of its address if there is one. The caller holds a transaction."""
    validators = after.validators
    conn.execute(
        "UPDATE feeds SET asked_url = :url, status = :status, problem = :problem, failures = :failures,"
        " due_at = :due_at, polled_at = :polled_at, ok_at = :ok_at, changed_at = :changed_at, full_at = :full_at,"
        " interval_seconds = :interval, etag = :etag, last_modified = :last_modified, validators_url = :validators_url,"
        " body_hash = :body_hash, moved_to = :moved_to, moved_times = :moved_times, gone_since = :gone_since"
        " WHERE id = :id",
        to_row(after)
        | {
            "interval": None if after.interval is None else int(after.interval.total_seconds()),
            "etag": validators.etag if validators else None,
            "last_modified": validators.last_modified if validators else None,
            "validators_url": validators.url if validators else None,
        },
    )
    if after.url != before.url:
        conn.execute(
            "INSERT INTO feed_moves (feed_id, from_url, to_url, at) VALUES (?, ?, ?, ?)",
            (after.id, before.url, after.url, to_text(now)),
        )


def _state(row: Any) -> FeedState:
    validators = None
    if row["validators_url"] is not None:
        validators = Validators(url=row["validators_url"], etag=row["etag"], last_modified=row["last_modified"])
    seconds = row["interval_seconds"]
    return from_row(
        FeedState,
        row,
        source=from_row(Source, row),
        url=row["asked_url"],
        validators=validators,
        interval=None if seconds is None else timedelta(seconds=seconds),
    )
