"""Articles of a search as the desk lists and exports them, and saved searches."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.store.schema import transaction
from pipeline.store.values import from_row, records, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An article that a search found.

    Attributes:
        at: time of publication, or of first sight.
        topics: titles of its flagged topics.
        verdict: the verdict that stands, or None.
        story: id of its story, or None.
    """

    id: int
    title: str
    text: str
    url: str
    language: str | None
    source: str
    authors: tuple[str, ...]
    at: str
    relevance: float
    topics: tuple[str, ...]
    verdict: str | None
    story: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A search that an analyst saved. ``query`` is its query string."""

    id: int
    name: str
    query: str
    analyst: str


def load(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Result]:
    """Return these articles in this order."""
    titles = dict(conn.execute("SELECT id, title FROM topics").fetchall())
    rows = conn.execute(
        "SELECT a.id, a.title, a.text, a.url, a.language, f.name AS source, a.authors, a.sorted_at AS at, a.relevance,"
        " a.topics, a.verdict, a.story_id AS story FROM articles a JOIN feeds f ON f.id = a.feed_id"
        " WHERE a.id IN (SELECT value FROM json_each(?))",
        (json.dumps(ids),),
    )
    found = {}
    for row in records(rows):
        topics = tuple(titles.get(topic, topic) for topic in json.loads(row["topics"]))
        found[row["id"]] = from_row(Result, row, topics=topics)
    return [found[article] for article in ids if article in found]


def first_seen(conn: sqlite3.Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return when a feed first listed these articles."""
    sql = "SELECT id, first_seen_at FROM articles WHERE id IN (SELECT value FROM json_each(?))"
    return dict(conn.execute(sql, (json.dumps(ids),)).fetchall())


def choices(conn: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """Return the options of each filter as value and name."""
    return {
        "topic": conn.execute("SELECT id, title FROM topics ORDER BY position").fetchall(),
        "language": [(row[0], row[0]) for row in conn.execute("SELECT DISTINCT language FROM feeds ORDER BY 1")],
        "source": [(str(row[0]), row[1]) for row in conn.execute("SELECT id, name FROM feeds ORDER BY name")],
    }


def saved(conn: sqlite3.Connection) -> list[Saved]:
    """Return the saved searches by name."""
    rows = conn.execute("SELECT id, name, query, analyst FROM saved_searches WHERE removed_at IS NULL ORDER BY name")
    return [Saved(id=row[0], name=row[1], query=row[2], analyst=row[3]) for row in rows]


def find_saved(conn: sqlite3.Connection, key: int | str) -> Saved | None:
    """Return a saved search by id or name, or None."""
    return next((search for search in saved(conn) if key in (search.id, search.name)), None)


def save(conn: sqlite3.Connection, name: str, query: str, analyst: str, now: datetime) -> None:
    """Save a search. A search of the same name is replaced."""
    with transaction(conn):
        conn.execute(
            "UPDATE saved_searches SET removed_at = ? WHERE name = ? AND removed_at IS NULL", (to_text(now), name)
        )
        conn.execute(
            "INSERT INTO saved_searches (name, query, analyst, saved_at) VALUES (?, ?, ?, ?)",
            (name, query, analyst, to_text(now)),
        )


def remove(conn: sqlite3.Connection, key: int, now: datetime) -> None:
    """Remove a saved search from the lists. Its row stays."""
    with transaction(conn):
        conn.execute("UPDATE saved_searches SET removed_at = ? WHERE id = ?", (to_text(now), key))
