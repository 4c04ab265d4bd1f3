"""Splits and merges of stories in the database, append-only with their reasons (table ``story_changes``).

Writing functions need a transaction of the caller. Articles that an analyst placed by hand are left alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.store import stories
from pipeline.store.values import to_text


def members(conn: sqlite3.Connection, story: int) -> list[tuple[int, str, int | None]]:
    """Return the articles of a story in order of time: id, how it joined, the article it was matched with."""
    rows = conn.execute(
        "SELECT a.id, coalesce(m.how, 'first'), m.like_article_id FROM articles a INDEXED BY articles_story"
        " LEFT JOIN story_members m ON m.article_id = a.id WHERE a.story_id = ? ORDER BY +a.sorted_at, a.id",
        (story,),
    )
    return [(row[0], row[1], row[2]) for row in rows.fetchall()]


def by_hand(conn: sqlite3.Connection, articles: Sequence[int]) -> bool:
    """Return whether an analyst placed one of the articles."""
    row = conn.execute(
        "SELECT 1 FROM story_decisions WHERE article_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(articles)),),
    ).fetchone()
    return row is not None


def merge(conn: sqlite3.Connection, story: int, into: int, why: str, now: datetime) -> None:
    """Move all articles of a story into another one. The row of the emptied story stays."""
    moved = [article for article, _, _ in members(conn, story)]
    conn.executemany(
        "UPDATE story_members SET story_id = ?, why = why || ' ' || ? WHERE article_id = ?",
        [(into, why, article) for article in moved],
    )
    conn.executemany("UPDATE articles SET story_id = ? WHERE id = ?", [(into, article) for article in moved])
    change = {"what": "merged", "story": story, "into": into, "articles": json.dumps(moved), "why": why}
    _record(conn, change | {"at": to_text(now)})


def split(conn: sqlite3.Connection, story: int, article: int, why: str, now: datetime) -> None:
    """Take an article out of its story."""
    conn.execute("DELETE FROM story_members WHERE article_id = ?", (article,))
    conn.execute("UPDATE articles SET story_id = NULL WHERE id = ?", (article,))
    conn.execute("DELETE FROM story_order WHERE article_id = ?", (article,))
    change = {"what": "split", "story": story, "into": None, "articles": json.dumps([article]), "why": why}
    _record(conn, change | {"at": to_text(now)})


def _record(conn: sqlite3.Connection, change: dict[str, Any]) -> None:
    conn.execute(
        "INSERT INTO story_changes (at, what, story_id, into_id, articles, why)"
        " VALUES (:at, :what, :story, :into, :articles, :why)",
        change,
    )
    for changed in (change["story"], change["into"]):
        if changed is not None:
            _recount(conn, changed)


def _recount(conn: sqlite3.Connection, story: int) -> None:
    stories.recount(conn, story)
    if conn.execute("SELECT articles FROM stories WHERE id = ?", (story,)).fetchone()[0] == 0:
        conn.execute("DELETE FROM story_order WHERE story_id = ?", (story,))
        conn.execute("DELETE FROM story_gaps WHERE story_id = ?", (story,))
