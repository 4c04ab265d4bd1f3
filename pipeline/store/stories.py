"""Stories in the database: which articles tell the same event, why, and what they are compared by.

Functions that write need a transaction of the caller's. ``sentences`` and ``marks`` are kept for thirty days only: a
later copy begins a story of its own.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Literal

from pipeline.store.values import short_name, to_json, to_text, to_tuple

_MOST_POSTINGS = 50  # articles looked at for one sentence, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An article that has a sentence."""

    article: int
    source: int
    story: int | None
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksRow:
    """What a flagged article is compared by, as it is kept."""

    article: int
    source: int
    at: str
    language: str | None
    concepts: tuple[str, ...]
    named: tuple[str, ...]
    numbers: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An article, as far as a story's reasons speak of it."""

    id: int
    feed: int
    source: str
    at: str
    story: int | None


def holders(conn: sqlite3.Connection, article: int, numbers: Sequence[int]) -> dict[int, list[int]]:
    """For each sentence the newest other articles that have it, where there are any."""
    shared = conn.execute(
        "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM sentences WHERE hash = value AND article_id <> ?)",
        (json.dumps(numbers), article),
    )
    return {number: _holders(conn, number, article) for (number,) in shared.fetchall()}


def _holders(conn: sqlite3.Connection, number: int, but: int) -> list[int]:
    rows = conn.execute(
        "SELECT article_id FROM sentences WHERE hash = ? AND article_id <> ? ORDER BY article_id DESC LIMIT ?",
        (number, but, _MOST_POSTINGS),
    )
    return [row[0] for row in rows.fetchall()]


def postings(conn: sqlite3.Connection, holders: Mapping[int, list[int]], *, since: str) -> dict[int, list[Posting]]:
    """What is known of these articles, as far as they are of this time or later, by sentence."""
    rows = conn.execute(
        "SELECT id, feed_id, story_id, sorted_at FROM articles WHERE id IN (SELECT value FROM json_each(?))"
        " AND sorted_at >= ?",
        (json.dumps(sorted(set(chain.from_iterable(holders.values())))), since),
    )
    told = {row[0]: Posting(article=row[0], source=row[1], story=row[2], at=row[3]) for row in rows.fetchall()}
    found = {number: [told[one] for one in have if one in told] for number, have in holders.items()}
    return {number: have for number, have in found.items() if have}


def size(conn: sqlite3.Connection, article: int) -> int:
    """How many sentences of an article are kept."""
    return int(conn.execute("SELECT count(*) FROM sentences WHERE article_id = ?", (article,)).fetchone()[0])


def put_sentences(conn: sqlite3.Connection, article: int, numbers: Sequence[int], *, first: bool = False) -> None:
    """Keep an article's sentences, in the place of those of an earlier revision unless this is its ``first``."""
    if not first:
        conn.execute("DELETE FROM sentences WHERE article_id = ?", (article,))
    conn.executemany(
        "INSERT INTO sentences (hash, article_id) VALUES (?, ?)", [(number, article) for number in numbers]
    )


def put_marks(conn: sqlite3.Connection, marks: MarksRow) -> None:
    """Keep what a flagged article is compared by."""
    conn.execute(
        "INSERT OR REPLACE INTO marks (article_id, concepts, named, numbers, words) VALUES (?, ?, ?, ?, ?)",
        (marks.article, *(to_json(sorted(one)) for one in (marks.concepts, marks.named, marks.numbers, marks.words))),
    )


def drop_marks(conn: sqlite3.Connection, article: int) -> None:
    """Forget what an article was compared by."""
    conn.execute("DELETE FROM marks WHERE article_id = ?", (article,))


def recent_marks(conn: sqlite3.Connection, since: str) -> list[MarksRow]:
    """The marks of articles of this time or later."""
    rows = conn.execute(
        "SELECT a.id, a.feed_id, a.sorted_at, a.language, m.concepts, m.named, m.numbers, m.words"
        " FROM marks m JOIN articles a ON a.id = m.article_id WHERE a.sorted_at >= ?",
        (since,),
    )
    return [
        MarksRow(
            article=row[0],
            source=row[1],
            at=row[2],
            language=row[3],
            concepts=to_tuple(row[4]),
            named=to_tuple(row[5]),
            numbers=to_tuple(row[6]),
            words=to_tuple(row[7]),
        )
        for row in rows
    ]


def concepts(conn: sqlite3.Connection) -> Mapping[str, tuple[str, str]]:
    """Each concept's kind and name."""
    return {row[0]: (row[1], short_name(row[2])) for row in conn.execute("SELECT id, kind, name FROM concepts")}


def known(conn: sqlite3.Connection, article: int) -> Known | None:
    """An article; None when it is not there (any more)."""
    row = conn.execute(
        "SELECT a.id, a.feed_id, f.name, a.sorted_at, a.story_id FROM articles a JOIN feeds f ON f.id = a.feed_id"
        " WHERE a.id = ?",
        (article,),
    ).fetchone()
    return None if row is None else Known(id=row[0], feed=row[1], source=row[2], at=row[3], story=row[4])


def join(
    conn: sqlite3.Connection, article: int, other: Known, *, how: Literal["copy", "event"], why: str, now: datetime
) -> int:
    """Put an article into another one's story, which begins with this if it was in none; returns the story's id."""
    story = other.story
    if story is None:
        story = int(
            conn.execute(
                "INSERT INTO stories (title, lead_article_id, first_seen_at, last_seen_at)"
                " SELECT title, id, sorted_at, sorted_at FROM articles WHERE id = ? RETURNING id",
                (other.id,),
            ).fetchone()[0]
        )
        _add(conn, (other.id, story, "first", None, "The first that was read.", to_text(now)))
    _add(conn, (article, story, how, other.id, why, to_text(now)))
    conn.execute(
        "UPDATE stories SET (articles, sources, first_seen_at, last_seen_at) = (SELECT count(*),"
        " count(DISTINCT feed_id), min(sorted_at), max(sorted_at) FROM articles INDEXED BY articles_story"
        " WHERE story_id = stories.id),"
        " (title, lead_article_id) = (SELECT title, id FROM articles INDEXED BY articles_story"
        " WHERE story_id = stories.id ORDER BY +sorted_at, id LIMIT 1) WHERE id = ?",
        (story,),
    )
    return story


def _add(conn: sqlite3.Connection, member: tuple[int, int, str, int | None, str, str]) -> None:
    conn.execute(
        "INSERT INTO story_members (article_id, story_id, how, like_article_id, why, joined_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        member,
    )
    conn.execute("UPDATE articles SET story_id = ? WHERE id = ?", (member[1], member[0]))


def forget(conn: sqlite3.Connection, before: str) -> None:
    """Drop what articles first seen before this time are compared by; their stories stay."""
    floor = _first_since(conn, before)
    conn.execute("DELETE FROM sentences WHERE article_id < ?", (floor,))
    conn.execute("DELETE FROM marks WHERE article_id < ?", (floor,))


def _first_since(conn: sqlite3.Connection, time: str) -> int:
    """The first id from which on articles were seen at this time or later: ids grow with time, no index is needed."""
    low, high = 0, int(conn.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0]) + 1
    while low < high:
        middle = (low + high) // 2
        row = conn.execute(
            "SELECT id, first_seen_at FROM articles WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
        ).fetchone()
        if row is None or row[1] >= time:
            high = middle
        else:
            low = int(row[0]) + 1
    return low
