"""Entries in the database: the queue between a feed's word of a piece and the article it becomes.

A row is ``new`` until its page was read, ``failed`` while it is to be tried again at ``next_try_at``, then ``flagged``
(its article is stored with its flags) or ``dead`` (given up, with the reason). Functions that write need a
transaction of the caller's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pipeline.model import ArticleId, EntryId, EntryIntent, FeedId, KnownEntry, ParsedEntry, QueuedEntry
from pipeline.store.values import to_json, to_text, to_text_or_none, to_time, to_time_or_none, to_tuple

_BATCH = 500  # below SQLite's limit of host parameters in every build


def known(conn: sqlite3.Connection, feed: FeedId, identities: Sequence[str]) -> Mapping[str, KnownEntry]:
    """Which of these identities are stored, and what this feed said of them last (primary-key look-ups).

    Two feeds may carry a piece with different teasers: each is compared with its own last word.
    """
    found: dict[str, KnownEntry] = {}
    for start in range(0, len(identities), _BATCH):
        part = identities[start : start + _BATCH]
        marks = ", ".join("?" * len(part))
        rows = conn.execute(
            "SELECT e.identity, e.id, coalesce(s.digest, e.digest) AS digest, s.entry_id IS NOT NULL AS here"  # noqa: S608 - only question marks
            " FROM entries e LEFT JOIN sightings s ON s.entry_id = e.id AND s.feed_id = ?"
            f" WHERE e.identity IN ({marks})",
            (feed, *part),
        )
        for row in rows:
            found[row["identity"]] = KnownEntry(id=EntryId(row["id"]), digest=row["digest"], here=bool(row["here"]))
    return found


def add(
    conn: sqlite3.Connection, feed: FeedId, intents: Iterable[EntryIntent], now: datetime
) -> list[tuple[EntryId, str, bool]]:
    """Store what a poll brought.

    Returns:
        For each entry that now waits for its page: its id, the address to ask, and whether it is new (else revised).
    """
    queued: list[tuple[EntryId, str, bool]] = []
    at = to_text(now)
    for intent in intents:
        entry = intent.entry
        if intent.known is None:
            row = conn.execute(_INSERT, _values(feed, intent, at)).fetchone()
            if row is not None:
                queued.append((EntryId(row[0]), entry.url, True))
        elif intent.revised:
            conn.execute(_REVISE, _values(feed, intent, at) | {"id": intent.known})
            queued.append((intent.known, entry.url, False))
        conn.execute(
            "INSERT INTO sightings (entry_id, feed_id, guid, url, digest, seen_at)"
            " SELECT id, ?, ?, ?, ?, ? FROM entries WHERE identity = ?"
            " ON CONFLICT (entry_id, feed_id) DO UPDATE SET digest = excluded.digest",
            (feed, entry.id, entry.url, intent.digest, at, intent.identity),
        )
    return queued


_INSERT = """
INSERT INTO entries (identity, feed_id, guid, url, published_url, title, summary, content, content_source, published,
  published_raw, published_assumed, authors, tags, digest, first_seen_at, next_try_at)
VALUES (:identity, :feed, :guid, :url, :published_url, :title, :summary, :content, :content_source, :published,
  :published_raw, :published_assumed, :authors, :tags, :digest, :at, :at)
ON CONFLICT (identity) DO NOTHING
RETURNING id
"""

_REVISE = """
UPDATE entries SET title = :title, summary = :summary, content = :content, content_source = :content_source,
  published = :published, published_raw = :published_raw, published_assumed = :published_assumed, authors = :authors,
  tags = :tags, digest = :digest, state = 'new', attempts = 0, reason = NULL, next_try_at = :at
