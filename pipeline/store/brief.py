"""Queries of the brief: its articles as they stand, the edits of analysts, and how well the sources were heard.

In: a connection. Out: rows. Edits are append-only; the newest of a kind counts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.store.values import from_row, records, to_text

_MOST_WORDS = 6

EditKind = Literal["sentence", "left_out", "order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefArticle:
    """An article that may be in the brief.

    Attributes:
        topics: id of each topic that counts, with its score; highest first.
        words: matched words of the first topic, in the order of the text.
    """

    id: int
    title: str
    url: str
    language: str | None
    at: str
    story: int | None
    source: str
    relevance: float
    verdict: str | None
    analyst: str | None
    note: str | None
    topics: tuple[tuple[str, float], ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """Edits of the brief: sentences and left-out articles by id, and the order of article ids."""

    sentences: dict[int, str]
    left_out: frozenset[int]
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How well the feeds of one language were heard: new articles, feeds, and the names of failing feeds."""

    language: str
    articles: int
    feeds: int
    failed: tuple[str, ...]


def articles(conn: sqlite3.Connection, since: str) -> list[BriefArticle]:
    """Return the flagged articles of feeds first seen since this time, and those that an analyst escalated since then.

    Rejected articles are returned too, with the topics that they were flagged for. The index ``articles_flagged``
    serves the query.
    """
    rows = conn.execute(
        "WITH wanted AS ("
        " SELECT id FROM articles INDEXED BY articles_flagged WHERE topics <> '[]' AND first_seen_at >= :since"
        " AND origin = 'feed'"
        " UNION SELECT s.article_id FROM standing s INDEXED BY standing_verdict JOIN articles b ON b.id = s.article_id"
        " WHERE s.verdict IN ('relevant', 'escalate') AND s.at >= :since"
        " AND (s.verdict = 'escalate' OR (b.first_seen_at >= :since AND b.origin = 'feed')))"
        " SELECT a.id, a.title, a.url, a.language, a.sorted_at AS at, a.story_id AS story, f.name AS source,"
        " a.relevance, s.verdict, s.analyst, s.note"
        " FROM wanted w CROSS JOIN articles a ON a.id = w.id JOIN feeds f ON f.id = a.feed_id"
        " LEFT JOIN standing s ON s.article_id = a.id ORDER BY a.relevance DESC, a.id DESC",
        {"since": since},
    )
    found = []
    for columns in records(rows):
        topics = _scores(conn, columns["id"], "flags" if columns["verdict"] == "not_relevant" else "standing_topics")
        words = _words(conn, columns["id"], topics[0][0] if topics else "")
        found.append(BriefArticle(**columns, topics=topics, words=words))
    return found


def _scores(conn: sqlite3.Connection, article: int, source: str) -> tuple[tuple[str, float], ...]:
    # a query per article: joined to other tables, the view would be computed for all articles
    sql = f"SELECT topic, score FROM {source} WHERE article_id = ? ORDER BY score DESC, topic"
    return tuple((str(row[0]), float(row[1])) for row in conn.execute(sql, (article,)))


def _words(conn: sqlite3.Connection, article: int, topic: str) -> tuple[str, ...]:
    """Return the matched words of a topic, in the order of title and text, without words inside longer ones."""
    rows = conn.execute(
        "SELECT surface FROM evidence WHERE article_id = ? AND topic = ? GROUP BY lower(surface)"
        " ORDER BY min(field = 'text'), min(start) LIMIT 20",
        (article, topic),
    )
    words = [str(row[0]) for row in rows]
    lower = [word.lower() for word in words]
    return tuple(
        word
        for word, folded in zip(words, lower, strict=True)
        if not any(folded != other and folded in other for other in lower)
    )[:_MOST_WORDS]


def topics(conn: sqlite3.Connection) -> dict[str, str]:
    """Return the title of each topic by id, in the order of the config."""
    return {row[0]: row[1] for row in conn.execute("SELECT id, title FROM topics ORDER BY position")}


def edits(conn: sqlite3.Connection, ids: Sequence[int], since: str) -> Edits:
    """Return the newest edits of these articles, and the newest order since this time."""
    rows = conn.execute(
        "SELECT article_id, what, value FROM brief_edits WHERE id IN (SELECT max(id) FROM brief_edits"
        " WHERE article_id IN (SELECT value FROM json_each(?)) GROUP BY article_id, what)",
        (json.dumps(list(ids)),),
    ).fetchall()
    order = conn.execute(
        "SELECT value FROM brief_edits WHERE what = 'order' AND at >= ? ORDER BY id DESC LIMIT 1", (since,)
    ).fetchone()
    return Edits(
        sentences={row[0]: row[2] for row in rows if row[1] == "sentence" and row[2]},
        left_out=frozenset(row[0] for row in rows if row[1] == "left_out" and row[2] == "1"),
        order=() if order is None else tuple(json.loads(order[0])),
    )


def put_edit(
    conn: sqlite3.Connection, what: EditKind, value: str, *, article: int | None, analyst: str, now: datetime
) -> None:
    """Add an edit. The caller opens the transaction."""
    conn.execute(
        "INSERT INTO brief_edits (what, article_id, value, analyst, at) VALUES (?, ?, ?, ?, ?)",
        (what, article, value, analyst, to_text(now)),
    )


def heard(conn: sqlite3.Connection, since: str) -> list[Heard]:
    """Return for each language its new articles, its feeds and its failing feeds."""
    counts = {
        row[0]: int(row[1])
        for row in conn.execute(
            "SELECT f.language, count(*) FROM entries e JOIN feeds f ON f.id = e.feed_id"
            # from the newest entry backwards, because no index orders entries by time
            " WHERE e.id > coalesce((SELECT id FROM entries WHERE first_seen_at < ? ORDER BY id DESC LIMIT 1), 0)"
            " AND e.article_id IS NOT NULL GROUP BY 1",
            (since,),
        )
    }
    rows = conn.execute(
        "SELECT language, count(*) AS feeds, json_group_array(name) FILTER (WHERE failures > 0) AS failed FROM feeds"
        " WHERE enabled = 1 GROUP BY language ORDER BY feeds DESC, language"
    )
    return [from_row(Heard, row, articles=counts.get(row["language"], 0)) for row in records(rows)]
