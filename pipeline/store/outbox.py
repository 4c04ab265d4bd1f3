"""The outbox: alerts that are to be sent, are being sent, were sent; and what they can be made of.

An alert is there once for each target and thing (``key``), whatever is run how often. Before a message goes out its
rows say ``sending``; rows that still say so in a later run belong to a process that died in between, and whether the
message went out nobody knows: they are sent again, and say that they may be a repetition.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.store.schema import transaction
from pipeline.store.values import to_text, to_time

LATEST = timedelta(days=3)  # what is older is no news, and a message that could not be sent for so long is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to tell one target.

    Attributes:
        key: what it is of, the same in every run: ``article:12``.
        message: the message that it went out in, when a process died with it under way.
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
    """An article on one topic, as rules look at it."""

    article: int
    topic: str
    score: float
    relevance: float
    source: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article, as a message tells it. ``words`` is the evidence, ``topics`` their titles."""

    article: int
    title: str
    url: str
    source: str
    at: str
    topics: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An analyst's verdict that still stands."""

    id: int
    article: int
    analyst: str
    verdict: str
    note: str
    source: str
    language: str
    topics: tuple[str, ...]


def known_since(conn: sqlite3.Connection, rule: str, began: datetime, now: datetime) -> str:
    """From when on a rule looks: the start of the cycle after which it was first seen, or three days back."""
    conn.execute("INSERT OR IGNORE INTO alert_times (name, at) VALUES (?, ?)", (f"rule {rule}", to_text(began)))
    at: str = conn.execute("SELECT at FROM alert_times WHERE name = ?", (f"rule {rule}",)).fetchone()[0]
    at = min(at, to_text(began))  # later only when the clock was set back
    return max(at, to_text(now - LATEST))


def flagged(conn: sqlite3.Connection, since: str, targets: Iterable[str]) -> list[FlaggedRow]:
    """What was flagged since then and is not in the outbox for all of the targets; news of three days only."""
    wanted = list(targets)
    marks = ", ".join("?" * len(wanted))
    rows = conn.execute(
        "SELECT g.article_id AS article, g.topic AS topic, g.score AS score, a.relevance AS relevance,"  # noqa: S608 - question marks
        " f.name AS source, a.language AS language"
        " FROM flags g JOIN articles a ON a.id = g.article_id JOIN feeds f ON f.id = a.feed_id"
        " WHERE g.flagged_at >= ? AND a.sorted_at >= ? AND (SELECT count(*) FROM alerts o"
        f" WHERE o.target IN ({marks}) AND o.key = 'article:' || a.id) < ? ORDER BY g.id",
        (since, to_text(to_time(since) - LATEST), *wanted, len(wanted)),
    )
    return [FlaggedRow(**dict(row)) for row in rows]


def told(conn: sqlite3.Connection, article: int) -> Told:
    """What a message says of an article."""
    row = conn.execute(
        "SELECT a.id AS article, a.title AS title, a.url AS url, f.name AS source, a.sorted_at AS at,"
        " coalesce((SELECT group_concat(title, ' · ') FROM (SELECT t.title FROM flags g JOIN topics t ON t.id = g.topic"
        "  WHERE g.article_id = a.id ORDER BY g.score DESC)), '') AS topics,"
        " coalesce((SELECT group_concat(surface, ' · ') FROM (SELECT DISTINCT e.surface FROM evidence e"
        "  WHERE e.article_id = a.id ORDER BY e.start LIMIT 6)), '') AS words"
        " FROM articles a JOIN feeds f ON f.id = a.feed_id WHERE a.id = ?",
        (article,),
    ).fetchone()
    return Told(**dict(row))


def verdicts(conn: sqlite3.Connection, since: str) -> list[Verdict]:
    """Verdicts since then that their analyst has not replaced."""
    rows = conn.execute(
        "SELECT r.id AS id, r.article_id AS article, r.analyst AS analyst, r.verdict AS verdict, r.note AS note,"
        " f.name AS source, a.language AS language, (SELECT group_concat(g.topic) FROM flags g"
        " WHERE g.article_id = a.id) AS topics FROM reviews r JOIN articles a ON a.id = r.article_id"
        " JOIN feeds f ON f.id = a.feed_id WHERE r.at >= ? AND r.verdict <> 'withdrawn' AND NOT EXISTS"
        " (SELECT 1 FROM reviews s WHERE s.article_id = r.article_id AND s.analyst = r.analyst AND s.id > r.id)"
        " ORDER BY r.id",
        (since,),
    )
    return [Verdict(**dict(row) | {"topics": tuple((row["topics"] or "").split(","))}) for row in rows]


