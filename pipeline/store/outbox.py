"""The outbox: alerts that wait, are being sent or were sent, and the events that alerts are made from.

Each target has one alert per event (``key``), however often a cycle runs. The rows of a message are ``sending`` while
it is sent. Rows that are still ``sending`` in a later run belong to a process that died, and it is unknown whether the
message arrived: it is sent again, with a remark that it may be a repetition.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.store import asked, search_results
from pipeline.store.schema import transaction
from pipeline.store.values import from_row, to_json, to_text, to_text_or_none, to_time

MAX_AGE = timedelta(days=3)  # older events are not reported, and a message that fails for this long is given up
_MOST_FOUND = 500  # newest articles of a search in one cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One event for one target.

    Attributes:
        key: the event, the same in every run: ``article:12``.
        message: id of the message that a process was sending when it died.
    """

    rule: str
    target: str
    key: str
    subject: str
    body: str
    made_at: str
    article: int | None = None
    id: int = 0
    tries: int = 0
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedRow:
    """An article flagged for one topic, with the columns that rules filter by."""

    article: int
    topic: str
    score: float
    relevance: float
    source: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertArticle:
    """An article as shown in a message; ``topics`` are titles, ``words`` the matched words."""

    article: int
    title: str
    url: str
    source: str
    at: str
    topics: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An analyst's current verdict on an article."""

    id: int
    article: int
    analyst: str
    verdict: str
    note: str
    source: str
    language: str
    topics: tuple[str, ...]


def known_since(conn: sqlite3.Connection, rule: str, began: datetime, now: datetime) -> str:
    """Return the start of the events that a rule reports: the cycle that first saw the rule, at most three days ago."""
    conn.execute("INSERT OR IGNORE INTO alert_times (name, at) VALUES (?, ?)", (f"rule {rule}", to_text(began)))
    at: str = conn.execute("SELECT at FROM alert_times WHERE name = ?", (f"rule {rule}",)).fetchone()[0]
    at = min(at, to_text(began))  # it is later only if the clock was set back
    return max(at, to_text(now - MAX_AGE))


def flagged(conn: sqlite3.Connection, since: str, targets: Iterable[str]) -> list[FlaggedRow]:
    """Return recent articles flagged since then that are not yet in the outbox for all of the targets."""
    names = list(targets)
    rows = conn.execute(
        "SELECT g.article_id AS article, g.topic AS topic, g.score AS score, a.relevance AS relevance,"
        " f.name AS source, a.language AS language"
        " FROM flags g JOIN articles a ON a.id = g.article_id JOIN feeds f ON f.id = a.feed_id"
        " WHERE g.flagged_at >= ? AND a.sorted_at >= ? AND a.origin = 'feed' AND (SELECT count(*) FROM alerts o"
        " WHERE o.target IN (SELECT value FROM json_each(?)) AND o.key = 'article:' || a.id) < ? ORDER BY g.id",
        (since, to_text(to_time(since) - MAX_AGE), to_json(names), len(names)),
    )
    return [from_row(FlaggedRow, row) for row in rows]


def found(conn: sqlite3.Connection, since: str, search: str) -> list[FlaggedRow]:
    """Return the articles stored since then that a saved search finds, or words as on the search page.

    Each has a row per topic; an article without a flag has one row without a topic.
    """
    saved = search_results.find_saved(conn, search)
    wanted = asked.of_string(saved.query) if saved else asked.read({"q": search})
    ids, _ = wanted.find(conn, wanted.query(conn), limit=_MOST_FOUND, newest=True)
    rows = conn.execute(
        "SELECT a.id AS article, coalesce(g.topic, '') AS topic, coalesce(g.score, 0) AS score,"
        " a.relevance AS relevance, f.name AS source, coalesce(a.language, '') AS language"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id LEFT JOIN flags g ON g.article_id = a.id"
        " WHERE a.id IN (SELECT value FROM json_each(?)) AND a.fetched_at >= ? AND a.sorted_at >= ? ORDER BY a.id",
        (json.dumps(ids), since, to_text(to_time(since) - MAX_AGE)),
    )
    return [from_row(FlaggedRow, row) for row in rows]


def load_article(conn: sqlite3.Connection, article: int) -> AlertArticle:
    """Return an article as shown in a message."""
    row = conn.execute(
        "SELECT a.id AS article, a.title AS title, a.url AS url, f.name AS source, a.sorted_at AS at,"
        " coalesce((SELECT group_concat(title, ' · ') FROM (SELECT t.title FROM flags g JOIN topics t ON t.id = g.topic"
        "  WHERE g.article_id = a.id ORDER BY g.score DESC)), '') AS topics,"
        " coalesce((SELECT group_concat(surface, ' · ') FROM (SELECT DISTINCT e.surface FROM evidence e"
        "  WHERE e.article_id = a.id ORDER BY e.start LIMIT 6)), '') AS words"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id WHERE a.id = ?",
        (article,),
    ).fetchone()
    return from_row(AlertArticle, row)


