"""Edits of pages in the database: what changed, when it was seen, and which flags it gained or lost.

Writing functions need a transaction of the caller.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline.model import REPORTED, ArticleId, Change, EditKind
from pipeline.model.edits import strongest
from pipeline.store.values import records, to_json, to_text

_LAYOUT_ARTICLES = 3  # of one source with the same change within ``_LAYOUT_TIME``
_LAYOUT_TIME = timedelta(days=1)
_FOOTER_ARTICLES = 5  # of one source that contain a sentence: it belongs to the layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit to store.

    Attributes:
        since: the look before, when the page was not yet so.
        flags_gained: ids of topics that the article is flagged for since the edit; ``flags_lost`` likewise.
    """

    article: ArticleId
    feed: int
    change: Change
    seen_at: datetime
    since: datetime
    summary: str
    flags_gained: Sequence[str] = ()
    flags_lost: Sequence[str] = ()


def put(conn: sqlite3.Connection, edit: Edit) -> int:
    """Store an edit and return its id."""
    parts = [
        {"kind": part.kind, "old": part.old, "new": part.new, "facts": part.facts, "key": str(part.key)}
        for part in edit.change.parts
    ]
    row = conn.execute(
        "INSERT INTO edits (article_id, feed_id, kind, reported, seen_at, since, revision, summary, parts,"
        " flags_gained, flags_lost)"
        " SELECT id, ?, ?, ?, ?, ?, revision, ?, ?, ?, ? FROM articles WHERE id = ?"
        " RETURNING id",
        (
            edit.feed,
            edit.change.kind,
            int(edit.change.kind in REPORTED),
            to_text(edit.seen_at),
            to_text(edit.since),
            edit.summary,
            json.dumps(parts, ensure_ascii=False),
            to_json(edit.flags_gained),
            to_json(edit.flags_lost),
            edit.article,
        ),
    ).fetchone()
    keys = {part.key for part in edit.change.parts if part.kind != "cosmetic"}
    conn.executemany("INSERT INTO edit_parts (key, edit_id) VALUES (?, ?)", [(key, row[0]) for key in keys])
    return int(row[0])


def layout_keys(conn: sqlite3.Connection, article: int, feed: int, keys: Iterable[int], now: datetime) -> set[int]:
    """Return those keys of changes that two other articles of the source had within the last day."""
    rows = conn.execute(
        "SELECT p.key FROM edit_parts p JOIN edits e ON e.id = p.edit_id"
        " WHERE p.key IN (SELECT value FROM json_each(?)) AND e.feed_id = ? AND e.article_id <> ? AND e.seen_at >= ?"
        " GROUP BY p.key HAVING count(DISTINCT e.article_id) >= ?",
        (json.dumps(list(keys)), feed, article, to_text(now - _LAYOUT_TIME), _LAYOUT_ARTICLES - 1),
    )
    return {row[0] for row in rows}


def mark_layout(conn: sqlite3.Connection, feed: int, keys: set[int], now: datetime) -> None:
    """Turn the earlier edits of a source with these changes into changes of its layout."""
    rows = conn.execute(
        "SELECT DISTINCT e.id, e.parts FROM edit_parts p JOIN edits e ON e.id = p.edit_id"
        " WHERE p.key IN (SELECT value FROM json_each(?)) AND e.feed_id = ? AND e.seen_at >= ?"
        " AND e.kind <> 'back'",
        (json.dumps(list(keys)), feed, to_text(now - _LAYOUT_TIME)),
    ).fetchall()
    for edit, packed in rows:
        parts = json.loads(packed)
        for part in parts:
            if int(part["key"]) in keys:
                part["kind"] = "layout"
        kind = strongest([part["kind"] for part in parts])
        summary = ", summary = 'Layout of the site changed.'" if kind == "layout" else ""
        conn.execute(
            f"UPDATE edits SET kind = ?, reported = ?, parts = ?{summary} WHERE id = ?",
            (kind, int(kind in REPORTED), json.dumps(parts, ensure_ascii=False), edit),
        )


def footers(conn: sqlite3.Connection, article: int, feed: int, sentences: Iterable[int]) -> set[int]:
    """Return those sentences that five other articles of the source contain, by their hash in ``sentences``."""
    rows = conn.execute(
        "SELECT s.hash FROM sentences s JOIN articles a ON a.id = s.article_id"
        " WHERE s.hash IN (SELECT value FROM json_each(?)) AND a.feed_id = ? AND a.id <> ?"
        " GROUP BY s.hash HAVING count(*) >= ?",
        (json.dumps(list(sentences)), feed, article, _FOOTER_ARTICLES),
    )
    return {row[0] for row in rows}


def topics_of(conn: sqlite3.Connection, article: int) -> set[str]:
    """Return the topics that an article is flagged for."""
    return {row[0] for row in conn.execute("SELECT topic FROM flags WHERE article_id = ?", (article,))}


_LISTED = (
    "SELECT e.id, e.article_id AS article, e.kind, e.reported, e.seen_at, e.since, e.summary, e.parts, e.flags_gained,"
    " e.flags_lost, e.revision, a.title, a.url, a.verdict, a.language, a.relevance, a.story_id AS story, a.topics,"
    " f.name AS source FROM edits e JOIN articles a ON a.id = e.article_id JOIN feeds f ON f.id = a.feed_id"
)


def of_article(conn: sqlite3.Connection, article: int) -> list[dict[str, Any]]:
    """Return the reported edits of an article, oldest first (index ``edits_article``)."""
    rows = conn.execute(f"{_LISTED} WHERE e.article_id = ? AND e.reported = 1 ORDER BY e.id", (article,))
    return _listed(conn, rows)


def latest(
    conn: sqlite3.Connection, *, kind: EditKind | None = None, before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return the newest reported edits.

    Args:
        conn: the database.
        kind: only edits of this class.
        before: only edits with a lower id, for the next page.
        limit: number of rows.
    """
    rows = conn.execute(
        f"{_LISTED} WHERE e.reported = 1 AND (:kind IS NULL OR e.kind = :kind) AND (:before IS NULL OR e.id < :before)"
        " ORDER BY e.id DESC LIMIT :limit",
        {"kind": kind, "before": before, "limit": limit},
    )
    return _listed(conn, rows)


def since(conn: sqlite3.Connection, at: str) -> list[dict[str, Any]]:
    """Return the reported edits seen at this time or later, most relevant article first (``edits_reported``)."""
    rows = conn.execute(f"{_LISTED} WHERE e.reported = 1 AND e.seen_at >= ? ORDER BY a.relevance DESC, e.id", (at,))
    return _listed(conn, rows)


def _listed(conn: sqlite3.Connection, rows: sqlite3.Cursor) -> list[dict[str, Any]]:
    """Return rows with their lists as lists, and the titles of gained and lost topics."""
    titles = dict(conn.execute("SELECT id, title FROM topics").fetchall())
    listed = []
    for edit in records(rows):
        edit |= {name: json.loads(edit[name] or "[]") for name in ("parts", "flags_gained", "flags_lost", "topics")}
        edit["gained"] = [titles.get(topic, topic) for topic in edit["flags_gained"]]
        edit["lost"] = [titles.get(topic, topic) for topic in edit["flags_lost"]]
        listed.append(edit)
    return listed
