"""Recall audit: a weekly random sample of the articles that were not flagged, and the figures that recall needs.

In: a connection. Out: ids of articles, and counts. The sample is of articles without a flag that are below the
threshold of relevance. It is drawn from the last complete ISO week (UTC), because a week that still grows would give
early articles a better chance. The seed is the week itself, so every call draws the same sample. Articles from web
archives are left out: of unflagged pages, a backfill keeps near misses above all.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, timedelta

SAMPLE = 100  # articles per week: 200 audited articles in two weeks, at a few seconds each
_MONDAY = "date({0}sorted_at, 'weekday 0', '-6 days')"
_FROM_FEEDS = (  # by the small index of archived articles, so that no article is read
    "sorted_at >= :from AND sorted_at < :to"
    " AND id NOT IN (SELECT id FROM articles WHERE origin = 'archive' AND sorted_at >= :from AND sorted_at < :to)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Articles of one language and week.

    Attributes:
        week: its Monday.
        part: "audit" for articles that were not flagged; for flagged ones the first digit of their relevance.
        size: all of them.
        judged: those with a verdict; of the audit, those with a verdict from the audit queue.
        wanted: the judged ones that are not "not relevant".
    """

    language: str
    week: str
    part: str
    size: int
    judged: int
    wanted: int


def sample(conn: sqlite3.Connection, now: datetime) -> list[int]:
    """Return the ids of this week's sample, in random order (index ``articles_unflagged``)."""
    monday = (now - timedelta(days=now.weekday())).date()
    first = monday - timedelta(days=7)
    rows = conn.execute(
        f"SELECT id FROM articles INDEXED BY articles_unflagged WHERE relevant = 0 AND topics = '[]' AND {_FROM_FEEDS}",
        {"from": first.isoformat(), "to": monday.isoformat()},
    )
    week = f"{first:%G-W%V}"
    return sorted((int(row[0]) for row in rows), key=lambda article: _rank(week, article))[:SAMPLE]


def _rank(week: str, article: int) -> bytes:
    return hashlib.blake2b(f"{week} {article}".encode(), digest_size=8).digest()


def counts(conn: sqlite3.Connection) -> list[Count]:
    """Return the articles of all audited weeks, by language, week and part."""
    monday = _MONDAY.format("a.")
    rows = conn.execute(
        f"SELECT coalesce(a.language, '?'), {monday}, count(*), sum(a.verdict <> 'not_relevant') FROM articles a"
        " WHERE a.id IN (SELECT article_id FROM reviews WHERE queue = 'audit') AND a.verdict IS NOT NULL"
        " GROUP BY 1, 2"
    )
    audited = {(row[0], row[1]): (int(row[2]), int(row[3])) for row in rows}
    weeks = sorted({week for _, week in audited})
    if not weeks:
        return []
    period = {"from": weeks[0], "to": (date.fromisoformat(weeks[-1]) + timedelta(days=7)).isoformat()}
    return [count for count in _audited(conn, audited, period) + _flagged(conn, period) if count.week in weeks]


def _audited(
    conn: sqlite3.Connection, audited: dict[tuple[str, str], tuple[int, int]], period: dict[str, str]
) -> list[Count]:
    rows = conn.execute(
        f"SELECT coalesce(language, '?'), {_MONDAY.format('')}, count(*) FROM articles INDEXED BY articles_unflagged"
        f" WHERE relevant = 0 AND topics = '[]' AND {_FROM_FEEDS} GROUP BY 1, 2",
        period,
    )
    sizes = {(row[0], row[1]): int(row[2]) for row in rows}
    found = []
    for language, week in sorted(sizes.keys() | audited.keys()):
        judged, wanted = audited.get((language, week), (0, 0))
        size = max(sizes.get((language, week), 0), judged)  # a later config may flag audited articles
        found.append(Count(language=language, week=week, part="audit", size=size, judged=judged, wanted=wanted))
    return found


def _flagged(conn: sqlite3.Connection, period: dict[str, str]) -> list[Count]:
    rows = conn.execute(
        f"SELECT coalesce(language, '?'), {_MONDAY.format('')} AS week, CAST(relevance * 10 AS INTEGER), count(*),"
        " count(verdict), coalesce(sum(verdict <> 'not_relevant'), 0) FROM articles INDEXED BY articles_relevant"
        f" WHERE relevant = 1 AND {_FROM_FEEDS}"
        " AND id NOT IN (SELECT article_id FROM reviews WHERE queue = 'audit') GROUP BY 1, 2, 3",
        period,
    )
    return [
        Count(language=row[0], week=row[1], part=str(row[2]), size=row[3], judged=row[4], wanted=row[5]) for row in rows
    ]