WHERE id = :id
"""


def _values(feed: FeedId, intent: EntryIntent, at: str) -> dict[str, object]:
    entry = intent.entry
    return {
        "identity": intent.identity,
        "feed": feed,
        "guid": entry.id,
        "url": intent.identity if entry.url else "",
        "published_url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "content_source": entry.content_source,
        "published": to_text_or_none(entry.published),
        "published_raw": entry.published_raw,
        "published_assumed": int(entry.published_assumed),
        "authors": to_json(entry.authors),
        "tags": to_json(entry.tags),
        "digest": intent.digest,
        "at": at,
    }


def waiting(conn: sqlite3.Connection, now: datetime, limit: int) -> list[tuple[EntryId, str]]:
    """Entries whose try is due, oldest first, with the address to ask (index ``entries_waiting``)."""
    rows = conn.execute(
        "SELECT id, published_url FROM entries WHERE state IN ('new', 'failed') AND next_try_at <= ?"
        " ORDER BY next_try_at, id LIMIT ?",
        (to_text(now), limit),
    )
    return [(EntryId(row[0]), row[1]) for row in rows]


def count_waiting(conn: sqlite3.Connection) -> int:
    """How many entries wait for a page, due or not."""
    return int(conn.execute("SELECT count(*) FROM entries WHERE state IN ('new', 'failed')").fetchone()[0])


def get(conn: sqlite3.Connection, entry: EntryId) -> QueuedEntry:
    """Return the entry with everything that its feed gave."""
    return get_many(conn, [entry])[0]


def get_many(conn: sqlite3.Connection, entries: Sequence[EntryId]) -> list[QueuedEntry]:
    """Return these entries in the order of the ids, by primary key; at most 500 ids."""
    rows = conn.execute(
        "SELECT e.*, f.name AS source, f.language AS language, f.home AS home, f.timezone AS timezone"  # noqa: S608 - only question marks
        f" FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.id IN ({', '.join('?' * len(entries))})",
        entries,
    )
    found = {row["id"]: _queued(row) for row in rows}
    return [found[entry] for entry in entries]


def _queued(row: sqlite3.Row) -> QueuedEntry:
    return QueuedEntry(
        id=EntryId(row["id"]),
        feed=FeedId(row["feed_id"]),
        source=row["source"],
        language=row["language"],
        home=row["home"],
        identity=row["identity"],
        digest=row["digest"],
        url=row["url"],
        entry=ParsedEntry(
            id=row["guid"],
            url=row["published_url"],
            title=row["title"],
            summary=row["summary"],
            content=row["content"],
            content_source=row["content_source"],
            published=to_time_or_none(row["published"]),
            published_raw=row["published_raw"],
            published_assumed=bool(row["published_assumed"]),
            authors=to_tuple(row["authors"]),
            tags=to_tuple(row["tags"]),
        ),
        first_seen_at=to_time(row["first_seen_at"]),
        timezone=row["timezone"],
        attempts=row["attempts"],
        article=None if row["article_id"] is None else ArticleId(row["article_id"]),
    )


def done(conn: sqlite3.Connection, entry: EntryId, article: ArticleId, digest: str, note: str | None = None) -> None:
    """Mark the entry as processed and drop the feed's copy of the text.

    An entry that a poll has revised since ``digest`` was read stays in the queue, so that the revision is processed.
    """
    conn.execute(
        "UPDATE entries SET state = 'flagged', article_id = ?, reason = ?, content = '' WHERE id = ? AND digest = ?",
        (article, note, entry, digest),
    )
    conn.execute("UPDATE entries SET article_id = ? WHERE id = ? AND digest <> ?", (article, entry, digest))


def retry(conn: sqlite3.Connection, entry: EntryId, *, attempts: int, next_try_at: datetime, reason: str) -> None:
    """The page could not be had this time."""
    conn.execute(
        "UPDATE entries SET state = 'failed', attempts = ?, next_try_at = ?, reason = ? WHERE id = ?",
        (attempts, to_text(next_try_at), reason, entry),
    )


def give_up(conn: sqlite3.Connection, entry: EntryId, *, attempts: int, reason: str) -> None:
    """The page will not be had, and the feed gave nothing to make an article of."""
    conn.execute("UPDATE entries SET state = 'dead', attempts = ?, reason = ? WHERE id = ?", (attempts, reason, entry))
