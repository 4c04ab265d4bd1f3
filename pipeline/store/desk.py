"""What the analyst's desk reads: the queue, one article with every reason, the day's progress.

In: a connection, which may be Datasette's own. Out: plain rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.store.values import short_name, to_text

COUNTED_TO = 1_000  # beyond it nobody needs the number, and counting takes longer than all the rest of the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the waiting articles; None takes all.

    Attributes:
        topic: id of a topic it is flagged for.
        language: as the articles name it: ``en``, ``ru``, ``ko``.
        source: id of a feed.
        days: only of the last days.
    """

    topic: str | None = None
    language: str | None = None
    source: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An article in the queue.

    Attributes:
        told: how many others of its story wait below it.
    """

    id: int
    title: str
    relevance: float
    topics: tuple[str, ...]
    language: str | None
    source: str
    at: str
    told: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An article with all that the desk says of it; rows as the tables have them.

    Attributes:
        names: of the concepts that its passages share with it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the desk is: waiting (counted up to 1,000), and verdicts since midnight UTC, by analyst."""

    waiting: int
    today: dict[str, int] = field(default_factory=dict)


def queue(conn: sqlite3.Connection, wanted: Wanted, now: datetime, *, limit: int = 60) -> list[Waiting]:
    """Relevant articles without a verdict, most relevant first (index ``articles_waiting``); of a story the first."""
    where, values = _where(wanted, now)
    rows = conn.execute(
        "SELECT a.id, a.title, a.relevance, a.topics, a.language, f.name AS source, a.sorted_at, a.story_id"  # noqa: S608 - conditions of our own, values bound
        " FROM articles a INDEXED BY articles_waiting"
        f" JOIN feeds f ON f.id = a.feed_id WHERE {where} ORDER BY a.relevance DESC, a.id DESC",
        values,
    )
    first: dict[object, Waiting] = {}
    for row in rows:
        story = row["story_id"] or f"article {row['id']}"
        if story not in first:
            first[story] = _waiting(row)
            if len(first) == limit:
                break
    told = _waiting_in(conn, [story for story in first if isinstance(story, int)])
    return [replace(one, told=told[story] - 1) if story in told else one for story, one in first.items()]


def _waiting_in(conn: sqlite3.Connection, stories: Sequence[int]) -> dict[object, int]:
    """How many articles of each story wait."""
    marks = ", ".join("?" * len(stories))
    rows = conn.execute(
        "SELECT story_id, count(*) FROM articles INDEXED BY articles_story"  # noqa: S608 - only question marks
        f" WHERE story_id IN ({marks}) AND verdict IS NULL AND relevant = 1 GROUP BY story_id",
        tuple(stories),
    )
    return {row[0]: int(row[1]) for row in rows}


def by_id(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Waiting]:
    """These articles, in this order, whatever their verdict."""
    marks = ", ".join("?" * len(ids))
    rows = conn.execute(
        "SELECT a.id, a.title, a.relevance, a.topics, a.language, f.name AS source, a.sorted_at FROM articles a"  # noqa: S608 - only question marks
        f" JOIN feeds f ON f.id = a.feed_id WHERE a.id IN ({marks})",
        tuple(ids),
    )
    found = {row["id"]: _waiting(row) for row in rows}
    return [found[one] for one in ids if one in found]


def texts(conn: sqlite3.Connection, ids: Sequence[int]) -> dict[int, str]:
    """The texts of these articles."""
    marks = ", ".join("?" * len(ids))
    return dict(conn.execute(f"SELECT id, text FROM articles WHERE id IN ({marks})", tuple(ids)).fetchall())  # noqa: S608 - only question marks


def progress(conn: sqlite3.Connection, wanted: Wanted, now: datetime) -> Progress:
    """What waits, and what was done today."""
    where, values = _where(wanted, now)
    waiting = conn.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM articles a INDEXED BY articles_waiting WHERE {where} LIMIT {COUNTED_TO})",  # noqa: S608 - conditions of our own
        values,
    ).fetchone()[0]
    today = conn.execute(
        "SELECT analyst, count(DISTINCT article_id) FROM reviews WHERE at >= ? AND verdict <> 'withdrawn'"
        " GROUP BY analyst ORDER BY 2 DESC",
        (now.strftime("%Y-%m-%dT00:00:00Z"),),
    )
    return Progress(waiting=int(waiting), today={row[0]: int(row[1]) for row in today})


