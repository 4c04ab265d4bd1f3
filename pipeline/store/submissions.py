"""Submissions of changed pages to a web archive: an outbox, so that each address is submitted once per edit.

A row is ``sending`` while its request is under way. A row that is still ``sending`` later belongs to a process that
died: the archive may have the page, so it is not sent again. Writing functions need a transaction of the caller.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.store.values import from_row, to_text

_RETRY = timedelta(hours=1)
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A page to submit."""

    id: int
    url: str
    tries: int


def put(conn: sqlite3.Connection, article: int, url: str, now: datetime) -> None:
    """Queue a page."""
    conn.execute(
        "INSERT OR IGNORE INTO submissions (article_id, url, state, made_at, try_at) VALUES (?, ?, 'waiting', ?, ?)",
        (article, url, to_text(now), to_text(now)),
    )


def due(conn: sqlite3.Connection, now: datetime, per_hour: int) -> list[Submission]:
    """Return the pages that may be submitted now, oldest first, within the limit per hour."""
    sent = conn.execute(
        "SELECT count(*) FROM submissions WHERE tries > 0 AND try_at > ?", (to_text(now - timedelta(hours=1)),)
    ).fetchone()[0]
    rows = conn.execute(
        "SELECT id, url, tries FROM submissions WHERE state = 'waiting' AND try_at <= ? ORDER BY try_at, id LIMIT ?",
        (to_text(now), max(per_hour - sent, 0)),
    )
    return [from_row(Submission, row) for row in rows.fetchall()]


def give_up_interrupted(conn: sqlite3.Connection) -> None:
    """Close the rows of a process that died while sending."""
    conn.execute(
        "UPDATE submissions SET state = 'failed', problem = 'Tumen was stopped while it was submitting this page.'"
        " WHERE state = 'sending'"
    )


def sending(conn: sqlite3.Connection, submission: int, now: datetime) -> None:
    """Mark a page before its request."""
    conn.execute(
        "UPDATE submissions SET state = 'sending', tries = tries + 1, try_at = ? WHERE id = ?",
        (to_text(now), submission),
    )


def sent(conn: sqlite3.Connection, submission: int, now: datetime) -> None:
    """Mark a page that the archive accepted."""
    conn.execute(
        "UPDATE submissions SET state = 'sent', sent_at = ?, problem = NULL WHERE id = ?", (to_text(now), submission)
    )


def failed(conn: sqlite3.Connection, submission: Submission, problem: str, now: datetime, *, retry: bool) -> None:
    """Store why a page was not accepted. It is tried again only if the archive asked to come back later."""
    again = retry and submission.tries + 1 < _TRIES
    conn.execute(
        "UPDATE submissions SET state = ?, problem = ?, try_at = ? WHERE id = ?",
        ("waiting" if again else "failed", problem, to_text(now + _RETRY if again else now), submission.id),
    )
