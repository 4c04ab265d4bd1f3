"""Stories in the database: which articles report the same event, why, and what they are compared by.

Writing functions need a transaction of the caller. Sentences and signatures are kept for thirty days: a later copy
starts a story of its own.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Literal

from pipeline.model import SentenceHolder, Signature
from pipeline.store.values import from_row, short_name, to_row, to_text, to_time

_MOST_HOLDERS = 50  # newest articles that are compared for one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The columns of an article that stories need."""

    id: int
    feed: int
    source: str
    at: str
    story: int | None


def holders(conn: sqlite3.Connection, article: int, hashes: Sequence[int]) -> dict[int, list[int]]:
    """Return, for each sentence that other articles contain, the ids of the newest of them."""
    shared = conn.execute(
        "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM sentences WHERE hash = value AND article_id <> ?)",
        (json.dumps(hashes), article),
    )
    return {sentence: _holders(conn, sentence, article) for (sentence,) in shared.fetchall()}


def _holders(conn: sqlite3.Connection, sentence: int, article: int) -> list[int]:
    rows = conn.execute(
        "SELECT article_id FROM sentences WHERE hash = ? AND article_id <> ? ORDER BY article_id DESC LIMIT ?",
        (sentence, article, _MOST_HOLDERS),
    )
    return [row[0] for row in rows.fetchall()]


def load_holders(
    conn: sqlite3.Connection, holders: Mapping[int, list[int]], *, since: str
) -> dict[int, list[SentenceHolder]]:
    """Return the articles of ``holders`` of this time or later, by sentence."""
    rows = conn.execute(
        "SELECT id AS article, feed_id AS source, story_id AS story, sorted_at AS at FROM articles"
        " WHERE id IN (SELECT value FROM json_each(?)) AND sorted_at >= ?",
        (json.dumps(sorted(set(chain.from_iterable(holders.values())))), since),
    )
    loaded = {row["article"]: from_row(SentenceHolder, row) for row in rows.fetchall()}
    by_sentence = {
        sentence: [loaded[article] for article in articles if article in loaded]
        for sentence, articles in holders.items()
    }
    return {sentence: articles for sentence, articles in by_sentence.items() if articles}


def count_sentences(conn: sqlite3.Connection, article: int) -> int:
    """Count the stored sentences of an article."""
    return int(conn.execute("SELECT count(*) FROM sentences WHERE article_id = ?", (article,)).fetchone()[0])


def put_sentences(conn: sqlite3.Connection, article: int, hashes: Sequence[int], *, first: bool = False) -> None:
    """Store an article's sentences. Unless this is its ``first`` revision, replace those of the previous one."""
    if not first:
        conn.execute("DELETE FROM sentences WHERE article_id = ?", (article,))
    conn.executemany(
        "INSERT INTO sentences (hash, article_id) VALUES (?, ?)", [(sentence, article) for sentence in hashes]
    )


def put_signature(conn: sqlite3.Connection, signature: Signature) -> None:
    """Store the signature of a flagged article (table ``marks``)."""
    conn.execute(
        "INSERT OR REPLACE INTO marks (article_id, concepts, named, numbers, words)"
        " VALUES (:article, :concepts, :named, :numbers, :words)",
        to_row(signature),
    )


def drop_signature(conn: sqlite3.Connection, article: int) -> None:
    """Delete the signature of an article."""
    conn.execute("DELETE FROM marks WHERE article_id = ?", (article,))


def recent_signatures(conn: sqlite3.Connection, since: str) -> list[Signature]:
    """Return the signatures of articles of this time or later."""
    rows = conn.execute(
        "SELECT a.id AS article, a.feed_id AS source, a.sorted_at, a.language, m.concepts, m.named, m.numbers, m.words"
        " FROM marks m JOIN articles a ON a.id = m.article_id WHERE a.sorted_at >= ?",
        (since,),
    )
    return [from_row(Signature, row, at=to_time(row["sorted_at"]).timestamp()) for row in rows]


def concepts(conn: sqlite3.Connection) -> Mapping[str, tuple[str, str]]:
    """Return the kind and the name of each concept."""
    return {row[0]: (row[1], short_name(row[2])) for row in conn.execute("SELECT id, kind, name FROM concepts")}


def known(conn: sqlite3.Connection, article: int) -> Known | None:
    """Return an article, or None if it does not exist."""
    row = conn.execute(
        "SELECT a.id, a.feed_id AS feed, f.name AS source, a.sorted_at AS at, a.story_id AS story"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id WHERE a.id = ?",
        (article,),
    ).fetchone()
    return None if row is None else from_row(Known, row)


def join(
    conn: sqlite3.Connection, article: int, other: Known, *, how: Literal["copy", "event"], why: str, now: datetime
) -> int:
    """Add an article to the story of another one, and start that story if it does not exist. Return its id."""
    story = other.story
    if story is None:
        story = int(
            conn.execute(
                "INSERT INTO stories (title, lead_article_id, first_seen_at, last_seen_at)"
                " SELECT title, id, sorted_at, sorted_at FROM articles WHERE id = ? RETURNING id",
                (other.id,),
            ).fetchone()[0]
        )
        _add(conn, (other.id, story, "first", None, "The first article of the story.", to_text(now)))
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
    """Delete the sentences and signatures of articles first seen before this time. Their stories stay."""
    floor = _first_since(conn, before)
    conn.execute("DELETE FROM sentences WHERE article_id < ?", (floor,))
    conn.execute("DELETE FROM marks WHERE article_id < ?", (floor,))


def _first_since(conn: sqlite3.Connection, time: str) -> int:
    """Return the lowest id of the articles seen at this time or later, by binary search: ids grow with time."""
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
