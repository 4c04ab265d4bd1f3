"""Queries of the lists on the desk: the queue in its three orders, and the lists of judged, noted and flagged articles.

In: a connection, possibly Datasette's own, a filter and the time. Out: rows. Each list has an index that gives its
order, so that a page reads only what it shows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from pipeline.model import Origin
from pipeline.store import audit
from pipeline.store.values import from_row, records, to_text, to_time

ListId = Literal["main", "audit", "near", "escalated", "mine", "notes", "relevant", "flagged"]
Sort = Literal["age", "newest", "best"]
VerdictFilter = Literal["waiting", "relevant", "not_relevant", "escalate"]

HALF_LIFE = timedelta(days=2)  # in the order “age”, the score of an article halves in this time
LIMIT = 40  # lines of one page; rendering a line takes longer than reading it


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Filters of a list; None means no filter.

    Attributes:
        topic: id of a topic that the articles are flagged for, or that an analyst added.
        language: language of the articles: ``en``, ``ru``, ``ko``.
        source: id of a feed.
        days: only articles of the last days; in the list “relevant” only verdicts of the last days.
        verdict: only articles with this verdict. In the queue every article waits.
        origin: only articles that came from feeds, or only those of “tumen backfill”.
        since: only articles first seen since this time.
        queue: which articles.
        sort: order of the main queue.
        analyst: whose verdicts the list “mine” shows.
    """

    topic: str | None = None
    language: str | None = None
    source: int | None = None
    days: int | None = None
    verdict: VerdictFilter | None = None
    origin: Origin | None = None
    since: str | None = None
    queue: ListId = "main"
    sort: Sort = "age"
    analyst: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An article in a list.

    Attributes:
        at: time of publication, or of first sight.
        seen: time of first sight.
        duplicates: number of other waiting articles of the same story.
        verdict: the standing verdict.
        note: the newest note, in the list of notes.
    """

    id: int
    title: str
    relevance: float
    topics: tuple[str, ...]
    language: str | None
    source: str
    at: str
    seen: str
    story: int | None = None
    duplicates: int = 0
    verdict: str | None = None
    note: str | None = None


_COLUMNS = (
    "a.id, a.title, a.relevance, coalesce(s.topics, a.topics) AS topics, a.language, f.name AS source,"
    " a.sorted_at AS at, a.first_seen_at AS seen, a.story_id AS story, a.verdict, s.note"
)
_FROM = "JOIN feeds f ON f.id = a.feed_id LEFT JOIN standing s ON s.article_id = a.id"
_GIVEN = (
    "(SELECT article_id, at FROM standing INDEXED BY standing_verdict WHERE {}) t"
    " CROSS JOIN articles a ON a.id = t.article_id"
)
WAITS = "a.verdict IS NULL AND a.relevant = 1"


@dataclass(frozen=True, slots=True)
class Plan:
    """Tables, condition and order of a list, so that an index gives the order."""

    tables: str
    condition: str
    order: str = "t.at DESC, a.id DESC"


_PLANS = {
    "age": Plan("articles a INDEXED BY articles_waiting_time", WAITS, "a.sorted_at DESC, a.id DESC"),
    "newest": Plan("articles a INDEXED BY articles_waiting_time", WAITS, "a.sorted_at DESC, a.id DESC"),
    "best": Plan("articles a INDEXED BY articles_waiting", WAITS, "a.relevance DESC, a.id DESC"),
    "near": Plan(
        "articles a INDEXED BY articles_near", "a.verdict IS NULL AND a.relevant = 0", "a.relevance DESC, a.id DESC"
    ),
    "flagged": Plan("articles a INDEXED BY articles_flagged", "a.topics <> '[]'", "a.first_seen_at DESC, a.id DESC"),
    "escalated": Plan(_GIVEN.format("verdict = 'escalate'"), "1"),
    "relevant": Plan(_GIVEN.format("verdict IN ('relevant', 'escalate')"), "1"),
    "given": Plan(_GIVEN.format("verdict = :verdict"), "1"),
    "notes": Plan(
        "(SELECT article_id, note_at AS at FROM standing INDEXED BY standing_note WHERE note IS NOT NULL) t"
        " CROSS JOIN articles a ON a.id = t.article_id",
        "1",
    ),
    "mine": Plan(
        "reviews t INDEXED BY reviews_analyst CROSS JOIN articles a ON a.id = t.article_id",
        "t.analyst = :analyst AND t.verdict <> 'withdrawn' AND NOT EXISTS"
        " (SELECT 1 FROM reviews n WHERE n.article_id = t.article_id AND n.analyst = t.analyst AND n.id > t.id)",
        "t.at DESC, t.id DESC",
    ),
}


def queue(conn: sqlite3.Connection, wanted: QueueFilter, now: datetime, *, limit: int = LIMIT) -> list[Waiting]:
    """Return the articles of a list. In the queue, of each story only the first.

    The audit queue is in random order, with every article of a story.
    """
    if wanted.queue == "audit":
        return by_id(conn, audit_queue(conn, wanted, now)[:limit])
    lines = _stream(conn, wanted, now)
    if is_list(wanted):
        return list(islice(lines, limit))
    first = _by_age(lines, now, limit) if wanted.queue == "main" and wanted.sort == "age" else _first(lines, limit)
    waiting = _count_waiting(conn, [line.story for line in first if line.story is not None])
    return [replace(line, duplicates=max(waiting.get(line.story, 1) - 1, 0)) for line in first]


def is_list(wanted: QueueFilter) -> bool:
    """Return whether this is a list of articles with and without a verdict, in the order of time."""
    return wanted.queue not in ("main", "near") or wanted.verdict not in (None, "waiting")


def _stream(conn: sqlite3.Connection, wanted: QueueFilter, now: datetime) -> Iterator[Waiting]:
    """Yield the lines of a list in its order; of the order “age”, newest first."""
    chosen = plan(wanted)
    conditions, values = where(wanted, now)
    condition = " AND ".join([chosen.condition, *conditions])
    yield from _lines(conn, f"{chosen.tables} {_FROM} WHERE {condition} ORDER BY {chosen.order}", values)


def _lines(conn: sqlite3.Connection, rest: str, values: dict[str, object]) -> Iterator[Waiting]:
    for row in records(conn.execute(f"SELECT {_COLUMNS} FROM {rest}", values)):
        yield from_row(Waiting, row)


def plan(wanted: QueueFilter) -> Plan:
    """Return the plan of a list other than the audit queue."""
    if wanted.queue in ("near", "escalated", "relevant", "notes", "mine"):
        return _PLANS[wanted.queue]
    if wanted.verdict not in (None, "waiting"):
        return _PLANS["given"]
    return _PLANS["flagged" if wanted.queue == "flagged" else wanted.sort]


def _first(lines: Iterable[Waiting], limit: int) -> list[Waiting]:
    """Return the first lines, of each story only one."""
    first: dict[object, Waiting] = {}
    for line in lines:
        first.setdefault(_story(line), line)
        if len(first) == limit:
            break
    return list(first.values())


def _by_age(lines: Iterable[Waiting], now: datetime, limit: int) -> list[Waiting]:
    """Return the best lines by relevance × 2^(-age / half-life), of each story the best one.

    The lines come newest first and relevance is at most 1, so reading stops at the age at which not even a relevance of
    1 would enter the list.
    """
    best: dict[object, tuple[float, int, Waiting]] = {}
    floor = 0.0
    for count, line in enumerate(lines):
        fresh = freshness(line.at, now)
        if fresh < floor:
            break
        key = (line.relevance * fresh, line.id, line)
        if key[:2] > best.get(_story(line), (-1.0, 0))[:2]:
            best[_story(line)] = key
        if count % 50 == 49 and len(best) >= limit:  # sorting at each line would cost more than it saves
            floor = sorted((score for score, _, _ in best.values()), reverse=True)[limit - 1]
    ranked = sorted(best.values(), key=lambda key: key[:2], reverse=True)
    return [line for _, _, line in ranked[:limit]]


def freshness(at: str, now: datetime) -> float:
    """Return the weight of an age: 1 for an article of now or later, half of it after each half-life."""
    return float(2.0 ** min(-((now - to_time(at)) / HALF_LIFE), 0.0))


def _story(line: Waiting) -> object:
    return line.story or f"article {line.id}"


def _count_waiting(conn: sqlite3.Connection, stories: Sequence[int]) -> dict[object, int]:
    """Count the waiting articles of each story."""
    rows = conn.execute(
        "SELECT story_id, count(*) FROM articles INDEXED BY articles_story"
        " WHERE story_id IN (SELECT value FROM json_each(?)) AND verdict IS NULL AND relevant = 1 GROUP BY story_id",
        (json.dumps(stories),),
    )
    return {row[0]: int(row[1]) for row in rows}


def by_id(conn: sqlite3.Connection, ids: Sequence[int]) -> list[Waiting]:
    """Return these articles in this order, with or without a verdict."""
    rest = f"articles a {_FROM} WHERE a.id IN (SELECT value FROM json_each(:ids))"
    stored = {line.id: line for line in _lines(conn, rest, {"ids": json.dumps(ids)})}
    return [stored[article] for article in ids if article in stored]


def english_titles(conn: sqlite3.Connection, stories: Sequence[int]) -> dict[int, str]:
    """Return the title of the earliest English article of each story that has one."""
    rows = conn.execute(
        "SELECT story_id, title, min(sorted_at) FROM articles INDEXED BY articles_story"
        " WHERE story_id IN (SELECT value FROM json_each(?)) AND language = 'en' GROUP BY story_id",
        (json.dumps(sorted(set(stories))),),
    )
    return {int(row[0]): str(row[1]) for row in rows}


def audit_queue(conn: sqlite3.Connection, wanted: QueueFilter, now: datetime) -> list[int]:
    """Return the articles of the audit sample that wait, in the order of the sample."""
    sample = audit.sample(conn, now)
    conditions, values = where(wanted, now)
    waits = (
        # a verdict from elsewhere does not take an article out of the sample: near misses would then never be counted
        "a.id IN (SELECT value FROM json_each(:sample)) AND (a.verdict IS NULL"
        " OR NOT EXISTS (SELECT 1 FROM reviews r WHERE r.article_id = a.id AND r.queue = 'audit'))"
    )
    sql = f"SELECT a.id FROM articles a WHERE {' AND '.join([waits, *conditions])}"
    waiting = {row[0] for row in conn.execute(sql, values | {"sample": json.dumps(sample)})}
    return [article for article in sample if article in waiting]


def where(wanted: QueueFilter, now: datetime) -> tuple[list[str], dict[str, object]]:
    """Return the conditions of the filters, on the table ``a``, and their values."""
    conditions: list[str] = []
    values: dict[str, object] = {"analyst": wanted.analyst, "verdict": wanted.verdict}
    if wanted.topic:
        conditions.append(
            "(EXISTS (SELECT 1 FROM flags g WHERE g.article_id = a.id AND g.topic = :topic)"
            " OR EXISTS (SELECT 1 FROM standing x, json_each(x.topics) j"
            " WHERE x.article_id = a.id AND j.value = :topic))"
        )
        values["topic"] = wanted.topic
    if wanted.language:
        conditions.append("a.language = :language")
        values["language"] = wanted.language
    if wanted.source is not None:
        conditions.append("a.feed_id = :source")
        values["source"] = wanted.source
    if wanted.origin:
        conditions.append("a.origin = :origin")
        values["origin"] = wanted.origin
    if wanted.days:
        conditions.append(f"{'t.at' if wanted.queue == 'relevant' else 'a.sorted_at'} >= :from")
        values["from"] = to_text(now - timedelta(days=wanted.days))
    if wanted.since:
        conditions.append("a.first_seen_at >= :since")
        values["since"] = wanted.since
    if wanted.verdict == "waiting" and is_list(wanted):
        conditions.append("a.verdict IS NULL")
    elif wanted.verdict and wanted.queue in ("mine", "notes", "relevant", "escalated"):
        conditions.append("a.verdict = :verdict")
    return conditions, values
