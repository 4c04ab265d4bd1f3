"""Figures of the dashboard and the op-ed page. Reads only; each query is one pass over an index."""

from __future__ import annotations

import sqlite3
from typing import Any

GOOD_POLLS = ("fetched", "not_modified", "unchanged", "revised")


def flags_by_week(conn: sqlite3.Connection, since: str) -> list[tuple[str, str, int]]:
    """Return topic id, Monday of the week and number of flags (index ``flags_topic_time``)."""
    return _tuples(
        conn,
        "SELECT topic, date(day, 'weekday 0', '-6 days') AS week, sum(n) FROM (SELECT topic, substr(sorted_at, 1, 10)"
        " AS day, count(*) AS n FROM flags WHERE sorted_at >= ? GROUP BY topic, day) GROUP BY topic, week",
        since,
    )


def topics(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return id and title of each topic, in the config's order."""
    return _tuples(conn, "SELECT id, title FROM topics ORDER BY position")


def flagged_by(conn: sqlite3.Connection, what: str, since: str) -> list[tuple[str, int]]:
    """Return the number of flagged articles by ``language`` or ``source``, highest first."""
    column = {"language": "coalesce(a.language, '?')", "source": "f.name"}[what]
    return _tuples(
        conn,
        f"SELECT {column}, count(DISTINCT g.article_id) FROM flags g JOIN articles a ON a.id = g.article_id"  # noqa: S608 - one of two constants
        " JOIN feeds f ON f.id = a.feed_id WHERE g.sorted_at >= ? GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
        since,
    )


def verdicts_by_day(conn: sqlite3.Connection, since: str) -> list[tuple[str, int]]:
    """Return each day with its number of verdicts."""
    return _tuples(
        conn,
        "SELECT substr(at, 1, 10), count(*) FROM reviews WHERE at >= ? AND verdict <> 'withdrawn'"
        " GROUP BY 1 ORDER BY 1",
        since,
    )


def reviewed_by_week(conn: sqlite3.Connection, since: str) -> list[tuple[str, int, int]]:
    """Return Monday of the week, and its relevant articles with and without a verdict (``articles_relevant``)."""
    return _tuples(
        conn,
        "SELECT date(day, 'weekday 0', '-6 days') AS week, sum(done), sum(n - done) FROM"
        " (SELECT substr(sorted_at, 1, 10) AS day, count(verdict) AS done, count(*) AS n"
        " FROM articles INDEXED BY articles_relevant WHERE relevant = 1 AND sorted_at >= ? GROUP BY day)"
        " GROUP BY week ORDER BY week",
        since,
    )


def polls_by_day(conn: sqlite3.Connection, since: str) -> list[tuple[str, int, int]]:
    """Return each day with its successful and its failed polls (index ``fetches_at``)."""
    good = ", ".join(f"'{outcome}'" for outcome in GOOD_POLLS)
    return _tuples(
        conn,
        f"SELECT substr(at, 1, 10) AS day, sum(outcome IN ({good})), sum(outcome NOT IN ({good})) FROM fetches"  # noqa: S608 - constants
        " WHERE at >= ? AND kind = 'feed' GROUP BY day ORDER BY day",
        since,
    )


def feeds_now(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return the number of enabled feeds in each state."""
    return _tuples(conn, "SELECT status, count(*) FROM feeds WHERE enabled = 1 GROUP BY 1 ORDER BY 2 DESC")


def precision_by_topic(conn: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """Return topic title, correctly flagged articles and all reviewed articles of each topic.

    A flag is correct if the analyst chose the topic, or, where no topics were chosen, did not say "not relevant".
    """
    return _tuples(
        conn,
        "SELECT t.title, sum(iif(r.topics IS NULL, r.verdict <> 'not_relevant',"
        " r.verdict <> 'not_relevant' AND EXISTS (SELECT 1 FROM json_each(r.topics) j WHERE j.value = g.topic))),"
        " count(*)"
        " FROM reviews r JOIN flags g ON g.article_id = r.article_id JOIN topics t ON t.id = g.topic"
        " WHERE r.verdict <> 'withdrawn' AND r.id = (SELECT max(s.id) FROM reviews s WHERE s.article_id = r.article_id)"
        " GROUP BY t.id ORDER BY t.position",
    )


def reliability(conn: sqlite3.Connection) -> list[tuple[float, int, int]]:
    """Return for each tenth of the relevance its mean, the wanted articles, and all articles with a verdict."""
    return _tuples(
        conn,
        "SELECT avg(relevance), sum(verdict <> 'not_relevant'), count(*) FROM articles"
        " WHERE verdict IN ('relevant', 'not_relevant', 'escalate')"  # so that articles_queue serves it
        " GROUP BY min(CAST(relevance * 10 AS INTEGER), 9) ORDER BY 1",
    )


def feed_polls(conn: sqlite3.Connection, *, last: int) -> list[dict[str, Any]]:
    """Return every enabled feed with its state and the success of its last polls, oldest first."""
    feeds = conn.execute(
        "SELECT id, name, url, status, failures, problem, ok_at, changed_at, due_at FROM feeds WHERE enabled = 1"
        " ORDER BY failures DESC, name"
    ).fetchall()
    names = ("id", "name", "url", "status", "failures", "problem", "ok_at", "changed_at", "due_at")
    with_polls = []
    for row in feeds:
        polls = conn.execute(
            "SELECT outcome FROM fetches WHERE feed_id = ? AND kind = 'feed' ORDER BY at DESC LIMIT ?", (row[0], last)
        ).fetchall()
        good = [poll[0] in GOOD_POLLS for poll in reversed(polls)]
        with_polls.append(dict(zip(names, tuple(row), strict=True)) | {"polls": good})
    return with_polls


def passages(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the op-ed's passages, each with its flags by month and its best articles."""
    rows = conn.execute(
        "SELECT p.id, p.position, p.part, p.digest, p.original,"
        " (SELECT group_concat(t.title, ', ') FROM passage_topics x JOIN topics t ON t.id = x.topic"
        "  WHERE x.passage_id = p.id) AS topics FROM passages p ORDER BY p.position"
    ).fetchall()
    names = ("id", "position", "part", "digest", "original", "topics")
    with_articles = []
    for row in rows:
        months = _tuples(
            conn,
            "SELECT substr(sorted_at, 1, 7), count(*) FROM flags WHERE passage_id = ? GROUP BY 1 ORDER BY 1",
            row[0],
        )
        best = conn.execute(
            "SELECT a.id, a.title, a.language, a.sorted_at, max(g.score) FROM (SELECT article_id, score FROM flags"
            " WHERE passage_id = ? ORDER BY id DESC LIMIT 200) g JOIN articles a ON a.id = g.article_id"
            " GROUP BY coalesce(a.story_id, -a.id) ORDER BY 5 DESC, a.id DESC LIMIT 5",  # one article per story
            (row[0],),
        ).fetchall()
        articles = [dict(zip(("id", "title", "language", "at"), tuple(article)[:4], strict=True)) for article in best]
        with_articles.append(dict(zip(names, tuple(row), strict=True)) | {"months": months, "best": articles})
    return with_articles


def reference(conn: sqlite3.Connection) -> dict[str, Any] | None:
    """Return the record of the op-ed."""
    row = conn.execute("SELECT title, author, publication, published, url, note FROM reference").fetchone()
    return (
        None
        if row is None
        else dict(zip(("title", "author", "publication", "published", "url", "note"), tuple(row), strict=True))
    )


def _tuples(conn: sqlite3.Connection, sql: str, *values: object) -> list[Any]:
    return [tuple(row) for row in conn.execute(sql, values)]
