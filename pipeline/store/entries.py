"""Entries in the database: the queue between feeds and articles.

A row is ``new`` until its page was processed, ``failed`` while a retry is planned at ``next_try_at``, then ``flagged``
(its article is stored with its flags) or ``dead`` (given up, with the reason). Writing functions need a transaction of
the caller.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from pipeline.model import ArticleId, EntryId, EntryIntent, EntryKeys, FeedId, KnownEntry, ParsedEntry, QueuedEntry
from pipeline.store.values import from_row, to_json, to_row, to_text
from pipeline.text.urls import with_fragment


def known(conn: sqlite3.Connection, feed: FeedId, keys: EntryKeys) -> list[KnownEntry]:
    """Return the stored entries with one of these identities, or with a GUID or digest that this feed has shown.

    Two feeds may carry one entry with different teasers, so each feed is compared with its own last version. Uses the
    indexes of ``identity``, ``sightings_guid`` and ``sightings_digest``.
    """
    values = {name: to_json(listed) for name, listed in asdict(keys).items()}
    rows = conn.execute(_KNOWN, values | {"feed": feed, "newest": _NEWEST_PER_KEY})
    return [from_row(KnownEntry, row) for row in rows]


_NEWEST_PER_KEY = 4  # a feed may give one GUID to all its entries
_KNOWN = """
SELECT e.id, e.identity, e.title, coalesce(s.guid, e.guid) AS guid, coalesce(s.url, e.published_url) AS url,
  coalesce(s.digest, e.digest) AS digest, coalesce(s.text_digest, '') AS text_digest,
  coalesce(s.states, '[]') AS states,
  coalesce(e.published, e.first_seen_at) AS at, s.entry_id IS NOT NULL AS in_feed,
  e.published, e.authors, e.first_seen_at, e.feed_id = :feed AS own,
  EXISTS (SELECT 1 FROM entries o WHERE o.identity > e.identity || '#' AND o.identity < e.identity || '$') AS shared
