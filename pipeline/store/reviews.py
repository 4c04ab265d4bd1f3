"""Verdicts in the database: each is one row for ever. Nothing here changes or deletes one.

In: a connection, which may be Datasette's own. Out: the row's id, once it is on the disk.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import Verdict
from pipeline.store.schema import transaction
from pipeline.store.values import to_json, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVerdict:
    """A verdict to be stored.

    Attributes:
        topics: the topics as the analyst set them; None leaves those that were flagged.
        revision: of the text that was on the screen.
        token: made by the page for this one verdict: the same token is the same verdict.
        story: it is for the others too that wait in the article's story.
    """

    article: int
    analyst: str
    verdict: Verdict
    revision: int
    token: str
    topics: tuple[str, ...] | None = None
    note: str = ""
    story: bool = False


def put(conn: sqlite3.Connection, new: NewVerdict, now: datetime) -> int | None:
    """Add a verdict, in a transaction of its own, and be sure that it is on the disk.

    A verdict on a story is a row for each article of it that waits, all with the same ``batch``; taking back one of
    them takes back the batch.

    Returns:
        The verdict's id, the first one's where the token was seen before; None when there is no such article.
    """
    with transaction(conn):
        if conn.execute("SELECT 1 FROM articles WHERE id = ?", (new.article,)).fetchone() is None:
            return None
        before = conn.execute("SELECT id FROM reviews WHERE token = ?", (new.token,)).fetchone()
        if before is not None:
            return int(before[0])
        others = _batch(conn, new)
        for article in (new.article, *others):
            _add(conn, new, article, now, batch=new.token if others else None)
        stored = conn.execute("SELECT id FROM reviews WHERE token = ?", (new.token,)).fetchone()[0]
    return int(stored)


def _batch(conn: sqlite3.Connection, new: NewVerdict) -> list[int]:
    """The other articles that the verdict is for."""
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


def _add(conn: sqlite3.Connection, new: NewVerdict, article: int, now: datetime, *, batch: str | None) -> None:
    own = article == new.article
    conn.execute(
        "INSERT INTO reviews (article_id, analyst, verdict, topics, note, at, revision, config_version, supersedes,"
        " batch, token) SELECT id, :analyst, :verdict, :topics, :note, :at, coalesce(:revision, revision),"
        " config_version, (SELECT max(id) FROM reviews WHERE article_id = :article AND analyst = :analyst),"
        " :batch, :token FROM articles WHERE id = :article ON CONFLICT (token) DO NOTHING",
        {
            "article": article,
            "analyst": new.analyst,
            "verdict": new.verdict,
            "topics": None if new.topics is None or not own else to_json(new.topics),
            "note": new.note,
            "at": to_text(now),
            "revision": new.revision if own else None,
            "batch": batch,
            "token": new.token if own else f"{new.token}:{article}",
        },
    )
