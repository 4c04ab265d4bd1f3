"""Figures of the dashboard and the op-ed page. Reads only; each query is one pass over an index."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from pipeline.store.values import records

GOOD_POLLS = ("fetched", "not_modified")
_MONDAY = "date(day, 'weekday 0', '-6 days')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The articles that the dashboard counts: from a time on, of one language or source if given."""

    since: str
    language: str | None = None
    source: int | None = None

    def articles(self, alias: str = "a") -> str:
        """Return a condition on the language and the source of articles, with a leading AND, or ""."""
        named = ((self.language, "language"), (self.source, "source"))
        columns = {"language": "language", "source": "feed_id"}
        return "".join(f" AND {alias}.{columns[name]} = :{name}" for value, name in named if value is not None)

    def values(self) -> dict[str, object]:
        """Return the values of the conditions."""
        return {"since": self.since, "language": self.language, "source": self.source}


def flags_by_week(conn: sqlite3.Connection, scope: Scope) -> list[tuple[str, str, int]]:
    """Return topic id, Monday of the week and number of flags (index ``flags_topic_time``)."""
    return _scoped(
        conn,
        scope,
        "SELECT topic, {monday} AS week, sum(n) FROM ("
        "SELECT g.topic, substr(g.sorted_at, 1, 10) AS day, count(*) AS n FROM flags g {join}"
        " WHERE g.sorted_at >= :since {narrow} GROUP BY g.topic, day) GROUP BY topic, week",
    )


def articles_by_week(conn: sqlite3.Connection, scope: Scope) -> list[tuple[str, int]]:
    """Return Monday of the week and its number of articles, flagged or not."""
    return _scoped(
        conn,
        scope,
        "SELECT {monday} AS week, sum(n) FROM (SELECT substr(a.sorted_at, 1, 10) AS day, count(*) AS n"
        " FROM articles a INDEXED BY articles_sorted WHERE a.sorted_at >= :since {narrow} GROUP BY day) GROUP BY week",
    )


def totals(conn: sqlite3.Connection, scope: Scope, until: str) -> dict[str, int]:
    """Return the figures of a period: articles, flagged and relevant ones, and the reviewed ones among these."""
    numbers = _scoped(
        conn,
        scope,
        "SELECT (SELECT count(*) FROM articles a WHERE a.sorted_at >= :since AND a.sorted_at < :until {narrow}),"
        " (SELECT count(a.top_topic) FROM articles a WHERE a.sorted_at >= :since AND a.sorted_at < :until {narrow}),"
        " (SELECT count(*) FROM articles a WHERE a.relevant = 1"
        " AND a.sorted_at >= :since AND a.sorted_at < :until {narrow}),"
        " (SELECT count(*) FROM articles a WHERE a.relevant = 1 AND a.verdict IS NOT NULL"
        " AND a.sorted_at >= :since AND a.sorted_at < :until {narrow})",
        until=until,
    )[0]
    return dict(zip(("articles", "flagged", "in_queue", "reviewed"), numbers, strict=True))