FROM entries e LEFT JOIN sightings s ON s.entry_id = e.id AND s.feed_id = :feed
WHERE e.id IN (
  SELECT id FROM entries WHERE identity IN (SELECT value FROM json_each(:identities))
  UNION SELECT o.id FROM json_each(:guids) k, entries o WHERE o.id IN (
    SELECT entry_id FROM sightings WHERE feed_id = :feed AND guid = k.value ORDER BY entry_id DESC LIMIT :newest)
  UNION SELECT o.id FROM json_each(:digests) k, entries o WHERE o.id IN (
    SELECT entry_id FROM sightings WHERE feed_id = :feed AND digest = k.value ORDER BY entry_id DESC LIMIT :newest)
)
ORDER BY e.id
"""


def add(
    conn: sqlite3.Connection, feed: FeedId, intents: Iterable[EntryIntent], now: datetime
) -> list[tuple[EntryId, str, bool]]:
    """Store the new and revised entries of a poll.

    Returns:
        The id and the page's address of each entry that now waits for its page, and whether it is new (not revised).
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
        for correction in intent.corrections:
            for sql in (_CORRECT_ARTICLE[correction], _CORRECT_ENTRY[correction]):
                conn.execute(sql, _values(feed, intent, at) | {"id": intent.known})
        if intent.moved:
            link = entry.url or entry.written
            conn.execute("UPDATE entries SET published_url = ? WHERE id = ?", (link, intent.known))
        conn.execute(
            "INSERT INTO sightings (entry_id, feed_id, guid, url, digest, text_digest, states, seen_at)"
            " SELECT id, :feed, :guid, :address, :digest, :text_digest, :states, :at FROM entries"
            " WHERE identity = :identity"
            " ON CONFLICT (entry_id, feed_id) DO UPDATE SET guid = excluded.guid, url = excluded.url,"
            " digest = excluded.digest, text_digest = excluded.text_digest, states = excluded.states",
            _values(feed, intent, at),
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

# An article's value is corrected only if it came from the feed, not from the page: then it equals that of the entry.
_OF_ENTRY = "(SELECT {0} FROM entries WHERE id = :id)"
_CORRECT_ARTICLE = {
    "published": f"""
UPDATE articles SET published = :published, published_from = 'feed', published_assumed = :published_assumed
WHERE id = {_OF_ENTRY.format("article_id")} AND published_from <> 'page'
  AND published IS {_OF_ENTRY.format("published")}
""",
    "authors": f"""
UPDATE articles SET authors = :authors
WHERE id = {_OF_ENTRY.format("article_id")} AND authors = {_OF_ENTRY.format("authors")}
""",
}
_CORRECT_ENTRY = {
    "published": """
UPDATE entries SET published = :published, published_raw = :published_raw, published_assumed = :published_assumed
WHERE id = :id
""",
    "authors": "UPDATE entries SET authors = :authors WHERE id = :id",
}


def _values(feed: FeedId, intent: EntryIntent, at: str) -> dict[str, object]:
    entry = intent.entry
    return to_row(entry) | {
        "identity": intent.identity,
        "feed": feed,
        "guid": entry.id,
        "url": intent.identity if entry.url else "",  # the identity is the canonical address, unique by its fragment
        "published_url": entry.url or entry.written,
        "digest": intent.digest,
        "text_digest": intent.text_digest,
        "states": to_json(intent.states),
        "address": with_fragment(entry.url, entry.fragment),
        "at": at,
    }


def waiting(conn: sqlite3.Connection, now: datetime, limit: int, longest_wait: timedelta) -> list[tuple[EntryId, str]]:
    """Return the due entries with their pages' addresses, oldest first (index ``entries_waiting``).

    An entry whose next try is more than ``longest_wait`` ahead is due: it was planned while the clock was wrong.
    """
    rows = conn.execute(
        "SELECT id, published_url FROM entries WHERE state IN ('new', 'failed')"
        " AND (next_try_at <= ? OR next_try_at > ?) ORDER BY next_try_at, id LIMIT ?",
        (to_text(now), to_text(now + longest_wait), limit),
    )
    return [(EntryId(row[0]), _asked(row[1])) for row in rows]


def count_waiting(conn: sqlite3.Connection) -> int:
    """Count the entries that wait for a page, due or not."""
    return int(conn.execute("SELECT count(*) FROM entries WHERE state IN ('new', 'failed')").fetchone()[0])


def get_many(conn: sqlite3.Connection, entries: Sequence[EntryId]) -> list[QueuedEntry]:
    """Return these entries in the order of the ids, by primary key."""
    rows = conn.execute(
        "SELECT e.*, f.name AS source, f.language AS language, f.home AS home, f.timezone AS timezone"
        " FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.id IN (SELECT value FROM json_each(?))",
        (json.dumps(entries),),
    )
    by_id = {row["id"]: _queued(row) for row in rows}
    return [by_id[entry] for entry in entries]


def _queued(row: sqlite3.Row) -> QueuedEntry:
    link = row["published_url"]
    entry = from_row(ParsedEntry, row, id=row["guid"], url=_asked(link), written=link)
    return from_row(QueuedEntry, row, feed=row["feed_id"], article=row["article_id"], entry=entry)


def _asked(link: str) -> str:
    """Return a link that may be requested; a link of another scheme is stored for people."""
    return link if link.startswith(("http://", "https://")) else ""


def done(conn: sqlite3.Connection, entry: EntryId, article: ArticleId, digest: str, note: str | None = None) -> None:
    """Mark the entry as processed and drop the feed's copy of the text.

    An entry that a poll has revised since ``digest`` was read stays in the queue, so that the revision is processed.
    """
    conn.execute(
        "UPDATE entries SET state = 'flagged', article_id = ?, reason = ?, content = '' WHERE id = ? AND digest = ?",
        (article, note, entry, digest),
    )
    conn.execute("UPDATE entries SET article_id = ? WHERE id = ? AND digest <> ?", (article, entry, digest))


def retry(
    conn: sqlite3.Connection,
    entry: EntryId,
    *,
    attempts: int,
    next_try_at: datetime,
    reason: str,
    article: ArticleId | None = None,
) -> None:
    """Plan a retry of the page. ``article`` holds the feed's text until the page comes."""
    conn.execute(
        "UPDATE entries SET state = 'failed', attempts = ?, next_try_at = ?, reason = ?,"
        " article_id = coalesce(?, article_id) WHERE id = ?",
        (attempts, to_text(next_try_at), reason, article, entry),
    )


def give_up(conn: sqlite3.Connection, entry: EntryId, *, attempts: int, reason: str) -> None:
    """Give up an entry without a page and without usable text in its feed."""
    conn.execute("UPDATE entries SET state = 'dead', attempts = ?, reason = ? WHERE id = ?", (attempts, reason, entry))
