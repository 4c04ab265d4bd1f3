"""Queries of one article with all its evidence, and of the options of filters. The lists are in ``queue``.

In: a connection, possibly Datasette's own. Out: rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.store import directions, edits, looks
from pipeline.store.values import records, short_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article with everything that the desk shows of it, as rows of the tables.

    Attributes:
        misses: topics that it nearly matched.
        siblings: other articles of its story.
        notes: notes of analysts, oldest first.
        names: names of the concepts that its passages share with it, by id.
        edits: reported edits of its page.
        look: last and next look at its page; None if it is not looked at.
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
    notes: list[dict[str, Any]]
    names: dict[str, str]
    edits: list[dict[str, Any]]
    look: dict[str, Any] | None
    direction: dict[str, Any] | None


def texts(conn: sqlite3.Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return the texts of these articles by id."""
    sql = "SELECT id, text FROM articles WHERE id IN (SELECT value FROM json_each(?))"
    return dict(conn.execute(sql, (json.dumps(ids),)).fetchall())


def has_archive(conn: sqlite3.Connection) -> bool:
    """Return whether “tumen backfill” stored articles."""
    return bool(conn.execute("SELECT EXISTS (SELECT 1 FROM articles WHERE origin = 'archive')").fetchone()[0])


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
        "SELECT a.*, f.name AS source, f.home, m.why AS story_why, m.how AS story_how, s.topics AS corrected,"
        " s.review_id, s.analyst AS judged_by, s.note,"
        " (SELECT min(e.next_try_at) FROM entries e WHERE e.article_id = a.id AND e.state = 'failed') AS pending_page"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id LEFT JOIN standing s ON s.article_id = a.id"
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
            'SELECT e.topic, e.clause, e.surface, e.field, e.start, e."end", c.name AS concept, c.kind,'
            " e.concept AS concept_id"
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
        notes=_rows(conn, "SELECT id, analyst, note, at FROM notes WHERE article_id = ? ORDER BY id", article_id),
        edits=edits.of_article(conn, article_id),
        look=looks.state_of(conn, article_id),
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
        "standing",
        "story_gaps",
    }


def _rows(conn: sqlite3.Connection, sql: str, article_id: int) -> list[dict[str, Any]]:
    return list(records(conn.execute(sql, (article_id,))))
