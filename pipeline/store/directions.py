"""Direction of stories, and affairs, in the database.

Writing functions need a transaction of the caller. A story is reviewed again when its number of articles has changed
since the last review (table ``story_reviews``).
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.model.directions import Direction, Member
from pipeline.store.values import from_row, records, short_name, to_text, to_text_or_none

_MOST_MEMBERS = 40  # first articles of a story that are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryOutline:
    """Times of a story, and the share (0 to 1) of its articles that name each concept."""

    first_at: str
    last_at: str
    shares: Mapping[str, float]


def pending(conn: sqlite3.Connection, since: datetime, limit: int) -> list[int]:
    """Return the stories with a flagged article that changed since their last review, the newest first."""
    rows = conn.execute(
        "SELECT s.id FROM stories s LEFT JOIN story_reviews r ON r.story_id = s.id"
        " WHERE s.last_seen_at >= ? AND r.articles IS NOT s.articles AND EXISTS (SELECT 1 FROM articles a"
        " INDEXED BY articles_story WHERE a.story_id = s.id AND (a.relevant = 1 OR a.topics <> '[]'))"
        " ORDER BY s.last_seen_at DESC LIMIT ?",
        (to_text(since), limit),
    )
    return [int(row[0]) for row in rows.fetchall()]


def members(conn: sqlite3.Connection, story: int) -> list[Member]:
    """Return the articles of a story with their times (index ``articles_story``)."""
    rows = conn.execute(
        "SELECT a.id AS article, f.name AS source, f.home, a.title, a.text,"
        " iif(a.published_from <> 'none' AND a.published_assumed = 0, a.published, NULL) AS published,"
        " a.first_seen_at AS polled_at, (SELECT max(p.at) FROM fetches p WHERE p.feed_id = a.feed_id"
        " AND p.kind = 'feed' AND p.at < a.first_seen_at) AS polled_before"
        " FROM articles a INDEXED BY articles_story JOIN feeds f ON f.id = a.feed_id WHERE a.story_id = ?"
        " ORDER BY +a.sorted_at, a.id LIMIT ?",
        (story, _MOST_MEMBERS),
    )
    return [from_row(Member, row) for row in rows.fetchall()]


def put(conn: sqlite3.Connection, story: int, direction: Direction, now: datetime) -> None:
    """Replace the direction of a story, and mark the story as reviewed."""
    conn.execute("DELETE FROM story_order WHERE story_id = ?", (story,))
    conn.executemany(
        "INSERT OR REPLACE INTO story_order (article_id, story_id, place, earliest_at, latest_at, basis, relation,"
        " certain, like_article_id, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                one.article,
                story,
                place,
                to_text_or_none(one.earliest),
                to_text(one.latest),
                one.basis,
                one.relation,
                int(one.certain),
                one.like,
                one.evidence,
            )
            for place, one in enumerate(direction.placed, 1)
        ],
    )
    conn.execute("DELETE FROM story_gaps WHERE story_id = ?", (story,))
    conn.executemany(
        "INSERT OR IGNORE INTO story_gaps (story_id, side, told_by, kind, item, sources, article_id, quotation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (story, gap.side, gap.told_by, gap.kind, gap.item, gap.sources, gap.article, gap.quotation)
            for gap in direction.gaps
        ],
    )
    conn.execute(
        "INSERT OR REPLACE INTO story_reviews (story_id, articles, reviewed_at)"
        " SELECT id, articles, ? FROM stories WHERE id = ?",
        (to_text(now), story),
    )


def outline_of(conn: sqlite3.Connection, story: int) -> StoryOutline | None:
    """Return times and concepts of a story; None if no signature of its articles is kept any more."""
    rows = conn.execute(
        "SELECT t.first_seen_at, t.last_seen_at, s.concepts FROM stories t JOIN articles a INDEXED BY articles_story"
        " ON a.story_id = t.id JOIN signatures s ON s.article_id = a.id WHERE t.id = ?",
        (story,),
    ).fetchall()
    if not rows:
        return None
    counts = Counter(concept for row in rows for concept in json.loads(row[2]))
    shares = {concept: count / len(rows) for concept, count in counts.items()}
    return StoryOutline(first_at=rows[0][0], last_at=rows[0][1], shares=shares)


def affairs_since(conn: sqlite3.Connection, since: datetime) -> dict[int, list[int]]:
    """Return the stories of affairs with a story at this time or later (index ``affairs_seen``)."""
    rows = conn.execute(
        "SELECT f.id, m.story_id FROM affairs f JOIN affair_stories m ON m.affair_id = f.id JOIN stories s"
        " ON s.id = m.story_id WHERE f.last_seen_at >= ? AND s.last_seen_at >= ?",
        (to_text(since), to_text(since)),
    )
    found: dict[int, list[int]] = {}
    for affair, story in rows.fetchall():
        found.setdefault(affair, []).append(story)
    return found


def affair_of(conn: sqlite3.Connection, story: int) -> int | None:
    """Return the affair of a story, or None."""
    row = conn.execute("SELECT affair_id FROM affair_stories WHERE story_id = ?", (story,)).fetchone()
    return None if row is None else int(row[0])


def start_affair(conn: sqlite3.Connection, story: int, now: datetime) -> int:
    """Start an affair with a story, and return its id."""
    row = conn.execute(
        "INSERT INTO affairs (title, first_seen_at, last_seen_at, stories)"
        " SELECT title, first_seen_at, last_seen_at, 0 FROM stories WHERE id = ? RETURNING id",
        (story,),
    ).fetchone()
    join_affair(conn, story, int(row[0]), "The first event of the affair.", now)
    return int(row[0])


def join_affair(conn: sqlite3.Connection, story: int, affair: int, why: str, now: datetime) -> None:
    """Add a story to an affair."""
    conn.execute(
        "INSERT OR IGNORE INTO affair_stories (story_id, affair_id, why, joined_at) VALUES (?, ?, ?, ?)",
        (story, affair, why, to_text(now)),
    )
    conn.execute(
        "UPDATE affairs SET (stories, first_seen_at, last_seen_at) = (SELECT count(*), min(s.first_seen_at),"
        " max(s.last_seen_at) FROM affair_stories m JOIN stories s ON s.id = m.story_id WHERE m.affair_id = affairs.id)"
        " WHERE id = ?",
        (affair,),
    )


def of_story(conn: sqlite3.Connection, story: int) -> dict[str, Any]:
    """Return what the desk shows of a story's direction: order, gaps by side, affair with its other stories."""
    order = conn.execute(
        "SELECT o.article_id AS article, f.name AS source, f.home, a.language, a.title, o.earliest_at, o.latest_at,"
        " o.basis, o.relation, o.certain, o.like_article_id AS like, g.name AS like_source, o.evidence"
        " FROM story_order o JOIN articles a ON a.id = o.article_id JOIN feeds f ON f.id = a.feed_id"
        " LEFT JOIN articles b ON b.id = o.like_article_id LEFT JOIN feeds g ON g.id = b.feed_id"
        " WHERE o.story_id = ? AND a.story_id = o.story_id ORDER BY o.place",  # not those that an analyst took out
        (story,),
    )
    gaps = conn.execute(
        "SELECT p.side, p.told_by, p.kind, p.item, coalesce(c.name, p.item) AS name, p.sources,"
        " p.article_id AS article, a.language, f.name AS source, p.quotation"
        " FROM story_gaps p JOIN articles a ON a.id = p.article_id"
        " JOIN feeds f ON f.id = a.feed_id LEFT JOIN concepts c ON p.kind = 'concept' AND c.id = p.item"
        " WHERE p.story_id = ? AND a.story_id = p.story_id ORDER BY p.side, p.told_by, p.sources DESC, p.kind, p.item",
        (story,),
    )
    affair = conn.execute(
        "SELECT f.id, f.title, m.why FROM affair_stories m JOIN affairs f ON f.id = m.affair_id WHERE m.story_id = ?",
        (story,),
    )
    events = conn.execute(
        "SELECT s.id, s.title, s.first_seen_at, s.articles FROM affair_stories m JOIN stories s ON s.id = m.story_id"
        " WHERE m.affair_id = (SELECT affair_id FROM affair_stories WHERE story_id = ?) ORDER BY s.first_seen_at",
        (story,),
    )
    affairs = list(records(affair))
    named = [gap | {"name": short_name(gap["name"])} for gap in records(gaps)]
    return {
        "order": list(records(order)),
        "gaps": named,
        "affair": affairs[0] if affairs else None,
        "events": [event for event in records(events) if event["id"] != story],
    }


