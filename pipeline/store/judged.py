"""Judged articles with their texts: what ``tumen learn`` learns from. Reads only."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from pipeline.model import Queue
from pipeline.store.values import from_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The latest verdict of one analyst on one article.

    Attributes:
        corrected: the topics that the analyst chose; None if the flagged ones were kept.
        flagged: the flagged topics, if they are those that the analyst saw; None if the flags are newer.
        queue: the queue on the screen; None if it is not known.
        week: Monday of the article's week, as in ``audit.Count``.
        batch: common id of verdicts that were given to a whole story.
    """

    article: int
    analyst: str
    relevant: bool
    corrected: tuple[str, ...] | None
    flagged: tuple[str, ...] | None
    queue: Queue | None
    week: str
    batch: str | None
    story: int | None
    title: str
    text: str
    home: str | None
    language: str | None


def judged(conn: sqlite3.Connection) -> list[Judged]:
    """Return the latest verdict of each analyst on each article, without those that were undone."""
    rows = conn.execute(
        "SELECT r.article_id AS article, r.analyst, r.verdict <> 'not_relevant' AS relevant, r.topics AS corrected,"
        " iif(r.config_version IS a.config_version AND r.revision = a.revision, a.topics, NULL) AS flagged, r.queue,"
        " date(a.sorted_at, 'weekday 0', '-6 days') AS week, r.batch, a.story_id AS story, a.title, a.text, f.home,"
        " a.language FROM reviews r JOIN articles a ON a.id = r.article_id JOIN feeds f ON f.id = a.feed_id"
        " WHERE r.verdict <> 'withdrawn' AND r.id ="
        " (SELECT max(s.id) FROM reviews s WHERE s.article_id = r.article_id AND s.analyst = r.analyst)"
        " ORDER BY r.article_id, r.analyst"
    )
    return [from_row(Judged, row) for row in rows]
