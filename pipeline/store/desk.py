"""Queries of the analyst's desk: the queue, one article with all evidence, and the day's progress.

In: a connection, possibly Datasette's own. Out: rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.model import Queue
from pipeline.store import audit, directions
from pipeline.store import edits as edit_rows
from pipeline.store.values import from_row, short_name, to_text

COUNTED_TO = 1_000  # counting further would take longer than the rest of the page


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Filters of the queue; None means no filter.

    Attributes:
        topic: id of a topic that the articles are flagged for.
        language: language of the articles: ``en``, ``ru``, ``ko``.
        source: id of a feed.
        days: only articles of the last days.
        queue: which articles: the relevant ones, the audit sample, or those just below the threshold.
    """

    topic: str | None = None
    language: str | None = None
    source: int | None = None
    days: int | None = None
    queue: Queue = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An article in the queue.

    Attributes:
        at: time of publication, or of first sight.
        duplicates: number of other waiting articles of the same story.
    """

    id: int
    title: str
    relevance: float
    topics: tuple[str, ...]
    language: str | None
    source: str
    at: str
    duplicates: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article with everything that the desk shows of it, as rows of the tables.

    Attributes:
        misses: topics that it nearly matched.
        siblings: other articles of its story.
        names: names of the concepts that its passages share with it, by id.
        edits: reported edits of its page.
        direction: order and gaps of its story; None without a story.
    """

    article: dict[str, Any]
    flags: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    terms: list[dict[str, Any]]
    passages: list[dict[str, Any]]
    misses: list[dict[str, Any]]
    siblings: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    names: dict[str, str]
    edits: list[dict[str, Any]]
    direction: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of the desk: waiting articles (counted up to 1,000), and today's verdicts (UTC) by analyst."""

    waiting: int
    today: dict[str, int] = field(default_factory=dict)


def queue(conn: sqlite3.Connection, wanted: QueueFilter, now: datetime, *, limit: int = 60) -> list[Waiting]:
    """Return the articles of a queue without a verdict, most relevant first; of each story only the first.

    The indexes ``articles_waiting`` and ``articles_near`` serve the order. The audit queue is in random order, with
    every article of a story.
    """
    if wanted.queue == "audit":
        return by_id(conn, _audit(conn, wanted, now)[:limit])
    where, values = _where(wanted, now)
    rows = conn.execute(
        "SELECT a.id, a.title, a.relevance, a.topics, a.language, f.name AS source, a.sorted_at AS at, a.story_id"  # noqa: S608 - conditions of our own, values bound
        f" FROM articles a INDEXED BY {_INDEX[wanted.queue]}"
        f" JOIN feeds f ON f.id = a.feed_id WHERE {where} ORDER BY a.relevance DESC, a.id DESC",
        values,
    )
    first: dict[object, sqlite3.Row] = {}
    for row in rows:
        first.setdefault(row["story_id"] or f"article {row['id']}", row)
        if len(first) == limit:
            break
    waiting = _count_waiting(conn, [story for story in first if isinstance(story, int)])
    return [from_row(Waiting, row, duplicates=waiting.get(story, 1) - 1) for story, row in first.items()]


def _count_waiting(conn: sqlite3.Connection, stories: Sequence[int]) -> dict[object, int]:
    """Count the waiting articles of each story."""
    rows = conn.execute(
        "SELECT story_id, count(*) FROM articles INDEXED BY articles_story"
        " WHERE story_id IN (SELECT value FROM json_each(?)) AND verdict IS NULL AND relevant = 1 GROUP BY story_id",
        (json.dumps(stories),),
    )
    return {row[0]: int(row[1]) for row in rows}


def by_id(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Waiting]:
    """Return these articles in this order, with or without a verdict."""
    rows = conn.execute(
        "SELECT a.id, a.title, a.relevance, a.topics, a.language, f.name AS source, a.sorted_at AS at FROM articles a"
        " JOIN feeds f ON f.id = a.feed_id WHERE a.id IN (SELECT value FROM json_each(?))",
        (json.dumps(ids),),
    )
    stored = {row["id"]: from_row(Waiting, row) for row in rows}
    return [stored[article] for article in ids if article in stored]


