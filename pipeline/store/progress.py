"""Progress of the desk: what waits, what was reviewed today, and what changed since a page was made. Reads only."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.store import queue

COUNTED_TO = 1_000  # counting further would take longer than the rest of the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of the desk: waiting articles (counted up to 1,000), and the articles reviewed today.

    Attributes:
        today: number of articles by analyst, without verdicts that were undone.
        team: number of articles of all analysts; an article that two analysts judged counts once.
    """

    waiting: int
    team: int = 0
    today: dict[str, int] = field(default_factory=dict)


def progress(conn: sqlite3.Connection, wanted: queue.QueueFilter, now: datetime, *, day: str | None = None) -> Progress:
    """Return what waits, and what was reviewed since ``day`` began (default: midnight UTC)."""
    rows = conn.execute(
        "SELECT r.analyst, r.article_id FROM reviews r INDEXED BY reviews_at"
        " WHERE r.at >= ? AND r.verdict <> 'withdrawn' AND NOT EXISTS"
        " (SELECT 1 FROM reviews s WHERE s.article_id = r.article_id AND s.analyst = r.analyst AND s.id > r.id)",
        (day or now.strftime("%Y-%m-%dT00:00:00Z"),),
    ).fetchall()
    today: dict[str, int] = {}
    for analyst, _ in rows:
        today[analyst] = today.get(analyst, 0) + 1
    return Progress(
        waiting=_waiting(conn, wanted, now),
        team=len({article for _, article in rows}),
        today=dict(sorted(today.items(), key=lambda item: -item[1])),
    )


def _waiting(conn: sqlite3.Connection, wanted: queue.QueueFilter, now: datetime) -> int:
    if wanted.queue != "audit" and queue.is_list(wanted):
        return 0  # nothing waits in a list of judged articles, and counting it would read them all
    if wanted.queue == "audit":
        return len(queue.audit_queue(conn, wanted, now))
    conditions, values = queue.where(wanted, now)
    chosen = queue.plan(replace(wanted, sort="newest"))  # any order counts; this index follows the rows of the table
    condition = " AND ".join([chosen.condition, *conditions])
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {chosen.tables} WHERE {condition} LIMIT {COUNTED_TO})"
    return int(conn.execute(sql, values).fetchone()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What changed on the desk since a page was made.

    Attributes:
        new: number of articles that joined the list.
        judged: articles with a newer verdict: article, standing verdict (None after an undo), analyst of the change.
        review: id of the newest verdict.
    """

    new: int
    judged: tuple[tuple[int, str | None, str], ...]
    review: int


def news(conn: sqlite3.Connection, wanted: queue.QueueFilter, now: datetime, *, newest: int, review: int) -> News:
    """Return what changed after the article ``newest`` and the verdict ``review``."""
    new = 0
    if wanted.queue == "main" and not queue.is_list(wanted):
        conditions, values = queue.where(wanted, now)
        condition = " AND ".join(["a.id > :newest", queue.WAITS, *conditions])
        sql = f"SELECT count(*) FROM articles a NOT INDEXED WHERE {condition}"
        new = int(conn.execute(sql, values | {"newest": newest}).fetchone()[0])
    rows = conn.execute(
        "SELECT r.article_id, a.verdict, r.analyst, r.id FROM reviews r JOIN articles a ON a.id = r.article_id"
        " WHERE r.id > ? ORDER BY r.id DESC LIMIT 500",
        (review,),
    ).fetchall()
    judged = {row[0]: (row[0], row[1], row[2]) for row in reversed(rows)}
    return News(new=new, judged=tuple(judged.values()), review=max((row[3] for row in rows), default=review))


def newest_ids(conn: sqlite3.Connection) -> tuple[int, int]:
    """Return the ids of the newest article and of the newest verdict, as ``news`` expects them."""
    row = conn.execute(
        "SELECT coalesce((SELECT max(id) FROM articles), 0), coalesce((SELECT max(id) FROM reviews), 0)"
    ).fetchone()
    return int(row[0]), int(row[1])
