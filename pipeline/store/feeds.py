"""Feeds in the database: the config's sources mirrored, which are due, and what a poll changed.

Functions of a connection; each writing one says whether it opens its own transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import asdict

from pipeline.model import FeedId, FeedState, Source, Validators
from pipeline.store.schema import transaction
from pipeline.store.values import to_json, to_text, to_text_or_none, to_time_or_none, to_tuple

_CLOCKS_DIFFER = timedelta(minutes=10)
_NO_MEMORY = (
    "status = 'new', etag = NULL, last_modified = NULL, validators_url = NULL, body_hash = NULL, due_at = NULL,"
    " failures = 0, problem = NULL, moved_to = NULL, moved_times = 0, gone_since = NULL"
)


def sync(conn: sqlite3.Connection, sources: Sequence[Source], now: datetime) -> None:
    """Mirror the config's sources into ``feeds``, in one transaction; an address tells a source, then its name.

    A source that left the config is switched off and keeps its articles. One that has a new address under its old
    name keeps its row and forgets what the old address told.
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
    """See to it that no other row has the source's name: it moves to the new address, or steps aside."""
    row = conn.execute("SELECT id, url FROM feeds WHERE name = ? AND url <> ?", (source.name, source.url)).fetchone()
    if row is None:
        return
    known = conn.execute("SELECT 1 FROM feeds WHERE url = ?", (source.url,)).fetchone()
    if known or row["url"] in wanted:
        conn.execute("UPDATE feeds SET name = name || ' #' || id WHERE id = ?", (row["id"],))
    else:
        conn.execute(
            f"UPDATE feeds SET url = :url, asked_url = :url, {_NO_MEMORY} WHERE id = :id",  # noqa: S608 - a constant
            {"url": source.url, "id": row["id"]},
        )


def _put_source(conn: sqlite3.Connection, source: Source, now: datetime) -> None:
    values = asdict(source) | {"topics": to_json(source.topics), "enabled": int(source.enabled), "now": to_text(now)}
    conn.execute(
        "INSERT INTO feeds (name, url, asked_url, language, home, kind, timezone, topics, note, enabled,"
        " interval_minutes, added_at)"
        " VALUES (:name, :url, :url, :language, :home, :kind, :timezone, :topics, :note, :enabled,"
        " :interval_minutes, :now)"
        " ON CONFLICT (url) DO UPDATE SET name = excluded.name, language = excluded.language, home = excluded.home,"
        " kind = excluded.kind, timezone = excluded.timezone, topics = excluded.topics, note = excluded.note,"
        " enabled = excluded.enabled, interval_minutes = excluded.interval_minutes",
        values,
    )


def due(conn: sqlite3.Connection, now: datetime, *, force: bool = False) -> list[FeedState]:
    """Feeds to poll now, longest due first (index ``feeds_due``); with ``force`` every enabled feed, due or not.

    A feed that was polled in what is the future by now is due: the clock was wrong then, or is now.
    """
    rows = conn.execute(
        "SELECT * FROM feeds WHERE enabled = 1 AND (:force OR status <> 'gone' AND"
        " (due_at IS NULL OR due_at <= :now OR polled_at > :soon)) ORDER BY due_at, id",
        {"now": to_text(now), "soon": to_text(now + _CLOCKS_DIFFER), "force": int(force)},
    )
    return [_state(row) for row in rows]


def states(conn: sqlite3.Connection) -> list[FeedState]:
    """Every feed, by name."""
    return [_state(row) for row in conn.execute("SELECT * FROM feeds ORDER BY name")]


def apply(conn: sqlite3.Connection, before: FeedState, after: FeedState, now: datetime) -> None:
    """Store a feed's next state, and its move if its address changed. Needs a transaction of the caller's."""
    validators = after.validators
    conn.execute(
        "UPDATE feeds SET asked_url = :url, status = :status, problem = :problem, failures = :failures,"
        " due_at = :due_at, polled_at = :polled_at, ok_at = :ok_at, changed_at = :changed_at, full_at = :full_at,"
        " interval_seconds = :interval, etag = :etag, last_modified = :last_modified, validators_url = :validators_url,"
        " body_hash = :body_hash, moved_to = :moved_to, moved_times = :moved_times, gone_since = :gone_since"
        " WHERE id = :id",
        {
            "id": after.id,
            "url": after.url,
            "status": after.status,
            "problem": after.problem,
            "failures": after.failures,
            "due_at": to_text_or_none(after.due_at),
            "polled_at": to_text_or_none(after.polled_at),
            "ok_at": to_text_or_none(after.ok_at),
            "changed_at": to_text_or_none(after.changed_at),
            "full_at": to_text_or_none(after.full_at),
            "interval": None if after.interval is None else int(after.interval.total_seconds()),
            "etag": validators.etag if validators else None,
            "last_modified": validators.last_modified if validators else None,
            "validators_url": validators.url if validators else None,
            "body_hash": after.body_hash,
            "moved_to": after.moved_to,
            "moved_times": after.moved_times,
            "gone_since": to_text_or_none(after.gone_since),
        },
    )
    if after.url != before.url:
        conn.execute(
            "INSERT INTO feed_moves (feed_id, from_url, to_url, at) VALUES (?, ?, ?, ?)",
            (after.id, before.url, after.url, to_text(now)),
        )


def _state(row: Any) -> FeedState:
    source = Source(
        name=row["name"],
        url=row["url"],
        language=row["language"],
        home=row["home"],
        kind=row["kind"],
        timezone=row["timezone"],
        topics=to_tuple(row["topics"]),
        enabled=bool(row["enabled"]),
        interval_minutes=row["interval_minutes"],
        note=row["note"],
    )
    validators = None
    if row["validators_url"] is not None:
        validators = Validators(url=row["validators_url"], etag=row["etag"], last_modified=row["last_modified"])
    seconds = row["interval_seconds"]
    return FeedState(
        id=FeedId(row["id"]),
        source=source,
        url=row["asked_url"],
        status=row["status"],
        validators=validators,
        body_hash=row["body_hash"],
        interval=None if seconds is None else timedelta(seconds=seconds),
        due_at=to_time_or_none(row["due_at"]),
        polled_at=to_time_or_none(row["polled_at"]),
        ok_at=to_time_or_none(row["ok_at"]),
        changed_at=to_time_or_none(row["changed_at"]),
        full_at=to_time_or_none(row["full_at"]),
        failures=row["failures"],
        problem=row["problem"],
        moved_to=row["moved_to"],
        moved_times=row["moved_times"],
        gone_since=to_time_or_none(row["gone_since"]),
    )
