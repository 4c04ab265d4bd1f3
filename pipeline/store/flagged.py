"""Recently flagged articles as they stand after the verdicts of the team, for Atom feeds. Reads only."""

from __future__ import annotations

import sqlite3
from typing import Any

from pipeline.store.values import records


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
        "SELECT a.id, a.title, a.url, a.published, a.summary,"
        " substr(a.text, 1, 300) AS lead, f.name AS source, max(g.flagged_at) AS flagged_at"
        f" FROM (SELECT article_id, flagged_at FROM standing_topics {where or 'WHERE 1'} AND flagged_at >="
        # a lower bound of the time, so that the index flags_at serves the query
        " coalesce((SELECT f.flagged_at FROM flags f CROSS JOIN articles b ON b.id = f.article_id AND b.origin = 'feed'"
        f" {where} ORDER BY f.id DESC LIMIT 1 OFFSET 3 * :limit), '')) g"
        " JOIN articles a ON a.id = g.article_id AND a.origin = 'feed' JOIN feeds f ON f.id = a.feed_id"
        " GROUP BY a.id ORDER BY flagged_at DESC, a.id DESC LIMIT :limit",
        {"limit": limit, "topic": topic},
    )
    articles = list(records(rows))
    # a query per article: joined to other tables, the view would be computed for all articles
    sql = "SELECT topic FROM standing_topics WHERE article_id = ?"
    return title, [
        article | {"topics": [row[0] for row in conn.execute(sql, (article["id"],))]} for article in articles
    ]