def summaries(conn: sqlite3.Connection, since: str) -> list[dict[str, Any]]:
    """Return the direction of relevant stories seen at this time or later with articles of several sources."""
    rows = conn.execute(
        "SELECT s.id, s.title, f.name AS first, o.latest_at AS first_at, o.certain,"
        " (SELECT json_group_array(DISTINCT g.name) FROM story_order c JOIN articles b ON b.id = c.article_id"
        "  JOIN feeds g ON g.id = b.feed_id WHERE c.story_id = s.id AND c.relation = 'copied') AS copies"
        " FROM stories s JOIN story_order o ON o.story_id = s.id AND o.place = 1"
        " JOIN articles a ON a.id = o.article_id JOIN feeds f ON f.id = a.feed_id"
        " WHERE s.last_seen_at >= ? AND s.sources > 1 AND EXISTS (SELECT 1 FROM articles r INDEXED BY articles_story"
        " WHERE r.story_id = s.id AND r.relevant = 1) ORDER BY s.last_seen_at DESC LIMIT 30",
        (since,),
    )
    found = list(records(rows))
    for story in found:
        gaps: dict[str, list[str]] = {}
        for gap in of_story(conn, story["id"])["gaps"]:
            gaps.setdefault(gap["side"], []).append(gap["name"])
        story |= {"copies": json.loads(story["copies"]), "certain": bool(story["certain"]), "gaps": gaps}
    return found
