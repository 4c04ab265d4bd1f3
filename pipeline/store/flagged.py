"""Recently flagged articles as they stand after the verdicts of the team, for Atom feeds. Reads only."""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def latest(conn: sqlite3.Connection, topic: str | None, *, limit: int) -> tuple[str, list[dict[str, Any]]] | None:
    """Return the title of a topic and its last flagged articles, newest first; None if the topic does not exist.

    Rejected articles are left out, and corrected topics replace the flagged ones. Without a topic, return the articles
    of all topics.
    """
    if topic is None:
        title = "flagged articles"
        where = ""
    else:
        row = conn.execute("SELECT title FROM topics WHERE id = ?", (topic,)).fetchone()
        if row is None:
            return None
        title, where = row[0], "WHERE topic = :topic"
    rows = conn.execute(
        "SELECT a.id, a.title, a.url, a.published,"  # noqa: S608 - one of two constants
        " (SELECT json_group_array(t.topic) FROM standing_topics t WHERE t.article_id = a.id) AS topics,"
        " a.summary, substr(a.text, 1, 300) AS lead, f.name AS source, max(g.flagged_at) AS flagged_at"
        f" FROM (SELECT article_id, flagged_at FROM standing_topics {where or 'WHERE 1'} AND flagged_at >="
        # a lower bound of the time, so that the index flags_at serves the query
        " coalesce((SELECT f.flagged_at FROM flags f CROSS JOIN articles b ON b.id = f.article_id AND b.origin = 'feed'"
        f" {where} ORDER BY f.id DESC LIMIT 1 OFFSET 3 * :limit), '')) g"
        " JOIN articles a ON a.id = g.article_id AND a.origin = 'feed' JOIN feeds f ON f.id = a.feed_id"
        " GROUP BY a.id ORDER BY 9 DESC, a.id DESC LIMIT :limit",
        {"limit": limit, "topic": topic},
    ).fetchall()
    names = ("id", "title", "url", "published", "topics", "summary", "lead", "source", "flagged_at")
    articles = [dict(zip(names, tuple(row), strict=True)) for row in rows]
    return title, [article | {"topics": json.loads(article["topics"])} for article in articles]


def brief(conn: sqlite3.Connection, since: str) -> list[dict[str, Any]]:
    """Return every flag on articles first seen since this time, by topic, most relevant first, with matched words."""
    rows = conn.execute(
        "SELECT t.id AS topic, t.title AS topic_title, a.id AS id, a.title AS title, a.url AS url,"
        " a.language AS language, a.sorted_at AS sorted_at, a.story_id AS story,"
        " f.name AS source, a.relevance AS relevance,"
        " (SELECT group_concat(surface, ' · ') FROM (SELECT DISTINCT e.surface FROM evidence e"
        "  WHERE e.article_id = a.id AND e.topic = t.id ORDER BY e.start LIMIT 6)) AS words"
        " FROM topics t LEFT JOIN (flags g"
        " JOIN articles a ON a.id = g.article_id AND a.first_seen_at >= ? AND a.origin = 'feed'"
        " JOIN feeds f ON f.id = a.feed_id) ON g.topic = t.id ORDER BY t.position, a.relevance DESC, a.id DESC",
        (since,),
    )
    names = [column[0] for column in rows.description]
    return [dict(zip(names, tuple(row), strict=True)) for row in rows]