def has(conn: sqlite3.Connection, target: str, key: str) -> bool:
    """Whether this target is, or will be, told of it."""
    return conn.execute("SELECT 1 FROM alerts WHERE target = ? AND key = ?", (target, key)).fetchone() is not None


def put(conn: sqlite3.Connection, alert: Alert) -> None:
    """Add an alert, unless the target has one of the same thing."""
    conn.execute(
        "INSERT OR IGNORE INTO alerts (rule, target, key, article_id, subject, body, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (alert.rule, alert.target, alert.key, alert.article, alert.subject, alert.body, alert.made_at),
    )


def take_up(conn: sqlite3.Connection) -> None:
    """Put back what a process that died had under way; ``message`` stays as the mark of it."""
    conn.execute("UPDATE alerts SET state = 'waiting', try_at = NULL WHERE state = 'sending'")


def waiting(conn: sqlite3.Connection, now: datetime) -> list[Alert]:
    """What may be tried now, oldest first."""
    rows = conn.execute(
        "SELECT rule, target, key, article_id AS article, subject, body, made_at, id, tries, message FROM alerts"
        " WHERE state = 'waiting' AND (try_at IS NULL OR try_at <= ? OR try_at > ?) ORDER BY id LIMIT 2000",
        (to_text(now), to_text(now + LATEST)),  # a time further off is a clock that was set back
    )
    return [Alert(**dict(row)) for row in rows]


def sending(conn: sqlite3.Connection, ids: Iterable[int], message: str) -> None:
    """Say that these go out in this message, before it goes."""
    with transaction(conn):
        conn.executemany(
            "UPDATE alerts SET state = 'sending', message = ? WHERE id = ?",
            [(message, number) for number in ids],
        )


def sent(conn: sqlite3.Connection, ids: Iterable[int], now: datetime) -> None:
    """Say that these were taken."""
    with transaction(conn):
        conn.executemany(
            "UPDATE alerts SET state = 'sent', sent_at = ?, problem = NULL WHERE id = ?",
            [(to_text(now), number) for number in ids],
        )


def not_sent(conn: sqlite3.Connection, ids: Iterable[int], problem: str, again: datetime | None) -> None:
    """Say why these were not taken, and when they are tried again; None: never."""
    with transaction(conn):
        conn.executemany(
            "UPDATE alerts SET state = ?, tries = tries + 1, message = NULL, problem = ?, try_at = ? WHERE id = ?",
            [
                ("failed" if again is None else "waiting", problem, None if again is None else to_text(again), number)
                for number in ids
            ],
        )


def renew(conn: sqlite3.Connection, now: datetime) -> int:
    """Let everything that failed be tried again, as if it were new; returns how many."""
    with transaction(conn):
        done = conn.execute(
            "UPDATE alerts SET state = 'waiting', tries = 0, try_at = NULL, made_at = ? WHERE state = 'failed'",
            (to_text(now),),
        )
        return done.rowcount


def counts(conn: sqlite3.Connection) -> tuple[int, int]:
    """How many wait, and how many were given up."""
    row = conn.execute(
        "SELECT count(*) FILTER (WHERE state IN ('waiting', 'sending')), count(*) FILTER (WHERE state = 'failed')"
        " FROM alerts INDEXED BY alerts_open WHERE state <> 'sent'"
    ).fetchone()
    return row[0], row[1]


def latest(conn: sqlite3.Connection, limit: int) -> list[sqlite3.Row]:
    """The newest alerts, for people: those that are open first."""
    return conn.execute(
        "SELECT id, made_at, state, target, rule, subject, tries, problem, sent_at FROM alerts"
        " ORDER BY state = 'sent', id DESC LIMIT ?",
        (limit,),
    ).fetchall()