def texts(conn: sqlite3.Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return the texts of these articles by id."""
    sql = "SELECT id, text FROM articles WHERE id IN (SELECT value FROM json_each(?))"
    return dict(conn.execute(sql, (json.dumps(ids),)).fetchall())


def progress(conn: sqlite3.Connection, wanted: QueueFilter, now: datetime) -> Progress:
    """Return what waits, and what was reviewed today."""
    if wanted.queue == "audit":
        waiting = len(_audit(conn, wanted, now))
    else:
        where, values = _where(wanted, now)
        index = _INDEX[wanted.queue]
        sql = f"SELECT count(*) FROM (SELECT 1 FROM articles a INDEXED BY {index} WHERE {where} LIMIT {COUNTED_TO})"  # noqa: S608 - conditions of our own
        waiting = int(conn.execute(sql, values).fetchone()[0])
    today = conn.execute(
        "SELECT analyst, count(DISTINCT article_id) FROM reviews WHERE at >= ? AND verdict <> 'withdrawn'"
        " GROUP BY analyst ORDER BY 2 DESC",
        (now.strftime("%Y-%m-%dT00:00:00Z"),),
    )
    return Progress(waiting=waiting, today={row[0]: int(row[1]) for row in today})


def choices(conn: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """Return the options of each filter (topics, languages, sources) as value and name."""
    return {
        "topic": [(row[0], row[1]) for row in conn.execute("SELECT id, title FROM topics ORDER BY position")],
        "language": [
            (row[0], row[0])
            for row in conn.execute("SELECT DISTINCT language FROM feeds WHERE language > '' ORDER BY 1")
        ],
        "source": [
            (str(row[0]), row[1]) for row in conn.execute("SELECT id, name FROM feeds WHERE enabled = 1 ORDER BY name")
        ],
    }


def article(conn: sqlite3.Connection, article_id: int) -> ArticleView | None:
    """Return one article with its flags, evidence, terms, passages, siblings and verdicts, or None."""
    rows = _rows(
        conn,
        "SELECT a.*, f.name AS source, f.home, m.why AS story_why, m.how AS story_how"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id"
        " LEFT JOIN story_members m ON m.article_id = a.id WHERE a.id = ?",
        article_id,
    )
    if not rows:
        return None
    return ArticleView(
        article=rows[0],
        flags=_rows(
            conn,
            "SELECT g.topic, t.title, g.score, g.revision, g.passage_id FROM flags g JOIN topics t ON t.id = g.topic"
            " WHERE g.article_id = ? ORDER BY g.score DESC",
            article_id,
        ),
        evidence=_rows(
            conn,
            'SELECT e.topic, e.clause, e.surface, e.field, e.start, e."end", c.name AS concept, c.kind'
            " FROM evidence e JOIN concepts c ON c.id = e.concept WHERE e.article_id = ? ORDER BY e.start, e.id",
            article_id,
        ),
        terms=_rows(
            conn,
            "SELECT topic, clause, weight, concepts, note FROM terms WHERE article_id = ? ORDER BY id",
            article_id,
        ),
        passages=_rows(
            conn,
            "SELECT p.id, m.similarity AS meaning, n.similarity, coalesce(n.shared, '[]') AS shared, p.part, p.digest,"
            " p.original, p.position FROM passages p"
            " LEFT JOIN near_passages n ON n.passage_id = p.id AND n.article_id = ?1"
            " LEFT JOIN meanings m ON m.passage_id = p.id AND m.article_id = ?1"
            " WHERE n.similarity IS NOT NULL OR m.similarity IS NOT NULL"
            # the weight 5 was measured: docs/decisions.md
            " ORDER BY coalesce(n.similarity, 0) + 5 * coalesce(m.lift, 0) DESC, p.position LIMIT 3",
            article_id,
        ),
        misses=_rows(
            conn,
            "SELECT m.topic, t.title, m.score, m.missing FROM near_misses m JOIN topics t ON t.id = m.topic"
            " WHERE m.article_id = ? ORDER BY m.score DESC LIMIT 3",
            article_id,
        ),
        siblings=_rows(
            conn,
            "SELECT b.id, b.title, f.name AS source, b.language, b.verdict, b.relevant, b.sorted_at, m.how, m.why"
            " FROM articles b INDEXED BY articles_story JOIN feeds f ON f.id = b.feed_id"
            " LEFT JOIN story_members m ON m.article_id = b.id"
            " WHERE b.story_id = (SELECT story_id FROM articles WHERE id = ?1)"
            # the plus keeps SQLite from using the index over the times of all articles
            " AND b.id <> ?1 ORDER BY +b.sorted_at LIMIT 30",
            article_id,
        ),
        reviews=_rows(
            conn,
            "SELECT id, analyst, verdict, topics, note, at, revision, batch FROM reviews WHERE article_id = ?"
            " ORDER BY id",
            article_id,
        ),
        edits=edit_rows.of_article(conn, article_id),
        direction=directions.of_story(conn, rows[0]["story_id"]) if rows[0]["story_id"] else None,
        names={
            row["id"]: short_name(row["name"])
            for row in _rows(
                conn,
                "SELECT c.id, c.name FROM near_passages n, json_each(n.shared) j JOIN concepts c ON c.id = j.value"
                " WHERE n.article_id = ?",
                article_id,
            )
        },
    )


def is_desk(conn: sqlite3.Connection) -> bool:
    """Return whether this is Tumen's database, with a schema that the desk can read."""
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master")}
    return names >= {
        "articles",
        "articles_fts",
        "reviews_audit",
        "near_passages",
        "meanings",
        "topics",
        "story_members",
        "edits",
        "story_gaps",
    }


_INDEX: dict[Queue, str] = {"main": "articles_waiting", "near": "articles_near"}
_CONDITION: dict[Queue, str] = {
    "main": "a.verdict IS NULL AND a.relevant = 1",
    "near": "a.verdict IS NULL AND a.relevant = 0",
    # a verdict from elsewhere does not take an article out of the sample: near misses would then never be counted
    "audit": "a.id IN (SELECT value FROM json_each(:sample)) AND (a.verdict IS NULL"
    " OR NOT EXISTS (SELECT 1 FROM reviews r WHERE r.article_id = a.id AND r.queue = 'audit'))",
}


def _audit(conn: sqlite3.Connection, wanted: QueueFilter, now: datetime) -> list[int]:
    """Return the articles of the audit sample that wait, in the order of the sample."""
    sample = audit.sample(conn, now)
    where, values = _where(wanted, now)
    rows = conn.execute(f"SELECT a.id FROM articles a WHERE {where}", values | {"sample": json.dumps(sample)})  # noqa: S608 - conditions of our own
    waiting = {row[0] for row in rows}
    return [article for article in sample if article in waiting]


def _where(wanted: QueueFilter, now: datetime) -> tuple[str, dict[str, object]]:
    conditions = [_CONDITION[wanted.queue]]
    values: dict[str, object] = {}
    if wanted.topic:
        conditions.append("EXISTS (SELECT 1 FROM flags g WHERE g.article_id = a.id AND g.topic = :topic)")
        values["topic"] = wanted.topic
    if wanted.language:
        conditions.append("a.language = :language")
        values["language"] = wanted.language
    if wanted.source is not None:
        conditions.append("a.feed_id = :source")
        values["source"] = wanted.source
    if wanted.days:
        conditions.append("a.sorted_at >= :since")
        values["since"] = to_text(now - timedelta(days=wanted.days))
    return " AND ".join(conditions), values


def _rows(conn: sqlite3.Connection, sql: str, article_id: int) -> list[dict[str, Any]]:
    cursor = conn.execute(sql, (article_id,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, tuple(row), strict=True)) for row in cursor]