def topics(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return id and title of each topic, in the config's order."""
    return _tuples(conn, "SELECT id, title FROM topics ORDER BY position")


def shares_by(conn: sqlite3.Connection, what: str, scope: Scope) -> list[tuple[str, str, int, int]]:
    """Return value, name, flagged articles and all articles by ``language`` or ``source``, most flagged first."""
    return _scoped(
        conn,
        scope,
        "SELECT value, coalesce(f.name, value), flagged, n FROM (SELECT {value} AS value,"
        " count(a.top_topic) AS flagged, count(*) AS n FROM articles a INDEXED BY articles_sorted"
        " WHERE a.sorted_at >= :since {narrow} GROUP BY 1) LEFT JOIN feeds f ON {source} AND f.id = value"
        " ORDER BY flagged DESC, n DESC LIMIT 20".replace("{source}", str(int(what == "source"))).replace(
            "{value}", {"language": "coalesce(a.language, '?')", "source": "a.feed_id"}[what]
        ),
    )


def verdicts_by_day(conn: sqlite3.Connection, since: str) -> list[tuple[str, int]]:
    """Return each day with its number of verdicts."""
    return _tuples(
        conn,
        "SELECT substr(at, 1, 10), count(*) FROM reviews WHERE at >= ? AND verdict <> 'withdrawn'"
        " GROUP BY 1 ORDER BY 1",
        since,
    )


def reviewed_by_week(conn: sqlite3.Connection, scope: Scope) -> list[tuple[str, int, int]]:
    """Return Monday of the week, and its relevant articles with and without a verdict (``articles_relevant``)."""
    return _scoped(
        conn,
        scope,
        "SELECT {monday} AS week, sum(done), sum(n - done) FROM"
        " (SELECT substr(a.sorted_at, 1, 10) AS day, count(a.verdict) AS done, count(*) AS n"
        " FROM articles a INDEXED BY articles_relevant WHERE a.relevant = 1 AND a.sorted_at >= :since {narrow}"
        " GROUP BY day) GROUP BY week ORDER BY week",
    )


def polls_by_day(conn: sqlite3.Connection, since: str) -> list[tuple[str, int, int]]:
    """Return each day with its successful and its failed polls (index ``fetches_at``)."""
    good = ", ".join(f"'{outcome}'" for outcome in GOOD_POLLS)
    return _tuples(
        conn,
        f"SELECT substr(at, 1, 10) AS day, sum(outcome IN ({good})), sum(outcome NOT IN ({good})) FROM fetches"
        " WHERE at >= ? AND kind = 'feed' GROUP BY day ORDER BY day",
        since,
    )


def feeds_now(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """Return the number of enabled feeds in each state."""
    return _tuples(conn, "SELECT status, count(*) FROM feeds WHERE enabled = 1 GROUP BY 1 ORDER BY 2 DESC")


def precision_by_topic(conn: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """Return topic title, correctly flagged articles and all judged articles of each topic.

    What stands for an article counts (table ``standing``). A flag is correct if the article was not rejected, and the
    topic is one of the corrected ones where an analyst corrected them.
    """
    return _tuples(
        conn,
        "SELECT t.title, sum(s.verdict <> 'not_relevant' AND"
        " (s.topics IS NULL OR EXISTS (SELECT 1 FROM json_each(s.topics) j WHERE j.value = g.topic))), count(*)"
        " FROM standing s JOIN flags g ON g.article_id = s.article_id JOIN topics t ON t.id = g.topic"
        " WHERE s.verdict IS NOT NULL GROUP BY t.id ORDER BY t.position",
    )


def reliability(conn: sqlite3.Connection) -> list[tuple[float, int, int]]:
    """Return for each tenth of the relevance its mean, the wanted articles, and all articles with a verdict."""
    return _tuples(
        conn,
        "SELECT avg(relevance), sum(verdict <> 'not_relevant'), count(*) FROM articles"
        " WHERE verdict IN ('relevant', 'not_relevant', 'escalate')"  # so that articles_queue serves it
        " GROUP BY min(CAST(relevance * 10 AS INTEGER), 9) ORDER BY 1",
    )


_COUNTS = "SELECT feed_id, count(*), sum(relevant) FROM articles WHERE sorted_at >= ? GROUP BY feed_id"


def feed_polls(conn: sqlite3.Connection, *, last: int, since: str) -> list[dict[str, Any]]:
    """Return every enabled feed with its state, the success of its last polls, and its articles since a time."""
    feeds = conn.execute(
        "SELECT id, name, url, status, failures, problem, ok_at, changed_at, due_at FROM feeds WHERE enabled = 1"
        " ORDER BY failures DESC, name"
    )
    counted = {row[0]: row[1:] for row in _tuples(conn, _COUNTS, since)}
    with_polls = []
    for feed in records(feeds):
        polls = conn.execute(
            "SELECT outcome FROM fetches WHERE feed_id = ? AND kind = 'feed' ORDER BY at DESC LIMIT ?",
            (feed["id"], last),
        ).fetchall()
        good = [poll[0] in GOOD_POLLS for poll in reversed(polls)]
        articles, relevant = counted.get(feed["id"], (0, 0))
        with_polls.append(feed | {"polls": good, "articles": articles, "relevant": relevant})
    return with_polls


def passages(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the op-ed's passages, each with its flags by month and its best articles."""
    rows = conn.execute(
        "SELECT p.id, p.position, p.part, p.digest, p.original,"
        " (SELECT json_group_array(json_array(t.id, t.title)) FROM passage_topics x JOIN topics t ON t.id = x.topic"
        "  WHERE x.passage_id = p.id) AS topics FROM passages p ORDER BY p.position"
    )
    with_articles = []
    for passage in records(rows):
        months = _tuples(
            conn,
            "SELECT substr(sorted_at, 1, 7), count(*) FROM flags WHERE passage_id = ? GROUP BY 1 ORDER BY 1",
            passage["id"],
        )
        recent = conn.execute(
            "SELECT a.id, a.title, a.language, a.sorted_at AS at, max(g.score) AS score,"
            " coalesce(a.story_id, -a.id) AS story"
            " FROM (SELECT article_id, score FROM flags WHERE passage_id = ? ORDER BY id DESC LIMIT 200) g"
            " JOIN articles a ON a.id = g.article_id GROUP BY story",  # one article per story
            (passage["id"],),
        )
        articles = list(records(recent))
        lists = {
            "best": sorted(articles, key=lambda article: (-article["score"], -article["id"]))[:4],
            "newest": sorted(articles, key=lambda article: (article["at"], article["id"]), reverse=True)[:4],
        }
        with_articles.append(passage | {"topics": json.loads(passage["topics"]), "months": months} | lists)
    return with_articles


def reference(conn: sqlite3.Connection) -> dict[str, Any] | None:
    """Return the record of the op-ed."""
    rows = conn.execute("SELECT title, author, publication, published, url, note FROM reference")
    return next(records(rows), None)


def _tuples(conn: sqlite3.Connection, sql: str, *values: object) -> list[Any]:
    return [tuple(row) for row in conn.execute(sql, values)]


def _scoped(conn: sqlite3.Connection, scope: Scope, sql: str, **values: object) -> list[Any]:
    """Run a statement with the conditions and values of a scope."""
    narrow = scope.articles()
    parts = {"narrow": narrow, "join": "JOIN articles a ON a.id = g.article_id" if narrow else "", "monday": _MONDAY}
    return [tuple(row) for row in conn.execute(sql.format(**parts), scope.values() | values)]