def verdicts(conn: sqlite3.Connection, since: str) -> list[Verdict]:
    """Return the verdicts since then that their analyst has not replaced, with corrected topics instead of flags."""
    rows = conn.execute(
        "SELECT r.id AS id, r.article_id AS article, r.analyst AS analyst, r.verdict AS verdict, r.note AS note,"
        " f.name AS source, a.language AS language,"
        " coalesce(r.topics, (SELECT json_group_array(g.topic) FROM flags g WHERE g.article_id = a.id)) AS topics"
        " FROM reviews r JOIN articles a ON a.id = r.article_id"
        " JOIN feeds f ON f.id = a.feed_id WHERE r.at >= ? AND r.verdict <> 'withdrawn' AND NOT EXISTS"
        " (SELECT 1 FROM reviews s WHERE s.article_id = r.article_id AND s.analyst = r.analyst AND s.id > r.id)"
        " ORDER BY r.id",
        (since,),
    )
    return [from_row(Verdict, row) for row in rows]


def is_queued(conn: sqlite3.Connection, target: str, key: str) -> bool:
    """Return whether the outbox has this event for this target, sent or not."""
    return conn.execute("SELECT 1 FROM alerts WHERE target = ? AND key = ?", (target, key)).fetchone() is not None


def put(conn: sqlite3.Connection, alert: Alert) -> None:
    """Add an alert, unless the target has one for the same event."""
    conn.execute(
        "INSERT OR IGNORE INTO alerts (rule, target, key, article_id, subject, body, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (alert.rule, alert.target, alert.key, alert.article, alert.subject, alert.body, alert.made_at),
    )


def requeue_interrupted(conn: sqlite3.Connection) -> None:
    """Requeue the alerts of a process that died while sending; ``message`` stays as the sign of it."""
    conn.execute("UPDATE alerts SET state = 'waiting', try_at = NULL WHERE state = 'sending'")


def waiting(conn: sqlite3.Connection, now: datetime) -> list[Alert]:
    """Return the alerts that are due, oldest first."""
    rows = conn.execute(
        "SELECT rule, target, key, article_id AS article, subject, body, made_at, id, tries, message FROM alerts"
        " WHERE state = 'waiting' AND (try_at IS NULL OR try_at <= ? OR try_at > ?) ORDER BY id LIMIT 2000",
        (to_text(now), to_text(now + MAX_AGE)),  # a later time means that the clock was set back
    )
    return [from_row(Alert, row) for row in rows]


def mark_sending(conn: sqlite3.Connection, ids: Iterable[int], message: str) -> None:
    """Mark these alerts as part of this message, before it is sent."""
    with transaction(conn):
        conn.executemany(
            "UPDATE alerts SET state = 'sending', message = ? WHERE id = ?",
            [(message, alert) for alert in ids],
        )


def mark_sent(conn: sqlite3.Connection, ids: Iterable[int], now: datetime) -> None:
    """Mark these alerts as accepted by the service."""
    with transaction(conn):
        conn.executemany(
            "UPDATE alerts SET state = 'sent', sent_at = ?, problem = NULL WHERE id = ?",
            [(to_text(now), alert) for alert in ids],
        )


def mark_failed(conn: sqlite3.Connection, ids: Iterable[int], problem: str, retry_at: datetime | None) -> None:
    """Store why these alerts failed, and when they are retried; None gives them up."""
    with transaction(conn):
        conn.executemany(
            "UPDATE alerts SET state = ?, tries = tries + 1, message = NULL, problem = ?, try_at = ? WHERE id = ?",
            [("failed" if retry_at is None else "waiting", problem, to_text_or_none(retry_at), alert) for alert in ids],
        )


def report_target(conn: sqlite3.Connection, target: str, problem: str | None, now: datetime) -> bool:
    """Remember whether a target accepts messages. Return whether it has just begun to refuse them."""
    name = f"refused by {target}"
    with transaction(conn):
        if problem is None:
            conn.execute("DELETE FROM alert_times WHERE name = ?", (name,))
            return False
        return bool(conn.execute("INSERT OR IGNORE INTO alert_times VALUES (?, ?)", (name, to_text(now))).rowcount)


def retry_failed(conn: sqlite3.Connection, now: datetime) -> int:
    """Requeue the alerts that were given up, and return their number. Those that wait are due at once."""
    with transaction(conn):
        conn.execute("UPDATE alerts SET try_at = NULL WHERE state = 'waiting'")
        updated = conn.execute(
            "UPDATE alerts SET state = 'waiting', tries = 0, try_at = NULL, made_at = ? WHERE state = 'failed'",
            (to_text(now),),
        )
        return updated.rowcount


def counts(conn: sqlite3.Connection) -> tuple[int, int]:
    """Return the number of waiting alerts and of those that were given up."""
    row = conn.execute(
        "SELECT count(*) FILTER (WHERE state IN ('waiting', 'sending')), count(*) FILTER (WHERE state = 'failed')"
        " FROM alerts INDEXED BY alerts_open WHERE state <> 'sent'"
    ).fetchone()
    return row[0], row[1]


def latest(conn: sqlite3.Connection, limit: int) -> list[sqlite3.Row]:
    """Return the newest alerts for people, open ones first."""
    return conn.execute(
        "SELECT id, made_at, state, target, rule, subject, tries, problem, sent_at, try_at FROM alerts"
        " ORDER BY state = 'sent', id DESC LIMIT ?",
        (limit,),
    ).fetchall()