def choices(conn: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """What can be filtered by: topics, languages and sources, each as value and name."""
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


def article(conn: sqlite3.Connection, number: int) -> Shown | None:
    """One article with its flags, evidence, terms, passages, siblings and verdicts; None when there is none."""
    found = _rows(
        conn,
        "SELECT a.*, f.name AS source, f.home, m.why AS story_why, m.how AS story_how"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id"
        " LEFT JOIN story_members m ON m.article_id = a.id WHERE a.id = ?",
        number,
    )
    if not found:
        return None
    return Shown(
        article=found[0],
        flags=_rows(
            conn,
            "SELECT g.topic, t.title, g.score, g.revision, g.passage_id FROM flags g JOIN topics t ON t.id = g.topic"
            " WHERE g.article_id = ? ORDER BY g.score DESC",
            number,
        ),
        evidence=_rows(
            conn,
            'SELECT e.topic, e.clause, e.surface, e.field, e.start, e."end", c.name AS concept, c.kind'
            " FROM evidence e JOIN concepts c ON c.id = e.concept WHERE e.article_id = ? ORDER BY e.start, e.id",
            number,
        ),
        terms=_rows(
            conn,
            "SELECT topic, clause, weight, concepts, note FROM terms WHERE article_id = ? ORDER BY id",
            number,
        ),
        passages=_rows(
            conn,
            "SELECT p.id, m.similarity AS meaning, n.similarity, coalesce(n.shared, '[]') AS shared, p.part, p.digest,"
            " p.original, p.position FROM passages p"
            " LEFT JOIN near_passages n ON n.passage_id = p.id AND n.article_id = ?1"
            " LEFT JOIN meanings m ON m.passage_id = p.id AND m.article_id = ?1"
            " WHERE n.similarity IS NOT NULL OR m.similarity IS NOT NULL"
            # the weight of the lift: measured, docs/decisions.md
            " ORDER BY coalesce(n.similarity, 0) + 5 * coalesce(m.lift, 0) DESC, p.position LIMIT 3",
            number,
        ),
        misses=_rows(
            conn,
            "SELECT m.topic, t.title, m.score, m.missing FROM near_misses m JOIN topics t ON t.id = m.topic"
            " WHERE m.article_id = ? ORDER BY m.score DESC LIMIT 3",
            number,
        ),
        siblings=_rows(
            conn,
            "SELECT b.id, b.title, f.name AS source, b.language, b.verdict, b.relevant, b.sorted_at, m.how, m.why"
            " FROM articles b INDEXED BY articles_story JOIN feeds f ON f.id = b.feed_id"
            " LEFT JOIN story_members m ON m.article_id = b.id"
            " WHERE b.story_id = (SELECT story_id FROM articles WHERE id = ?1)"
            # the plus: never by the index of all articles' times
            " AND b.id <> ?1 ORDER BY +b.sorted_at LIMIT 30",
            number,
        ),
        reviews=_rows(
            conn,
            "SELECT id, analyst, verdict, topics, note, at, revision, batch FROM reviews WHERE article_id = ?"
            " ORDER BY id",
            number,
        ),
        names={
            row["id"]: short_name(row["name"])
            for row in _rows(
                conn,
                "SELECT c.id, c.name FROM near_passages n, json_each(n.shared) j JOIN concepts c ON c.id = j.value"
                " WHERE n.article_id = ?",
                number,
            )
        },
    )


def is_desk(conn: sqlite3.Connection) -> bool:
    """Whether this database is Tumen's, of a schema that the desk can read."""
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master")}
    return names >= {"articles", "articles_fts", "reviews", "near_passages", "meanings", "topics", "story_members"}


def _where(wanted: Wanted, now: datetime) -> tuple[str, dict[str, object]]:
    conditions = ["a.verdict IS NULL AND a.relevant = 1"]
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


def _waiting(row: Any) -> Waiting:
    return Waiting(
        id=row["id"],
        title=row["title"],
        relevance=row["relevance"],
        topics=tuple(json.loads(row["topics"])),
        language=row["language"],
        source=row["source"],
        at=row["sorted_at"],
    )


def _rows(conn: sqlite3.Connection, sql: str, number: int) -> list[dict[str, Any]]:
    cursor = conn.execute(sql, (number,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, tuple(row), strict=True)) for row in cursor]
