"""Verdicts in the database. The table is append-only: nothing here changes or deletes a row.

In: a connection, possibly Datasette's own. Out: the id of the row, once it is on the disk.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Queue, Verdict
from pipeline.store import audit
from pipeline.store.schema import transaction
from pipeline.store.values import to_json, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVerdict:
    """A verdict to be stored.

    Attributes:
        topics: the topics that the analyst chose; None keeps the flagged ones.
        revision: revision of the text that was on the screen.
        token: made by the page for this verdict, so that a repeated request is stored once.
        story: apply the verdict to the other waiting articles of the story too.
        queue: queue on the screen. "audit" is stored only for articles of the sample, so that it stays random.
    """

    article: int
    analyst: str
    verdict: Verdict
    revision: int
    token: str
    topics: tuple[str, ...] | None = None
    note: str = ""
    story: bool = False
    queue: Queue = "main"


def put(conn: sqlite3.Connection, new: NewVerdict, now: datetime) -> int | None:
    """Add a verdict in a transaction of its own.

    A verdict on a story is one row per waiting article, all with the same ``batch``. Withdrawing one of them withdraws
    the batch.

    Returns:
        The id of the verdict; that of the first one if the token is known; None if the article does not exist.
    """
    with transaction(conn):
        if conn.execute("SELECT 1 FROM articles WHERE id = ?", (new.article,)).fetchone() is None:
            return None
        before = conn.execute("SELECT id FROM reviews WHERE token = ?", (new.token,)).fetchone()
        if before is not None:
            return int(before[0])
        others = _batch(conn, new)
        audited = new.queue == "audit" and new.article in audit.sample(conn, now)
        for article in (new.article, *others):
            queue = new.queue if article == new.article and (audited or new.queue == "near") else None
            _add(conn, new, article, now, queue=queue, batch=new.token if others else None)
        stored = conn.execute("SELECT id FROM reviews WHERE token = ?", (new.token,)).fetchone()[0]
    return int(stored)


def _batch(conn: sqlite3.Connection, new: NewVerdict) -> list[int]:
    """Return the other articles that the verdict applies to."""
    if new.verdict == "withdrawn":
        sql = (
            "SELECT o.article_id FROM reviews r JOIN reviews o ON o.batch = r.batch AND o.analyst = r.analyst"
            " WHERE r.id = (SELECT max(id) FROM reviews WHERE article_id = ?1 AND analyst = ?2)"
            " AND r.verdict <> 'withdrawn' AND o.article_id <> ?1"
            " AND o.id = (SELECT max(id) FROM reviews WHERE article_id = o.article_id AND analyst = ?2)"
        )
        return [int(row[0]) for row in conn.execute(sql, (new.article, new.analyst))]
    if not new.story:
        return []
    rows = conn.execute(
        "SELECT id FROM articles INDEXED BY articles_story"
        " WHERE story_id = (SELECT story_id FROM articles WHERE id = ?1) AND id <> ?1"
        " AND relevant = 1 AND verdict IS NULL LIMIT 200",
        (new.article,),
    )
    return [int(row[0]) for row in rows]


def _add(
    conn: sqlite3.Connection, new: NewVerdict, article: int, now: datetime, *, queue: Queue | None, batch: str | None
) -> None:
    own = article == new.article
    conn.execute(
        "INSERT INTO reviews (article_id, analyst, verdict, topics, note, at, revision, config_version, supersedes,"
        " batch, token, queue) SELECT id, :analyst, :verdict, :topics, :note, :at, coalesce(:revision, revision),"
        " config_version, (SELECT max(id) FROM reviews WHERE article_id = :article AND analyst = :analyst),"
        " :batch, :token, coalesce(:queue, iif(relevant = 1, 'main', NULL)) FROM articles WHERE id = :article"
        " ON CONFLICT (token) DO NOTHING",
        {
            "article": article,
            "analyst": new.analyst,
            "verdict": new.verdict,
            "topics": None if new.topics is None or not own else to_json(new.topics),
            "note": new.note,
            "at": to_text(now),
            "revision": new.revision if own else None,
            "batch": batch,
            "queue": queue,
            "token": new.token if own else f"{new.token}:{article}",
        },
    )
