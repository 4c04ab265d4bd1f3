"""Schedule of looks at the pages of flagged articles, in the table ``looks``.

Writing functions need a transaction of the caller.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model import ArticleId, EntryId, Validators, Version
from pipeline.model.edits import LookDecision, LookHistory, LookState
from pipeline.store.values import from_row, records, to_json, to_text, to_text_or_none

_MOST_VERSIONS = 12  # digests of texts that are remembered per page


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A page that is due for a look, with its article.

    Attributes:
        feed: id of the article's feed.
        page_hash: the kept copy that the page is compared with; None before the first one.
        versions: digests of the texts that the page had, oldest first.
        topics: what the article was flagged for at the last look.
    """

    article: ArticleId
    entry: EntryId
    feed: int
    source: str
    url: str
    state: LookState
    started_at: datetime
    looked_at: datetime | None
    looks: int
    reason: str
    missing_since: datetime | None
    changes: int
    returns: int
    etag: str | None
    last_modified: str | None
    page_hash: str | None
    versions: tuple[str, ...]
    topics: tuple[str, ...]

    @property
    def validators(self) -> Validators | None:
        """Return the validators of the last response, if the kept copy is of that response."""
        if self.page_hash is None or not (self.etag or self.last_modified):
            return None
        return Validators(url=self.url, etag=self.etag, last_modified=self.last_modified)

    def history(self, schedule: Sequence[timedelta]) -> LookHistory:
        """Return what ``decide_look`` needs."""
        return LookHistory(
            started_at=self.started_at,
            state=self.state,
            missing_since=self.missing_since,
            looks=self.looks + 1,
            reason=self.reason,
            changes=self.changes,
            returns=self.returns,
            schedule=schedule,
        )


def plan(
    conn: sqlite3.Connection,
    article: ArticleId,
    entry: EntryId,
    validators: Validators,
    *,
    page_hash: str | None,
    topics: Iterable[str],
    now: datetime,
    next_at: datetime,
) -> None:
    """Plan the first look at the page of an article, unless one was planned before."""
    conn.execute(
        "INSERT OR IGNORE INTO looks (article_id, entry_id, state, url, started_at, next_at, etag, last_modified,"
        " page_hash, topics) VALUES (?, ?, 'watched', ?, ?, ?, ?, ?, ?, ?)",
        (
            article,
            entry,
            validators.url,
            to_text(now),
            to_text(next_at),
            validators.etag,
            validators.last_modified,
            page_hash,
            to_json(topics),
        ),
    )


def due(conn: sqlite3.Connection, now: datetime, limit: int) -> list[Watched]:
    """Return the pages that are due, the longest waiting first (index ``looks_due``)."""
    rows = conn.execute(
        "SELECT l.*, l.article_id AS article, l.entry_id AS entry, a.feed_id AS feed, f.name AS source"
        " FROM looks l JOIN articles a ON a.id = l.article_id JOIN feeds f ON f.id = a.feed_id"
        " WHERE l.next_at <= ? ORDER BY l.next_at LIMIT ?",
        (to_text(now), limit),
    )
    return [from_row(Watched, row) for row in rows.fetchall()]


def stored_version(conn: sqlite3.Connection, article: ArticleId) -> Version:
    """Return title and text of an article as they are stored."""
    row = conn.execute("SELECT title, text FROM articles WHERE id = ?", (article,)).fetchone()
    return Version(row[0], row[1])


def count_since(conn: sqlite3.Connection, since: datetime) -> int:
    """Count the pages that were looked at since then (index ``looks_looked``)."""
    return int(conn.execute("SELECT count(*) FROM looks WHERE looked_at >= ?", (to_text(since),)).fetchone()[0])


def claim(conn: sqlite3.Connection, article: ArticleId, now: datetime, until: datetime) -> None:
    """Count a request before it is sent. If the process dies, the page is due again at ``until``."""
    conn.execute(
        "UPDATE looks SET next_at = ?, looked_at = ?, looks = looks + 1 WHERE article_id = ?",
        (to_text(until), to_text(now), article),
    )


def stop(conn: sqlite3.Connection, article: ArticleId, reason: str) -> None:
    """Plan no further look at a page."""
    conn.execute("UPDATE looks SET next_at = NULL, state = 'ended', reason = ? WHERE article_id = ?", (reason, article))


def update(
    conn: sqlite3.Connection,
    page: Watched,
    decision: LookDecision,
    *,
    validators: Validators | None,
    page_hash: str | None,
    versions: Sequence[str],
) -> None:
    """Store the decision after a look.

    Args:
        conn: the database, in a transaction.
        page: the page before the look.
        decision: what was decided.
        validators: of the response; None to keep those before.
        page_hash: the copy that the next look compares with; None to keep the one before.
        versions: digests that are new.
    """
    known = list(dict.fromkeys((*page.versions, *versions)))[-_MOST_VERSIONS:]
    conn.execute(
        "UPDATE looks SET state = ?, next_at = ?, missing_since = ?, changes = ?, returns = ?, etag = ?,"
        " last_modified = ?, page_hash = coalesce(?, page_hash), versions = ?, reason = ?,"
        " topics = (SELECT json_group_array(topic) FROM flags WHERE flags.article_id = looks.article_id)"
        " WHERE article_id = ?",
        (
            decision.state,
            to_text_or_none(decision.next_at),
            to_text_or_none(decision.missing_since),
            decision.changes,
            decision.returns,
            validators.etag if validators else page.etag,
            validators.last_modified if validators else page.last_modified,
            page_hash,
            to_json(known),
            decision.reason,
            page.article,
        ),
    )


def state_of(conn: sqlite3.Connection, article: int) -> dict[str, object] | None:
    """Return state, last and next look of an article's page for people; None if it is not looked at."""
    rows = conn.execute(
        "SELECT state, looked_at, next_at, looks, reason, missing_since FROM looks WHERE article_id = ?", (article,)
    )
    return next(records(rows), None)
